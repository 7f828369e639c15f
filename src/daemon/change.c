/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change.h"

#include "daemon/agenda.h"
#include "daemon/apply.h"
#include "daemon/cut.h"
#include "daemon/docker-user.h"
#include "daemon/mend.h"
#include "daemon/policy-files.h"
#include "daemon/verify.h"
#include "firewalld/direct.h"
#include "model/error.h"
#include "world/carried.h"
#include "world/ipsets.h"
#include "world/iptables.h"
#include "world/notices.h"
#include "world/permanent.h"
#include "world/zone-rules.h"

/* Restores the state before the change. */
static void undo_change(Reconciler *r, ApplyFlags flags) {
        g_autoptr(GError) failure = NULL;
        g_autoptr(Desired) desired = apply_desire(r->world, r->intent->runtime, r->intent->permanent);
        ApplyResult result;
        in_force_set_desired(r->in_force, desired);
        r->in_force->guarded = NULL;
        /* The guard may have got the change first, and is reset without firewalld. */
        if (apply_guard(r->world, r->intent->runtime, &failure) &&
            apply_in_force(r->in_force, r->world, r->agenda, desired, r->intent->runtime, flags & APPLY_FORWARDS, &result,
                           &failure))
                return;
        verify_state(r, VERIFY_DOCKER, failure);
        agenda_within(r->agenda, AGENDA_RECONCILE, G_USEC_PER_SEC);
}

/* If the change fails because another program removed rules a moment ago, those are repaired and the change is tried again. */
static bool apply_change(Reconciler *r, Desired *desired, PolicySet *runtime, ApplyFlags flags, GError **error) {
        g_autoptr(GError) failure = NULL;
        ApplyResult result;
        if (apply_in_force(r->in_force, r->world, r->agenda, desired, runtime, flags, &result, &failure))
                return true;
        if (flags & APPLY_VERIFIED) {
                /* firewalld may have something else than its kernel rules, which is what was verified: now it is asked. */
                flags &= ~APPLY_VERIFIED;
                undo_change(r, flags);
                g_clear_error(&failure);
                if (apply_in_force(r->in_force, r->world, r->agenda, desired, runtime, flags, &result, &failure))
                        return true;
        }
        undo_change(r, flags);
        Mending mending = { .world = r->world, .repairs = &r->repairs };
        if (g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED) &&
            g_str_equal(r->world->firewalld->state, "running") && !r->world->firewalld->panic) {
                iptables_forget(r->world);
                g_autoptr(GPtrArray) problems = verify_find(r, VERIFY_IMPATIENT, NULL);
                mending.desired = r->in_force->desired;
                (void) mend(&mending, problems, NULL);
        }
        if (mending.any && apply_in_force(r->in_force, r->world, r->agenda, desired, runtime, flags, &result, error))
                return true;
        if (mending.any)
                undo_change(r, flags);
        else
                g_propagate_error(error, g_steal_pointer(&failure));
        return false;
}

/* Adopts sets that are in force and on disk. Returns the names of the policies that changed. */
static GPtrArray *take_sets(Reconciler *r, PolicySet *runtime, PolicySet *permanent) {
        GPtrArray *names = intent_difference(r->intent, runtime, permanent);
        r->in_force->guarded = NULL;
        intent_set(r->intent, runtime, permanent);
        cut_forget(r->world, runtime);
        return names;
}

/* The last verification still holds: it found nothing wrong, and no change was reported since. */
static bool is_verified(Reconciler *r) {
        (void) notices_take(r->world);
        return r->world->monitor && r->in_force->applied && r->problems->len == 0 &&
               g_str_equal(r->world->firewalld->state, "running") && !r->world->facts_changed && !r->world->ipsets_stale &&
               !r->is_wanted && agenda_deadline(r->agenda, AGENDA_RECONCILE) == 0 &&
               (!r->world->guard || guard_is_intact(r->world->guard));
}

static bool apply_with_firewalld(Reconciler *r, PolicySet *runtime, PolicySet *permanent, FilesChange *files, GError **error) {
        /* Also those of the policies before, in case the change must be undone. */
        PolicySet *const sets[] = { r->intent->runtime, r->intent->permanent, runtime, permanent, NULL };
        if (!ipsets_read(r->world, sets, NULL, error))
                return false;
        if (carried_any(r->world, runtime, policy_asks_zones) || policy_set_any(permanent, policy_asks_zones))
                (void) zone_rules_read(r->world);
        const bool was_armed = agenda_deadline(r->agenda, AGENDA_RECONCILE) != 0 || r->is_due;
        const bool forwards = policy_set_forwards(r->intent->runtime) || policy_set_forwards(runtime) ||
                              policy_set_forwards(r->intent->permanent) || policy_set_forwards(permanent);
        const ApplyFlags flags = (forwards ? APPLY_FORWARDS : 0) |
                                 (policy_set_only_restricts(r->intent->runtime, runtime) ? APPLY_GUARD_FIRST : 0) |
                                 (is_verified(r) ? APPLY_VERIFIED : 0);
        g_autoptr(Desired) desired = apply_desire(r->world, runtime, permanent);
        if (!apply_change(r, desired, runtime, flags, error))
                return false;
        if (!policy_files_commit(files, error)) {
                undo_change(r, flags);
                return false;
        }
        in_force_set_desired(r->in_force, desired);
        g_autoptr(GPtrArray) names = take_sets(r, runtime, permanent);
        iptables_forget(r->world);
        g_autoptr(GError) failure = NULL;
        (void) docker_user_lift_jumps(r->in_force, r->world, &r->repairs, &failure);
        verify_state(r, VERIFY_OWN | (was_armed ? VERIFY_ARMED : 0), failure);
        iptables_forget(r->world);
        permanent_rest(r->world);
        announce(&r->repairs.announcer, (Announcement){ .kind = ANNOUNCE_POLICIES, .names = names });
        return true;
}

static bool is_the_same(PolicySet *a, PolicySet *b) {
        g_autoptr(GPtrArray) names = policy_set_difference(a, b);
        return names->len == 0;
}

bool change_run(Reconciler *r, PolicySet *runtime, PolicySet *permanent, GError **error) {
        const bool is_there = is_the_same(r->intent->runtime, runtime) && is_the_same(r->intent->permanent, permanent);
        if (!is_there && (!firewalld_refresh(r->world->firewalld, error) ||
                          (permanent != r->intent->permanent && !direct_may_write(r->world->firewalld, error))))
                return false;
        g_autoptr(FilesChange) files = policy_files_stage(r->intent, r->world->settings, runtime, permanent, error);
        if (!files)
                return false;
        if (is_there && policy_files_are_there(files) && is_verified(r))
                return true;
        return (!is_there || firewalld_refresh(r->world->firewalld, error)) &&
               apply_with_firewalld(r, runtime, permanent, files, error);
}

bool change_restore(Reconciler *r, PolicySet *runtime, PolicySet *permanent, const char *folder, GError **error) {
        g_autoptr(GError) away = NULL;
        g_autoptr(FilesChange) files =
                policy_files_stage_restore(r->intent, r->world->settings, runtime, permanent, folder, error);
        if (!files)
                return false;
        if (firewalld_refresh(r->world->firewalld, &away) && apply_with_firewalld(r, runtime, permanent, files, &away))
                return true;
        if (!apply_guard(r->world, runtime, error))
                return false;
        if (!policy_files_commit(files, error)) {
                (void) apply_guard(r->world, r->intent->runtime, NULL);
                return false;
        }
        g_autoptr(GPtrArray) names = take_sets(r, runtime, permanent);
        verify_state(r, VERIFY_DOCKER, away);
        agenda_within(r->agenda, AGENDA_RECONCILE, G_USEC_PER_SEC);
        announce(&r->repairs.announcer, (Announcement){ .kind = ANNOUNCE_POLICIES, .names = names });
        return true;
}

bool change_reload(Reconciler *r, GError **error) {
        g_autoptr(PolicySet) permanent = policy_files_read(r->intent, r->world->settings, error);
        if (!permanent || !firewalld_refresh(r->world->firewalld, error))
                return false;
        g_autoptr(FilesChange) files = policy_files_stage_read(r->intent, r->world->settings, permanent, error);
        return files && apply_with_firewalld(r, permanent, permanent, files, error);
}
