/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confirm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/text.h"

static bool confirm_call(Ctl *ctl, const char *token, bool keep, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);

        if (!policies)
                return false;
        return keep ? quaywall_policies_call_confirm_sync(policies, token, CLIENT_CALL(client), NULL, error) :
                      quaywall_policies_call_rollback_sync(policies, token, CLIENT_CALL(client), NULL, error);
}

bool confirm_keep(Ctl *ctl, GStrv argv, GError **error) {
        return confirm_call(ctl, argv[2], true, error);
}

bool confirm_rollback(Ctl *ctl, GStrv argv, GError **error) {
        return confirm_call(ctl, argv[2], false, error);
}

/* The end of the input (Ctrl-D) means no. */
static bool confirm_read(void) {
        char answer[16];

        return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

bool confirm_ask(const char *question) {
        fprintf(stderr, "%s [y/N] ", question);
        return confirm_read();
}

bool confirm_change(Ctl *ctl, const char *token, GError **error) {
        struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };
        int r;

        if (!token || !token[0])
                return true;
        if (!isatty(STDIN_FILENO)) {
                if (ctl->json)
                        return ctl_print_json_member("token", g_variant_new_string(token), error);
                g_autofree char *shown = text_printable(token), *line = g_strdup_printf("%s\n", shown);
                return ctl_print(line, error);
        }

        fprintf(stderr,
                ngettext("The change is in force. It is undone in %d second unless you keep it. Keep it? [y/N] ",
                         "The change is in force. It is undone in %d seconds unless you keep it. Keep it? [y/N] ",
                         (gulong) ctl->confirm_within),
                ctl->confirm_within);
        /* Where the change cut off the terminal no answer comes, and quaywalld undoes the change when its time is over. */
        while ((r = poll(&terminal, 1, ctl->confirm_within * 1000)) < 0 && errno == EINTR)
                ;
        if (r > 0 && confirm_read())
                return confirm_call(ctl, token, true, error);
        if (r != 0 && !confirm_call(ctl, token, false, error))
                return false;
        return ctl_fail(error, _("the change was not confirmed and is undone"));
}
