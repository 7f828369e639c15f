/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change.h"

#include <glib/gi18n.h>

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

/* What a change is announced with, once it was verified. */
typedef struct Changed {
        GPtrArray *policies, *groups; /* names */
} Changed;

/* Adopts sets that are in force and on disk. */
static Changed take_sets(Reconciler *r, PolicySet *runtime, PolicySet *permanent) {
        const Changed changed = { intent_difference(r->intent, runtime, permanent, STORE_POLICIES),
                                  intent_difference(r->intent, runtime, permanent, STORE_GROUPS) };
        r->in_force->guarded = NULL;
        intent_set(r->intent, runtime, permanent);
        cut_forget(r->world, runtime);
        return changed;
}

static void announce_changed(Reconciler *r, Changed changed) {
        g_autoptr(GPtrArray) policies = changed.policies, groups = changed.groups;
        announce(&r->repairs.announcer, (Announcement){ .kind = ANNOUNCE_GROUPS, .names = groups });
        announce(&r->repairs.announcer, (Announcement){ .kind = ANNOUNCE_POLICIES, .names = policies });
}

/* The last verification still holds, and nothing at all was reported since. */
static bool is_verified(Reconciler *r) {
        return verify_holds(r) && !r->world->facts_changed && !r->is_wanted && verify_planned(r, false) == 0 &&
               (!r->world->guard || guard_is_intact(r->world->guard));
}

/* The last moment at which nothing is decided yet is when the history learns of the change. note: NULL: it is none of its own. */
static bool commit(Reconciler *r, PolicySet *runtime, PolicySet *permanent, FilesChange *files, const ChangeNote *note,
                   GError **error) {
        if (note)
                history_begin(r->history, note, r->intent, runtime, permanent);
        const bool done = policy_files_commit(files, error);
        if (note)
                history_end(r->history, done);
        return done;
}

static bool apply_with_firewalld(Reconciler *r, PolicySet *runtime, PolicySet *permanent, FilesChange *files,
                                 const ChangeNote *note, GError **error) {
        /* Also those of the policies before, in case the change must be undone. */
        PolicySet *const sets[] = { r->intent->runtime, r->intent->permanent, runtime, permanent, NULL };
        if (!ipsets_read(r->world, sets, NULL, error))
                return false;
        if (carried_any(r->world, runtime, policy_asks_zones) || policy_set_any(permanent, policy_asks_zones))
                (void) zone_rules_read(r->world);
        const bool was_armed = verify_planned(r, true) != 0;
        const bool forwards = policy_set_forwards(r->intent->runtime) || policy_set_forwards(runtime) ||
                              policy_set_forwards(r->intent->permanent) || policy_set_forwards(permanent);
        const ApplyFlags flags = (forwards ? APPLY_FORWARDS : 0) |
                                 (policy_set_only_restricts(r->intent->runtime, runtime) ? APPLY_GUARD_FIRST : 0) |
                                 (verify_holds(r) ? APPLY_VERIFIED : 0);
        g_autoptr(Desired) desired = apply_desire(r->world, runtime, permanent);
        if (!apply_change(r, desired, runtime, flags, error))
                return false;
        if (!commit(r, runtime, permanent, files, note, error)) {
                undo_change(r, flags);
                return false;
        }
        in_force_set_desired(r->in_force, desired);
        const Changed changed = take_sets(r, runtime, permanent);
        iptables_forget(r->world);
        g_autoptr(GError) failure = NULL;
        (void) docker_user_lift_jumps(r->in_force, r->world, &r->repairs, &failure);
        verify_state(r, VERIFY_OWN | (was_armed ? VERIFY_ARMED : 0), failure);
        iptables_forget(r->world);
        permanent_rest(r->world);
        announce_changed(r, changed);
        return true;
}

/* Puts the sets in force in the guard alone, and in their files. away: why firewalld gets nothing; it does once it can. */
static bool apply_without_firewalld(Reconciler *r, PolicySet *runtime, PolicySet *permanent, FilesChange *files,
                                    const ChangeNote *note, GError *away, GError **error) {
        if (!apply_guard(r->world, runtime, error))
                return false;
        if (!commit(r, runtime, permanent, files, note, error)) {
                (void) apply_guard(r->world, r->intent->runtime, NULL);
                return false;
        }
        g_autoptr(Desired) desired = apply_desire(r->world, runtime, permanent);
        in_force_set_desired(r->in_force, desired);
        const Changed changed = take_sets(r, runtime, permanent);
        verify_state(r, VERIFY_DOCKER, away);
        agenda_within(r->agenda, AGENDA_RECONCILE, G_USEC_PER_SEC);
        announce_changed(r, changed);
        return true;
}

/* Whether the guard alone can take every policy that the change adds or replaces, or whose groups it changes. It cannot open firewalld's own chain for a
 * "forward", nor close it; and what firewalld's zones and ipsets contain may have been read long ago, for a policy that named
 * them last. */
static bool check_guard_alone(PolicySet *before, PolicySet *after, GError **error) {
        g_autoptr(GPtrArray) names = policy_set_list_affected(before, after);
        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                const Policy *was = g_hash_table_lookup(before->policies, name),
                             *is = g_hash_table_lookup(after->policies, name);
                const bool forwards = (was && was->action == POLICY_FORWARD) || (is && is->action == POLICY_FORWARD);
                const char *part = forwards ? "forward" : is && is->enabled ? policy_part_of_firewalld(is) : NULL;
                if (!part)
                        continue;
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING,
                        _("firewalld is not running, and the guard alone cannot change the policy \"%s\" (%s); start it with "
                          "\"systemctl start firewalld\""),
                        name, part);
                return false;
        }
        return true;
}

bool change_check_away(const Reconciler *r, PolicySet *runtime, PolicySet *permanent, GError **error) {
        if (r->world->guard)
                return check_guard_alone(r->intent->runtime, runtime, error) &&
                       check_guard_alone(r->intent->permanent, permanent, error);
        g_set_error_literal(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING,
                _("firewalld is not running, and there is no guard that could enforce the change alone; start it with "
                  "\"systemctl start firewalld\""));
        return false;
}

/* Whether firewalld can take the change, or else the guard alone. *ret_away: why firewalld cannot; NULL: it can. A firewalld that
 * is there and does not answer, or fails, may not be passed over: its rules of the policies before are in force, and would block
 * what the change is to open. */
static bool check_firewalld(Reconciler *r, PolicySet *runtime, PolicySet *permanent, GError **ret_away, GError **error) {
        Firewalld *firewalld = r->world->firewalld;
        g_autoptr(GError) away = NULL;
        if (firewalld_refresh(firewalld, &away))
                return policy_set_equal(r->intent->permanent, permanent) || direct_may_write(firewalld, error);
        if (firewalld->owner) {
                g_propagate_error(error, g_steal_pointer(&away));
                return false;
        }
        *ret_away = g_steal_pointer(&away);
        return change_check_away(r, runtime, permanent, error);
}

bool change_run(Reconciler *r, PolicySet *runtime, PolicySet *permanent, const ChangeNote *note, GError **error) {
        const bool is_there =
                policy_set_equal(r->intent->runtime, runtime) && policy_set_equal(r->intent->permanent, permanent);
        g_autoptr(GError) away = NULL;
        if (!is_there && !check_firewalld(r, runtime, permanent, &away, error))
                return false;
        g_autoptr(FilesChange) files = policy_files_stage(r->intent, r->world->settings, runtime, permanent, error);
        if (!files)
                return false;
        if (is_there && policy_files_are_there(files) && is_verified(r))
                return true;
        if (is_there && !check_firewalld(r, runtime, permanent, &away, error))
                return false;
        return away ? apply_without_firewalld(r, runtime, permanent, files, note, away, error) :
                      apply_with_firewalld(r, runtime, permanent, files, note, error);
}

bool change_restore(Reconciler *r, PolicySet *runtime, PolicySet *permanent, const char *folder, GError **error) {
        g_autoptr(GError) away = NULL;
        g_autoptr(FilesChange) files =
                policy_files_stage_restore(r->intent, r->world->settings, runtime, permanent, folder, error);
        if (!files)
                return false;
        if (firewalld_refresh(r->world->firewalld, &away) && apply_with_firewalld(r, runtime, permanent, files, NULL, &away))
                return true;
        return apply_without_firewalld(r, runtime, permanent, files, NULL, away, error);
}

bool change_reload(Reconciler *r, const ChangeNote *note, GError **error) {
        g_autoptr(PolicySet) permanent = policy_files_read(r->intent, r->world->settings, error);
        if (!permanent || !firewalld_refresh(r->world->firewalld, error))
                return false;
        g_autoptr(FilesChange) files = policy_files_stage_read(r->intent, r->world->settings, permanent, error);
        return files && apply_with_firewalld(r, permanent, permanent, files, note, error);
}
