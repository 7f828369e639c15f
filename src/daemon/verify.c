/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify.h"

#include <net/if.h>

#include "daemon/apply.h"
#include "daemon/bus.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "daemon/ruleset.h"
#include "daemon/settle.h"
#include "firewalld/direct.h"
#include "firewalld/zone.h"
#include "model/error.h"
#include "model/policy-store.h"

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

static bool any_enabled(PolicySet *set) {
        GHashTableIter iter;
        gpointer policy;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                if (((Policy *) policy)->enabled)
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
                if (!direct_rules_use_family(desired, family))
                        continue;
                const KernelTable *table = kernel_read(context, family, "filter", &error);
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
        g_autoptr(DirectConfig) actual = direct_read_permanent(context->firewalld, &error);
        if (!actual) {
                add_problem(problems, "firewalld-failed", error);
                return;
        }
        g_autoptr(DirectConfig) merged = direct_merge(actual, context->rules_later);
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

void verify_state(Context *context, GError *failure) {
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
                if (g_str_equal(context->firewalld->state, "failed"))
                        g_ptr_array_add(problems, problem_new("firewalld-failed", "firewalld is in its failed state; see its log, mend "
                                                                                  "its configuration and reload it"));
                if (context->rules_now->len > 0)
                        verify_kernel(context, context->rules_now, problems);
                verify_permanent(context, problems);
                verify_zone(context, problems);
        }
        if (context->guard && !guard_is_intact(context->guard))
                g_ptr_array_add(problems, problem_new("guard-altered", "the nftables table \"inet quaywall\" was changed or deleted by "
                                                                       "somebody else; \"quaywallctl repair\" mends it"));
        set_problems(context, problems);
}

/* When something is wrong after a change of ours, and somebody else changed something as well. */
#define AGAIN_USEC (100 * 1000ULL)

/* Verifies what was just changed. What the kernel told of our own changes until now would have it all read and verified
 * once more; all of it is seen here, unless somebody is to be waited for anyway or something is wrong. */
void verify_own_change(Context *context, bool was_armed, GError *failure) {
        const bool told = ruleset_take(context);
        const guint64 armed = settle_deadline(context);
        verify_state(context, failure);
        if (!told && !settle_is_armed(context))
                return;
        if (context->problems->len > 0 && told)
                settle_within(context, AGAIN_USEC);
        else if (context->problems->len == 0 && !was_armed && settle_deadline(context) == armed && context->settle)
                (void) sd_event_source_set_enabled(context->settle, SD_EVENT_OFF);
}

bool verify_has_problem(Context *context, const char *code) {
        for (guint i = 0; i < context->problems->len; i++)
                if (g_str_equal(((Problem *) context->problems->pdata[i])->code, code))
                        return true;
        return false;
}
