/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a word of the command line is, what a mistyped one was meant to be, and how help is laid out. */
#include "ctl/ctl-error.h"
#include "ctl/help.h"
#include "ctl/option-names.h"
#include "ctl/suggest.h"
#include "ctl/words.h"

#include <string.h>

static gboolean flag;
static char *text;
static GStrv list;

static const GOptionEntry ENTRIES[] = { { "from", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &list, "Who connects", "ADDRESS..." },
                                        { "port", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &list, "Ports", "PORT..." },
                                        { "log", 0, 0, G_OPTION_ARG_NONE, &flag, "show: log it", NULL },
                                        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &flag, "Quiet", NULL },
                                        { "description", 0, 0, G_OPTION_ARG_FILENAME, &text, "What it is for", "TEXT" },
                                        { "secret", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &flag, "Hidden", NULL },
                                        G_OPTION_ENTRY_NULL };
static const char *const LISTS[] = { "from", "port", NULL };

/* "plain: a b; given: from log; next: list from" */
static char *read_line(const char *line, bool strict, GError **error) {
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        g_auto(Words) words = { 0 };
        g_autoptr(GString) result = g_string_new("plain:");

        if (!words_read((const char *const *) argv, ENTRIES, LISTS, strict, &words, error))
                return NULL;
        for (guint i = 0; i < words.plain->len; i++)
                g_string_append_printf(result, " %s", (char *) words.plain->pdata[i]);
        g_string_append(result, "; given:");
        for (guint i = 0; i < words.given->len; i++)
                g_string_append_printf(result, " %s", ((const GOptionEntry *) words.given->pdata[i])->long_name);
        if (words.valued)
                g_string_append_printf(result, "; needs %s", words.valued->long_name);
        if (words.list)
                g_string_append_printf(result, "; more %s", words.list->long_name);
        if (words.help)
                g_string_append(result, "; help");
        if (words.dashes)
                g_string_append(result, "; dashes");
        return g_string_free(g_steal_pointer(&result), FALSE);
}

static void test_read(void) {
        static const struct {
                const char *line, *result;
                bool strict;
        } cases[] = {
                { "web --from a b --log x", "plain: web x; given: from log", false },
                { "web --from", "plain: web; given: from; needs from", false },
                { "web --from a", "plain: web; given: from; more from", false },
                { "web --from a b --port=1 c", "plain: web c; given: from port", false },
                { "web --description a b", "plain: web b; given: description", false },
                { "web --description -a", "plain: web; given: description", false },
                { "-q --help a", "plain: a; given: quiet; help", false },
                { "--log -- --from a", "plain: --from a; given: log; dashes", false },
                { "--log add --from -j", "plain: add --from -j; given: log", true },
                { "--from - x", "plain:; given: from; more from", false },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *result = read_line(cases[i].line, cases[i].strict, &error);

                g_assert_no_error(error);
                g_assert_cmpstr(result, ==, cases[i].result);
        }
}

static void test_wrong(void) {
        static const char *const cases[][2] = {
                { "web --form a", "unknown option '--form'; did you mean '--from'?" },
                { "web --form=a", "unknown option '--form'; did you mean '--from'?" },
                { "web --prot 80", "unknown option '--prot'; did you mean '--port'?" },
                { "web --zzzzzz", "unknown option '--zzzzzz'" },
                { "web --secrets", "unknown option '--secrets'" },
                { "web -x", "unknown option '-x'" },
                { "web --log=yes", "--log takes no value" },
                { "web --from --port 80", "--from needs a value: ADDRESS..." },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *result = read_line(cases[i][0], false, &error), *lenient = read_line(cases[i][0], false, NULL);

                g_assert_null(result);
                g_assert_error(error, CTL_ERROR, CTL_ERROR_USAGE);
                g_assert_cmpstr(error->message, ==, cases[i][1]);
                g_assert_nonnull(lenient);
        }
}

static void test_suggest(void) {
        static const char *const words[] = { "list", "show", "remove", "enable", "disable", "web", "customer-10", NULL };
        static const char *const cases[][2] = {
                { "lsit", "list" }, { "lst", "list" },      { "shwo", "show" },
                { "delete", NULL }, { "rem", "remove" },    { "wbe", "web" },
                { "w", NULL },      { "", NULL },           { "cusomer-10", "customer-10" },
                { "xyz", NULL },    { "enabel", "enable" }, { "disabled", "disable" },
        };
        g_autofree char *long_word = g_strnfill(1000, 'l'), *none = suggest_question("xyz", words),
                        *one = suggest_question("lsit", words);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpstr(suggest_word(cases[i][0], words), ==, cases[i][1]);
        g_assert_null(suggest_word(long_word, words));
        g_assert_cmpstr(none, ==, "");
        g_assert_cmpstr(one, ==, "; did you mean 'list'?");
}

static void test_option_names(void) {
        static const char *const cases[][3] = {
                { "allow-only", "sources: \"x\" is no address", "--from: \"x\" is no address" },
                { "forward", "interfaces: missing", "--in: missing" },
                { "deny", "interfaces, destinations, ports: 9 are too many", "--on, --to, --port: 9 are too many" },
                { "deny", "interfaces, nonsense: 9", "interfaces, nonsense: 9" },
                { "explain", "source: \"x\" is no address", "--from: \"x\" is no address" },
                { "deny", "option cut: needs the guard", "--cut: needs the guard" },
                { "policy", "sources: of a file", "sources: of a file" },
                { "policy", "add: sources: \"x\" is no address", "--add-from: \"x\" is no address" },
                { "policy", "remove: ports: \"1/tcp\" cannot be removed", "--remove-port: \"1/tcp\" cannot be removed" },
                { "policy", "add: interfaces, networks: 9", "--add-on/--add-in, --add-network: 9" },
                { "policy", "remove: action: is no list", "remove: action: is no list" },
                { "policy", "add: ", "add: " },
                { "policy", "add: until: it is past", "--until/--for: it is past" },
                { "policy", "new name: \"-x\" begins", "NEW: \"-x\" begins" },
                { "deny", "add: sources: x", "add: sources: x" },
                { "deny", "until: it is past", "--until/--for: it is past" },
                { "policy", "name: \"-x\" begins", "NAME: \"-x\" begins" },
                { "deny", "no key here", "no key here" },
                { "", "sources: x", "sources: x" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *sentence = option_names_translate(cases[i][0], cases[i][1]);

                g_assert_cmpstr(sentence, ==, cases[i][2]);
                g_assert_cmpint(option_names_are_typed(cases[i][0], cases[i][1]), ==, !g_str_equal(cases[i][1], cases[i][2]));
        }
}

static void test_count_words(void) {
        static const struct {
                const char *words;
                guint least, most;
                const char *first, *third;
        } cases[] = {
                { NULL, 0, 0, NULL, NULL },
                { "NAME", 1, 1, "NAME", NULL },
                { "NAME...", 1, G_MAXUINT, "NAME", "NAME" },
                { "[NAME...]", 0, G_MAXUINT, "NAME", "NAME" },
                { "[FILE|-]", 0, 1, "FILE|-", NULL },
                { "OLD NEW", 2, 2, "OLD", NULL },
                { "yes|no", 1, 1, "yes|no", NULL },
                { "ipv4|ipv6 PRIORITY -- RULE...", 4, G_MAXUINT, "ipv4|ipv6", "--" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *first = usage_get_word(cases[i].words, 0), *third = usage_get_word(cases[i].words, 2);
                guint least, most;

                usage_count_words(cases[i].words, &least, &most);
                g_assert_cmpuint(least, ==, cases[i].least);
                g_assert_cmpuint(most, ==, cases[i].most);
                g_assert_cmpstr(first, ==, cases[i].first);
                g_assert_cmpstr(third, ==, cases[i].third);
        }
}

static void test_help(void) {
        static const CtlVerb verbs[] = { { .name = "show", .words = "NAME", .summary = "One of them", .options = "log" },
                                         { .name = "a-verb-with-a-very-long-name", .summary = "Another one" },
                                         { .name = NULL } };
        const CtlUsage usage = {
                .synopsis = "test [VERB]",
                .summary =
                        "A sentence that is longer than a line has columns, and therefore goes on in the line that follows it.",
                .verbs = verbs,
                .examples = "quaywallctl test show x",
        };
        g_autofree char *help = help_format(&usage, "test", NULL, ENTRIES),
                        *verb = help_format(&usage, "test", &verbs[0], ENTRIES);

        g_assert_cmpstr(help, ==,
                        "Usage:\n"
                        "  quaywallctl [OPTION...] test [VERB]\n"
                        "\n"
                        "A sentence that is longer than a line has columns, and therefore goes on in the\n"
                        "line that follows it.\n"
                        "\n"
                        "  show NAME               One of them (the default)\n"
                        "  a-verb-with-a-very-long-name\n"
                        "                          Another one\n"
                        "\n"
                        "Options:\n"
                        "  --from ADDRESS...       Who connects\n"
                        "  --port PORT...          Ports\n"
                        "  --log                   show: log it\n"
                        "  -q, --quiet             Quiet\n"
                        "  --description TEXT      What it is for\n"
                        "  -h, --help              Show this help\n"
                        "\n"
                        "Examples:\n"
                        "  quaywallctl test show x\n"
                        "\n"
                        "'quaywallctl help test VERB' says more of a verb.\n");
        g_assert_true(g_str_has_prefix(verb, "Usage:\n  quaywallctl [OPTION...] test show NAME\n\nOne of them.\n\nOptions:\n"));
        g_assert_nonnull(strstr(verb, "\n  --log                   Log it\n"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/words/read", test_read);
        g_test_add_func("/ctl/words/wrong", test_wrong);
        g_test_add_func("/ctl/suggest", test_suggest);
        g_test_add_func("/ctl/option-names", test_option_names);
        g_test_add_func("/ctl/usage/words", test_count_words);
        g_test_add_func("/ctl/help", test_help);
        return g_test_run();
}
