/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "help.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/text.h"

#define HELP_WIDTH 80
#define HELP_INDENT 2
/* Where the texts of options and verbs begin; a longer option has its text in the next line. */
#define HELP_COLUMN 26

/* Tables of commands have texts that N_() marks; the others are translated already, for which this is nothing. */
static const char *help_translate(const char *text) {
        return text && *text ? gettext(text) : text;
}

/* Appends the text's lines, folded, and ends the last one. used: columns of the first line that are taken. */
static void help_append_folded(GString *to, const char *text, guint used, guint indent) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (char **line = lines; *line; line++) {
                if (line != lines && **line)
                        g_string_append_printf(to, "%*s", (int) indent, "");
                text_append_folded(to, *line, line == lines ? used : indent, indent, HELP_WIDTH);
                g_string_append_c(to, '\n');
        }
}

/* "  --port PORT...          What it is", the text in a column of its own. */
static void help_append_row(GString *to, const char *what, const char *text) {
        const guint used = HELP_INDENT + text_width(what);

        g_string_append_printf(to, "%*s%s", HELP_INDENT, "", what);
        if (used + 1 > HELP_COLUMN)
                g_string_append_printf(to, "\n%*s", HELP_COLUMN, "");
        else
                g_string_append_printf(to, "%*s", (int) (HELP_COLUMN - used), "");
        help_append_folded(to, text, HELP_COLUMN, HELP_COLUMN);
}

static void help_append_paragraph(GString *to, const char *text) {
        if (!text || !*text)
                return;
        g_string_append_c(to, '\n');
        help_append_folded(to, text, 0, 0);
}

/* The summary of a verb, which is no sentence in the list of verbs. */
static void help_append_summary(GString *to, const char *summary) {
        const char *shown = help_translate(summary);
        /* TRANSLATORS: what ends a sentence. */
        const char *stop = _(".");
        g_autofree char *sentence = g_strconcat(shown, g_str_has_suffix(shown, stop) ? "" : stop, NULL);

        help_append_paragraph(to, sentence);
}

static void help_append_verbs(GString *to, const CtlVerb *verb, bool has_default) {
        for (const CtlVerb *first = verb; verb && verb->name; verb++) {
                g_autofree char *what = g_strconcat(verb->name, verb->words ? " " : "", verb->words, NULL);
                g_autofree char *text = g_strconcat(help_translate(verb->summary),
                                                    has_default && verb == first ? _(" (the default)") : "", NULL);

                if (verb == first)
                        g_string_append_c(to, '\n');
                help_append_row(to, what, text);
        }
}

/* "add, ensure: move it" in the help of one of these verbs: "Move it". Free with g_free(). */
static char *help_get_description(const CtlUsage *usage, const CtlVerb *verb, const char *description) {
        const char *colon = verb ? strstr(description, ": ") : NULL;

        if (!colon)
                return g_strdup(description);
        g_autofree char *begin = g_strndup(description, (gsize) (colon - description));
        g_auto(GStrv) names = g_strsplit(begin, ", ", -1);
        bool are_verbs = names[0];

        for (char **name = names; *name; name++)
                are_verbs &= usage_find_verb(usage, *name) != NULL;
        return are_verbs ? g_strdup_printf("%c%s", g_ascii_toupper(colon[2]), colon + 3) : g_strdup(description);
}

static void help_append_options(GString *to, const CtlUsage *usage, const CtlVerb *verb, const GOptionEntry *entry) {
        g_string_append(to, _("\nOptions:\n"));
        for (; entry->long_name; entry++) {
                g_autofree char *short_name = entry->short_name ? g_strdup_printf("-%c, ", entry->short_name) : g_strdup("");
                const char *argument = entry->arg_description;
                g_autofree char *what = g_strconcat(short_name, "--", entry->long_name, argument ? " " : "", argument, NULL);

                g_autofree char *description = help_get_description(usage, verb, help_translate(entry->description));

                if (!(entry->flags & G_OPTION_FLAG_HIDDEN))
                        help_append_row(to, what, description);
        }
        help_append_row(to, "-h, --help", _("Show this help"));
}

/* Not folded: they are to be typed. */
static void help_append_examples(GString *to, const char *examples) {
        g_auto(GStrv) lines = g_strsplit(examples ? examples : "", "\n", -1);

        if (examples)
                g_string_append(to, _("\nExamples:\n"));
        for (char **line = lines; examples && *line; line++)
                g_string_append_printf(to, "%*s%s\n", HELP_INDENT, "", *line);
}

char *help_format(const CtlUsage *usage, const char *command, const CtlVerb *verb, const GOptionEntry *entries) {
        g_autoptr(GString) text = g_string_new(_("Usage:\n"));
        g_autofree char *synopsis = usage_get_synopsis(usage, command, verb);

        g_string_append_printf(text, "%*s", HELP_INDENT, "");
        help_append_folded(text, synopsis, HELP_INDENT, 2 * HELP_INDENT);
        help_append_summary(text, verb ? verb->summary : usage->summary);
        help_append_paragraph(text, verb ? help_translate(verb->details) : NULL);
        if (!verb)
                help_append_verbs(text, usage->verbs, *command);
        help_append_options(text, usage, verb, entries);
        help_append_examples(text, verb ? verb->examples : usage->examples);
        help_append_paragraph(text, help_translate(usage->description));
        if (usage->verbs && !verb) {
                g_autofree char *more = *command ?
                                                g_strdup_printf(_("'quaywallctl help %s VERB' says more of a verb."), command) :
                                                g_strdup(_("'quaywallctl help COMMAND' lists the options of a command."));

                help_append_paragraph(text, more);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}
