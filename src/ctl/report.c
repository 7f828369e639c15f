/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/option-names.h"
#include "ctl/suggest.h"
#include "ctl/text.h"

/* A value that the service refused, where it was typed: then the command line is wrong. */
static bool report_is_typed(const char *command, const char *remote, const char *sentence) {
        return remote && g_str_has_prefix(remote, CLIENT_SERVICE ".Error.Invalid") && option_names_are_typed(command, sentence);
}

/* The word that stands in quotes in the sentence; NULL: none. */
static const char *report_find_word(const char *const *words, const char *sentence) {
        for (; *words; words++) {
                g_autofree char *single = g_strdup_printf("'%s'", *words), *quoted = g_strdup_printf("\"%s\"", *words);
                if (strstr(sentence, single) || strstr(sentence, quoted))
                        return *words;
        }
        return NULL;
}

/* "there is no policy "wbe"" or 'wbe': the name that is there and was meant. remote: the error's name of the service; NULL: none. */
static char *report_suggest(Ctl *ctl, const char *const *words, const GError *error, const char *remote, const char *sentence) {
        const char *kind = g_error_matches(error, CTL_ERROR, CTL_ERROR_NO_POLICY) ||
                                           g_strcmp0(remote, CLIENT_SERVICE ".Error.NoSuchPolicy") == 0 ?
                                   "policies" :
                           g_error_matches(error, CTL_ERROR, CTL_ERROR_NO_GROUP) ||
                                           g_strcmp0(remote, CLIENT_SERVICE ".Error.NoSuchGroup") == 0 ?
                                   "groups" :
                                   NULL;
        const char *word = ctl->client && kind ? report_find_word(words, sentence) : NULL;

        if (!word)
                return g_strdup("");
        g_auto(GStrv) names = client_get_names(ctl->client, kind);
        /* They are those of both scopes. */
        if (names && g_strv_contains((const char *const *) names, word))
                return g_strdup(ctl_reads_permanent(ctl) ? _("; it is runtime only") : _("; it is permanent only"));
        return suggest_question(word, (const char *const *) names);
}

/* Not where polkit itself is what is wrong: then root is refused, too. */
static const char *report_advice(CtlExit status, const char *sentence) {
        return status == CTL_EXIT_NOT_AUTHORISED && geteuid() != 0 && !strstr(sentence, "systemctl status polkit") ?
                       _("; use sudo") :
                       "";
}

/* Whose help it is: "", " deny", " policy edit". Free with g_free(). */
static char *report_command(const Ctl *ctl) {
        const bool has_verb = ctl->command && ctl->verb && !g_str_equal(ctl->verb->name, ctl->command);

        return g_strconcat(ctl->command ? " " : "", ctl->command ? ctl->command : "", has_verb ? " " : NULL,
                           has_verb ? ctl->verb->name : NULL, NULL);
}

CtlExit report_error(Ctl *ctl, const char *const *words, const GError *error) {
        const char *command = ctl->command ? ctl->command : "";
        g_autofree char *remote = g_dbus_error_get_remote_error(error);
        g_autofree char *sentence = client_error_sentence(error);
        CtlExit status = client_exit_status(error);
        g_autofree char *question = report_suggest(ctl, words, error, remote, sentence);
        g_autofree char *translated = remote ? option_names_translate(command, sentence) : g_strdup(sentence);
        g_autofree char *printable = text_printable(translated);

        if (status == CTL_EXIT_FAILED && report_is_typed(command, remote, sentence))
                status = CTL_EXIT_USAGE;
        g_printerr("quaywallctl: %s%s%s\n", printable, question, report_advice(status, sentence));
        if (g_error_matches(error, CTL_ERROR, CTL_ERROR_USAGE)) {
                g_autofree char *of = report_command(ctl);
                g_printerr(_("Try 'quaywallctl help%s'\n"), of);
        }
        return status;
}
