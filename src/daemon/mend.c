/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mend.h"

#include <glib/gi18n.h>

#include "compile/put-back.h"
#include "daemon/apply.h"
#include "daemon/reload.h"
#include "firewalld/direct.h"
#include "firewalld/zone.h"
#include "world/docker-rules.h"
#include "world/iptables.h"
#include "world/notices.h"
#include "world/zones.h"

/* --- rules -------------------------------------------------------------------------------------------------------- */

/* Each call takes 10 to 20 ms, and a reload as long as 40 of them. */
#define MAX_PUT_BACK 40

/* Repairs without a reload, which would end other programs' runtime changes and the connections that Docker serves. False: only
 * a reload helps. */
static bool mend_chains(World *world, const KernelTable *table, Family family) {
        bool docker_makes_rules = docker_rules_runs(world) && docker_rules_are_made(world);
        /* Docker writes its own rules again only after a reload. */
        if (family == FAMILY_IPV4 && docker_makes_rules && !kernel_table_has_docker(table, "FORWARD"))
                return false;
        g_autoptr(DirectConfig) runtime = direct_read_runtime(world->firewalld, NULL);
        g_autoptr(GPtrArray) calls = runtime ? put_back(table, runtime, family) : NULL;
        if (!calls || calls->len == 0 || calls->len > MAX_PUT_BACK)
                return false;
        iptables_forget(world);
        for (guint i = 0; i < calls->len; i++) {
                g_autofree char *output = direct_iptables(world->firewalld, family, calls->pdata[i], NULL);
                if (!output)
                        return false;
        }
        return true;
}

static GPtrArray *compare_chains(World *world, GPtrArray *desired, Family family, GError **error) {
        const KernelTable *table = iptables_read(world, family, "filter", error);
        return table ? kernel_table_compare(table, desired, family, false) : NULL;
}

static int last_priority(GPtrArray *desired, Family family) {
        int last = G_MININT;
        for (guint i = 0; i < desired->len; i++) {
                const DirectRule *rule = desired->pdata[i];
                if (rule->family == family && g_str_equal(rule->chain, CHAIN_DOCKER_USER))
                        last = MAX(last, rule->priority);
        }
        return last;
}

/* Another program's direct rule, by its priority, ends the chain before all of quaywall's rules are reached. firewalld would
 * put it there again, so a reload would only cost others their runtime changes. Problems names the cause. */
static bool is_ended_by_firewalld(const World *world, GPtrArray *desired, Family family) {
        g_autoptr(DirectConfig) runtime = direct_read_runtime(world->firewalld, NULL);
        const int last = last_priority(desired, family);
        for (guint i = 0; runtime && i < runtime->rules->len; i++) {
                const DirectEntry *entry = runtime->rules->pdata[i];
                Family of;
                if (direct_entry_is_filter(entry, &of) && of == family && g_str_equal(entry->chain, CHAIN_DOCKER_USER) &&
                    entry->priority <= last && !direct_rule_owner(entry->chain, (const char *const *) entry->args) &&
                    rule_lets_nothing_past((const char *const *) entry->args))
                        return true;
        }
        return false;
}

/* Restores rules that firewalld lists and the kernel lacks. A single missing one shifts firewalld's count of positions, so that
 * its next addition lands in the wrong place and its removals fail (measured). All of the family are repaired at once. */
static bool mend_rules(Mending *m, const Problem *problem, GError **error) {
        g_autoptr(Desired) desired = desired_ref(m->desired);
        Family family;
        /* If no policy needs a rule, one that looks like quaywall's is only reported: a reload would not remove it. */
        if (desired->direct_now->len == 0 || !family_from_string(problem_get_detail(problem, "family"), &family) ||
            (problem->code == PROBLEM_RULES_DEAD && is_ended_by_firewalld(m->world, desired->direct_now, family)))
                return true;
        /* The repair of an earlier problem may have repaired this one as well. */
        g_autoptr(GPtrArray) deviations = compare_chains(m->world, desired->direct_now, family, error);
        if (!deviations || deviations->len == 0)
                return deviations;
        const KernelTable *table = iptables_read(m->world, family, "filter", error);
        g_autoptr(GPtrArray) left = table && mend_chains(m->world, table, family) ?
                                            compare_chains(m->world, desired->direct_now, family, error) :
                                            NULL;
        const bool mended = left && left->len == 0;
        if (!mended && (!reload_firewalld(m->world, m->repairs->agenda, error) ||
                        !apply_runtime(m->world, m->repairs->agenda, NULL, desired->direct_now, NULL, error)))
                return false;
        m->any = true;
        repair_done(m->repairs, problem->code,
                    mended ? _("%s; they are restored") : _("%s; firewalld was reloaded and they are made again"),
                    problem->sentence);
        return true;
}

/* --- zones -------------------------------------------------------------------------------------------------------- */

/* An interface in another zone was put there by somebody, and stays. */
static bool mend_zone_interface(Mending *m, const Problem *problem, GError **error) {
        World *world = m->world;
        const char *bridge = problem_get_detail(problem, "interface");
        if (zones_find(world, bridge)[0] || world->firewalld->panic)
                return true;
        if (!zone_put_runtime(world->firewalld, ZONE_DOCKER, bridge, error))
                return false;
        g_hash_table_insert(world->zones, g_strdup(bridge), g_strdup(ZONE_DOCKER));
        zones_note_homeless(world, g_get_monotonic_time());
        m->any = true;
        repair_done(m->repairs, problem->code, _("%s was in no zone of firewalld; it is in \"docker\" again"), bridge);
        return true;
}

static bool mend_zone_stale(Mending *m, const Problem *problem, GError **error) {
        const char *interface = problem_get_detail(problem, "interface");
        if (!zone_remove_permanent(m->world->firewalld, ZONE_DOCKER, interface, error))
                return false;
        m->any = true;
        repair_done(m->repairs, problem->code, _("%s is gone; it is taken out of the permanent zone \"docker\""), interface);
        return apply_read_zone(m->world, m->repairs->agenda, error);
}

/* --- firewalld and Docker ----------------------------------------------------------------------------------------- */

static bool mend_firewalld(Mending *m, const Problem *problem, GError **error) {
        if (!reload_firewalld(m->world, m->repairs->agenda, error))
                return false;
        m->any = true;
        repair_done(m->repairs, problem->code, _("firewalld's table was not there; firewalld was reloaded"));
        return true;
}

static bool is_back(World *world, G_GNUC_UNUSED gpointer userdata) {
        bool known;
        return docker_rules_are_there(world, &known);
}

/* Docker writes its rules when firewalld reloads. */
static bool mend_docker(Mending *m, const Problem *problem, GError **error) {
        if (!reload_firewalld(m->world, m->repairs->agenda, error))
                return false;
        m->any = true;
        notices_wait(m->world, is_back, NULL, DOCKER_GRACE_USEC);
        if (is_back(m->world, NULL))
                repair_done(m->repairs, problem->code,
                            _("Docker's rules were not there; firewalld was reloaded, and Docker has written them again"));
        return true;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

/* Problems that are not listed are repaired by putting everything in force again, which comes first (apply.h, docker-user.h),
 * or not at all. */
static const struct {
        bool (*mend)(Mending *m, const Problem *problem, GError **error);
        bool on_request; /* only on a caller's request */
} MENDS[_PROBLEM_MAX] = {
        [PROBLEM_RULES_MISSING] = { mend_rules },
        [PROBLEM_RULES_ALTERED] = { mend_rules },
        [PROBLEM_RULES_DISORDERED] = { mend_rules },
        [PROBLEM_RULES_DEAD] = { mend_rules },
        [PROBLEM_ZONE_INTERFACE] = { mend_zone_interface },
        [PROBLEM_FIREWALLD_RULES_MISSING] = { mend_firewalld, true },
        [PROBLEM_DOCKER_RULES_MISSING] = { mend_docker, true },
        [PROBLEM_ZONE_STALE] = { mend_zone_stale, true },
};

static bool mend_all(Mending *m, ProblemCode code, GPtrArray *problems, GError **error) {
        bool is_due = false;
        for (guint i = 0; i < problems->len; i++) {
                const Problem *problem = problems->pdata[i];
                if (problem->code != code)
                        continue;
                if (!is_due && !(MENDS[code].on_request ? m->is_asked : repair_is_due(m->repairs, code)))
                        return true;
                is_due = true;
                if (!MENDS[code].mend(m, problem, error))
                        return false;
        }
        return true;
}

bool mend(Mending *m, GPtrArray *problems, GError **error) {
        bool mended = true;
        m->any = false;
        for (ProblemCode code = 0; mended && code < _PROBLEM_MAX; code++) {
                if (!MENDS[code].mend)
                        continue;
                fights_join(m->repairs->fights, code);
                mended = mend_all(m, code, problems, error);
                fights_part(m->repairs->fights);
        }
        return mended;
}
