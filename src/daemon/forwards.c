/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "forwards.h"

#include "firewalld/forward.h"
#include "guard/kernel-query.h"

/* Read from the rules that firewalld made, because the fix came within a release; without any, by the release, all of which
 * have it by now. */
static bool is_crossed(Firewalld *firewalld) {
        bool crossed = false;
        g_autoptr(KernelQuery) query = kernel_query_new(NULL);
        g_autofree char *table = query ? kernel_query_print_table(query, "inet firewalld", NULL) : NULL;
        if (table && forward_read_crossed(table, &crossed))
                return crossed;
        return !firewalld_is_at_least(firewalld, 2);
}

bool forwards_apply(Firewalld *firewalld, GPtrArray *pairs, bool *ret_must_reload, GError **error) {
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        bool uses_nft = false;
        if (pairs->len > 0 && !firewalld_uses_nft(firewalld, &uses_nft, error))
                return false;
        return forward_apply(firewalld, uses_nft ? pairs : none, uses_nft && is_crossed(firewalld), ret_must_reload, error);
}

bool forwards_list_commands(Firewalld *firewalld, GPtrArray *pairs, GPtrArray *commands, GPtrArray *ret_homes, GError **error) {
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        bool uses_nft = false;
        if (pairs->len > 0 && !firewalld_uses_nft(firewalld, &uses_nft, error))
                return false;
        return forward_list_commands(firewalld, uses_nft ? pairs : none, uses_nft && is_crossed(firewalld), commands, ret_homes,
                                     error);
}

bool forwards_check(Firewalld *firewalld, GPtrArray *pairs, char **ret_altered, GError **error) {
        bool uses_nft = true;
        *ret_altered = NULL;
        if (pairs->len == 0)
                return true;
        return firewalld_uses_nft(firewalld, &uses_nft, error) &&
               (!uses_nft || forward_check(firewalld, pairs, is_crossed(firewalld), ret_altered, error));
}
