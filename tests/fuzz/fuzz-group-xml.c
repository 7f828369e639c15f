/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A valid group can be written, and what was written parses to the same. */
#include "model/group-xml.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Group) group = group_from_xml((const char *) data, size, &error);
        if (!group) {
                check_error(error, MESSAGE_MAX);
                return 0;
        }
        g_autofree char *xml = group_to_xml(group);
        g_autoptr(Group) again = group_from_xml(xml, strlen(xml), NULL);
        if (!again || !group_equal(group, again) || again->merged > 0)
                abort();
        return 0;
}
