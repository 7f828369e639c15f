/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iptables lines or JSON from a user or program: the result is policies or an error. */
#include "ctl/import/iptables.h"
#include "ctl/import/json.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        if (!g_utf8_validate(text, -1, NULL)) /* policy-import.c refuses it when it reads the file */
                return 0;
        for (int json = 0; json < 2; json++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(ImportResult) result =
                        json ? import_json(text, "input", &error) : import_iptables(text, "input", NULL, &error);
                if (!result)
                        check_error(error, SIZE_MAX);
                for (guint i = 0; result && i < result->policies->len; i++) {
                        const ImportedPolicy *policy = result->policies->pdata[i];
                        if (!policy->name[0] || !g_variant_is_of_type(policy->policy, G_VARIANT_TYPE_VARDICT))
                                abort();
                }
        }
        return 0;
}
