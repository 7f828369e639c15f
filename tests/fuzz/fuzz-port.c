/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/port.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        g_autoptr(GError) error = NULL;
        PortRange range, again;
        if (!port_range_parse(text, &range, &error)) {
                check_error(error, MESSAGE_MAX);
                return 0;
        }
        g_autofree char *written = port_range_format(&range);
        if (range.first < 1 || range.first > range.last || !port_range_parse(written, &again, NULL) ||
            range.first != again.first || range.last != again.last || range.protocol != again.protocol)
                abort();
        return 0;
}
