/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often firewalld is asked for its permanent direct configuration, and what of it is kept. */
#include "world/permanent.h"

#include "firewalld/direct.h"

static guint calls;
static bool fails;

DirectConfig *direct_read_permanent(G_GNUC_UNUSED Firewalld *firewalld, G_GNUC_UNUSED GError **error) {
        calls++;
        if (fails)
                return NULL;
        DirectConfig *config = direct_config_new();
        g_ptr_array_add(config->chains, direct_entry_new("ipv4", "filter", CHAIN_QUAYWALL, 0, NULL));
        g_ptr_array_add(config->rules,
                        direct_entry_new("ipv4", "filter", CHAIN_QUAYWALL_POLICY, 1, g_strsplit("-j DROP", " ", 0)));
        g_ptr_array_add(config->rules, direct_entry_new("ipv4", "filter", "INPUT", 0, g_strsplit("-j DROP", " ", 0)));
        return config;
}

static void test_once(void) {
        World world = { 0 };
        g_assert_null(permanent_others(&world));
        g_assert_cmpuint(permanent_read(&world, NULL)->rules->len, ==, 2);
        g_assert_cmpuint(permanent_read(&world, NULL)->rules->len, ==, 2);
        g_assert_cmpuint(calls, ==, 1);
        /* The operation is over: what others have is enough for the next change, not for a comparison. */
        permanent_rest(&world);
        g_assert_cmpuint(permanent_others(&world)->rules->len, ==, 1);
        g_assert_cmpuint(permanent_others(&world)->chains->len, ==, 1);
        g_assert_cmpuint(permanent_read(&world, NULL)->rules->len, ==, 2);
        g_assert_cmpuint(calls, ==, 2);
        /* firewalld reported a change, and then does not answer. */
        permanent_forget(&world);
        g_assert_null(permanent_others(&world));
        fails = true;
        g_assert_null(permanent_read(&world, NULL));
        permanent_rest(&world);
        g_assert_null(permanent_others(&world));
        fails = false;
        g_assert_nonnull(permanent_read(&world, NULL));
        g_assert_cmpuint(calls, ==, 4);
        permanent_forget(&world);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/permanent/once", test_once);
        return g_test_run();
}
