/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confirm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "text.h"

static gboolean confirm_call(Ctl *ctl, const char *token, gboolean keep, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;

        if (policies == NULL)
                return FALSE;
        return keep ? quaywall_policies_call_confirm_sync(policies, token, CLIENT_CALL(client), NULL, error) :
                      quaywall_policies_call_rollback_sync(policies, token, CLIENT_CALL(client), NULL, error);
}

gboolean confirm_keep(Ctl *ctl, GStrv argv, GError **error) {
        return confirm_call(ctl, argv[2], TRUE, error);
}

gboolean confirm_rollback(Ctl *ctl, GStrv argv, GError **error) {
        return confirm_call(ctl, argv[2], FALSE, error);
}

/* The end of the input (Ctrl-D) is a no. */
static gboolean confirm_read(void) {
        char answer[16];

        return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

gboolean confirm_ask(const char *question) {
        fprintf(stderr, "%s [y/N] ", question);
        return confirm_read();
}

gboolean confirm_change(Ctl *ctl, const char *token, GError **error) {
        struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };
        int r;

        if (token == NULL || token[0] == '\0')
                return TRUE;
        if (!isatty(STDIN_FILENO)) {
                if (ctl->json)
                        return ctl_print_json_member("token", g_variant_new_string(token), error);
                g_autofree char *shown = text_printable(token), *line = g_strdup_printf("%s\n", shown);
                return ctl_print(line, error);
        }

        fprintf(stderr, "The change is in force. It is undone in %d seconds unless you keep it. Keep it? [y/N] ",
                ctl->confirm_within);
        /* A terminal that was cut off by the change answers nothing, and the service undoes it by itself. */
        while ((r = poll(&terminal, 1, ctl->confirm_within * 1000)) < 0 && errno == EINTR)
                ;
        if (r > 0 && confirm_read())
                return confirm_call(ctl, token, TRUE, error);
        if (r != 0 && !confirm_call(ctl, token, FALSE, error))
                return FALSE;
        g_set_error_literal(error, CTL_ERROR, CTL_ERROR_FAILED, "the change was not confirmed and is undone");
        return FALSE;
}
