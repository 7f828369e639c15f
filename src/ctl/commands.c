/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/option-names.h"
#include "ctl/text.h"

/* Comments are folded wherever they are printed, commands never: a shell reads them line by line. */
#define COMMENT_WIDTH 78

/* mark: "- ", or "" for a paragraph. */
static void append_comment(GString *text, const char *mark, const char *sentence) {
        g_autofree char *printable = text_printable(sentence);
        g_autoptr(GString) folded = g_string_new(NULL);
        const guint indent = (guint) strlen(mark);

        text_append_folded(folded, printable, indent, indent, COMMENT_WIDTH - 2);
        g_auto(GStrv) lines = g_strsplit(folded->str, "\n", -1);
        for (GStrv line = lines; *line; line++)
                g_string_append_printf(text, "# %s%s\n", line == lines ? mark : "", *line);
}

static void append_command(GString *text, const char *const *words) {
        g_autofree char *command = text_command(words);

        g_string_append_printf(text, "%s\n", command);
        if (words[1] && g_str_equal(words[1], "--reload"))
                append_comment(text, "", _("Wait here until Docker has made its rules again."));
}

static char *commands_to_text(Ctl *ctl, GVariant *commands, GVariant *notes) {
        GString *text = g_string_new(NULL);
        const char *message, **words;
        GVariantIter iter;

        append_comment(text, "",
                       g_variant_n_children(commands) > 0 ?
                               _("Commands of firewall-cmd for what this would do. Nothing was changed.") :
                               _("No command of firewall-cmd does anything of this. Nothing was changed."));
        g_variant_iter_init(&iter, commands);
        while (g_variant_iter_loop(&iter, "^a&s", &words))
                append_command(text, words);
        if (g_variant_n_children(notes) > 0)
                append_comment(text, "", _("What they do not keep:"));
        g_variant_iter_init(&iter, notes);
        while (g_variant_iter_loop(&iter, "(s&s)", NULL, &message)) {
                g_autofree char *sentence = option_names_translate(ctl->command, message);
                append_comment(text, "- ", sentence);
        }
        return g_string_free(text, FALSE);
}

bool commands_print(Ctl *ctl, const char *method, GVariant *arguments, GError **error) {
        g_autoptr(GVariant) tuple = g_variant_ref_sink(arguments), commands = NULL, notes = NULL;
        Client *client = ctl_connect(ctl, error);
        QuaywallManager *manager = client_manager(client, error);

        if (!manager || !quaywall_manager_call_list_firewall_cmd_sync(manager, method, g_variant_new_variant(tuple),
                                                                      CLIENT_CALL(client), &commands, &notes, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json(json_out_commands(commands, notes), error);
        g_autofree char *text = commands_to_text(ctl, commands, notes);
        return ctl_page(ctl, text, error);
}
