/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywallctl, the command line of quaywalld. This file owns the table of commands, and turns an error into the exit status. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "ctl/define-cmd.h"
#include "ctl/direct-cmd.h"
#include "ctl/engine-cmd.h"
#include "ctl/explain-cmd.h"
#include "ctl/log-cmd.h"
#include "ctl/monitor-cmd.h"
#include "ctl/policy-cmd.h"
#include "ctl/ports-cmd.h"
#include "ctl/service-cmd.h"
#include "ctl/text.h"
#include "ctl/uninstall-cmd.h"
#include "ctl/watch-cmd.h"
#include "ctl/zone-cmd.h"

static const struct {
        const char *name;
        CtlCommandFunc run;
} commands[] = {
        { "status", service_cmd_status }, { "zone", zone_cmd_run },         { "allow-only", define_cmd_run },
        { "deny", define_cmd_run },       { "obey-zones", define_cmd_run }, { "forward", define_cmd_run },
        { "policy", policy_cmd_run },     { "direct", direct_cmd_run },     { "engine", engine_cmd_run },
        { "ports", ports_cmd_run },       { "verify", service_cmd_verify }, { "repair", service_cmd_repair },
        { "reload", service_cmd_reload }, { "monitor", monitor_cmd_run },   { "explain", explain_cmd_run },
        { "watch", watch_cmd_run },       { "log", log_cmd_run },           { "uninstall-rules", uninstall_cmd_run },
};

static const CtlUsage usage = {
        .synopsis = "COMMAND",
        .summary = "Blocks connections to published ports of Docker from clients that your policies do not allow.\n\n"
                   "Commands:\n"
                   "  status                            What is in force, and what is not\n"
                   "  zone [show|ensure|add|remove]     firewalld's zone for Docker's interfaces\n"
                   "  allow-only NAME --from ADDRESS... Let only these connect to containers\n"
                   "  deny NAME [--from ADDRESS...]     Let these not connect to containers\n"
                   "  obey-zones NAME                   Let these connect that firewalld's zones let in\n"
                   "  forward NAME --in IF --out IF     Route between interfaces\n"
                   "  policy [list|show|remove|enable|disable|check|export|import|counters|confirm|rollback]\n"
                   "                                    The policies that there are\n"
                   "  direct [list|add|remove]          Single rules in DOCKER-USER\n"
                   "  ports                             Published ports, who can reach them, and why\n"
                   "  engine [show|networks|set-iptables|set-default-address]\n"
                   "                                    Docker's own settings (daemon.json)\n"
                   "  explain --from IP --to IP --port P Whether such a connection gets through, and why\n"
                   "  verify                            Compare what is in force with the policies\n"
                   "  repair                            Make it equal\n"
                   "  reload                            Read the policy files again\n"
                   "  monitor                           Follow what changes\n"
                   "  watch                             A page that shows all of this as it changes\n"
                   "  log [NAME] [-f]                   What policies with --log blocked\n"
                   "  uninstall-rules                   Stop quaywalld and remove all that it put in place",
        .description = "'quaywallctl COMMAND --help' lists the options of a command.\n\n"
                       "Exit status: 0 all is well, 1 it failed, 2 the command line is wrong, 3 not authorised,\n"
                       "4 quaywalld cannot be reached, 5 problems were found (status, verify, repair), 6 blocked (explain).",
        .scope = true,
        .strict = true,
};

static bool run(Ctl *ctl, GStrv *argv, GError **error) {
        gboolean version = FALSE;

        if (!ctl_parse_global(ctl, &usage, &version, argv, error))
                return false;
        if (version)
                return ctl_print("quaywallctl " PACKAGE_VERSION "\n", error);
        if (!(*argv)[0])
                return ctl_usage_error(error, "the command is missing");
        for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
                if (g_str_equal((*argv)[0], commands[i].name))
                        return commands[i].run(ctl, *argv, error);
        return ctl_usage_error(error, "unknown command '%s'", (*argv)[0]);
}

int main(int argc, char **argv) {
        g_auto(Ctl) ctl = { .status = CTL_EXIT_OK };
        g_autoptr(GError) error = NULL;

        setlocale(LC_ALL, "");
        g_set_prgname("quaywallctl");
        for (int i = 1; i < argc; i++)
                if (!g_utf8_validate(argv[i], -1, NULL)) {
                        g_printerr("quaywallctl: word %d is not UTF-8\n", i);
                        return CTL_EXIT_USAGE;
                }

        g_auto(GStrv) words = g_strdupv(argv + (argc > 0));
        if (run(&ctl, &words, &error))
                return ctl.status;

        g_autofree char *sentence = client_error_sentence(error);
        g_autofree char *printable = text_printable(sentence);
        const CtlExit status = client_exit_status(error);

        g_printerr("quaywallctl: %s\n", printable);
        if (status == CTL_EXIT_USAGE)
                g_printerr("Try 'quaywallctl --help'\n");
        return status;
}
