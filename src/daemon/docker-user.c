/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "docker-user.h"

#include <glib/gi18n.h>

#include "firewalld/direct.h"
#include "world/docker-rules.h"
#include "world/iptables.h"
#include "world/journal.h"

/* The jump with quaywall's comment, by which leftovers of a crash are recognised. */
#define MARKED_JUMP "-m", "comment", "--comment", "quaywall", "-j", CHAIN_DOCKER_USER

static bool forward_rule(Firewalld *firewalld, Family family, const char *command, bool marked, GError **error) {
        const char *const plain_args[] = { "-t", "filter", command, "FORWARD", "-j", CHAIN_DOCKER_USER, NULL };
        const char *const marked_args[] = { "-t", "filter", command, "FORWARD", MARKED_JUMP, NULL };
        g_autofree char *output = direct_iptables(firewalld, family, marked ? marked_args : plain_args, error);
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

/* A marked jump is inserted first, so that the chain is never skipped. No rule is deleted by its number: Docker writes here as
 * well, and between our reading and our call the number may have passed to one of Docker's rules. Losing that would leave a
 * port dead, and 20.10 does not start without it ("unable to remove jump to DOCKER-ISOLATION-STAGE-1"). */
static bool put_jump_first(World *world, Family family, guint marked, bool lift, GError **error) {
        iptables_forget(world);
        if (lift) {
                if (!forward_rule(world->firewalld, family, "-I", true, error))
                        return false;
                marked++;
                /* Docker may have just removed it, to insert it again itself. */
                (void) forward_rule(world->firewalld, family, "-D", false, NULL);
                if (!forward_rule(world->firewalld, family, "-I", false, error))
                        return false;
        }
        for (; marked > 0; marked--)
                if (!forward_rule(world->firewalld, family, "-D", true, error))
                        return false;
        return true;
}

/* Docker 20.10 to 26 put the jump below their own ACCEPT rules at every firewalld reload (FACTS section 1). A deleted jump is
 * restored as long as Docker has its rules there. */
bool docker_user_lift_jump(InForce *in_force, World *world, const Repairs *repairs, Family family, GError **error) {
        const KernelTable *table = iptables_read(world, family, "filter", error);
        bool bypassed;
        if (!table)
                return false;
        const unsigned place = kernel_table_find_jump(table, &bypassed);
        const guint marked = count_marked_jumps(table);
        const ProblemCode code = place ? PROBLEM_JUMP_BYPASSED : PROBLEM_JUMP_MISSING;
        /* For IPv6, Docker 20.10 never makes the jump, whatever rules it has there. */
        const bool needless = !place && !kernel_table_has_docker(table, "FORWARD");
        /* Also while the things that policies name do not exist yet: nothing is left to do when they appear. */
        const bool is_asked = !kernel_table_is_idle(table) ||
                              (in_force->desired && direct_rules_use_family(in_force->desired->direct_now, family));
        docker_rules_note(world, family, table);
        /* Docker chooses where to put the jump, and it stays there until something needs it. In neither case did anybody undo
         * anything, so moving it is no repair. */
        const bool is_expected =
                docker_rules_are_written(world, g_get_monotonic_time()) || (is_asked && !in_force->jump_asked[family]);
        in_force->jump_asked[family] = is_asked;
        const bool lift = !(place && !bypassed) && !needless && is_asked && (is_expected || repair_is_due(repairs, code));
        if (!lift && !marked)
                return true;
        if (!put_jump_first(world, family, marked, lift, error))
                return false;
        if (lift && is_expected)
                journal_log(LOG_INFO, NULL, _("The %s jump to DOCKER-USER is put first in FORWARD"), family_to_string(family));
        else if (lift)
                repair_done(repairs, code,
                            place ? _("The %s jump to DOCKER-USER was below rules that accept; it is first in FORWARD again") :
                                    _("The %s jump to DOCKER-USER was gone; it is first in FORWARD again"),
                            family_to_string(family));
        return true;
}

/* Where DOCKER-USER holds, or will hold, a rule besides Docker's own RETURN: a policy's, a direct one or another program's. */
bool docker_user_lift_jumps(InForce *in_force, World *world, const Repairs *repairs, GError **error) {
        if (!world->settings->use_direct || world->docker_uses_nft)
                return true;
        ITERATE_FAMILIES (family)
                if (!docker_user_lift_jump(in_force, world, repairs, family, error))
                        return false;
        return true;
}
