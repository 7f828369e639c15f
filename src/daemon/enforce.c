/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enforce.h"

#include <malloc.h>
#include <string.h>

#include "daemon/apply.h"
#include "daemon/bus.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "daemon/pending.h"
#include "daemon/settle.h"
#include "daemon/verify.h"
#include "firewalld/direct.h"
#include "model/policy-store.h"

/* Tries again this often, after 1, 2, 4... seconds. */
#define MAX_FAILURES 5

/* --- repair ------------------------------------------------------------------------------------------------------- */

/* Docker 20.10 to 26 put the jump below their own ACCEPT rules at every firewalld reload (FACTS section 1). The new one is
 * made before the old one goes; it bears a comment until then, because "-D" with the rule takes the first that is the same.
 * Not by its number: Docker writes its rules at this very moment, and the number would be that of one of them. */
bool enforce_lift_jump(Context *context, Family family, GError **error) {
        const KernelTable *table = kernel_read(context, family, "filter", error);
        bool bypassed;
        if (!table)
                return false;
        if (kernel_table_find_jump(table, &bypassed) == 0 || !bypassed || kernel_table_is_idle(table))
                return true;
        kernel_forget(context);
#define MARKED "-m", "comment", "--comment", "quaywall", "-j", CHAIN_DOCKER_USER, NULL
        static const char *const insert_marked[] = { "-t", "filter", "-I", "FORWARD", MARKED };
        static const char *const delete_old[] = { "-t", "filter", "-D", "FORWARD", "-j", CHAIN_DOCKER_USER, NULL };
        static const char *const insert_new[] = { "-t", "filter", "-I", "FORWARD", "-j", CHAIN_DOCKER_USER, NULL };
        static const char *const delete_marked[] = { "-t", "filter", "-D", "FORWARD", MARKED };
        g_autofree char *marked = direct_iptables(context->firewalld, family, insert_marked, error);
        if (!marked)
                return false;
        /* Docker may have taken it away meanwhile, to make it again. */
        g_autofree char *deleted = direct_iptables(context->firewalld, family, delete_old, NULL);
        g_autofree char *inserted = direct_iptables(context->firewalld, family, insert_new, error);
        /* Without the other one this one stays. */
        g_autofree char *unmarked = inserted ? direct_iptables(context->firewalld, family, delete_marked, NULL) : NULL;
        if (inserted)
                journal_log(LOG_NOTICE, JOURNAL_FIELDS("QUAYWALL_REPAIR", "jump-bypassed"),
                            "The %s jump to DOCKER-USER was below rules that accept; it is first again", family_to_string(family));
        return inserted;
}

/* Wherever DOCKER-USER holds a rule but Docker's own RETURN: a policy's, a direct one or somebody else's. */
static bool lift_jumps(Context *context, GError **error) {
        ITERATE_FAMILIES (family)
                if (!enforce_lift_jump(context, family, error))
                        return false;
        return true;
}

/* A listed rule that is not in the kernel shifts firewalld's count of positions, so that what it adds next lands in the
 * wrong place and what it removes fails (measured). Our chains are made again from nothing. */
static bool refill(Context *context, GPtrArray *desired, GError **error) {
        ITERATE_FAMILIES (family) {
                const KernelTable *table = kernel_read(context, family, "filter", error);
                if (!table)
                        return false;
                g_autoptr(GPtrArray) deviations = kernel_table_compare(table, desired, family, false);
                if (deviations->len == 0)
                        continue;
                const Deviation *first = deviations->pdata[0];
                journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_REPAIR", first->code), "%s; reloading firewalld", first->sentence);
                if (!settle_reload_firewalld(context, error))
                        return false;
                return apply_runtime(context, desired, error);
        }
        return true;
}

static bool repair_locked(Context *context, GError **error) {
        if (!firewalld_refresh(context->firewalld, error) || !apply_read_zone(context, error) ||
            !apply_all(context, context->runtime, context->permanent, true, error))
                return false;
        g_autoptr(GPtrArray) desired = g_ptr_array_ref(context->rules_now);
        if (desired->len > 0 && !refill(context, desired, error))
                return false;
        return !context->settings->use_direct || lift_jumps(context, error);
}

bool enforce_guard(Context *context, GError **error) {
        if (!context->guard || guard_is_intact(context->guard))
                return true;
        const bool was = context->problems->len > 0 || g_str_equal(context->state, "enforcing");
        if (!apply_guard(context, context->runtime, error))
                return false;
        if (was)
                journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_REPAIR", "guard-altered"),
                            "The table inet quaywall was not as it should be; it is made again");
        return true;
}

static void reconcile_locked(Context *context) {
        const bool was_armed = settle_is_armed(context);
        g_autoptr(GError) error = NULL;
        kernel_forget(context);
        /* First of all, and without firewalld: the guard holds alone. */
        if (enforce_guard(context, &error) && repair_locked(context, &error))
                context->failures = 0;
        else if (context->firewalld->owner && context->failures < MAX_FAILURES)
                /* Whoever is in the way may be done soon; what takes longer is waited for by its event. */
                settle_within(context, G_USEC_PER_SEC << context->failures++);
        verify_own_change(context, was_armed, error);
        kernel_forget(context);
        malloc_trim(0); /* what firewalld and nftables told us was large, and the next event may be days away */
}

void enforce_reconcile(Context *context) {
        fiber_mutex_lock(&context->mutex);
        reconcile_locked(context);
        fiber_mutex_unlock(&context->mutex);
}

void enforce_verify(Context *context) {
        g_autoptr(GError) error = NULL;
        fiber_mutex_lock(&context->mutex);
        kernel_forget(context);
        (void) firewalld_refresh(context->firewalld, &error);
        apply_render(context, context->runtime, context->permanent);
        verify_state(context, error);
        kernel_forget(context);
        fiber_mutex_unlock(&context->mutex);
}

static void reconcile_main(gpointer argument) {
        Context *context = argument;
        fiber_mutex_lock(&context->mutex);
        context->reconcile_wanted = false; /* what comes from here on wants another one */
        reconcile_locked(context);
        fiber_mutex_unlock(&context->mutex);
}

void enforce_want(Context *context) {
        if (context->reconcile_wanted)
                return;
        context->reconcile_wanted = true;
        fiber_start(reconcile_main, context);
}

/* A container's events come in bursts, and DOCKER-USER takes calls of firewalld. */
#define DOCKER_QUIET_USEC (100 * 1000ULL)

void enforce_docker(Context *context) {
        g_autoptr(GError) error = NULL;
        apply_set_bridges(context);
        /* As for enforce_guard(): a change that is under way takes its policies for the runtime ones when it has put them
         * in force. */
        if (!apply_guard(context, context->runtime, &error))
                journal_log(LOG_ERR, NULL, "%s", error->message);
        settle_within(context, DOCKER_QUIET_USEC);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

/* What has to be written where, so that the folders say runtime and permanent. */
static GHashTable *store_difference(PolicySet *old, PolicySet *new, PolicySet *vendor) {
        GHashTable *changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GPtrArray) names = policy_set_difference(old, new);
        for (guint i = 0; i < names->len; i++) {
                Policy *policy = g_hash_table_lookup(new, names->pdata[i]);
                /* A removed policy of the vendor's is hidden by an empty file. */
                if (!policy && !g_hash_table_contains(vendor, names->pdata[i]))
                        policy = STORE_REMOVE;
                g_hash_table_insert(changes, g_strdup(names->pdata[i]), policy);
        }
        return changes;
}

/* The runtime folder holds a file for each name whose runtime policy is not the permanent one. */
static GHashTable *runtime_files(PolicySet *runtime, PolicySet *permanent) {
        GHashTable *files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GPtrArray) names = policy_set_difference(runtime, permanent);
        for (guint i = 0; i < names->len; i++)
                g_hash_table_insert(files, g_strdup(names->pdata[i]), g_hash_table_lookup(runtime, names->pdata[i]));
        return files;
}

static char *runtime_folder(Context *context) {
        return g_build_filename(context->settings->runtime_folder, "policies", NULL);
}

static bool stage(Context *context, PolicySet *runtime, PolicySet *permanent, StoreChange **ret_permanent,
                  StoreChange **ret_runtime, GError **error) {
        const char *const vendor_folders[] = { context->settings->vendor_folder, NULL };
        g_autoptr(GPtrArray) ignored = NULL;
        g_autoptr(PolicySet) vendor = policy_store_load(vendor_folders, NULL, &ignored);
        g_autoptr(GHashTable) changes = store_difference(context->permanent, permanent, vendor);
        g_autoptr(GHashTable) files = runtime_files(runtime, permanent);
        g_autofree char *folder = runtime_folder(context);
        g_autoptr(GPtrArray) there = policy_store_list(folder);
        for (guint i = 0; i < there->len; i++)
                if (!g_hash_table_contains(files, there->pdata[i]))
                        g_hash_table_insert(files, g_strdup(there->pdata[i]), STORE_REMOVE);
        g_autoptr(StoreChange) first = NULL;
        if (g_hash_table_size(changes) > 0) {
                first = store_change_stage(context->settings->policy_folder, changes, error);
                if (!first)
                        return false;
        }
        if (g_hash_table_size(files) > 0) {
                *ret_runtime = store_change_stage(folder, files, error);
                if (!*ret_runtime)
                        return false;
        }
        *ret_permanent = g_steal_pointer(&first);
        return true;
}

bool enforce_change(Context *context, PolicySet *runtime, PolicySet *permanent, GError **error) {
        const bool was_armed = settle_is_armed(context);
        g_autoptr(StoreChange) permanent_change = NULL;
        g_autoptr(StoreChange) runtime_change = NULL;
        if (!firewalld_refresh(context->firewalld, error))
                return false;
        if (!stage(context, runtime, permanent, &permanent_change, &runtime_change, error))
                return false;

        const bool forwards = apply_has_forward(context->runtime) || apply_has_forward(runtime) || apply_has_forward(context->permanent) ||
                              apply_has_forward(permanent);
        bool done = apply_all(context, runtime, permanent, forwards, error) &&
                    (!permanent_change || store_change_commit(permanent_change, error)) &&
                    (!runtime_change || store_change_commit(runtime_change, error));
        if (!done) {
                g_autoptr(GError) failure = NULL;
                if (!apply_all(context, context->runtime, context->permanent, forwards, &failure)) {
                        verify_state(context, failure);
                        settle_within(context, G_USEC_PER_SEC);
                }
                return false;
        }

        g_autoptr(GPtrArray) names = policy_set_difference(context->runtime, runtime);
        g_autoptr(GPtrArray) others = policy_set_difference(context->permanent, permanent);
        for (guint i = 0; i < others->len; i++)
                if (!g_ptr_array_find_with_equal_func(names, others->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(others->pdata[i]));
        PolicySet *old_runtime = context->runtime, *old_permanent = context->permanent;
        context->runtime = g_hash_table_ref(runtime);
        context->permanent = g_hash_table_ref(permanent);
        g_hash_table_unref(old_runtime);
        g_hash_table_unref(old_permanent);
        kernel_forget(context);
        verify_own_change(context, was_armed, NULL);
        if (verify_has_problem(context, "jump-bypassed")) {
                g_autoptr(GError) failure = NULL;
                (void) lift_jumps(context, &failure);
                verify_own_change(context, was_armed, failure);
        }
        kernel_forget(context);
        if (names->len > 0)
                bus_emit_policies_changed(context, names);
        return true;
}

bool enforce_reload(Context *context, GError **error) {
        if (!pending_check_none(context, error))
                return false;
        const char *const folders[] = { context->settings->vendor_folder, context->settings->policy_folder, NULL };
        if (!policy_store_recover(context->settings->policy_folder, error))
                return false;
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) permanent = policy_store_load(folders, context->permanent, &problems);
        g_clear_pointer(&context->file_problems, g_ptr_array_unref);
        context->file_problems = g_steal_pointer(&problems);

        /* The files are the truth now: nothing of them is to be written. */
        g_hash_table_remove_all(context->permanent);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, permanent);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                policy_set_insert(context->permanent, name, policy);
        return enforce_change(context, permanent, permanent, error);
}

bool enforce_load(Context *context, GError **error) {
        g_autofree char *folder = runtime_folder(context);
        const char *const permanent[] = { context->settings->vendor_folder, context->settings->policy_folder, NULL };
        const char *const runtime[] = { context->settings->vendor_folder, context->settings->policy_folder, folder, NULL };
        if (!policy_store_recover(context->settings->policy_folder, error) || !policy_store_recover(folder, error))
                return false;
        g_autoptr(GPtrArray) twice = NULL;
        context->permanent = policy_store_load(permanent, NULL, &twice);
        context->runtime = policy_store_load(runtime, NULL, &context->file_problems);
        return true;
}
