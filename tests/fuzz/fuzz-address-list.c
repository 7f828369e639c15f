/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of addresses from a user or program: what is read can be read again, and then nothing is left to join. */
#include "ctl/import/address-list.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_malloc0(size + 1); /* with a zero byte behind it, as a file that was read */
        memcpy(text, data, size);
        g_autoptr(AddressList) list = address_list_new(text, size, "input", &error);
        if (!list) {
                check_error(error, MESSAGE_MAX);
                return 0;
        }
        g_autofree char *joined = g_strjoinv("\n", list->addresses);
        g_autoptr(AddressList) again = address_list_new(joined, strlen(joined), "again", NULL);
        if (!again || again->given != g_strv_length(list->addresses) ||
            !g_strv_equal((const char *const *) again->addresses, (const char *const *) list->addresses))
                abort();
        return 0;
}
