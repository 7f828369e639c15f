/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From command line arguments to a policy. */
#include "ctl/argv.h"
#include "ctl/compose.h"
#include "ctl/ctl-error.h"
#include "ctl/json-out.h"
#include "ctl/policy-args.h"
#include "ctl/policy-diff.h"

#include <string.h>

/* "allow-only NAME --from a b" as arguments, expanded and joined to one line. */
static char *expanded(const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", -1);

        argv_expand_lists(&words, policy_args_list_options);
        return g_strjoinv(" ", words);
}

static void test_expand(void) {
        static const char *const lines[][2] = {
                { "web --from a b c --on e f", "web --from a --from b --from c --on e --on f" },
                { "web --from a,b --from c", "web --from a,b --from c" },
                { "web --from=a x", "web --from=a x" },
                { "web --log x", "web --log x" },
                { "web --from a --log b", "web --from a --log b" },
                { "web --description a b", "web --description a b" },
                { "web --from", "web --from" },
                { "web --from - @a b --log", "web --from - --from @a --from b --log" },
                { "", "" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *outcome = expanded(lines[i][0]);
                g_assert_cmpstr(outcome, ==, lines[i][1]);
        }
}

static void test_split(void) {
        const char *const words[] = { "add", "--", "-j", "--", "x", NULL };
        const char *const plain[] = { "add", NULL };
        g_auto(GStrv) head = NULL;
        g_auto(GStrv) tail = NULL;
        g_auto(GStrv) plain_head = NULL;
        g_auto(GStrv) plain_tail = NULL;

        g_assert_true(argv_split(words, &head, &tail));
        g_assert_cmpstrv(head, ((const char *[]){ "add", NULL }));
        g_assert_cmpstrv(tail, ((const char *[]){ "-j", "--", "x", NULL }));
        g_assert_false(argv_split(plain, &plain_head, &plain_tail));
        g_assert_cmpstrv(plain_head, plain);
        g_assert_null(plain_tail[0]);
}

static void test_commas(void) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) words = argv_split_commas((const char *const[]){ "a, b", "c", NULL }, "--from", &error);
        g_auto(GStrv) none = argv_split_commas(NULL, "--from", &error);

        g_assert_no_error(error);
        g_assert_cmpstrv(words, ((const char *[]){ "a", "b", "c", NULL }));
        g_assert_null(none[0]);
        g_assert_null(argv_split_commas((const char *const[]){ "a,,b", NULL }, "--from", &error));
        g_assert_error(error, CTL_ERROR, CTL_ERROR_USAGE);
        g_assert_cmpstr(error->message, ==, "--from: an empty value in 'a,,b'");
        g_clear_error(&error);
        g_assert_null(argv_split_commas((const char *const[]){ "", NULL }, "--from", &error));
        g_assert_error(error, CTL_ERROR, CTL_ERROR_USAGE);
}

static void test_policy(void) {
        char *sources[] = { "1.1.1.1,2.2.2.2", "fd01::1", NULL };
        char *ports[] = { "80/tcp", NULL };
        const PolicyArgs args = { .sources = sources, .ports = ports, .reject = TRUE, .disabled = TRUE, .description = "d" };
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) policy = policy_args_to_policy(&args, "allow-only", &error);

        g_assert_no_error(error);
        g_variant_ref_sink(policy);
        g_autoptr(GVariant) expected = g_variant_ref_sink(
                g_variant_new_parsed("{'x': {'action': <'allow-only'>, 'sources': <['1.1.1.1', '2.2.2.2', 'fd01::1']>, "
                                     "'ports': <['80/tcp']>, 'reject': <true>, 'enabled': <false>, 'description': <'d'>}}"));
        g_autoptr(GVariant) named = g_variant_ref_sink(g_variant_new_parsed("{'x': %@a{sv}}", policy));
        g_autofree char *got = json_out_line(json_out_policies(named));
        g_autofree char *want = json_out_line(json_out_policies(expected));
        g_assert_cmpstr(got, ==, want);
}

static void test_incomplete(void) {
        char *interfaces[] = { "eth0", NULL };
        const PolicyArgs none = { 0 };
        const PolicyArgs in = { .interfaces = interfaces };
        g_autoptr(GError) error = NULL;

        g_assert_null(policy_args_to_policy(&none, "allow-only", &error));
        g_assert_error(error, CTL_ERROR, CTL_ERROR_USAGE);
        g_clear_error(&error);
        g_assert_null(policy_args_to_policy(&none, "forward", &error));
        g_assert_cmpstr(error->message, ==, "forward needs at least one --in INTERFACE");
        g_clear_error(&error);
        g_assert_null(policy_args_to_policy(&in, "forward", &error));
        g_assert_cmpstr(error->message, ==, "forward needs at least one --out INTERFACE");
        g_clear_error(&error);

        g_autoptr(GVariant) deny = policy_args_to_policy(&none, "deny", &error);
        g_assert_no_error(error);
        g_variant_ref_sink(deny);
}

static void test_diff(void) {
        static const char *const cases[][3] = {
                { "{'action': <'deny'>}", "{'action': <'deny'>, 'enabled': <true>, 'sources': <@as []>, 'log': <false>}", "" },
                { "{'action': <'deny'>}", "{'action': <'forward'>}", "action: deny -> forward" },
                { "{'ports': <['1/tcp', '2/tcp']>}", "{'ports': <['1/tcp']>}", "--port: 1/tcp, 2/tcp -> 1/tcp" },
                { "{'interfaces': <['a']>}", "{'interfaces': <['b']>}", "--in: a -> b" },
                { "{'sources': <['a', 'b', 'c', 'd', 'e']>}", "{'sources': <['a', 'b', 'c', 'd', 'f']>}",
                  "--from: a, b, c, d +1 -> a, b, c, d +1" },
                { "{'containers': <['label=com.docker.compose.project=a']>}", "{'containers': <['db']>}",
                  "--container: compose a -> db" },
                { "{'description': <'a\\u001b[2J'>}", "{'enabled': <false>}",
                  "enabled: yes -> no; --description: a\\x1b[2J -> -" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GVariant) before = g_variant_ref_sink(g_variant_new_parsed(cases[i][0]));
                g_autoptr(GVariant) after = g_variant_ref_sink(g_variant_new_parsed(cases[i][1]));
                g_autofree char *text = policy_diff(g_str_has_prefix(cases[i][2], "--in") ? "forward" : "deny", before, after);
                g_assert_cmpstr(text, ==, cases[i][2]);
        }
}

/* A project or service of Compose, as labels and back. */
static void test_compose(void) {
        static const char *const given[][2] = {
                { "shop", "label=com.docker.compose.project=shop" },
                { "shop/web-1.x_y", "label=com.docker.compose.project=shop,label=com.docker.compose.service=web-1.x_y" },
        };
        static const char *const bad[] = { "", "/", "shop/", "/web", "shop/web/1", "a b", "a=b", "a,b", "sh\xc3\xb6p", "*" };
        static const char *const shown[][2] = {
                { "label=com.docker.compose.service=web,db,label=com.docker.compose.project=shop", "compose shop/web,db" },
                { "db,label=com.docker.compose.project=shop,label=a=b", "db,compose shop,label=a=b" },
                /* What --compose would not have made stays as it is. */
                { "label=com.docker.compose.service=web", "label=com.docker.compose.service=web" },
                { "label=com.docker.compose.project=a/b", "label=com.docker.compose.project=a/b" },
                { "label=com.docker.compose.project=a,label=com.docker.compose.project=b",
                  "label=com.docker.compose.project=a,label=com.docker.compose.project=b" },
                { "label=com.docker.compose.project=a,label=com.docker.compose.service=b/c",
                  "compose a,label=com.docker.compose.service=b/c" },
                { "label=com.docker.compose.project=", "label=com.docker.compose.project=" },
                { "label=com.docker.compose.project", "label=com.docker.compose.project" },
                { "", "" },
        };
        char *twice[] = { "a", "b", NULL }, *names[] = { "db", NULL }, *one[] = { "shop", NULL };
        const PolicyArgs two = { .compose = twice }, both = { .containers = names, .compose = one };
        g_autoptr(GError) error = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(given); i++) {
                g_auto(GStrv) entries = compose_to_entries(given[i][0], "--compose", &error);
                g_assert_no_error(error);
                g_autofree char *joined = g_strjoinv(",", entries);
                g_assert_cmpstr(joined, ==, given[i][1]);
                g_auto(GStrv) again = compose_show((const char *const *) entries);
                g_autofree char *words = g_strconcat("compose ", given[i][0], NULL);
                g_assert_cmpstrv(again, ((const char *[]){ words, NULL }));
                g_assert_true(compose_is_shown(again[0]));
        }
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_assert_null(compose_to_entries(bad[i], "--compose", &error));
                g_assert_error(error, CTL_ERROR, CTL_ERROR_USAGE);
                g_assert_nonnull(strstr(error->message, "PROJECT/SERVICE"));
                g_clear_error(&error);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(shown); i++) {
                g_auto(GStrv) entries = g_strsplit(shown[i][0], ",", -1);
                g_auto(GStrv) words = compose_show((const char *const *) entries);
                g_autofree char *joined = g_strjoinv(",", words);
                g_assert_cmpstr(joined, ==, shown[i][1]);
        }
        g_assert_null(policy_args_to_policy(&two, "deny", &error));
        g_assert_error(error, CTL_ERROR, CTL_ERROR_USAGE);
        g_assert_nonnull(strstr(error->message, "'a' and one for 'b'"));
        g_clear_error(&error);
        g_autoptr(GVariant) policy = policy_args_to_policy(&both, "deny", &error);
        g_assert_no_error(error);
        g_variant_ref_sink(policy);
        g_autofree const char **containers = NULL;
        g_assert_true(g_variant_lookup(policy, "containers", "^a&s", &containers));
        g_assert_cmpstrv(containers, ((const char *[]){ "db", "label=com.docker.compose.project=shop", NULL }));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/argv/expand-lists", test_expand);
        g_test_add_func("/ctl/argv/diff", test_diff);
        g_test_add_func("/ctl/argv/split", test_split);
        g_test_add_func("/ctl/argv/commas", test_commas);
        g_test_add_func("/ctl/policy-args/policy", test_policy);
        g_test_add_func("/ctl/policy-args/incomplete", test_incomplete);
        g_test_add_func("/ctl/policy-args/compose", test_compose);
        return g_test_run();
}
