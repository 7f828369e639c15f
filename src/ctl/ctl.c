/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/argv.h"
#include "ctl/json-out.h"
#include "ctl/pager.h"

/* For a terminal that does not say how wide it is. */
#define CTL_WIDTH 80

/* Everywhere in src/ctl options that take text are G_OPTION_ARG_FILENAME: main() has checked that argv is UTF-8, and
 * G_OPTION_ARG_STRING would convert it from the locale's encoding once more. */
static bool ctl_option_context_parse(GOptionContext *context, GStrv *argv, GError **error) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) reason = NULL;

        /* GOptionContext takes argv[0] for the program. */
        g_ptr_array_add(words, g_strdup(g_get_prgname()));
        for (GStrv word = *argv; *word; word++)
                g_ptr_array_add(words, g_strdup(*word));
        g_ptr_array_add(words, NULL);

        g_auto(GStrv) parsed = (GStrv) g_ptr_array_free(g_steal_pointer(&words), FALSE);
        if (!g_option_context_parse_strv(context, &parsed, &reason))
                return ctl_usage_error(error, "%s", reason->message);

        g_strfreev(*argv);
        *argv = g_strdupv(parsed + 1);
        return true;
}

/* A number that is not 1 to 3600 must not count as "not given": the change would then need no confirmation. */
static gboolean ctl_take_confirm_within(const char *option, const char *value, gpointer userdata, GError **error) {
        Ctl *ctl = userdata;
        guint64 seconds;

        if (!g_ascii_string_to_unsigned(value, 10, 1, 3600, &seconds, NULL))
                return ctl_usage_error(error, "%s takes 1 to 3600 seconds, not '%s'", option, value);
        ctl->confirm_within = (int) seconds;
        return true;
}

static GOptionContext *ctl_option_context_new(Ctl *ctl, const CtlUsage *usage) {
        const GOptionEntry common[] = {
                { "json", 0, 0, G_OPTION_ARG_NONE, &ctl->json, "Print JSON", NULL },
                { "no-ask-password", 0, 0, G_OPTION_ARG_NONE, &ctl->no_ask_password, "Never ask for authorisation", NULL },
                { "no-pager", 0, 0, G_OPTION_ARG_NONE, &ctl->no_pager, "Do not start a pager", NULL },
                { "system", 0, 0, G_OPTION_ARG_NONE, &ctl->system, "Talk to the system bus (the default)", NULL },
                G_OPTION_ENTRY_NULL
        };
        const int scope = usage->scope ? 0 : G_OPTION_FLAG_HIDDEN, confirm = usage->confirm ? 0 : G_OPTION_FLAG_HIDDEN;
        const GOptionEntry change[] = {
                { "runtime", 0, scope, G_OPTION_ARG_NONE, &ctl->runtime, "Until the next reload or boot only", NULL },
                { "permanent", 0, scope, G_OPTION_ARG_NONE, &ctl->permanent, "From the next reload or boot on only", NULL },
                { "confirm-within", 0, confirm, G_OPTION_ARG_CALLBACK, ctl_take_confirm_within,
                  "Undo the change after so long unless it is confirmed", "SECONDS" },
                { "cut", 0, confirm, G_OPTION_ARG_NONE, &ctl->cut, "End open connections that the policies forbid", NULL },
                G_OPTION_ENTRY_NULL
        };
        const int list = usage->list ? 0 : G_OPTION_FLAG_HIDDEN;
        const GOptionEntry lists[] = {
                { "no-legend", 0, list, G_OPTION_ARG_NONE, &ctl->no_legend, "Print rows only: no headers, no notes", NULL },
                { "quiet", 'q', list, G_OPTION_ARG_NONE, &ctl->quiet, "Print the first column only", NULL },
                G_OPTION_ENTRY_NULL
        };
        GOptionContext *context = g_option_context_new(usage->synopsis);

        g_option_context_set_summary(context, usage->summary);
        g_option_context_set_description(context, usage->description);
        g_option_context_set_strict_posix(context, usage->strict);
        /* The last but one argument is what ctl_take_confirm_within() gets. */
        g_option_context_set_main_group(context, g_option_group_new(NULL, NULL, NULL, ctl, NULL));
        if (usage->entries)
                g_option_context_add_main_entries(context, usage->entries, NULL);
        if (usage->more_entries)
                g_option_context_add_main_entries(context, usage->more_entries, NULL);
        g_option_context_add_main_entries(context, change, NULL);
        g_option_context_add_main_entries(context, lists, NULL);
        g_option_context_add_main_entries(context, common, NULL);
        return context;
}

bool ctl_parse_global(Ctl *ctl, const CtlUsage *usage, gboolean *ret_version, GStrv *argv, GError **error) {
        const GOptionEntry entries[] = {
                { "version", 0, 0, G_OPTION_ARG_NONE, ret_version, "Print the version and exit", NULL }, G_OPTION_ENTRY_NULL
        };
        CtlUsage global = *usage;
        global.entries = entries;
        g_autoptr(GOptionContext) context = ctl_option_context_new(ctl, &global);

        return ctl_option_context_parse(context, argv, error);
}

bool ctl_expect_options(const Ctl *ctl, const char *command, bool scope, bool confirm, GError **error) {
        if (!scope && (ctl->runtime || ctl->permanent))
                return ctl_usage_error(error, "'%s' takes neither --runtime nor --permanent", command);
        if (!confirm && ctl->confirm_within != 0)
                return ctl_usage_error(error, "'%s' does not take --confirm-within", command);
        if (!confirm && ctl->cut)
                return ctl_usage_error(error, "'%s' does not take --cut", command);
        return true;
}

bool ctl_expect_list_options(const Ctl *ctl, const char *command, bool list, GError **error) {
        if (list || (!ctl->no_legend && !ctl->quiet))
                return true;
        return ctl_usage_error(error, "'%s' does not take --%s", command, ctl->quiet ? "quiet" : "no-legend");
}

bool ctl_parse(Ctl *ctl, const CtlUsage *usage, GStrv *argv, GError **error) {
        g_autoptr(GOptionContext) context = ctl_option_context_new(ctl, usage);
        g_auto(GStrv) words = NULL;
        g_auto(GStrv) tail = NULL;

        /* GOptionContext keeps or drops "--" depending on what stands before it, so "--" and what follows are kept from it. */
        const bool dashes = argv_split((const char *const *) *argv + 1, &words, &tail);
        argv_expand_lists(&words, usage->list_options);
        if (!ctl_option_context_parse(context, &words, error))
                return false;
        if (!ctl_expect_options(ctl, (*argv)[0], usage->scope, usage->confirm, error) ||
            !ctl_expect_list_options(ctl, (*argv)[0], usage->list, error))
                return false;

        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_strv_builder_add(builder, (*argv)[0]);
        g_strv_builder_addv(builder, (const char **) words);
        if (dashes && usage->strict)
                g_strv_builder_add(builder, "--");
        g_strv_builder_addv(builder, (const char **) tail);
        g_strfreev(*argv);
        *argv = g_strv_builder_end(builder);
        return true;
}

bool ctl_expect_end(const char *word, GError **error) {
        return !word || ctl_usage_error(error, "unexpected word '%s'", word);
}

Client *ctl_connect(Ctl *ctl, GError **error) {
        if (!ctl->client)
                ctl->client = client_new(!ctl->no_ask_password && isatty(STDIN_FILENO), error);
        return ctl->client;
}

bool ctl_reads_permanent(const Ctl *ctl) {
        return ctl->permanent && !ctl->runtime;
}

void ctl_add_scope(const Ctl *ctl, GVariantDict *options) {
        if (ctl->runtime != ctl->permanent)
                g_variant_dict_insert(options, "scope", "s", ctl->runtime ? "runtime" : "permanent");
}

GVariant *ctl_method_options(const Ctl *ctl) {
        g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

        ctl_add_scope(ctl, &options);
        if (ctl->confirm_within > 0)
                g_variant_dict_insert(&options, "confirm-within", "u", (guint32) ctl->confirm_within);
        if (ctl->cut)
                g_variant_dict_insert(&options, "cut", "b", TRUE);
        return g_variant_dict_end(&options);
}

bool ctl_print(const char *text, GError **error) {
        /* GIO ignores SIGPIPE, so a reader that closed the pipe shows here only. */
        if (fputs(text, stdout) != EOF && fflush(stdout) != EOF)
                return true;
        return ctl_fail(error, "cannot write the answer: %s", g_strerror(errno));
}

bool ctl_page(const Ctl *ctl, const char *text, GError **error) {
        return (!ctl->no_pager && pager_show(text)) || ctl_print(text, error);
}

guint ctl_width(void) {
        const char *columns = g_getenv("COLUMNS");
        struct winsize size;
        guint64 width;

        if (columns && g_ascii_string_to_unsigned(columns, 10, 1, G_MAXINT16, &width, NULL))
                return (guint) width;
        if (!isatty(STDOUT_FILENO))
                return 0;
        return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : CTL_WIDTH;
}

bool ctl_print_table(const Ctl *ctl, TextTable *table, const char *above, const char *below, GError **error) {
        g_autofree char *lines = NULL, *text = NULL;

        text_table_set_width(table, ctl_width());
        if (ctl->no_legend)
                text_table_hide_headers(table);
        lines = ctl->quiet ? text_table_first_column(table) : text_table_format(table, ctl_use_colour());
        text = ctl->quiet || ctl->no_legend ? g_steal_pointer(&lines) : g_strconcat(above, lines, below, NULL);
        return ctl_page(ctl, text, error);
}

bool ctl_print_json(GVariant *value, GError **error) {
        g_autofree char *json = json_out_pretty(value);
        g_autofree char *line = g_strconcat(json, "\n", NULL);

        return ctl_print(line, error);
}

bool ctl_print_json_member(const char *name, GVariant *value, GError **error) {
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        g_variant_builder_add(&answer, "{sv}", name, value);
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

const char *ctl_lookup_string(GVariant *dictionary, const char *key) {
        const char *value = "";

        g_variant_lookup(dictionary, key, "&s", &value);
        return value;
}

bool ctl_use_colour(void) {
        const char *no_colour = g_getenv("NO_COLOR");
        const char *term = g_getenv("TERM");

        return (!no_colour || !*no_colour) && g_strcmp0(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}

void ctl_clear(Ctl *ctl) {
        g_clear_pointer(&ctl->client, client_free);
}
