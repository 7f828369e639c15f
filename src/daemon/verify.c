/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify.h"

#include "daemon/apply.h"
#include "daemon/bus.h"
#include "daemon/checks.h"
#include "daemon/docker-user.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "daemon/repair.h"
#include "daemon/ruleset.h"
#include "daemon/settle.h"
#include "firewalld/direct.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/policy-store.h"
#include "model/show.h"

void problem_free(Problem *problem) {
        g_free(problem->code);
        g_free(problem->sentence);
        g_ptr_array_unref(problem->details);
        g_free(problem);
}

Problem *problem_new(const char *code, const char *sentence) {
        Problem *problem = g_new(Problem, 1);
        *problem = (Problem){ g_strdup(code), show_text(sentence), g_ptr_array_new_with_free_func(g_free) };
        return problem;
}

void problem_add_detail(Problem *problem, const char *key, const char *value) {
        g_ptr_array_add(problem->details, g_strdup(key));
        g_ptr_array_add(problem->details, g_strdup(value));
}

const char *problem_detail(const Problem *problem, const char *key) {
        for (guint i = 0; i + 1 < problem->details->len; i += 2)
                if (g_str_equal(problem->details->pdata[i], key))
                        return problem->details->pdata[i + 1];
        return NULL;
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

/* Where the jump is, it must come first. Where it is not: with the guard no policy depends on it, so it is only missed where
 * Docker has rules, or runs and makes some and had its time. For IPv6 Docker makes none without ip6tables. */
static bool expects_jump(Context *context, const KernelTable *table, Family family, bool has_policies) {
        bool bypassed;
        if (kernel_table_find_jump(table, &bypassed) > 0 || kernel_table_has_docker(table, "FORWARD"))
                return true;
        if (family != FAMILY_IPV4)
                return false;
        const bool is_made = check_docker_runs(context) && check_docker_makes_rules(context);
        return context->guard ? is_made && !check_awaits_docker(context) : is_made || has_policies;
}

static void add_deviation(GPtrArray *problems, const Deviation *deviation, Family family) {
        Problem *problem = problem_new(deviation->code, deviation->sentence);
        problem_add_detail(problem, "family", family_to_string(family));
        problem_add_detail(problem, "chain", deviation->chain);
        if (deviation->count > 0) {
                g_autofree char *count = g_strdup_printf("%u", deviation->count);
                problem_add_detail(problem, "count", count);
        }
        g_ptr_array_add(problems, problem);
}

/* For IPv6 there may be nothing that leads to DOCKER-USER, and nobody to make it lead there. */
static void verify_ipv6(Context *context, const KernelTable *table, bool has_policies, GPtrArray *problems) {
        bool bypassed;
        if (kernel_table_has_docker(table, "FORWARD") || kernel_table_find_jump(table, &bypassed) > 0)
                return;
        const char *sentence = NULL;
        if (has_policies && !context->guard)
                sentence =
                        "Docker has no rules for IPv6, so nothing leads to DOCKER-USER there, and Enforce= in quaywalld.conf does not "
                        "list \"guard\": policies do not hold for IPv6; add it and restart quaywalld";
        else if (kernel_table_has_others(table) && check_docker_runs(context))
                sentence =
                        "Docker has no rules for IPv6, so nothing leads to DOCKER-USER there: what others have in it has no effect; set "
                        "\"ip6tables\": true in Docker's daemon.json (before Docker 27 with \"experimental\": true)";
        if (!sentence)
                return;
        Problem *problem = problem_new("ipv6-chain-missing", sentence);
        problem_add_detail(problem, "family", "ipv6");
        g_ptr_array_add(problems, problem);
}

static void verify_kernel(Context *context, GPtrArray *desired, GPtrArray *problems) {
        ITERATE_FAMILIES (family) {
                g_autoptr(GError) error = NULL;
                const bool has_policies = direct_rules_use_family(desired, family);
                const KernelTable *table = kernel_read(context, family, "filter", &error);
                if (!table) {
                        add_problem(problems, "firewalld-failed", error);
                        return;
                }
                if (!has_policies && kernel_table_is_idle(table))
                        continue;
                g_autoptr(GPtrArray) deviations =
                        kernel_table_compare(table, desired, family, expects_jump(context, table, family, has_policies));
                for (guint i = 0; i < deviations->len; i++)
                        if (!docker_user_waits(context, ((Deviation *) deviations->pdata[i])->code))
                                add_deviation(problems, deviations->pdata[i], family);
                if (family == FAMILY_IPV6)
                        verify_ipv6(context, table, has_policies, problems);
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

static void verify_size(Context *context, GPtrArray *problems) {
        for (guint i = 0; !context->settings->use_guard && context->left_out && i < context->left_out->len; i++) {
                const char *name = context->left_out->pdata[i];
                g_autofree char *sentence = g_strdup_printf(
                        "the policy \"%s\" would be more than %u rules in DOCKER-USER, and Enforce= in quaywalld.conf does not list "
                        "\"guard\": nothing enforces it; add it and restart quaywalld",
                        name, LIMIT_RULES);
                Problem *problem = problem_new("policy-too-large", sentence);
                problem_add_detail(problem, "policy", name);
                g_ptr_array_add(problems, problem);
        }
}

static bool is_known(Context *context, const Problem *problem) {
        for (guint i = 0; i < context->problems->len; i++)
                if (g_str_equal(((Problem *) context->problems->pdata[i])->sentence, problem->sentence))
                        return true;
        return false;
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
                if (!is_known(context, problem))
                        journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_PROBLEM", problem->code), "%s", problem->sentence);
        }
        if (context->state != state)
                journal_log(LOG_INFO, JOURNAL_FIELDS("QUAYWALL_STATE", state), "State is %s", state);
        g_clear_pointer(&context->problems, g_ptr_array_unref);
        context->problems = g_ptr_array_ref(problems);
        context->state = state;
        bus_emit_state_changed(context);
}

static void verify(Context *context, bool look, GError *failure) {
        g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func((GDestroyNotify) problem_free);
        for (guint i = 0; context->file_problems && i < context->file_problems->len; i++) {
                const StoreProblem *broken = context->file_problems->pdata[i];
                Problem *problem = problem_new("policy-file", broken->message);
                problem_add_detail(problem, "policy", broken->name);
                g_ptr_array_add(problems, problem);
        }
        if (context->copy_problem)
                g_ptr_array_add(problems, problem_new("policy-copy", context->copy_problem));
        if (failure && !context->firewalld->panic)
                add_problem(problems, g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING) ?
                                              "firewalld-not-running" :
                                              "apply-failed",
                            failure);
        if (context->firewalld->owner)
                check_firewalld(context, problems);
        verify_size(context, problems);
        if (!failure) {
                if (look)
                        check_look_at_docker(context);
                if (context->settings->use_direct && !context->docker_uses_nft)
                        verify_kernel(context, context->rules_now, problems);
                verify_permanent(context, problems);
                check_forwards(context, problems);
                check_zone(context, problems);
                check_docker(context, problems);
                check_legacy(context, problems);
        }
        check_backend(context, problems);
        check_engine(context, problems);
        check_outlets(context, problems);
        check_meaning(context, problems);
        check_ports(context, problems);
        (void) ruleset_take(context);
        if (context->guard && !guard_is_intact(context->guard))
                g_ptr_array_add(problems, problem_new("guard-altered", "the nftables table \"inet quaywall\" was changed or deleted by "
                                                                       "somebody else; \"quaywallctl repair\" mends it"));
        repair_report(context, problems);
        set_problems(context, problems);
}

void verify_state(Context *context, GError *failure) {
        verify(context, true, failure);
}

/* When something is wrong after a change of ours, and somebody else changed something as well. */
#define AGAIN_USEC (100 * 1000ULL)

/* Verifies what was just changed. What the kernel told of our own changes until now would have it all read and verified
 * once more; all of it is seen here, unless somebody is to be waited for anyway, something is wrong, or Docker told something
 * that the rules do not know yet. */
void verify_own_change(Context *context, bool was_armed, bool look, GError *failure) {
        const bool told = ruleset_take(context);
        const guint64 planned = settle_deadline(context);
        /* Before the verification: what it finds to look at later, and what comes meanwhile, has its own plan. */
        const bool call_off = !was_armed && !failure && settle_is_armed(context) && (look || !context->nat_changed) &&
                              !context->facts_changed;
        if (call_off)
                (void) sd_event_source_set_enabled(context->settle, SD_EVENT_OFF);
        verify(context, look, failure);
        if (context->problems->len == 0)
                return;
        const guint64 now = g_get_monotonic_time();
        if (call_off)
                settle_within(context, planned > now ? planned - now : 0);
        /* Somebody who fights for it is given more time, or each of his changes would cost one of these. */
        if (told && !verify_has_problem(context, "contested"))
                settle_within(context, AGAIN_USEC);
}

bool verify_has_problem(Context *context, const char *code) {
        for (guint i = 0; i < context->problems->len; i++)
                if (g_str_equal(((Problem *) context->problems->pdata[i])->code, code))
                        return true;
        return false;
}
