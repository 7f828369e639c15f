/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"

#include "daemon/ruleset.h"
#include "firewalld/direct.h"

const KernelTable *kernel_read(Context *context, Family family, const char *name, GError **error) {
        /* What somebody else changed meanwhile may not have been taken from the socket yet. */
        ruleset_take(context);
        KernelTable **table = &context->kernel[family][g_str_equal(name, "nat")];
        if (context->kernel_is_stale)
                kernel_forget(context);
        if (*table)
                return *table;
        const char *const args[] = { "-t", name, "-S", NULL };
        g_autofree char *text = direct_iptables(context->firewalld, family, args, error);
        if (text)
                *table = kernel_table_parse(text);
        return *table;
}

void kernel_forget(Context *context) {
        ITERATE_FAMILIES (family)
                for (gsize i = 0; i < G_N_ELEMENTS(context->kernel[family]); i++)
                        g_clear_pointer(&context->kernel[family][i], kernel_table_free);
        context->kernel_is_stale = false;
}
