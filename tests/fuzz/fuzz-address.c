/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A valid address is written in a form that parses to the same, and its prefixes cover the same addresses. */
#include "model/address.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        g_autoptr(GError) error = NULL;
        AddressRange range, again;
        if (!address_range_parse(text, &range, &error)) {
                check_error(error, MESSAGE_MAX);
                return 0;
        }
        g_autofree char *written = address_range_format(&range);
        if (!address_range_parse(written, &again, NULL) || memcmp(&range, &again, sizeof range) != 0)
                abort();
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_array_append_val(ranges, range);
        g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(ranges);
        g_array_set_size(ranges, 0);
        for (guint i = 0; i < prefixes->len; i++) {
                if (!address_range_parse(prefixes->pdata[i], &again, NULL))
                        abort();
                g_array_append_val(ranges, again);
        }
        g_autoptr(GArray) set = address_set_new(ranges, range.family);
        if (set->len != 1 || memcmp(set->data, &range, sizeof range) != 0)
                abort();
        return 0;
}
