/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywallctl, the command line of quaywalld. This file owns the table of commands. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <glib/gi18n.h>

#include "ctl/all-cmd.h"
#include "ctl/complete.h"
#include "ctl/ctl.h"
#include "ctl/define-cmd.h"
#include "ctl/direct-cmd.h"
#include "ctl/engine-cmd.h"
#include "ctl/explain-cmd.h"
#include "ctl/group-cmd.h"
#include "ctl/history-cmd.h"
#include "ctl/log-cmd.h"
#include "ctl/monitor-cmd.h"
#include "ctl/policy-cmd.h"
#include "ctl/ports-cmd.h"
#include "ctl/report.h"
#include "ctl/service-cmd.h"
#include "ctl/uninstall-cmd.h"
#include "ctl/watch-cmd.h"
#include "ctl/zone-cmd.h"
#include "language.h"

static bool help_run(Ctl *ctl, GStrv argv, GError **error);

/* Each command's own table has its options. */
static const CtlVerb commands[] = {
        { .name = "status", .summary = N_("What is in force, and what is not"), .run = service_cmd_status },
        { .name = "allow-only", .words = "NAME", .summary = N_("Let only these connect to containers"), .run = define_cmd_run },
        { .name = "deny", .words = "NAME", .summary = N_("Let these not connect to containers"), .run = define_cmd_run },
        { .name = "obey-zones",
          .words = "NAME",
          .summary = N_("Let those connect that firewalld's zones let in"),
          .run = define_cmd_run },
        { .name = "forward", .words = "NAME", .summary = N_("Route between interfaces"), .run = define_cmd_run },
        { .name = "policy", .words = "[VERB]", .summary = N_("The policies that there are"), .run = policy_cmd_run },
        { .name = "group", .words = "[VERB]", .summary = N_("Groups of addresses that policies name"), .run = group_cmd_run },
        { .name = "history",
          .words = "[CHANGE]",
          .summary = N_("Who changed policies and groups, when, and what"),
          .run = history_cmd_history },
        { .name = "undo",
          .words = "[CHANGE]",
          .summary = N_("Take back the last change, or this one"),
          .run = history_cmd_undo },
        { .name = "runtime-to-permanent",
          .summary = N_("Make permanent what is in force"),
          .run = all_cmd_runtime_to_permanent },
        { .name = "ports",
          .words = "[PORT|CONTAINER|NETWORK]...",
          .summary = N_("Published ports, who can reach them, and why"),
          .run = ports_cmd_run },
        { .name = "explain", .summary = N_("Whether a connection gets through, and why"), .run = explain_cmd_run },
        { .name = "zone", .words = "[VERB]", .summary = N_("firewalld's zone for Docker's interfaces"), .run = zone_cmd_run },
        { .name = "direct", .words = "[VERB]", .summary = N_("Single rules in DOCKER-USER"), .run = direct_cmd_run },
        { .name = "engine", .words = "[VERB]", .summary = N_("Docker's own settings (daemon.json)"), .run = engine_cmd_run },
        { .name = "verify", .summary = N_("Compare what is in force with the policies"), .run = service_cmd_verify },
        { .name = "repair", .summary = N_("Make it equal"), .run = service_cmd_repair },
        { .name = "reload", .summary = N_("Read the policy files again"), .run = service_cmd_reload },
        { .name = "monitor", .summary = N_("Follow what changes"), .run = monitor_cmd_run },
        { .name = "watch", .summary = N_("A page that shows all of this as it changes"), .run = watch_cmd_run },
        { .name = "log", .words = "[NAME]", .summary = N_("What policies with --log blocked"), .run = log_cmd_run },
        { .name = "uninstall-rules",
          .summary = N_("Stop quaywalld and remove all that it put in place"),
          .run = uninstall_cmd_run },
        { .name = "help",
          .words = "[COMMAND]",
          .summary = N_("What a command does, its options, and examples"),
          .run = help_run },
        { .name = NULL },
};

static const CtlUsage usage = {
        .synopsis = "COMMAND",
        .summary = N_("Blocks connections to published ports of Docker from clients that your policies do not allow."),
        .verbs = commands,
        .examples = "quaywallctl allow-only web --from 192.168.1.0/24 --port 8080/tcp\n"
                    "quaywallctl ports\n"
                    "quaywallctl help allow-only",
        .description =
                N_("Exit status: 0 all is well, 1 it failed, 2 the command line is wrong, 3 not authorised, "
                   "4 quaywalld cannot be reached, 5 problems were found (status, verify, repair), 6 blocked and 7 uncertain "
                   "(explain)."),
        .scope = true,
        .strict = true,
};

static bool run(Ctl *ctl, GStrv *argv, GError **error) {
        gboolean version = FALSE;

        if (!ctl_parse_global(ctl, &usage, &version, argv, error))
                return false;
        if (version)
                return ctl_print("quaywallctl " PACKAGE_VERSION "\n", error);
        if (!ctl->verb)
                return ctl_usage_error(error, _("the command is missing"));
        ctl->command = ctl->verb->name;
        return ctl->verb->run(ctl, *argv, error);
}

/* "help policy show" is "policy show --help", and completes as "policy show" does. */
static bool help_run(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        g_strv_builder_addv(builder, (const char **) argv + 1);
        if (!ctl->complete)
                g_strv_builder_add(builder, "--help");
        g_auto(GStrv) words = g_strv_builder_end(builder);
        ctl->command = NULL; /* the line behind it says which */
        return run(ctl, &words, error);
}

int main(int argc, char **argv) {
        g_auto(Ctl) ctl = { .status = CTL_EXIT_OK };
        g_autoptr(GError) error = NULL;

        language_set();
        g_set_prgname("quaywallctl");
        for (int i = 1; i < argc; i++)
                if (!g_utf8_validate(argv[i], -1, NULL)) {
                        g_printerr(_("quaywallctl: word %d is not UTF-8\n"), i);
                        return CTL_EXIT_USAGE;
                }

        char **first = argv + (argc > 0);
        if (*first && g_str_equal(*first, COMPLETE_COMMAND)) {
                first += 1 + (first[1] && g_str_equal(first[1], "--"));
                ctl.complete = complete_line;
        }
        g_auto(GStrv) words = g_strdupv(first);
        if (run(&ctl, &words, &error) || g_error_matches(error, CTL_ERROR, CTL_ERROR_DONE))
                return (int) ctl.status;
        return report_error(&ctl, (const char *const *) first, error);
}
