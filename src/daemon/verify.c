/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify.h"

#include <glib/gi18n.h>

#include "daemon/agenda.h"
#include "daemon/diagnose.h"
#include "daemon/fights.h"
#include "model/error.h"
#include "model/store.h"
#include "world/carried.h"
#include "world/docker-rules.h"
#include "world/journal.h"
#include "world/notices.h"

static bool is_enabled(const Policy *policy) {
        return policy->enabled;
}

static bool is_known(Reconciler *r, const Problem *problem) {
        for (guint i = 0; i < r->problems->len; i++)
                if (g_str_equal(((Problem *) r->problems->pdata[i])->sentence, problem->sentence))
                        return true;
        return false;
}

void verify_publish(Reconciler *r, GPtrArray *problems) {
        const char *state = problems->len > 0                                     ? "degraded" :
                            carried_any(r->world, r->intent->runtime, is_enabled) ? "enforcing" :
                                                                                    "idle";
        bool same = r->problems->len == problems->len && r->state == state;
        for (guint i = 0; same && i < problems->len; i++)
                same = g_str_equal(((Problem *) problems->pdata[i])->sentence, ((Problem *) r->problems->pdata[i])->sentence);
        if (same)
                return;
        for (guint i = 0; i < problems->len; i++) {
                const Problem *problem = problems->pdata[i];
                if (!is_known(r, problem))
                        journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_PROBLEM", problem_code_to_string(problem->code)),
                                    "%s", problem->sentence);
        }
        if (r->state != state)
                journal_log(LOG_INFO, JOURNAL_FIELDS("QUAYWALL_STATE", state), _("State is %s"), state);
        g_clear_pointer(&r->problems, g_ptr_array_unref);
        r->problems = g_ptr_array_ref(problems);
        r->state = state;
        announce(&r->repairs.announcer, (Announcement){ .kind = ANNOUNCE_STATE });
}

static void log_peace(ProblemCode code, guint32 repairs, G_GNUC_UNUSED gpointer userdata) {
        const char *name = problem_code_to_string(code);
        journal_log(LOG_NOTICE, JOURNAL_FIELDS("QUAYWALL_REPAIR", name), _("Nobody undoes the repairs (%s) any more, after %u"),
                    name, repairs);
}

static void look_again(Reconciler *r, gint64 when, gint64 now) {
        if (when != 0)
                agenda_within(r->agenda, AGENDA_RECONCILE, MAX(when - now, 0));
}

static void find_files(const Reconciler *r, GPtrArray *problems) {
        for (guint i = 0; r->intent->file_problems && i < r->intent->file_problems->len; i++) {
                const StoreProblem *broken = r->intent->file_problems->pdata[i];
                const bool group = broken->kind == STORE_GROUPS;
                problem_add_detail(
                        problems_add(problems, group ? PROBLEM_GROUP_FILE : PROBLEM_POLICY_FILE, "%s", broken->message),
                        group ? "group" : "policy", broken->name);
        }
        if (r->intent->copy_problem)
                problems_add(problems, PROBLEM_POLICY_COPY, "%s", r->intent->copy_problem);
}

static void find_failure(const Reconciler *r, const GError *failure, GPtrArray *problems) {
        if (r->world->firewalld->panic)
                return;
        const bool is_away = g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING);
        problems_add(problems, is_away ? PROBLEM_FIREWALLD_NOT_RUNNING : PROBLEM_APPLY_FAILED, "%s", failure->message);
}

/* Returns whether there is a fight. */
static bool find_fights(Reconciler *r, gint64 now, GPtrArray *problems) {
        const gint64 over = fights_report(r->repairs.fights, &r->world->news, now, problems, log_peace, NULL);
        look_again(r, over, now);
        return over != 0;
}

/* Everything but fights. */
static void find(Reconciler *r, VerifyFlags flags, GError *failure, Diagnosis *d) {
        find_files(r, d->problems);
        if (failure)
                find_failure(r, failure, d->problems);
        if (r->world->firewalld->owner)
                diagnose_firewalld(d);
        if (!failure) {
                if (flags & VERIFY_DOCKER)
                        diagnosis_again(d, docker_rules_look(r->world, d->now));
                diagnose_rules(d);
                diagnose_permanent(d);
                diagnose_forwards(d);
                diagnose_zones(d);
                diagnose_docker(d);
                diagnose_legacy(d);
        }
        diagnose_enforcement(d);
        diagnose_engine(d);
        diagnose_bypasses(d);
        diagnose_meaning(d);
        diagnose_labels(d);
        (void) notices_take(r->world);
        if (r->world->guard && !guard_is_intact(r->world->guard))
                problems_add(
                        d->problems, PROBLEM_GUARD_ALTERED,
                        _("the nftables table \"inet quaywall\" was changed or deleted by somebody else; \"quaywallctl repair\" mends it"));
}

static guint64 earlier(guint64 a, guint64 b) {
        return a == 0 ? b : b == 0 ? a : MIN(a, b);
}

guint64 verify_planned(const Reconciler *r, bool doubts) {
        const guint64 check = agenda_deadline(r->agenda, AGENDA_RECONCILE);
        if (r->is_due && !(doubts && r->is_following))
                return (guint64) g_get_monotonic_time();
        return doubts ? check : earlier(check, agenda_deadline(r->agenda, AGENDA_FOLLOW));
}

bool verify_holds(Reconciler *r) {
        (void) notices_take(r->world);
        return r->world->monitor && r->in_force->applied && r->problems->len == 0 &&
               g_str_equal(r->world->firewalld->state, "running") && !r->world->ipsets_stale &&
               (!r->is_wanted || r->is_following) && verify_planned(r, true) == 0;
}

/* When to check again if something is wrong after quaywall's own change and another program changed something as well. */
#define AGAIN_USEC (100 * 1000ULL)

/* The kernel's notifications of quaywall's own changes so far plan a check that would read and verify everything again. This
 * verification covers them, so the check is cancelled, also if it is due already and waits for its turn, unless one was planned
 * before the change, something is wrong, or Docker reported something that the rules do not reflect yet. Returns the time of the
 * cancelled check; 0: none. */
static guint64 call_off(Reconciler *r, VerifyFlags flags, const GError *failure) {
        const World *world = r->world;
        const guint64 planned = verify_planned(r, false);
        if ((flags & VERIFY_ARMED) || failure || planned == 0 || (!(flags & VERIFY_DOCKER) && world->nat_changed) ||
            world->facts_changed)
                return 0;
        agenda_cancel(r->agenda, AGENDA_RECONCILE);
        agenda_cancel(r->agenda, AGENDA_FOLLOW);
        if (r->is_due)
                r->is_wanted = r->is_due = r->is_following = false;
        return planned;
}

GPtrArray *verify_find(Reconciler *r, VerifyFlags flags, GError *failure) {
        const gint64 now = g_get_monotonic_time();
        g_autoptr(PolicySet) policies = carried_join(r->world, r->intent->runtime);
        Diagnosis d = { .world = r->world,
                        .desired = r->in_force->desired,
                        .policies = policies,
                        .settings = r->world->settings,
                        .is_impatient = flags & VERIFY_IMPATIENT,
                        .now = now,
                        .problems = problems_new() };
        const bool told = (flags & VERIFY_OWN) && notices_take(r->world);
        /* Before the diagnosis, so that checks which it plans, and events that arrive meanwhile, are not cancelled. */
        const guint64 called_off = (flags & VERIFY_OWN) ? call_off(r, flags, failure) : 0;
        find(r, flags, failure, &d);
        look_again(r, d.again, now);
        const bool fought = find_fights(r, now, d.problems);
        if (d.problems->len > 0)
                look_again(r, (gint64) called_off, now);
        /* Not during a fight, or each change of the other program would cost one of these checks. */
        if (d.problems->len > 0 && told && !fought)
                agenda_within(r->agenda, AGENDA_RECONCILE, AGAIN_USEC);
        return d.problems;
}

void verify_state(Reconciler *r, VerifyFlags flags, GError *failure) {
        g_autoptr(GPtrArray) problems = verify_find(r, flags, failure);
        verify_publish(r, problems);
}
