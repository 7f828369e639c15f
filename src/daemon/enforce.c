/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enforce.h"

#include <malloc.h>
#include <string.h>

#include "daemon/apply.h"
#include "daemon/bus.h"
#include "daemon/checks.h"
#include "daemon/cut.h"
#include "daemon/docker-user.h"
#include "daemon/forwards.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "daemon/pending.h"
#include "daemon/policy-files.h"
#include "daemon/published.h"
#include "daemon/repair.h"
#include "daemon/ruleset.h"
#include "daemon/settle.h"
#include "daemon/spared.h"
#include "daemon/verify.h"
#include "docker/docker.h"
#include "firewalld/direct.h"
#include "model/error.h"

/* What failed is tried again after 1, 2, 4, ... 64 s, and then every 64 s. */
#define MAX_FAILURES 6

/* --- repair ------------------------------------------------------------------------------------------------------- */

/* Puts into firewalld what should be in it. What should be is what it was the last time and yet there was something to
 * do: somebody undid it. */
static bool apply_again(Context *context, GError **error) {
        apply_render(context, context->runtime, context->permanent);
        const bool same = apply_digest(context->rules_now) == context->rendered[0] && apply_digest(context->rules_later) == context->rendered[1];
        const bool rules_due = repair_is_due(context, "rules-missing"), permanent_due = repair_is_due(context, "permanent-altered");
        if (same && (!rules_due || !permanent_due))
                return true;
        context->steps_run = 0;
        context->permanent_written = false;
        g_autoptr(GError) failure = NULL;
        if (!apply_all(context, context->runtime, context->permanent, true, &failure)) {
                /* Twice: what firewalld has listed and the kernel has not cannot be taken out. A reload makes them one again. */
                const bool again = context->failures == 1 && g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED) &&
                                   g_str_equal(context->firewalld->state, "running") && !context->firewalld->panic;
                if (!again) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
                journal_log(LOG_WARNING, NULL, "%s; reloading firewalld", failure->message);
                if (!settle_reload_firewalld(context, error) || !apply_all(context, context->runtime, context->permanent, true, error))
                        return false;
        }
        const bool anew = context->firewalld_anew;
        context->firewalld_anew = false;
        if (same && context->steps_run > 0 && !anew)
                repair_done(context, "rules-missing", "Direct rules of quaywall's were taken out of firewalld; they are back");
        if (same && context->permanent_written)
                repair_done(context, "permanent-altered", "firewalld's permanent direct configuration was not what the policies mean; it is again");
        return true;
}

/* Safest first: what only adds what quaywall has there anyway. asked: somebody asked for it, and waits. */
static bool repair_locked(Context *context, bool asked, GError **error) {
        if (!firewalld_refresh(context->firewalld, error) || !apply_read_zone(context, error) || !apply_again(context, error))
                return false;
        g_autoptr(GPtrArray) desired = g_ptr_array_ref(context->rules_now);
        bool refilled;
        if (desired->len > 0 && !docker_user_refill(context, desired, !asked, &refilled, error))
                return false;
        if (context->settings->use_direct && !context->docker_uses_nft && !docker_user_lift_jumps(context, error))
                return false;
        if (!check_repair_zone(context, asked, error))
                return false;
        if (!asked)
                return true;
        return check_repair_firewalld(context, error) && check_repair_docker(context, error) && check_repair_stale(context, error);
}

bool enforce_guard(Context *context, GError **error) {
        if (!context->guard || !context->has_begun || !repair_is_due(context, "guard-altered") || guard_is_intact(context->guard))
                return true;
        const bool was = context->problems->len > 0 || g_str_equal(context->state, "enforcing");
        if (!apply_guard(context, context->runtime, error))
                return false;
        if (was)
                repair_done(context, "guard-altered", "The table inet quaywall was not as it should be; it is made again");
        return true;
}

static void reconcile_locked(Context *context, bool asked) {
        const bool was_armed = settle_is_armed(context);
        g_autoptr(GError) error = NULL;
        kernel_forget(context);
        context->docker_uses_nft = check_docker_uses_nft(context);
        (void) ruleset_take(context);
        /* First of all, and without firewalld: the guard holds alone. */
        if (enforce_guard(context, &error) && repair_locked(context, asked, &error))
                context->failures = 0;
        else if (context->firewalld->owner) {
                /* Whoever is in the way may be done soon. */
                settle_within(context, G_USEC_PER_SEC << context->failures);
                context->failures = MIN(context->failures + 1, MAX_FAILURES);
        }
        policy_files_keep(context);
        verify_own_change(context, was_armed, true, error);
        kernel_forget(context);
        malloc_trim(0); /* what firewalld and nftables told us was large, and the next event may be days away */
}

void enforce_reconcile(Context *context) {
        fiber_mutex_lock(&context->mutex);
        reconcile_locked(context, false);
        fiber_mutex_unlock(&context->mutex);
}

void enforce_repair(Context *context) {
        fiber_mutex_lock(&context->mutex);
        reconcile_locked(context, true);
        fiber_mutex_unlock(&context->mutex);
}

void enforce_verify(Context *context) {
        g_autoptr(GError) error = NULL;
        fiber_mutex_lock(&context->mutex);
        kernel_forget(context);
        context->docker_uses_nft = check_docker_uses_nft(context);
        if (firewalld_refresh(context->firewalld, &error))
                (void) apply_read_zone(context, &error);
        /* With the rules as they were rendered last: what Docker told since has its reconciliation, in a moment. */
        verify_state(context, error);
        kernel_forget(context);
        fiber_mutex_unlock(&context->mutex);
}

static void reconcile_main(gpointer argument) {
        Context *context = argument;
        fiber_mutex_lock(&context->mutex);
        context->reconcile_wanted = false; /* what comes from here on wants another one */
        reconcile_locked(context, false);
        fiber_mutex_unlock(&context->mutex);
}

void enforce_want(Context *context) {
        if (context->reconcile_wanted || !context->has_begun)
                return;
        context->reconcile_wanted = true;
        fiber_start(reconcile_main, context);
}

/* A container's events come in bursts, and DOCKER-USER takes calls of firewalld. */
#define DOCKER_QUIET_USEC (100 * 1000ULL)

/* As for enforce_guard(): a change that is under way takes its policies for the runtime ones when it has put them in force. */
static void refresh_guard(Context *context) {
        g_autoptr(GError) error = NULL;
        if (context->has_begun && !apply_guard(context, context->runtime, &error))
                journal_log(LOG_ERR, NULL, "%s", error->message);
}

void enforce_docker(Context *context) {
        context->facts_changed = true;
        apply_set_bridges(context);
        published_place(context);
        refresh_guard(context);
        settle_within(context, DOCKER_QUIET_USEC);
}

static void describe_link(const Context *context, const char *name, GString *text) {
        const Link *link = name ? links_find(context->links, name) : NULL;
        if (link)
                g_string_append_printf(text, "%s %s %d\n", link->name, link->kind, links_leads_out(context->links, name));
}

/* What a policy names means something else when it comes, goes or gets a master. */
static void describe_named(const Context *context, GPtrArray *names, GString *text) {
        for (guint i = 0; i < names->len; i++) {
                const Link *link = links_find(context->links, names->pdata[i]);
                g_string_append_printf(text, "%s %u\n", (char *) names->pdata[i], link ? link->master : G_MAXUINT);
        }
}

/* Docker's bridges, what is in its zone, and what policies name: the kind or master of each that is here. Containers come and go by
 * the dozen, their links are of no account. */
static char *describe_links(const Context *context) {
        GString *text = g_string_new(NULL);
        char *const *const lists[] = { context->ruled_bridges, context->zone_interfaces };
        GHashTableIter iter;
        gpointer network, policy;
        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
                for (char *const *name = lists[i]; name && *name; name++)
                        describe_link(context, *name, text);
        g_hash_table_iter_init(&iter, context->docker->facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &network))
                describe_link(context, ((const DockerNetwork *) network)->bridge, text);
        for (const char *const *name = DEFAULT_BRIDGES; *name; name++)
                describe_link(context, *name, text);
        g_hash_table_iter_init(&iter, context->runtime);
        while (g_hash_table_iter_next(&iter, NULL, &policy)) {
                describe_named(context, ((Policy *) policy)->interfaces, text);
                describe_named(context, ((Policy *) policy)->out_interfaces, text);
        }
        return g_string_free(text, FALSE);
}

void enforce_links(Context *context) {
        g_autofree char *seen = describe_links(context), *before = g_steal_pointer(&context->links_seen);
        const bool changed = before && !g_str_equal(seen, before);
        context->links_seen = g_steal_pointer(&seen);
        g_auto(GStrv) spared = g_strdupv(context->spared);
        spared_update(context);
        if (changed)
                enforce_docker(context);
        else if (spared && !g_strv_equal((const char *const *) spared, (const char *const *) context->spared))
                refresh_guard(context);
}

void enforce_published(Context *context) {
        if (policy_set_judges(context->runtime))
                published_read(context);
        refresh_guard(context);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

/* Back to what was. */
static void undo_change(Context *context, bool forwards) {
        g_autoptr(GError) failure = NULL;
        if (apply_all(context, context->runtime, context->permanent, forwards, &failure))
                return;
        verify_state(context, failure);
        settle_within(context, G_USEC_PER_SEC);
}

/* Somebody may have taken rules away a moment ago: that is repaired first then, and does not cost the caller his change. */
static bool apply_change(Context *context, PolicySet *runtime, PolicySet *permanent, bool forwards, GError **error) {
        g_autoptr(GError) failure = NULL;
        if (apply_all(context, runtime, permanent, forwards, &failure))
                return true;
        undo_change(context, forwards);
        bool refilled = false;
        if (g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED) &&
            g_str_equal(context->firewalld->state, "running") && !context->firewalld->panic) {
                kernel_forget(context);
                g_autoptr(GPtrArray) before = g_ptr_array_ref(context->rules_now);
                (void) (before->len > 0 && docker_user_refill(context, before, false, &refilled, NULL));
        }
        if (refilled && apply_all(context, runtime, permanent, forwards, error))
                return true;
        if (refilled)
                undo_change(context, forwards);
        else
                g_propagate_error(error, g_steal_pointer(&failure));
        return false;
}

/* They are in force, and on disk. Returns the names that this changed. */
static GPtrArray *take_sets(Context *context, PolicySet *runtime, PolicySet *permanent) {
        GPtrArray *names = policy_set_difference(context->runtime, runtime);
        g_autoptr(GPtrArray) others = policy_set_difference(context->permanent, permanent);
        for (guint i = 0; i < others->len; i++)
                if (!g_ptr_array_find_with_equal_func(names, others->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(others->pdata[i]));
        PolicySet *old_runtime = context->runtime, *old_permanent = context->permanent;
        context->runtime = g_hash_table_ref(runtime);
        context->permanent = g_hash_table_ref(permanent);
        g_hash_table_unref(old_runtime);
        g_hash_table_unref(old_permanent);
        cut_forget(context);
        return names;
}

static bool apply_with_firewalld(Context *context, PolicySet *runtime, PolicySet *permanent, FilesChange *files,
                                 GError **error) {
        const bool was_armed = settle_is_armed(context);
        const bool forwards = forwards_wanted(context->runtime) || forwards_wanted(runtime) ||
                              forwards_wanted(context->permanent) || forwards_wanted(permanent);
        if (!apply_change(context, runtime, permanent, forwards, error))
                return false;
        if (!policy_files_commit(files, error)) {
                undo_change(context, forwards);
                return false;
        }
        g_autoptr(GPtrArray) names = take_sets(context, runtime, permanent);
        kernel_forget(context);
        g_autoptr(GError) failure = NULL;
        if (context->settings->use_direct && !context->docker_uses_nft)
                (void) docker_user_lift_jumps(context, &failure);
        verify_own_change(context, was_armed, false, failure);
        kernel_forget(context);
        bus_emit_policies_changed(context, names);
        return true;
}

bool enforce_change(Context *context, PolicySet *runtime, PolicySet *permanent, GError **error) {
        if (!firewalld_refresh(context->firewalld, error) ||
            (permanent != context->permanent && !direct_may_write(context->firewalld, error)))
                return false;
        g_autoptr(FilesChange) files = policy_files_stage(context, runtime, permanent, error);
        return files && apply_with_firewalld(context, runtime, permanent, files, error);
}

bool enforce_restore(Context *context, PolicySet *runtime, PolicySet *permanent, const char *folder, GError **error) {
        g_autoptr(GError) away = NULL;
        g_autoptr(FilesChange) files = policy_files_stage_restore(context, runtime, permanent, folder, error);
        if (!files)
                return false;
        if (firewalld_refresh(context->firewalld, &away) && apply_with_firewalld(context, runtime, permanent, files, &away))
                return true;
        if (!apply_guard(context, runtime, error))
                return false;
        if (!policy_files_commit(files, error)) {
                (void) apply_guard(context, context->runtime, NULL);
                return false;
        }
        g_autoptr(GPtrArray) names = take_sets(context, runtime, permanent);
        verify_state(context, away);
        settle_within(context, G_USEC_PER_SEC);
        bus_emit_policies_changed(context, names);
        return true;
}

bool enforce_reload(Context *context, GError **error) {
        if (!pending_check_none(context, error))
                return false;
        g_autoptr(PolicySet) permanent = policy_files_read(context, error);
        if (!permanent || !firewalld_refresh(context->firewalld, error))
                return false;
        g_autoptr(FilesChange) files = policy_files_stage_read(context, permanent, error);
        return files && apply_with_firewalld(context, permanent, permanent, files, error);
}
