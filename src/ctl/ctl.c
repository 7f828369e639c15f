/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/argv.h"
#include "ctl/help.h"
#include "ctl/json-out.h"
#include "ctl/pager.h"
#include "ctl/suggest.h"
#include "ctl/words.h"

/* For a terminal that does not say how wide it is. */
#define CTL_WIDTH 80

/* Everywhere in src/ctl options that take text are G_OPTION_ARG_FILENAME: main() has checked that argv is UTF-8, and
 * G_OPTION_ARG_STRING would convert it from the locale's encoding once more. */
static bool ctl_take_options(Ctl *ctl, const CtlUsage *usage, const GOptionEntry *entries, GStrv *argv, GError **error) {
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) reason = NULL;

        g_option_context_set_help_enabled(context, FALSE);
        g_option_context_set_strict_posix(context, usage->strict);
        /* The last but one argument is what ctl_take_confirm_within() gets. */
        g_option_context_set_main_group(context, g_option_group_new(NULL, NULL, NULL, ctl, NULL));
        g_option_context_add_main_entries(context, entries, NULL);
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
                return ctl_usage_error(error, _("%s takes 1 to 3600 seconds, not '%s'"), option, value);
        ctl->confirm_within = (int) seconds;
        return true;
}

static bool ctl_prints(const CtlUsage *usage, const CtlVerb *verb) {
        return verb ? verb->confirm || verb->prints : usage->confirm || usage->prints;
}

static void ctl_add_entries(GArray *all, const GOptionEntry *entries, const CtlVerb *verb) {
        for (; entries && entries->long_name; entries++) {
                GOptionEntry entry = *entries;

                if (verb)
                        entry.flags = usage_verb_takes(verb, entry.long_name) ? entry.flags & ~G_OPTION_FLAG_HIDDEN :
                                                                                entry.flags | G_OPTION_FLAG_HIDDEN;
                g_array_append_val(all, entry);
        }
}

/* Every option that can be given, ended by G_OPTION_ENTRY_NULL. Those that the command, or this verb of it, does not take are hidden.
 * Unref. */
static GArray *ctl_list_entries(Ctl *ctl, const CtlUsage *usage, const CtlVerb *verb) {
        const GOptionEntry common[] = {
                { "json", 0, 0, G_OPTION_ARG_NONE, &ctl->json, _("Print JSON"), NULL },
                { "no-ask-password", 0, 0, G_OPTION_ARG_NONE, &ctl->no_ask_password, _("Never ask for authorisation"), NULL },
                { "no-pager", 0, 0, G_OPTION_ARG_NONE, &ctl->no_pager, _("Do not start a pager"), NULL },
                { "system", 0, 0, G_OPTION_ARG_NONE, &ctl->system, _("Talk to the system bus (the default)"), NULL },
                G_OPTION_ENTRY_NULL
        };
        const int scope = (verb ? verb->scope : usage->scope) ? 0 : G_OPTION_FLAG_HIDDEN,
                  confirm = (verb ? verb->confirm : usage->confirm) ? 0 : G_OPTION_FLAG_HIDDEN,
                  prints = ctl_prints(usage, verb) ? 0 : G_OPTION_FLAG_HIDDEN;
        const GOptionEntry change[] = {
                { "runtime", 0, scope, G_OPTION_ARG_NONE, &ctl->runtime, _("Until the next reload or boot only"), NULL },
                { "permanent", 0, scope, G_OPTION_ARG_NONE, &ctl->permanent, _("From the next reload or boot on only"), NULL },
                { "confirm-within", 0, confirm, G_OPTION_ARG_CALLBACK, ctl_take_confirm_within,
                  _("Undo the change after so long unless it is confirmed"), "SECONDS" },
                { "cut", 0, confirm, G_OPTION_ARG_NONE, &ctl->cut, _("End open connections that the policies forbid"), NULL },
                { "print-firewall-cmd", 0, prints, G_OPTION_ARG_NONE, &ctl->print_commands,
                  _("Change nothing, print it as firewall-cmd calls"), NULL },
                G_OPTION_ENTRY_NULL
        };
        const CtlList list = verb ? verb->list : usage->list;
        const int rows = list >= CTL_LIST_ROWS ? 0 : G_OPTION_FLAG_HIDDEN,
                  names = list >= CTL_LIST_NAMES ? 0 : G_OPTION_FLAG_HIDDEN;
        const GOptionEntry lists[] = {
                { "no-legend", 0, rows, G_OPTION_ARG_NONE, &ctl->no_legend, _("Print rows only: no headers, no notes"), NULL },
                { "quiet", 'q', names, G_OPTION_ARG_NONE, &ctl->quiet, _("Print the first column only"), NULL },
                G_OPTION_ENTRY_NULL
        };
        GArray *all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

        ctl_add_entries(all, usage->entries, verb);
        ctl_add_entries(all, usage->more_entries, verb);
        ctl_add_entries(all, change, NULL);
        ctl_add_entries(all, lists, NULL);
        ctl_add_entries(all, common, NULL);
        return all;
}

static const GOptionEntry *ctl_entries(const GArray *all) {
        return (const GOptionEntry *) (const void *) all->data;
}

static bool ctl_unknown_verb(const CtlUsage *usage, const char *command, const char *word, GError **error) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (const CtlVerb *verb = usage->verbs; verb->name; verb++)
                g_ptr_array_add(names, (gpointer) verb->name);
        g_ptr_array_add(names, NULL);
        g_autofree char *question = suggest_question(word, (const char *const *) names->pdata);
        return ctl_usage_error(error, _("unknown command '%s%s%s'%s"), command, *command ? " " : "", word, question);
}

static bool ctl_print_help(const CtlUsage *usage, const char *command, const CtlVerb *verb, const GArray *entries,
                           GError **error) {
        g_autofree char *text = help_format(usage, command, verb, ctl_entries(entries));

        return ctl_print(text, error) && ctl_done(error);
}

/* Whether the options that were given are for this verb, and none of them lacks its value. */
static bool ctl_check_options(const Words *words, const GOptionEntry *entries, const char *command, const CtlVerb *verb,
                              GError **error) {
        if (words->valued)
                return words_missing_value(words->valued, error);
        for (guint i = 0; verb && i < words->given->len; i++) {
                const char *name = ((const GOptionEntry *) words->given->pdata[i])->long_name;

                for (const GOptionEntry *entry = entries; entry->long_name; entry++)
                        if (g_str_equal(entry->long_name, name) && (entry->flags & G_OPTION_FLAG_HIDDEN))
                                return ctl_usage_error(error, _("'%s %s' does not take --%s"), command, verb->name, name);
        }
        return true;
}

/* What can be said of the line before the values of its options are taken: the verb, and whether it is right so far. */
static bool ctl_read_words(Ctl *ctl, const CtlUsage *usage, const char *const *argv, GError **error) {
        g_autoptr(GArray) all = ctl_list_entries(ctl, usage, NULL);
        g_auto(Words) guess = { 0 }, words = { 0 };

        /* The verb first: it decides which of the options an unknown one may have been meant to be. */
        (void) words_read(argv + 1, ctl_entries(all), usage->list_options, usage->strict, &guess, NULL);
        const char *word = guess.plain->len > 0 ? guess.plain->pdata[0] : NULL;
        const CtlVerb *verb = usage->verb ? usage->verb : word && usage->verbs ? usage_find_verb(usage, word) : NULL;
        g_autoptr(GArray) taken = ctl_list_entries(ctl, usage, verb);

        if (verb)
                ctl->verb = verb; /* whose help an error refers to */
        if (!words_read(argv + 1, ctl_entries(taken), usage->list_options, usage->strict, &words, error))
                return false;
        if (word && usage->verbs && !verb)
                return ctl_unknown_verb(usage, argv[0], word, error);
        if (words.help)
                return ctl_print_help(usage, argv[0], verb, taken, error);
        ctl->verb = verb ? verb : usage->verbs;
        return ctl_check_options(&words, ctl_entries(taken), argv[0], verb, error);
}

/* As ctl_complete() for the words before a command; once that is there, it is what completes the line. */
static bool ctl_complete_global(Ctl *ctl, const CtlUsage *usage, const GOptionEntry *entries, GStrv *argv, GError **error) {
        const guint length = g_strv_length(*argv);
        g_auto(GStrv) whole = g_strdupv(*argv);
        g_auto(Words) words = { 0 };

        if (length == 0)
                return ctl_done(error);
        g_clear_pointer(&whole[length - 1], g_free);
        (void) words_read((const char *const *) whole, entries, NULL, true, &words, NULL);
        ctl->verb = words.plain->len > 0 ? usage_find_verb(usage, words.plain->pdata[0]) : NULL;
        if (ctl->verb) {
                GStrv rest = g_strdupv(*argv + length - 1 - words.plain->len);

                g_strfreev(*argv);
                *argv = rest;
                return true;
        }
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_strv_builder_add(builder, "");
        g_strv_builder_addv(builder, (const char **) *argv);
        g_auto(GStrv) line = g_strv_builder_end(builder);
        return words.plain->len > 0 ? ctl_done(error) :
                                      ctl->complete(ctl, usage, NULL, entries, (const char *const *) line, error);
}

bool ctl_parse_global(Ctl *ctl, const CtlUsage *usage, gboolean *ret_version, GStrv *argv, GError **error) {
        const GOptionEntry entries[] = {
                { "version", 0, 0, G_OPTION_ARG_NONE, ret_version, _("Print the version and exit"), NULL }, G_OPTION_ENTRY_NULL
        };
        CtlUsage global = *usage;
        g_auto(Words) words = { 0 };

        global.entries = entries;
        g_autoptr(GArray) all = ctl_list_entries(ctl, &global, NULL);
        if (ctl->complete)
                return ctl_complete_global(ctl, usage, ctl_entries(all), argv, error);
        if (!words_read((const char *const *) *argv, ctl_entries(all), NULL, true, &words, error))
                return false;
        if (words.help)
                return ctl_print_help(&global, "", NULL, all, error);
        const char *word = words.plain->len > 0 ? words.plain->pdata[0] : NULL;
        ctl->verb = word ? usage_find_verb(usage, word) : NULL;
        return (!word || ctl->verb || ctl_unknown_verb(usage, "", word, error)) &&
               ctl_check_options(&words, ctl_entries(all), "", NULL, error) &&
               ctl_take_options(ctl, &global, ctl_entries(all), argv, error);
}

/* Of the options that several commands have, also those that stood before the command. name: its words, for the sentence. */
static bool ctl_check_shared(const Ctl *ctl, const CtlUsage *usage, const CtlVerb *verb, const char *name, GError **error) {
        const CtlList list = verb ? verb->list : usage->list;

        if (!(verb ? verb->scope : usage->scope) && (ctl->runtime || ctl->permanent))
                return ctl_usage_error(error, _("'%s' takes neither --runtime nor --permanent"), name);
        if (!(verb ? verb->confirm : usage->confirm) && (ctl->confirm_within != 0 || ctl->cut))
                return ctl_usage_error(error, _("'%s' does not take --%s"), name, ctl->cut ? "cut" : "confirm-within");
        if (!ctl_prints(usage, verb) && ctl->print_commands)
                return ctl_usage_error(error, _("'%s' does not take --%s"), name, "print-firewall-cmd");
        if ((list < CTL_LIST_NAMES && ctl->quiet) || (list < CTL_LIST_ROWS && ctl->no_legend))
                return ctl_usage_error(error, _("'%s' does not take --%s"), name, ctl->quiet ? "quiet" : "no-legend");
        return true;
}

/* The words behind the verb: as many as it takes. */
static bool ctl_check_count(const CtlUsage *usage, const char *command, const CtlVerb *verb, const char *const *words,
                            GError **error) {
        /* One that stands behind such an option is a value of it. */
        const bool has_lists = usage->list_options && usage_verb_takes(verb, usage->list_options[0]);
        const guint count = g_strv_length((GStrv) words);
        guint least, most;

        usage_count_words(verb->words, &least, &most);
        if (count > most)
                return ctl_expect_end(words[most], error);
        g_autofree char *missing = count < least ? usage_get_word(verb->words, count) : NULL;
        return !missing ||
               ctl_usage_error(error,
                               has_lists ? _("%s %s: %s is missing, it comes before the options") : _("%s %s: %s is missing"),
                               command, verb->name, missing);
}

static bool ctl_complete(Ctl *ctl, const CtlUsage *usage, const char *const *argv, GError **error) {
        g_autoptr(GArray) all = ctl_list_entries(ctl, usage, NULL);
        g_auto(Words) words = { 0 };
        const guint length = g_strv_length((GStrv) argv);
        /* Without the last word, which is only begun. */
        g_auto(GStrv) whole = g_strdupv((GStrv) argv);

        g_clear_pointer(&whole[length - 1], g_free);
        (void) words_read((const char *const *) whole + 1, ctl_entries(all), usage->list_options, usage->strict, &words, NULL);
        const CtlVerb *verb = usage->verbs && words.plain->len > 0 ? usage_find_verb(usage, words.plain->pdata[0]) : NULL;
        g_autoptr(GArray) taken = ctl_list_entries(ctl, usage, verb);
        return ctl->complete(ctl, usage, verb, ctl_entries(taken), argv, error);
}

bool ctl_parse(Ctl *ctl, const CtlUsage *usage, GStrv *argv, GError **error) {
        g_auto(GStrv) words = NULL;
        g_auto(GStrv) tail = NULL;

        if (ctl->complete)
                return ctl_complete(ctl, usage, (const char *const *) *argv, error);
        if (!ctl_read_words(ctl, usage, (const char *const *) *argv, error))
                return false;

        /* GOptionContext keeps or drops "--" depending on what stands before it, so "--" and what follows are kept from it. */
        const bool dashes = argv_split((const char *const *) *argv + 1, &words, &tail);
        g_autoptr(GArray) all = ctl_list_entries(ctl, usage, NULL);
        argv_expand_lists(&words, usage->list_options);
        if (!ctl_take_options(ctl, usage, ctl_entries(all), &words, error))
                return false;

        const CtlVerb *verb = ctl->verb;
        g_autofree char *name = g_strconcat((*argv)[0], verb ? " " : "", verb ? verb->name : NULL, NULL);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        if (!ctl_check_shared(ctl, usage, verb, name, error))
                return false;
        g_strv_builder_add(builder, (*argv)[0]);
        if (verb && !usage->strict && !words[0] && !tail[0])
                g_strv_builder_add(builder, verb->name);
        g_strv_builder_addv(builder, (const char **) words);
        if (dashes && usage->strict)
                g_strv_builder_add(builder, "--");
        g_strv_builder_addv(builder, (const char **) tail);
        g_strfreev(*argv);
        *argv = g_strv_builder_end(builder);
        return !verb || usage->strict || ctl_check_count(usage, (*argv)[0], verb, (const char *const *) *argv + 2, error);
}

bool ctl_expect_end(const char *word, GError **error) {
        return !word || ctl_usage_error(error, _("unexpected word '%s'"), word);
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
        return ctl_fail(error, _("cannot write the answer: %s"), g_strerror(errno));
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
