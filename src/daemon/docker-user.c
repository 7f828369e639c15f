/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "docker-user.h"

#include "compile/put-back.h"
#include "daemon/apply.h"
#include "daemon/checks.h"
#include "daemon/forwards.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "daemon/repair.h"
#include "daemon/settle.h"
#include "firewalld/direct.h"

/* The jump with a comment of ours; what a crash left of it is seen by that. */
#define MARKED_JUMP "-m", "comment", "--comment", "quaywall", "-j", CHAIN_DOCKER_USER

static bool forward_rule(Context *context, Family family, const char *command, bool marked, GError **error) {
        const char *const plain_args[] = { "-t", "filter", command, "FORWARD", "-j", CHAIN_DOCKER_USER, NULL };
        const char *const marked_args[] = { "-t", "filter", command, "FORWARD", MARKED_JUMP, NULL };
        g_autofree char *output = direct_iptables(context->firewalld, family, marked ? marked_args : plain_args, error);
        return output;
}

static guint count_marked_jumps(const KernelTable *table) {
        static const char *const MARKED[] = { MARKED_JUMP, NULL };
        guint count = 0;
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                count += g_str_equal(rule->chain, "FORWARD") && g_strv_equal(MARKED, (const char *const *) rule->args);
        }
        return count;
}

/* A marked jump is made first, so that the chain is asked at all times. No rule is named by its number: Docker writes here
 * as well, and between our look and our call the number may have become that of a rule of its own, whose loss leaves a
 * port dead, and 20.10 does not start without it ("unable to remove jump to DOCKER-ISOLATION-STAGE-1"). */
static bool put_jump_first(Context *context, Family family, guint marked, bool lift, GError **error) {
        kernel_forget(context);
        if (lift) {
                if (!forward_rule(context, family, "-I", true, error))
                        return false;
                marked++;
                /* Docker may just have taken it away, to put it back itself. */
                (void) forward_rule(context, family, "-D", false, NULL);
                if (!forward_rule(context, family, "-I", false, error))
                        return false;
        }
        for (; marked > 0; marked--)
                if (!forward_rule(context, family, "-D", true, error))
                        return false;
        return true;
}

/* Docker 20.10 to 26 put the jump below their own ACCEPT rules at every firewalld reload (FACTS section 1). A jump that
 * somebody deleted comes back, as long as Docker has its rules there. */
bool docker_user_lift_jump(Context *context, Family family, GError **error) {
        const KernelTable *table = kernel_read(context, family, "filter", error);
        bool bypassed;
        if (!table)
                return false;
        const unsigned place = kernel_table_find_jump(table, &bypassed);
        const guint marked = count_marked_jumps(table);
        const char *code = place ? "jump-bypassed" : "jump-missing";
        /* For IPv6 Docker 20.10 never makes one, whatever rules it has there. */
        const bool needless = !place && !kernel_table_has_docker(table, "FORWARD");
        /* Also while what policies name is not there yet: then nothing is left to do when it comes. */
        const bool is_asked = !kernel_table_is_idle(table) || (context->rules_now && direct_rules_use_family(context->rules_now, family));
        check_note_docker(context, family, table);
        /* Docker puts the jump where it likes, and it is left there until somebody has use for it. Neither is undone by anybody, so to put
         * it right is no repair. */
        const bool is_expected = check_docker_writes(context) || (is_asked && !context->jump_asked[family]);
        context->jump_asked[family] = is_asked;
        const bool lift = !(place && !bypassed) && !needless && is_asked && (is_expected || repair_is_due(context, code));
        if (!lift && !marked)
                return true;
        if (!put_jump_first(context, family, marked, lift, error))
                return false;
        if (lift && is_expected)
                journal_log(LOG_INFO, NULL, "The %s jump to DOCKER-USER is put first in FORWARD", family_to_string(family));
        else if (lift)
                repair_done(context, code, "The %s jump to DOCKER-USER was %s; it is first in FORWARD again",
                            family_to_string(family), place ? "below rules that accept" : "gone");
        return true;
}

/* Wherever DOCKER-USER holds a rule but Docker's own RETURN, a policy's, a direct one or somebody else's, or will hold one. */
bool docker_user_lift_jumps(Context *context, GError **error) {
        ITERATE_FAMILIES (family)
                if (!docker_user_lift_jump(context, family, error))
                        return false;
        return true;
}

/* Each takes 10 to 20 ms, and a reload as long as 40 of them. */
#define MAX_PUT_BACK 40

/* Without a reload, which would end what others have at runtime only and what Docker is serving. False: it takes one. */
static bool mend_chains(Context *context, const KernelTable *table, Family family) {
        bool docker_makes_rules = check_docker_runs(context) && check_docker_makes_rules(context);
        /* Docker makes its own again upon a reload only. */
        if (family == FAMILY_IPV4 && docker_makes_rules && !kernel_table_has_docker(table, "FORWARD"))
                return false;
        g_autoptr(DirectConfig) runtime = direct_read_runtime(context->firewalld, NULL);
        g_autoptr(GPtrArray) calls = runtime ? put_back(table, runtime, family) : NULL;
        if (!calls || calls->len == 0 || calls->len > MAX_PUT_BACK)
                return false;
        kernel_forget(context);
        for (guint i = 0; i < calls->len; i++) {
                g_autofree char *output = direct_iptables(context->firewalld, family, calls->pdata[i], NULL);
                if (!output)
                        return false;
        }
        return true;
}

static GPtrArray *compare_chains(Context *context, GPtrArray *desired, Family family, GError **error) {
        const KernelTable *table = kernel_read(context, family, "filter", error);
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

/* Somebody's direct rule that ends the chain before all of ours are reached, by its priority: firewalld would put it there again, and
 * the reload would only cost others what they have at runtime. Problems says what is the matter. */
static bool is_ended_by_firewalld(Context *context, GPtrArray *desired, Family family) {
        g_autoptr(DirectConfig) runtime = direct_read_runtime(context->firewalld, NULL);
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

/* What is read in the midst of a reload and of Docker's rebuilding after it can lack rules that are there a moment later (seen once in
 * some ten runs of tests/lab/t/46-quiet.lab), and to mend it would be a reload of firewalld. Nobody but DOCKER-USER keeps a "forward". */
bool docker_user_waits(Context *context, const char *code) {
        const bool may_wait = g_str_has_prefix(code, "jump-") || (g_str_equal(code, "rules-missing") && !forwards_wanted(context->runtime));
        if (!context->guard || !may_wait || !check_docker_writes(context))
                return false;
        check_docker_later(context);
        return true;
}

/* A listed rule that is not in the kernel shifts firewalld's count of positions, so that what it adds next lands in the
 * wrong place and what it removes fails (measured). */
bool docker_user_refill(Context *context, GPtrArray *desired, bool may_wait, bool *ret_done, GError **error) {
        *ret_done = false;
        ITERATE_FAMILIES (family) {
                g_autoptr(GPtrArray) deviations = compare_chains(context, desired, family, error);
                if (!deviations)
                        return false;
                if (deviations->len == 0)
                        continue;
                const Deviation *first = deviations->pdata[0];
                if (g_str_equal(first->code, "rules-dead") && is_ended_by_firewalld(context, desired, family))
                        continue;
                if (may_wait && docker_user_waits(context, first->code))
                        continue;
                if (!repair_is_due(context, first->code))
                        return true;
                const KernelTable *table = kernel_read(context, family, "filter", error);
                g_autoptr(GPtrArray) left =
                        table && mend_chains(context, table, family) ? compare_chains(context, desired, family, error) : NULL;
                const bool mended = left && left->len == 0;
                if (!mended && (!settle_reload_firewalld(context, error) || !apply_runtime(context, desired, error)))
                        return false;
                repair_done(context, first->code,
                            mended ? "%s; they are mended" : "%s; firewalld was reloaded and they are made again",
                            first->sentence);
                *ret_done = true;
                if (!mended)
                        return true;
        }
        return true;
}
