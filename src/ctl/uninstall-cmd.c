/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uninstall-cmd.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/confirm.h"
#include "ctl/service-cmd.h"

/* A change under way is finished first, and firewalld may take its time. */
#define UNINSTALL_STOP_SECONDS 120

/* systemd is running: sd_booted(3). */
#define UNINSTALL_SYSTEMD "/run/systemd/system"

/* Runs it to its end; what it prints is this command's output. outcome: of its failure. */
static bool uninstall_run(const char *const *arguments, const char *outcome, GError **error) {
        g_autoptr(GError) reason = NULL;
        g_autoptr(GSubprocess) process = g_subprocess_newv(arguments, G_SUBPROCESS_FLAGS_STDIN_INHERIT, &reason);

        if (!process || !g_subprocess_wait(process, NULL, &reason))
                return ctl_fail(error, "%s: %s", arguments[0], reason->message);
        if (g_subprocess_get_successful(process))
                return true;
        g_autofree char *line = g_strjoinv(" ", (char **) arguments);
        return ctl_fail(error, _("\"%s\" failed, so %s"), line, outcome);
}

/* The same refusal as of "--remove-rules", before anything is stopped. */
static bool uninstall_check_pending(Client *client, GError **error) {
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Policies", NULL);
        g_autoptr(GVariant) pending =
                properties ? g_variant_lookup_value(properties, "PendingChange", G_VARIANT_TYPE_VARDICT) : NULL;
        g_autofree char *text = service_pending_text(pending);

        return !*text || ctl_fail(error, _("a change waits to be confirmed: %s; confirm it or roll it back first"), text);
}

/* --- a quaywalld that is not systemd's --------------------------------------------------------------------------------- */

static void uninstall_on_vanished(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name,
                                  gpointer userdata) {
        g_main_loop_quit(userdata);
}

static gboolean uninstall_on_timeout(gpointer userdata) {
        g_main_loop_quit(userdata);
        return G_SOURCE_CONTINUE;
}

/* Its process; 0: nobody owns the name. */
static guint32 uninstall_find(Client *client) {
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
                client_connection(client), "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                "GetConnectionUnixProcessID", g_variant_new("(s)", CLIENT_SERVICE), G_VARIANT_TYPE("(u)"),
                G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
        guint32 pid = 0;

        if (reply)
                g_variant_get(reply, "(u)", &pid);
        return pid;
}

static bool uninstall_stop(Client *client, GError **error) {
        const guint32 pid = uninstall_find(client);

        if (pid == 0)
                return true;
        if (kill((pid_t) pid, SIGTERM) < 0)
                return ctl_fail(error, _("quaywalld (process %u) cannot be stopped: %s"), pid, g_strerror(errno));
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        const guint timeout = g_timeout_add_seconds(UNINSTALL_STOP_SECONDS, uninstall_on_timeout, loop);
        const guint watch =
                g_bus_watch_name_on_connection(client_connection(client), CLIENT_SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                                               uninstall_on_vanished, loop, NULL);
        g_main_loop_run(loop);
        g_bus_unwatch_name(watch);
        g_source_remove(timeout);
        return uninstall_find(client) == 0 || ctl_fail(error, _("quaywalld (process %u) does not end"), pid);
}

bool uninstall_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "uninstall-rules",
                .summary = _(
                        "Stops and disables quaywalld, and takes everything that it put in place out of nftables, firewalld and its "
                        "own folders. What policies shut is open then. The policy files stay."),
                .examples = "quaywallctl uninstall-rules",
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        if (ctl->json)
                return ctl_usage_error(error, _("'uninstall-rules' prints no JSON"));
        if (geteuid() != 0) {
                g_set_error_literal(error, CTL_ERROR, CTL_ERROR_NOT_AUTHORISED, _("'uninstall-rules' is for root"));
                return false;
        }
        Client *client = ctl_connect(ctl, error);
        /* quaywalld is stopped only if the rest can follow: else its policies would be left to nobody. */
        if (!client || !uninstall_check_pending(client, error) ||
            !uninstall_run((const char *const[]){ SBINDIR "/quaywalld", "--check-removal", NULL }, _("nothing was changed"),
                           error))
                return false;
        if (isatty(STDIN_FILENO) &&
            !confirm_ask(_("quaywalld is stopped for good, and what its policies shut is open then. Go on?")))
                return ctl_fail(error, _("nothing was changed"));
        if (access(UNINSTALL_SYSTEMD, F_OK) == 0 &&
            !uninstall_run((const char *const[]){ "systemctl", "disable", "--now", "quaywalld.service",
                                                  "quaywall-guard.service", NULL },
                           _("not everything was removed"), error))
                return false;
        return uninstall_stop(client, error) &&
               uninstall_run((const char *const[]){ SBINDIR "/quaywalld", "--remove-rules", NULL },
                             _("not everything was removed"), error);
}
