/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywalld.conf: what is not understood is refused, with the file and the key, since a daemon that guesses enforces something else. */
#include "world/settings.h"

#include <glib/gstdio.h>
#include <string.h>

#include "model/error.h"

static char *folder;

static char *file_with(const char *text) {
        char *path = g_build_filename(folder, "quaywalld.conf", NULL);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        return path;
}

static void assert_refused(const char *text, const char *message) {
        g_autofree char *path = file_with(text), *expected = g_strconcat(path, ": ", message, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_load(path, false, &error);
        g_assert_null(settings);
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION);
        g_assert_cmpstr(error->message, ==, expected);
}

static void test_refusals(void) {
        static const char *const CASES[][2] = {
                { "[quaywalld]\nPolicyDirectry=/etc\n", "[quaywalld] PolicyDirectry= is not known; see quaywalld.conf(5)" },
                { "[quaywalld]\nLabels=yes\n[other]\nLabels=yes\n", "[other] is not known; see quaywalld.conf(5)" },
                { "[other]\n", "[other] is not known; see quaywalld.conf(5)" },
                { "[quaywalld]\nPolicyDirectory=policies\n", "PolicyDirectory=policies must be an absolute path" },
                { "[quaywalld]\nDockerSocket=\n", "DockerSocket= must be an absolute path" },
                { "[quaywalld]\nEnforce=guard;iptables\n", "Enforce=iptables must be made of \"docker-user\" and \"guard\"" },
                { "[quaywalld]\nEnforce=\n", "Enforce= must name \"docker-user\", \"guard\" or both" },
                { "[quaywalld]\nHoldUnknown=true\n", "HoldUnknown=true must be \"yes\" or \"no\"" },
                { "[quaywalld]\nLabels=\n", "Labels= must be \"yes\" or \"no\"" },
                { "[quaywalld]\nLabels=yes\nEnforce=docker-user\n",
                  "Labels=yes needs the guard, which Enforce= does not list" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                assert_refused(CASES[i][0], CASES[i][1]);
}

static void test_defaults(void) {
        static const char *const SAME[] = { "", "# nothing is set\n", "[quaywalld]\n" };
        g_autofree char *missing = g_build_filename(folder, "nosuch.conf", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) none = settings_load(missing, false, &error);
        g_assert_no_error(error);
        for (gsize i = 0; i < G_N_ELEMENTS(SAME); i++) {
                g_autofree char *path = file_with(SAME[i]);
                g_autoptr(Settings) settings = settings_load(path, true, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(settings->policy_folder, ==, none->policy_folder);
                g_assert_cmpstr(settings->docker_socket, ==, "/run/docker.sock");
                g_assert_cmpstr(settings->docker_pid_file, ==, NULL);
                g_assert_true(settings->use_direct && settings->use_guard && settings->hold_unknown && !settings->labels);
        }
        /* The one that --config names must be there, and one that is there must be a file of keys. */
        g_autoptr(Settings) required = settings_load(missing, true, &error);
        g_assert_null(required);
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        g_clear_error(&error);
        g_autofree char *broken = file_with("Labels=yes\n");
        g_autoptr(Settings) without_section = settings_load(broken, false, &error);
        g_assert_null(without_section);
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        g_assert_true(g_str_has_prefix(error->message, broken));
}

static void test_values(void) {
        g_autofree char *path = file_with("[quaywalld]\nPolicyDirectory=/a\nGroupDirectory=/b\nVendorPolicyDirectory=/c\n"
                                          "RuntimeDirectory=/d\nStateDirectory=/e\nZoneFile=/f\nDockerSocket=/g\n"
                                          "DockerPidFile=/h\nDockerConfigFile=/i\nEnforce=guard\nHoldUnknown=no\nLabels=yes\n");
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_load(path, true, &error);
        g_assert_no_error(error);
        const char *const values[] = { settings->policy_folder,  settings->group_folder,    settings->vendor_folder,
                                       settings->runtime_folder, settings->state_folder,    settings->zone_file,
                                       settings->docker_socket,  settings->docker_pid_file, settings->docker_config_file };
        for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
                const char expected[] = { '/', (char) ('a' + i), '\0' };
                g_assert_cmpstr(values[i], ==, expected);
        }
        g_assert_true(settings->use_guard && settings->labels);
        g_assert_false(settings->use_direct || settings->hold_unknown);
        g_autofree char *both = file_with("[quaywalld]\nEnforce=docker-user;guard\nLabels=no\nHoldUnknown=yes\n");
        g_autoptr(Settings) again = settings_load(both, true, &error);
        g_assert_no_error(error);
        g_assert_true(again->use_direct && again->use_guard && again->hold_unknown && !again->labels);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        folder = g_dir_make_tmp("quaywall-settings-XXXXXX", NULL);
        g_test_add_func("/settings/refusals", test_refusals);
        g_test_add_func("/settings/defaults", test_defaults);
        g_test_add_func("/settings/values", test_values);
        const int status = g_test_run();
        g_autofree char *file = g_build_filename(folder, "quaywalld.conf", NULL);
        g_unlink(file);
        g_rmdir(folder);
        g_free(folder);
        return status;
}
