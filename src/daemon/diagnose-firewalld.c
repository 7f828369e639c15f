/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose.h"

#include <string.h>

#include <glib/gi18n.h>

#include "daemon/forwards.h"
#include "firewalld/direct.h"
#include "guard/tables.h"

/* A reload of firewalld takes less time. */
#define TABLE_USEC ((gint64) (2 * G_USEC_PER_SEC))

/* "nft flush ruleset" deletes the table, and firewalld does not notice. The table is also absent during a reload. */
static bool is_table_gone(Diagnosis *d) {
        World *world = d->world;
        const bool there = tables_have("inet", "firewalld");
        world->firewalld_table |= there;
        if (there || !world->firewalld_table || !g_str_equal(world->firewalld->state, "running"))
                world->firewalld_gone = 0;
        else if (world->firewalld_gone == 0)
                world->firewalld_gone = d->now;
        if (world->firewalld_gone == 0 || d->now - world->firewalld_gone >= TABLE_USEC)
                return world->firewalld_gone != 0;
        diagnosis_again(d, world->firewalld_gone + TABLE_USEC);
        return false;
}

void diagnose_firewalld(Diagnosis *d) {
        if (is_table_gone(d))
                problems_add(
                        d->problems, PROBLEM_FIREWALLD_RULES_MISSING,
                        _("firewalld runs but its nftables table \"inet firewalld\" is gone, so its zones keep nobody out; \"quaywallctl repair\" reloads "
                          "firewalld, which makes it again"));
        if (g_str_equal(d->world->firewalld->state, "failed"))
                problems_add(d->problems, PROBLEM_FIREWALLD_FAILED,
                             _("firewalld is in its failed state; see its log, mend its configuration and reload it"));
        if (d->world->firewalld->panic)
                problems_add(d->problems, PROBLEM_FIREWALLD_PANIC,
                             _("firewalld is in panic mode and drops every packet; \"firewall-cmd --panic-off\" ends it"));
}

void diagnose_forwards(Diagnosis *d) {
        g_autofree char *altered = NULL;
        g_autoptr(GError) error = NULL;
        if (!forwards_check(d->world->firewalld, d->desired->forwards, &altered, &error))
                problems_add(d->problems, PROBLEM_FIREWALLD_FAILED, "%s", error->message);
        else if (altered)
                problems_add(
                        d->problems, PROBLEM_FORWARD_ALTERED,
                        _("\"%s\" of firewalld, which a \"forward\" needs, is not as quaywalld made it, so what should pass may be blocked; "
                          "\"quaywallctl repair\" mends it"),
                        altered);
}

/* Not through /proc/net, which the sandbox hides. */
char *diagnose_legacy_tables(Family family) {
        const char *file = family == FAMILY_IPV4 ? "/proc/self/net/ip_tables_names" : "/proc/self/net/ip6_tables_names";
        g_autofree char *text = NULL;
        if (!g_file_get_contents(file, &text, NULL, NULL) || text[0] == '\0')
                return NULL;
        g_auto(GStrv) names = g_strsplit(g_strstrip(text), "\n", -1);
        return g_strjoinv(", ", names);
}

static void check_legacy_of(Diagnosis *d, Family family) {
        const char *command = family == FAMILY_IPV4 ? "iptables" : "ip6tables";
        g_autofree char *tables = diagnose_legacy_tables(family);
        if (!tables)
                return;
        /* If iptables itself is the legacy variant, everybody sees these tables. */
        const char *const args[] = { "--version", NULL };
        g_autofree char *version = direct_iptables(d->world->firewalld, family, args, NULL);
        if (!version || strstr(version, "legacy"))
                return;
        Problem *problem = problems_add(
                d->problems, PROBLEM_IPTABLES_LEGACY,
                _("tables of %s-legacy are loaded as well (%s); what they hold judges packets too and is not seen by firewalld, "
                  "Docker and quaywall: see \"%s-legacy-save\", and take it away or reboot without it"),
                command, tables, command);
        problem_add_detail(problem, "family", family_to_string(family));
        problem_add_detail(problem, "tables", tables);
}

void diagnose_legacy(Diagnosis *d) {
        ITERATE_FAMILIES (family)
                check_legacy_of(d, family);
}
