/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "complete.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/words.h"

/* A shell waits for the answer, and its user does. */
#define COMPLETE_MSEC 2000

/* What an option's values are, by its long name, also after "add-" and "remove-". kinds: names of Manager.ListNames, or "files", each after what
 * stands before it in a value; NULL: it cannot be known. An option that is missing here fails a test, which makes its author think of it. */
static const struct {
        const char *option, *kinds;
        bool of_lists; /* only where the option takes several words: "explain --from" takes one address */
} COMPLETE_OPTIONS[] = {
        { "from", "ipset:=ipsets group:=groups zone:=zones @=files", true },
        { "to", "=addresses", false },
        { "on", "=interfaces", false },
        { "in", "=interfaces", false },
        { "out", "=interfaces", false },
        { "port", "=ports", false },
        { "container", "=containers label=com.docker.compose.project==projects", false },
        { "network", "=networks", false },
        { "compose", "=compose", false },
        { "zone", "=zones", false },
        { "name", NULL, false },
        { "description", NULL, false },
        { "for", NULL, false },
        { "until", NULL, false },
        { "confirm-within", NULL, false },
};

/* The same of words, by what stands for them. */
static const struct {
        const char *word, *kinds;
        const char *command; /* the only one in which it stands for that; NULL: all */
} COMPLETE_WORDS[] = {
        { "NAME", "=policies", NULL },         { "IF", "=interfaces", NULL },     { "PORT", "=ports", NULL },
        { "CONTAINER", "=containers", NULL },  { "NETWORK", "=networks", NULL },  { "GROUP", "=groups", NULL },
        { "ADDRESS", "=addresses", "engine" }, { "ADDRESS", "@=files", "group" },
};

typedef struct Completion {
        Ctl *ctl;
        const char *current;       /* what is typed of the last word */
        const char *const *before; /* the words before it */
        GString *text;
        GVariant *names; /* a{sas}, what the service has; NULL: not asked yet, or it did not answer */
} Completion;

static void completion_clear(Completion *completion) {
        g_clear_pointer(&completion->names, g_variant_unref);
        if (completion->text)
                g_string_free(completion->text, TRUE);
        completion->text = NULL;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Completion, completion_clear)

/* What somebody else has named so that a shell would take it for more than a word is not offered. */
static bool complete_is_plain(const char *word) {
        return *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-")];
}

static void complete_offer(Completion *completion, const char *word, const char *what) {
        if (!g_str_has_prefix(word, completion->current) || !complete_is_plain(word))
                return;
        g_string_append(completion->text, word);
        if (what)
                g_string_append_printf(completion->text, "\t%s", what);
        g_string_append_c(completion->text, '\n');
}

/* Neither a password is asked for, nor is a service started that somebody has stopped. */
static GVariant *complete_names(Completion *completion) {
        if (completion->names)
                return completion->names;
        completion->ctl->no_ask_password = TRUE;
        Client *client = ctl_connect(completion->ctl, NULL);
        QuaywallManager *manager = client_manager(client, NULL);
        GVariant *names = NULL;

        if (!manager ||
            !quaywall_manager_call_list_names_sync(manager, client_flags(client), COMPLETE_MSEC, &names, NULL, NULL))
                names = g_variant_ref_sink(g_variant_new("a{sas}", NULL));
        return completion->names = names;
}

/* Folders end with "/". Not before the prefix, "@", is typed: then somebody means a file. */
static void complete_offer_files(Completion *completion, const char *prefix) {
        if (!g_str_has_prefix(completion->current, prefix))
                return;
        const char *typed = completion->current + strlen(prefix), *slash = strrchr(typed, '/'), *name;
        g_autofree char *folder = g_strndup(typed, slash ? (gsize) (slash + 1 - typed) : 0);
        g_autoptr(GDir) dir = g_dir_open(*folder ? folder : ".", 0, NULL);

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_strconcat(folder, name, NULL);
                const bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
                g_autofree char *word = g_strconcat(prefix, path, is_folder ? "/" : "", NULL);

                if (*name != '.' || typed[strlen(folder)] == '.')
                        complete_offer(completion, word, NULL);
        }
}

/* "shop" and "shop/web" of "compose"; only the former of "projects". */
static void complete_offer_kind(Completion *completion, const char *prefix, const char *kind) {
        const bool projects = g_str_equal(kind, "projects");
        g_autofree const char **names = NULL;

        if (g_str_equal(kind, "files")) {
                complete_offer_files(completion, prefix);
                return;
        }
        if (!g_variant_lookup(complete_names(completion), projects ? "compose" : kind, "^a&s", &names))
                return;
        for (guint i = 0; names[i]; i++) {
                g_autofree char *word = g_strconcat(prefix, names[i], NULL);

                if ((!projects || !strchr(names[i], '/')) && !g_strv_contains(completion->before, word))
                        complete_offer(completion, word, NULL);
        }
}

/* kinds: as in the tables. prefix: what is typed before the value, "--port=8080/tcp,". */
static void complete_offer_kinds(Completion *completion, const char *prefix, const char *kinds) {
        g_auto(GStrv) all = g_strsplit(kinds ? kinds : "", " ", -1);

        for (char **one = all; *one; one++) {
                char *equals = strrchr(*one, '=');
                g_autofree char *begin = g_strndup(*one, (gsize) (equals - *one)), *whole = g_strconcat(prefix, begin, NULL);

                complete_offer_kind(completion, whole, equals + 1);
        }
}

static const char *complete_plain_name(const char *option) {
        return g_str_has_prefix(option, "add-")    ? option + strlen("add-") :
               g_str_has_prefix(option, "remove-") ? option + strlen("remove-") :
                                                     option;
}

/* option_length: that of "--port=" before the value in the current word. */
static bool complete_value(Completion *completion, const CtlUsage *usage, const GOptionEntry *entry, gsize option_length,
                           GError **error) {
        const bool is_list = usage->list_options && g_strv_contains(usage->list_options, entry->long_name);
        const char *comma = strrchr(completion->current + option_length, ',');
        const gsize length = comma && is_list ? (gsize) (comma + 1 - completion->current) : option_length;
        g_autofree char *prefix = g_strndup(completion->current, length);

        for (gsize i = 0; i < G_N_ELEMENTS(COMPLETE_OPTIONS); i++)
                if (g_str_equal(COMPLETE_OPTIONS[i].option, complete_plain_name(entry->long_name))) {
                        if (is_list || !COMPLETE_OPTIONS[i].of_lists)
                                complete_offer_kinds(completion, prefix, COMPLETE_OPTIONS[i].kinds);
                        return true;
                }
        return ctl_fail(error, _("nothing is known of the values of --%s"), entry->long_name);
}

/* The beginning of the description, before examples and defaults. */
static void complete_offer_option(Completion *completion, const char *word, const char *description) {
        g_auto(GStrv) parts = g_strsplit_set(description, ":;(", 2);

        complete_offer(completion, word, g_strchomp(parts[0]));
}

static void complete_options(Completion *completion, const GOptionEntry *entries, const char *const *list_options,
                             const Words *words) {
        static const char *const NONE[] = { NULL };

        for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
                g_autofree char *word = g_strconcat("--", entry->long_name, NULL);
                const bool again = g_strv_contains(list_options ? list_options : NONE, entry->long_name);

                if (!(entry->flags & G_OPTION_FLAG_HIDDEN) && (again || !g_ptr_array_find(words->given, entry, NULL)))
                        complete_offer_option(completion, word, entry->description);
        }
        complete_offer(completion, "--help", _("Show this help"));
}

/* placeholder: "NAME", "FILE|-", "yes|no". */
static void complete_word(Completion *completion, const char *placeholder) {
        g_auto(GStrv) choices = g_strsplit(placeholder, "|", -1);

        for (char **choice = choices; *choice; choice++) {
                if (g_str_equal(*choice, "FILE"))
                        completion->ctl->status = COMPLETE_FILES;
                else if (g_ascii_islower(**choice) || **choice == '-')
                        complete_offer(completion, *choice, NULL);
                for (gsize i = 0; i < G_N_ELEMENTS(COMPLETE_WORDS); i++)
                        if (g_str_equal(COMPLETE_WORDS[i].word, *choice) &&
                            (!COMPLETE_WORDS[i].command || g_strcmp0(COMPLETE_WORDS[i].command, completion->ctl->command) == 0))
                                complete_offer_kinds(completion, "", COMPLETE_WORDS[i].kinds);
        }
}

static void complete_verbs(Completion *completion, const CtlVerb *verb) {
        for (; verb && verb->name; verb++)
                complete_offer(completion, verb->name, gettext(verb->summary));
}

/* What may come where no value of an option is due. */
static void complete_plain(Completion *completion, const CtlUsage *usage, const CtlVerb *verb, const GOptionEntry *entries,
                           const Words *words) {
        const bool needs_verb = usage->verbs && !verb;
        const guint index = words->plain->len - (verb ? 1 : 0);
        g_autofree char *placeholder = needs_verb ? NULL : usage_get_word(verb ? verb->words : usage->words, index);

        if (needs_verb && words->plain->len == 0)
                complete_verbs(completion, usage->verbs);
        else if (placeholder)
                complete_word(completion, placeholder);
        else if (!needs_verb && !words->dashes)
                complete_options(completion, entries, usage->list_options, words);
}

/* Of a strict command everything behind its verb counts as words, though options and "--" may stand there. */
static void complete_skip_options(const CtlUsage *usage, Words *words) {
        for (guint i = 0; usage->strict && !words->dashes && i < words->plain->len;) {
                const char *word = words->plain->pdata[i];

                words->dashes = g_str_equal(word, "--");
                if (g_str_has_prefix(word, "--") && !words->dashes)
                        g_ptr_array_remove_index(words->plain, i);
                else
                        i++;
        }
}

/* What may come behind completion->before. */
static bool complete_next(Completion *completion, const CtlUsage *usage, const CtlVerb *verb, const GOptionEntry *entries,
                          GError **error) {
        const char *current = completion->current, *value = NULL;
        g_auto(Words) words = { 0 };

        (void) words_read(completion->before, entries, usage->list_options, usage->strict, &words, NULL);
        complete_skip_options(usage, &words);
        const bool is_option = *current == '-' && !words.dashes;
        const GOptionEntry *option = is_option ? words_find_option(current, entries, &value) : NULL;
        if (words.valued)
                return complete_value(completion, usage, words.valued, 0, error);
        if (option && value)
                return complete_value(completion, usage, option, (gsize) (value - current), error);
        if (words.list && !is_option)
                return complete_value(completion, usage, words.list, 0, error);
        if (is_option)
                complete_options(completion, entries, usage->list_options, &words);
        else
                complete_plain(completion, usage, verb, entries, &words);
        return true;
}

bool complete_line(Ctl *ctl, const CtlUsage *usage, const CtlVerb *verb, const GOptionEntry *entries, const char *const *argv,
                   GError **error) {
        const guint last = g_strv_length((GStrv) argv) - 1;
        g_auto(GStrv) before = g_strdupv((GStrv) argv + 1);
        g_auto(Completion) completion = { .ctl = ctl, .current = argv[last], .text = g_string_new(NULL) };

        g_clear_pointer(&before[last - 1], g_free);
        completion.before = (const char *const *) before;
        return complete_next(&completion, usage, verb, entries, error) && ctl_print(completion.text->str, error) &&
               ctl_done(error);
}
