/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose.h"

#include <glib/gi18n.h>

#include "model/bounds.h"
#include "world/zone-rules.h"
#include "world/docker-rules.h"
#include "world/iptables.h"
#include "world/permanent.h"

/* A jump that exists must come first. With the guard no policy depends on it, so a missing one matters only if Docker has
 * rules, or runs, makes rules and had time to write them. For IPv6 Docker makes none without ip6tables. */
static bool expects_jump(Diagnosis *d, const KernelTable *table, Family family, bool has_policies) {
        bool bypassed;
        if (kernel_table_find_jump(table, &bypassed) > 0 || kernel_table_has_docker(table, "FORWARD"))
                return true;
        if (family != FAMILY_IPV4)
                return false;
        const bool is_made = docker_rules_runs(d->world) && docker_rules_are_made(d->world);
        return d->world->guard ? is_made && !docker_rules_are_awaited(d->world) : is_made || has_policies;
}

static void add_deviation(Diagnosis *d, const Deviation *deviation, Family family) {
        Problem *problem = problems_add(d->problems, deviation->code, "%s", deviation->sentence);
        problem_add_detail(problem, "family", family_to_string(family));
        problem_add_detail(problem, "chain", deviation->chain);
        if (deviation->count > 0) {
                g_autofree char *count = g_strdup_printf("%u", deviation->count);
                problem_add_detail(problem, "count", count);
        }
}

/* Missing rules, or a jump that is missing or too low, may be right again in a moment, while Docker rebuilds its rules and the
 * guard enforces the policies. A reading in the middle of a reload, or of Docker's rebuild after it, can lack rules that are
 * there a moment later (seen once in some ten runs of tests/lab/t/46-quiet.lab), and the repair would be another reload. A
 * "forward" does not wait: only DOCKER-USER enforces it. */
static bool waits(Diagnosis *d, ProblemCode code) {
        const bool may_wait =
                problem_code_fight(code) == FIGHT_JUMP || (code == PROBLEM_RULES_MISSING && !policy_set_forwards(d->policies));
        if (!d->world->guard || !may_wait || d->is_impatient || !docker_rules_are_written(d->world, d->now))
                return false;
        diagnosis_again(d, d->now + DOCKER_STEP_USEC);
        return true;
}

/* For IPv6 there may be no jump to DOCKER-USER, and no Docker rules that would bring one. */
static void check_ipv6(Diagnosis *d, const KernelTable *table, bool has_policies) {
        bool bypassed;
        if (kernel_table_has_docker(table, "FORWARD") || kernel_table_find_jump(table, &bypassed) > 0)
                return;
        const char *sentence = NULL;
        if (has_policies && !d->world->guard)
                sentence = _(
                        "Docker has no rules for IPv6, so nothing leads to DOCKER-USER there, and Enforce= in quaywalld.conf does not "
                        "list \"guard\": policies do not hold for IPv6; add it and restart quaywalld");
        else if (kernel_table_has_others(table) && docker_rules_runs(d->world))
                sentence = _(
                        "Docker has no rules for IPv6, so nothing leads to DOCKER-USER there: what others have in it has no effect; set "
                        "\"ip6tables\": true in Docker's daemon.json (before Docker 27 with \"experimental\": true)");
        if (!sentence)
                return;
        problem_add_detail(problems_add(d->problems, PROBLEM_IPV6_CHAIN_MISSING, "%s", sentence), "family", "ipv6");
}

/* Docker's nftables backend leaves the chain DOCKER-USER behind, with what others have in it, and firewalld makes it for their
 * direct rules. */
static void check_unasked(Diagnosis *d) {
        ITERATE_FAMILIES (family) {
                bool bypassed;
                const KernelTable *table = iptables_read(d->world, family, "filter", NULL);
                if (!table || !kernel_table_has_others(table) || kernel_table_find_jump(table, &bypassed) > 0)
                        continue;
                Problem *problem = problems_add(
                        d->problems, PROBLEM_BACKEND_NFTABLES,
                        _("Docker filters with nftables, so nothing leads to DOCKER-USER: what others have in it has no effect; make "
                          "policies of it (\"quaywallctl policy import\"), and remove it"));
                problem_add_detail(problem, "family", family_to_string(family));
        }
}

void diagnose_rules(Diagnosis *d) {
        GPtrArray *desired = d->desired->direct_now;
        if (d->world->docker_uses_nft)
                check_unasked(d);
        if (!d->settings->use_direct || d->world->docker_uses_nft)
                return;
        ITERATE_FAMILIES (family) {
                g_autoptr(GError) error = NULL;
                const bool has_policies = direct_rules_use_family(desired, family);
                const KernelTable *table = iptables_read(d->world, family, "filter", &error);
                if (!table) {
                        problems_add(d->problems, PROBLEM_FIREWALLD_FAILED, "%s", error->message);
                        return;
                }
                if (!has_policies && kernel_table_is_idle(table))
                        continue;
                g_autoptr(GPtrArray) deviations =
                        kernel_table_compare(table, desired, family, expects_jump(d, table, family, has_policies));
                for (guint i = 0; i < deviations->len; i++)
                        if (!waits(d, ((Deviation *) deviations->pdata[i])->code))
                                add_deviation(d, deviations->pdata[i], family);
                if (family == FAMILY_IPV6)
                        check_ipv6(d, table, has_policies);
        }
}

void diagnose_permanent(Diagnosis *d) {
        g_autoptr(GError) error = NULL;
        const DirectConfig *actual = permanent_read(d->world, &error);
        if (!actual) {
                problems_add(d->problems, PROBLEM_FIREWALLD_FAILED, "%s", error->message);
                return;
        }
        g_autoptr(DirectConfig) merged = direct_merge(actual, d->desired->direct_later);
        if (!direct_config_equal(actual, merged))
                problems_add(
                        d->problems, PROBLEM_PERMANENT_ALTERED,
                        _("firewalld's permanent direct configuration does not match the policies; \"quaywallctl repair\" mends it"));
}

static void check_zone_rules(Diagnosis *d) {
        g_autofree char *flaw = d->settings->use_guard ? zone_rules_flaw(d->world) :
                                                         g_strdup(_("Enforce= in quaywalld.conf does not list \"guard\""));
        if (flaw && policy_set_any(d->policies, policy_obeys))
                problems_add(d->problems, PROBLEM_ZONES_UNKNOWN,
                             _("What an \"obey-zones\" covers is closed to everybody whom no \"allow-only\" lists: %s"), flaw);
}

void diagnose_enforcement(Diagnosis *d) {
        check_zone_rules(d);
        for (guint i = 0; !d->settings->use_guard && i < d->desired->left_out->len; i++) {
                const char *name = d->desired->left_out->pdata[i];
                problem_add_detail(
                        problems_add(
                                d->problems, PROBLEM_POLICY_TOO_LARGE,
                                _("the policy \"%s\" would be more than %u rules in DOCKER-USER, and Enforce= in quaywalld.conf does "
                                  "not list \"guard\": nothing enforces it; add it and restart quaywalld"),
                                name, LIMIT_RULES),
                        "policy", name);
        }
        if (d->world->docker_uses_nft && !d->settings->use_guard)
                problems_add(
                        d->problems, PROBLEM_BACKEND_NFTABLES,
                        _("Docker filters with nftables and has no DOCKER-USER, and Enforce= in quaywalld.conf does not list \"guard\": nothing "
                          "enforces the policies; add it and restart quaywalld"));
}
