/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What iptables prints contains rules of everybody: no input may do harm. */
#include "compile/kernel-rules.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        g_autoptr(KernelTable) table = kernel_table_parse(text);
        bool bypassed;
        if (kernel_table_find_jump(table, &bypassed) > table->rules->len)
                abort();
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        g_autoptr(GPtrArray) deviations = kernel_table_compare(table, none, FAMILY_IPV4, true);
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                g_autofree char *spelling = rule_canonical((const char *const *) rule->args);
                g_auto(GStrv) parts = rule_canonical_split((const char *const *) rule->args);
                if (!spelling || !parts[0])
                        abort();
        }
        return 0;
}
