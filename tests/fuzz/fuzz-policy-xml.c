/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A valid policy can be written, and what was written parses to the same. */
#include "model/policy-xml.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = policy_from_xml((const char *) data, size, &error);
        if (!policy) {
                check_error(error, MESSAGE_MAX);
                return 0;
        }
        g_autofree char *xml = policy_to_xml(policy);
        g_autoptr(Policy) again = policy_from_xml(xml, strlen(xml), NULL);
        if (!again || !policy_equal(policy, again))
                abort();
        return 0;
}
