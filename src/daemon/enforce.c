/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enforce.h"

#include <malloc.h>
#include <net/if.h>
#include <string.h>

#include "compile/kernel-rules.h"
#include "daemon/bus.h"
#include "daemon/journal.h"
#include "daemon/pending.h"
#include "firewalld/direct.h"
#include "firewalld/forward.h"
#include "firewalld/zone.h"
#include "model/error.h"
#include "model/policy-store.h"

/* Tries again this often, after 1, 2, 4... seconds. */
#define MAX_FAILURES 5

#define ITERATE_FAMILIES(f) for (Family f = 0; f < _FAMILY_MAX; f++)

void problem_free(Problem *problem) {
        g_free(problem->code);
        g_free(problem->sentence);
        g_ptr_array_unref(problem->details);
        g_free(problem);
}

Problem *problem_new(const char *code, const char *sentence) {
        Problem *problem = g_new(Problem, 1);
        *problem = (Problem){ g_strdup(code), g_strdup(sentence), g_ptr_array_new_with_free_func(g_free) };
        return problem;
}

void problem_add_detail(Problem *problem, const char *key, const char *value) {
        g_ptr_array_add(problem->details, g_strdup(key));
        g_ptr_array_add(problem->details, g_strdup(value));
}

static void add_problem(GPtrArray *problems, const char *code, const GError *error) {
        g_ptr_array_add(problems, problem_new(code, error->message));
}

static const char *const *bridges_of(Context *context) {
        return (const char *const *) context->bridges;
}

/* The direct rules that should be; none when DOCKER-USER is not wanted, so that what was there before goes away. */
static GPtrArray *render(Context *context, PolicySet *set) {
        if (!context->settings->use_direct)
                return g_ptr_array_new();
        g_autoptr(GPtrArray) rules = compile_policies(set, bridges_of(context));
        return direct_render(rules, bridges_of(context));
}

static KernelTable *read_kernel(Context *context, Family family, GError **error) {
        const char *const args[] = { "-t", "filter", "-S", NULL };
        g_autofree char *text = direct_iptables(context->firewalld, family, args, error);
        return text ? kernel_table_parse(text) : NULL;
}

static GHashTable *read_kernel_chains(Context *context, GError **error) {
        g_autoptr(GHashTable) chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        ITERATE_FAMILIES (family) {
                g_autoptr(KernelTable) table = read_kernel(context, family, error);
                if (!table)
                        return NULL;
                GHashTableIter iter;
                gpointer chain;
                g_hash_table_iter_init(&iter, table->chains);
                while (g_hash_table_iter_next(&iter, &chain, NULL))
                        g_hash_table_add(chains, g_strdup_printf("%s:%s", family_to_string(family), (char *) chain));
        }
        return g_steal_pointer(&chains);
}

/* --- waiting for Docker -------------------------------------------------------------------------------------------- */

/* Docker rebuilds after firewalld's signal, DNAT last; measured: after 0.3 to 1 s. */
#define REBUILD_USEC (5 * G_USEC_PER_SEC)

void enforce_wake(Context *context) {
        Fiber *waiter = g_steal_pointer(&context->ruleset_waiter);
        if (waiter)
                fiber_resume(waiter);
}

static int on_wait_over(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        enforce_wake(userdata);
        return 0;
}

/* How many rules Docker has for published ports and bridges; 0: it is not there, or cannot be asked for. */
static guint count_docker_rules(Context *context) {
        const char *const args[] = { "-t", "nat", "-S", NULL };
        g_autofree char *text = direct_iptables(context->firewalld, FAMILY_IPV4, args, NULL);
        g_autoptr(KernelTable) table = text ? kernel_table_parse(text) : NULL;
        guint count = 0;
        for (guint i = 0; table && i < table->rules->len; i++)
                count += g_str_equal(((KernelRule *) table->rules->pdata[i])->chain, "DOCKER");
        return count;
}

bool enforce_reload_firewalld(Context *context, GError **error) {
        const guint before = count_docker_rules(context);
        if (!direct_reload(context->firewalld, error))
                return false;
        enforce_settle(context, 2 * G_USEC_PER_SEC);
        g_autoptr(SdEventSource) timer = NULL;
        uint64_t now, end;
        if (before == 0 || !context->hears_changes ||
            sd_event_now(context->event, CLOCK_MONOTONIC, &end) < 0)
                return true;
        end += REBUILD_USEC;
        while (count_docker_rules(context) < before && sd_event_now(context->event, CLOCK_MONOTONIC, &now) >= 0 && now < end) {
                g_clear_pointer(&timer, sd_event_source_unref);
                if (sd_event_add_time(context->event, &timer, CLOCK_MONOTONIC, end, 0, on_wait_over, context) < 0)
                        break;
                context->ruleset_waiter = fiber_self();
                fiber_suspend();
        }
        return true;
}

/* firewalld >= 2.0 flushes every iptables table at the first direct call while there is no direct configuration, and
 * Docker is not told. So the chains come in by the permanent configuration and a reload, upon which Docker rebuilds. */
static bool arm(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) permanent = direct_read_permanent(context->firewalld, error);
        if (!permanent)
                return false;
        g_autoptr(DirectConfig) armed = direct_merge(permanent, desired);
        /* The rules stand at the end, and were not tried yet. */
        g_ptr_array_set_size(armed->rules, armed->rules->len - desired->len);
        journal_log(LOG_NOTICE, NULL, "firewalld has no direct configuration: making the chains permanently and reloading it");
        return direct_write_permanent(context->firewalld, armed, error);
}

static bool needs_arming(Context *context, const DirectConfig *actual, GPtrArray *desired) {
        return desired->len > 0 && direct_config_is_empty(actual) && firewalld_is_at_least(context->firewalld, 2);
}

/* A reload for something else: the chains come with it, a second one would cut short what Docker does upon the first. */
static bool reload_armed(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(context->firewalld, error);
        return actual && (!needs_arming(context, actual, desired) || arm(context, desired, error)) &&
               enforce_reload_firewalld(context, error);
}

static bool apply_runtime(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(context->firewalld, error);
        if (!actual)
                return false;
        if (needs_arming(context, actual, desired)) {
                if (!arm(context, desired, error) || !enforce_reload_firewalld(context, error))
                        return false;
                direct_config_free(g_steal_pointer(&actual));
                actual = direct_read_runtime(context->firewalld, error);
                if (!actual)
                        return false;
        }
        g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) steps = direct_plan(actual, desired, none);
        /* Only chains that firewalld does not know of need a look into the kernel. */
        if (steps->len > 0 && ((Step *) steps->pdata[0])->kind == STEP_ADD_CHAIN) {
                g_autoptr(GHashTable) chains = read_kernel_chains(context, error);
                if (!chains)
                        return false;
                g_ptr_array_unref(g_steal_pointer(&steps));
                steps = direct_plan(actual, desired, chains);
        }
        return direct_run(context->firewalld, steps, error);
}

static bool apply_permanent(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_permanent(context->firewalld, error);
        if (!actual)
                return false;
        g_autoptr(DirectConfig) merged = direct_merge(actual, desired);
        return direct_config_equal(actual, merged) || direct_write_permanent(context->firewalld, merged, error);
}

static bool apply_guard(Context *context, PolicySet *runtime, GError **error) {
        g_autoptr(GPtrArray) rules =
                context->settings->use_guard ? compile_policies(runtime, bridges_of(context)) : g_ptr_array_new();
        return !context->guard || guard_apply(context->guard, rules, bridges_of(context), error);
}

static void collect_forwards(GPtrArray *pairs, PolicySet *set) {
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint n = 0; n < names->len; n++) {
                const Policy *policy = g_hash_table_lookup(set, names->pdata[n]);
                for (guint i = 0; policy->enabled && i < policy->interfaces->len; i++)
                        for (guint o = 0; o < policy->out_interfaces->len; o++) {
                                g_ptr_array_add(pairs, policy->interfaces->pdata[i]);
                                g_ptr_array_add(pairs, policy->out_interfaces->pdata[o]);
                        }
        }
}

/* Everything that is in firewalld and the kernel; forwards: also the firewalld policies, which cost calls of their own. */
static bool apply(Context *context, PolicySet *runtime, PolicySet *permanent, bool forwards, GError **error) {
        g_autoptr(GPtrArray) now = render(context, runtime), later = render(context, permanent);
        if (forwards) {
                g_autoptr(GPtrArray) pairs = g_ptr_array_new();
                bool must_reload;
                collect_forwards(pairs, runtime);
                collect_forwards(pairs, permanent);
                if (!forward_apply(context->firewalld, pairs, &must_reload, error) ||
                    (must_reload && !reload_armed(context, now, error)))
                        return false;
        }
        if (!apply_runtime(context, now, error) || !apply_permanent(context, later, error))
                return false;
        return apply_guard(context, runtime, error);
}

static bool has_forward(PolicySet *set) {
        g_autoptr(GPtrArray) pairs = g_ptr_array_new();
        collect_forwards(pairs, set);
        return pairs->len > 0;
}

/* --- what is read from firewalld about zones ---------------------------------------------------------------------- */

static int compare_strings(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

const char *const DEFAULT_BRIDGES[] = { "docker0", "docker_gwbridge", NULL };

static void set_bridges(Context *context, GStrv interfaces) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (const char *const *bridge = DEFAULT_BRIDGES; *bridge; bridge++)
                g_ptr_array_add(names, (char *) *bridge);
        for (char **interface = interfaces; *interface; interface++)
                if (!g_ptr_array_find_with_equal_func(names, *interface, g_str_equal, NULL))
                        g_ptr_array_add(names, *interface);
        g_ptr_array_sort(names, compare_strings);
        g_ptr_array_add(names, NULL);
        g_strfreev(context->bridges);
        context->bridges = g_strdupv((char **) names->pdata);
}

static bool read_zone(Context *context, GError **error) {
        Firewalld *firewalld = context->firewalld;
        g_auto(GStrv) now = zone_interfaces_runtime(firewalld, ZONE_DOCKER, error);
        g_auto(GStrv) later = now ? zone_interfaces_permanent(firewalld, ZONE_DOCKER, error) : NULL;
        g_autofree char *target = later ? zone_target(firewalld, ZONE_DOCKER, error) : NULL;
        if (!target)
                return false;
        set_bridges(context, now);
        bool changed = g_strcmp0(context->zone_target, target) != 0 || !context->zone_interfaces ||
                       !g_strv_equal((const char *const *) context->zone_interfaces, (const char *const *) now) ||
                       !g_strv_equal((const char *const *) context->zone_permanent, (const char *const *) later);
        if (!changed)
                return true;
        g_free(context->zone_target);
        g_strfreev(context->zone_interfaces);
        g_strfreev(context->zone_permanent);
        context->zone_target = g_steal_pointer(&target);
        context->zone_interfaces = g_steal_pointer(&now);
        context->zone_permanent = g_steal_pointer(&later);
        bus_emit_zone_changed(context);
        return true;
}

/* --- verification ------------------------------------------------------------------------------------------------- */

static bool any_enabled(PolicySet *set) {
        GHashTableIter iter;
        gpointer policy;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                if (((Policy *) policy)->enabled)
                        return true;
        return false;
}

static bool family_in_use(GPtrArray *desired, Family family) {
        for (guint i = 0; i < desired->len; i++)
                if (((DirectRule *) desired->pdata[i])->family == family)
                        return true;
        return false;
}

/* Docker makes no jump for IPv6 without ip6tables, and 20.10 not even with it; the guard holds without. */
static bool expects_jump(Context *context, const KernelTable *table, Family family) {
        bool bypassed;
        return family == FAMILY_IPV4 || !context->guard || kernel_table_find_jump(table, &bypassed) > 0;
}

static void verify_kernel(Context *context, GPtrArray *desired, GPtrArray *problems) {
        ITERATE_FAMILIES (family) {
                g_autoptr(GError) error = NULL;
                if (!family_in_use(desired, family))
                        continue;
                g_autoptr(KernelTable) table = read_kernel(context, family, &error);
                if (!table) {
                        add_problem(problems, "firewalld-failed", error);
                        return;
                }
                g_autoptr(GPtrArray) deviations =
                        kernel_table_compare(table, desired, family, expects_jump(context, table, family));
                for (guint i = 0; i < deviations->len; i++) {
                        const Deviation *deviation = deviations->pdata[i];
                        Problem *problem = problem_new(deviation->code, deviation->sentence);
                        problem_add_detail(problem, "family", family_to_string(family));
                        g_ptr_array_add(problems, problem);
                }
        }
}

static void verify_permanent(Context *context, GPtrArray *problems) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) later = render(context, context->permanent);
        g_autoptr(DirectConfig) actual = direct_read_permanent(context->firewalld, &error);
        if (!actual) {
                add_problem(problems, "firewalld-failed", error);
                return;
        }
        g_autoptr(DirectConfig) merged = direct_merge(actual, later);
        if (!direct_config_equal(actual, merged))
                g_ptr_array_add(problems, problem_new("permanent-altered", "firewalld's permanent direct configuration is not what the "
                                                                           "policies mean; \"quaywallctl repair\" mends it"));
}

/* Docker puts its bridges into the zone "docker"; one that is elsewhere is filtered as if it were not Docker's. */
static void verify_zone(Context *context, GPtrArray *problems) {
        g_autoptr(GError) error = NULL;
        if (if_nametoindex("docker0") == 0)
                return;
        g_autofree char *zone = zone_of_interface_runtime(context->firewalld, "docker0", &error);
        if (!zone || g_str_equal(zone, ZONE_DOCKER))
                return;
        g_autofree char *sentence =
                zone[0] ? g_strdup_printf("docker0 is in firewalld's zone \"%s\"; \"quaywallctl zone ensure --replace\" moves it", zone) :
                          g_strdup("docker0 is in no zone of firewalld; \"quaywallctl zone ensure\" puts it into \"docker\"");
        g_ptr_array_add(problems, problem_new("zone-interface", sentence));
}

static void set_problems(Context *context, GPtrArray *problems) {
        const char *state = !any_enabled(context->runtime) && problems->len == 0 ? "idle" :
                            problems->len > 0                                    ? "degraded" :
                                                                                   "enforcing";
        bool same = context->problems && context->problems->len == problems->len && context->state == state;
        for (guint i = 0; same && i < problems->len; i++)
                same = g_str_equal(((Problem *) problems->pdata[i])->sentence, ((Problem *) context->problems->pdata[i])->sentence);
        if (same)
                return;
        for (guint i = 0; i < problems->len; i++) {
                const Problem *problem = problems->pdata[i];
                journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_PROBLEM", problem->code), "%s", problem->sentence);
        }
        if (context->state != state)
                journal_log(LOG_INFO, JOURNAL_FIELDS("QUAYWALL_STATE", state), "State is %s", state);
        g_clear_pointer(&context->problems, g_ptr_array_unref);
        context->problems = g_ptr_array_ref(problems);
        context->state = state;
        bus_emit_state_changed(context);
}

static void verify_locked(Context *context, GError *failure) {
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func((GDestroyNotify) problem_free);
        for (guint i = 0; context->file_problems && i < context->file_problems->len; i++) {
                const StoreProblem *broken = context->file_problems->pdata[i];
                Problem *problem = problem_new("policy-file", broken->message);
                problem_add_detail(problem, "policy", broken->name);
                g_ptr_array_add(problems, problem);
        }
        if (failure)
                add_problem(problems, g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING) ?
                                              "firewalld-not-running" :
                                              "apply-failed",
                            failure);
        else {
                g_autoptr(GPtrArray) desired = render(context, context->runtime);
                if (g_str_equal(context->firewalld->state, "failed"))
                        g_ptr_array_add(problems, problem_new("firewalld-failed", "firewalld is in its failed state; see its log, mend "
                                                                                  "its configuration and reload it"));
                if (desired->len > 0)
                        verify_kernel(context, desired, problems);
                verify_permanent(context, problems);
                verify_zone(context, problems);
        }
        if (context->guard && !guard_is_intact(context->guard))
                g_ptr_array_add(problems, problem_new("guard-altered", "the nftables table \"inet quaywall\" was changed or deleted by "
                                                                       "somebody else; \"quaywallctl repair\" mends it"));
        set_problems(context, problems);
}

/* --- repair of the way to DOCKER-USER ----------------------------------------------------------------------------- */

/* Docker 20.10 to 26 put the jump below their own ACCEPT rules at every firewalld reload (FACTS section 1). The new one
 * is made before the old one goes, by its number: "-D" with the rule would take the new one, which is first. */
static bool lift_jump(Context *context, Family family, GError **error) {
        g_autoptr(KernelTable) table = read_kernel(context, family, error);
        bool bypassed;
        if (!table)
                return false;
        unsigned place = kernel_table_find_jump(table, &bypassed);
        if (!place || !bypassed || kernel_table_is_idle(table))
                return true;
        g_autofree char *number = g_strdup_printf("%u", place + 1);
        const char *const insert[] = { "-t", "filter", "-I", "FORWARD", "-j", CHAIN_DOCKER_USER, NULL };
        const char *const delete[] = { "-t", "filter", "-D", "FORWARD", number, NULL };
        g_autofree char *inserted = direct_iptables(context->firewalld, family, insert, error);
        g_autofree char *deleted = inserted ? direct_iptables(context->firewalld, family, delete, error) : NULL;
        if (deleted)
                journal_log(LOG_NOTICE, JOURNAL_FIELDS("QUAYWALL_REPAIR", "jump-bypassed"),
                            "The %s jump to DOCKER-USER was below rules that accept; it is first again", family_to_string(family));
        return deleted;
}

/* Wherever DOCKER-USER holds a rule but Docker's own RETURN: a policy's, a direct one or somebody else's. */
static bool lift_jumps(Context *context, GError **error) {
        ITERATE_FAMILIES (family)
                if (!lift_jump(context, family, error))
                        return false;
        return true;
}

/* A listed rule that is not in the kernel shifts firewalld's count of positions, so that what it adds next lands in the
 * wrong place and what it removes fails (measured). Our chains are made again from nothing. */
static bool refill(Context *context, GPtrArray *desired, GError **error) {
        ITERATE_FAMILIES (family) {
                g_autoptr(KernelTable) table = read_kernel(context, family, error);
                if (!table)
                        return false;
                g_autoptr(GPtrArray) deviations = kernel_table_compare(table, desired, family, false);
                if (deviations->len == 0)
                        continue;
                const Deviation *first = deviations->pdata[0];
                journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_REPAIR", first->code), "%s; reloading firewalld", first->sentence);
                if (!enforce_reload_firewalld(context, error))
                        return false;
                return apply_runtime(context, desired, error);
        }
        return true;
}

static bool repair_locked(Context *context, GError **error) {
        if (!firewalld_refresh(context->firewalld, error) || !read_zone(context, error) ||
            !apply(context, context->runtime, context->permanent, true, error))
                return false;
        g_autoptr(GPtrArray) desired = render(context, context->runtime);
        if (desired->len > 0 && !refill(context, desired, error))
                return false;
        return !context->settings->use_direct || lift_jumps(context, error);
}

static void reconcile_locked(Context *context) {
        g_autoptr(GError) error = NULL;
        /* First of all, and without firewalld: the guard holds alone. */
        if (enforce_guard(context, &error) && repair_locked(context, &error))
                context->failures = 0;
        else if (context->firewalld->owner && context->failures < MAX_FAILURES)
                /* Whoever is in the way may be done soon; what takes longer is waited for by its event. */
                enforce_settle(context, G_USEC_PER_SEC << context->failures++);
        verify_locked(context, error);
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
        (void) firewalld_refresh(context->firewalld, &error);
        verify_locked(context, error);
        fiber_mutex_unlock(&context->mutex);
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

static int on_settle(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        enforce_want(userdata);
        return 0;
}

void enforce_settle(Context *context, guint64 usec) {
        uint64_t now, planned;
        int enabled = SD_EVENT_OFF, r;
        if (sd_event_now(context->event, CLOCK_MONOTONIC, &now) < 0)
                return;
        if (context->settle && sd_event_source_get_enabled(context->settle, &enabled) > 0 && enabled != SD_EVENT_OFF &&
            sd_event_source_get_time(context->settle, &planned) >= 0 && planned <= now + usec)
                return; /* it looks sooner anyway, and what is still to come sends an event */
        if (!context->settle)
                r = sd_event_add_time(context->event, &context->settle, CLOCK_MONOTONIC, now + usec, 0, on_settle, context);
        else {
                r = sd_event_source_set_time(context->settle, now + usec);
                if (r >= 0)
                        r = sd_event_source_set_enabled(context->settle, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                journal_log(LOG_ERR, NULL, "cannot set a timer: %s", g_strerror(-r));
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static bool has_problem(Context *context, const char *code) {
        for (guint i = 0; i < context->problems->len; i++)
                if (g_str_equal(((Problem *) context->problems->pdata[i])->code, code))
                        return true;
        return false;
}

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
        g_autoptr(StoreChange) permanent_change = NULL;
        g_autoptr(StoreChange) runtime_change = NULL;
        if (!firewalld_refresh(context->firewalld, error))
                return false;
        if (!stage(context, runtime, permanent, &permanent_change, &runtime_change, error))
                return false;

        const bool forwards = has_forward(context->runtime) || has_forward(runtime) || has_forward(context->permanent) ||
                              has_forward(permanent);
        bool done = apply(context, runtime, permanent, forwards, error) &&
                    (!permanent_change || store_change_commit(permanent_change, error)) &&
                    (!runtime_change || store_change_commit(runtime_change, error));
        if (!done) {
                g_autoptr(GError) failure = NULL;
                if (!apply(context, context->runtime, context->permanent, forwards, &failure)) {
                        verify_locked(context, failure);
                        enforce_settle(context, G_USEC_PER_SEC);
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
        verify_locked(context, NULL);
        if (has_problem(context, "jump-bypassed")) {
                g_autoptr(GError) failure = NULL;
                (void) lift_jumps(context, &failure);
                verify_locked(context, failure);
        }
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

/* --- single rules ------------------------------------------------------------------------------------------------- */

static guint find_rule(const DirectConfig *config, const DirectRule *rule) {
        for (guint i = 0; i < config->rules->len; i++) {
                const DirectEntry *entry = config->rules->pdata[i];
                if (g_str_equal(entry->ipv, family_to_string(rule->family)) && g_str_equal(entry->table, "filter") &&
                    g_str_equal(entry->chain, rule->chain) && entry->priority == rule->priority &&
                    g_strv_equal((const char *const *) entry->args, (const char *const *) rule->args))
                        return i;
        }
        return G_MAXUINT;
}

static bool direct_rule_runtime(Context *context, const DirectRule *rule, bool add, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(context->firewalld, error);
        if (!actual)
                return false;
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func((GDestroyNotify) step_free);
        if (add) {
                g_autoptr(GPtrArray) alone = g_ptr_array_new();
                g_ptr_array_add(alone, (gpointer) rule);
                if (direct_config_is_empty(actual) && firewalld_is_at_least(context->firewalld, 2) &&
                    (!arm(context, alone, error) || !enforce_reload_firewalld(context, error)))
                        return false;
                g_autoptr(GHashTable) chains = read_kernel_chains(context, error);
                g_autofree char *key = g_strdup_printf("%s:%s", family_to_string(rule->family), rule->chain);
                if (!chains)
                        return false;
                if (!g_hash_table_contains(chains, key))
                        g_ptr_array_add(steps, step_new(STEP_ADD_CHAIN, direct_rule_new(rule->family, rule->chain, 0,
                                                                                        g_new0(char *, 1))));
        }
        g_ptr_array_add(steps, step_new(add ? STEP_ADD_RULE : STEP_REMOVE_RULE, direct_rule_copy(rule)));
        return direct_run(context->firewalld, steps, error);
}

static bool direct_rule_permanent(Context *context, const DirectRule *rule, bool add, GError **error) {
        g_autoptr(DirectConfig) config = direct_read_permanent(context->firewalld, error);
        if (!config)
                return false;
        guint place = find_rule(config, rule);
        if (add == (place != G_MAXUINT))
                return true;
        const char *ipv = family_to_string(rule->family);
        if (!add)
                g_ptr_array_remove_index(config->rules, place);
        else {
                if (!direct_config_has_chain(config, rule->family, rule->chain))
                        g_ptr_array_add(config->chains, direct_entry_new(ipv, "filter", rule->chain, 0, NULL));
                g_ptr_array_add(config->rules, direct_entry_new(ipv, "filter", rule->chain, rule->priority, g_strdupv(rule->args)));
        }
        return direct_write_permanent(context->firewalld, config, error);
}

static bool direct_rule_exists(Context *context, const DirectRule *rule, int scope, GError **error) {
        g_autoptr(DirectConfig) now = direct_read_runtime(context->firewalld, error);
        g_autoptr(DirectConfig) later = now ? direct_read_permanent(context->firewalld, error) : NULL;
        if (!later)
                return false;
        if (((scope & 1) && find_rule(now, rule) != G_MAXUINT) || ((scope & 2) && find_rule(later, rule) != G_MAXUINT))
                return true;
        g_autofree char *words = g_strjoinv(" ", rule->args);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    "args: there is no direct rule \"%.200s\" of priority %d in DOCKER-USER; see \"quaywallctl direct list\"", words,
                    rule->priority);
        return false;
}

bool enforce_direct_rule(Context *context, const DirectRule *rule, bool add, int scope, GError **error) {
        if (!firewalld_refresh(context->firewalld, error) || (!add && !direct_rule_exists(context, rule, scope, error)))
                return false;
        /* Tried at runtime before it becomes permanent: one bad permanent rule fails firewalld at its next reload. */
        const bool trial = add && scope == 2;
        if (((scope & 1) || trial) && !direct_rule_runtime(context, rule, add, error))
                return false;
        if (trial && !direct_rule_runtime(context, rule, false, error))
                return false;
        if (add && (scope & 1) && !lift_jump(context, rule->family, error))
                return false;
        if (!(scope & 2) || direct_rule_permanent(context, rule, add, error))
                return true;
        if (scope & 1)
                (void) direct_rule_runtime(context, rule, !add, NULL);
        return false;
}
