/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#include <glib/gi18n.h>

#include "compile/firewall-cmd.h"
#include "daemon/apply.h"
#include "daemon/direct-edit.h"
#include "daemon/docker-user.h"
#include "daemon/forwards.h"
#include "firewalld/direct.h"
#include "world/iptables.h"

/* --- the commands ------------------------------------------------------------------------------------------------- */

/* firewalld's direct configuration while the commands are run. */
typedef struct Course {
        DirectConfig *now, *later;
} Course;

static void course_clear(Course *course) {
        g_clear_pointer(&course->now, direct_config_free);
        g_clear_pointer(&course->later, direct_config_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Course, course_clear)

static bool course_read(Firewalld *firewalld, Course *ret, GError **error) {
        if (!firewalld_refresh(firewalld, error))
                return false;
        ret->now = direct_read_runtime(firewalld, error);
        ret->later = ret->now ? direct_read_permanent(firewalld, error) : NULL;
        return ret->later;
}

/* As apply_needs_arming() and the reload after it; forward: commands that take effect with a reload. */
static void course_reload(Course *course, const Firewalld *firewalld, GPtrArray *desired, GPtrArray *forward, GPtrArray *homes,
                          GPtrArray *commands) {
        const DirectConfig *first = forward->len > 0 ? course->later : course->now;
        const bool arms = apply_needs_arming(firewalld, course->now, desired) || apply_needs_arming(firewalld, first, desired);
        if (arms) {
                DirectConfig *armed = apply_get_armed(course->later, desired);
                firewall_cmd_add_permanent(commands, course->later, armed);
                direct_config_free(course->later);
                course->later = armed;
        }
        if (!arms && forward->len == 0)
                return;
        g_ptr_array_extend_and_steal(commands, g_ptr_array_ref(forward));
        firewall_cmd_add(commands, "--reload", NULL);
        g_ptr_array_extend_and_steal(commands, g_ptr_array_ref(homes));
        direct_config_free(course->now);
        course->now = direct_config_copy(course->later);
}

/* The chains that the kernel has when the runtime commands are run. */
static GHashTable *course_chains(World *world, GPtrArray *commands, GError **error) {
        GHashTable *chains = apply_read_chains(world, error);
        /* Docker makes its own again after a reload. */
        ITERATE_FAMILIES (family)
                for (int i = 0; chains && i < 2 && firewall_cmd_has(commands, "--reload"); i++) {
                        g_autofree char *key =
                                g_strconcat(family_to_string(family), ":", i ? CHAIN_QUAYWALL : CHAIN_QUAYWALL_POLICY, NULL);
                        g_hash_table_remove(chains, key);
                }
        return chains;
}

/* Also where the jump is first now: Docker 20.10 to 26 put it below their own rules at each reload of firewalld, and for IPv6 20.10
 * makes none. */
static bool list_lifts(World *world, GPtrArray *desired, GPtrArray *commands, GError **error) {
        ITERATE_FAMILIES (family) {
                bool bypassed;
                if (!direct_rules_use_family(desired, family))
                        continue;
                const KernelTable *table = iptables_read(world, family, "filter", error);
                if (!table)
                        return false;
                if (kernel_table_has_docker(table, "FORWARD"))
                        docker_user_list_lift(commands, family, kernel_table_find_jump(table, &bypassed) > 0);
        }
        return true;
}

static bool list_commands(World *world, const Desired *desired, GPtrArray *commands, GError **error) {
        g_auto(Course) course = { NULL, NULL };
        g_autoptr(GPtrArray) forward = firewall_cmd_list_new(), homes = firewall_cmd_list_new();
        if (!course_read(world->firewalld, &course, error) ||
            !forwards_list_commands(world->firewalld, desired->forwards, forward, homes, error))
                return false;
        course_reload(&course, world->firewalld, desired->direct_now, forward, homes, commands);
        g_autoptr(GHashTable) chains = course_chains(world, commands, error);
        if (!chains)
                return false;
        g_autoptr(GPtrArray) steps = direct_plan(course.now, desired->direct_now, chains);
        g_autoptr(DirectConfig) later = direct_merge(course.later, desired->direct_later);
        firewall_cmd_add_steps(commands, steps);
        firewall_cmd_add_permanent(commands, course.later, later);
        return commands->len == 0 || list_lifts(world, desired->direct_now, commands, error);
}

/* --- what they do not keep ---------------------------------------------------------------------------------------- */

static char *join_names(GPtrArray *names) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        g_auto(GStrv) list = g_strv_builder_end(builder);
        return g_strjoinv(", ", list);
}

static void note_names(GPtrArray *notes, const char *name, const Policy *policy) {
        g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
        ITERATE_REFERENCES(reference) {
                GPtrArray *names = policy_get_names(policy, reference);
                for (guint i = 0; i < names->len; i++)
                        g_ptr_array_add(sources, g_strconcat(reference->prefix, names->pdata[i], NULL));
        }
        g_autofree char *list = join_names(sources);
        if (sources->len > 0)
                meaning_add(
                        notes, "names",
                        g_strdup_printf(_("policy \"%s\": the rules hold the addresses that %s has now; nothing follows them"),
                                        name, list));
}

static void note_policy(GPtrArray *notes, const char *name, const Policy *policy, const World *world, const Desired *desired) {
        const bool is_named = policy->containers->len + policy->networks->len > 0;
        if (policy->action == POLICY_OBEY_ZONES)
                meaning_add(
                        notes, "obey-zones",
                        g_strdup_printf(_("policy \"%s\" has no equal: only the guard asks firewalld's zones about the port "
                                          "that was dialled; these commands block nobody for it"),
                                        name));
        else if (policy->action == POLICY_FORWARD)
                meaning_add(
                        notes, "forward",
                        g_strdup_printf(
                                _("policy \"%s\": before firewalld 2.3 \"source\" and \"destination\" of such a rich rule mean "
                                  "the other interface each; these commands are for firewalld %s"),
                                name, world->firewalld->version));
        else if (g_ptr_array_find_with_equal_func(desired->left_out, name, g_str_equal, NULL))
                meaning_add(notes, "guard-only",
                            g_strdup_printf(_("policy \"%s\" has too many addresses or containers for DOCKER-USER, which is "
                                              "searched rule by rule: the guard alone enforces it, and these commands do not"),
                                            name));
        else if (is_named)
                meaning_add(
                        notes, "containers",
                        g_strdup_printf(_("policy \"%s\": the rules hold the addresses that its containers have now. Nothing "
                                          "follows them when they are made again, nothing holds containers that are not "
                                          "known yet, and the permanent rules have no addresses of containers"),
                                        name));
        note_names(notes, name, policy);
        if (policy->until || policy->brief->len > 0)
                meaning_add(notes, "until",
                            g_strdup_printf(_("policy \"%s\": what is granted until a time does not end by itself"), name));
}

static bool names_any(const Policy *policy, GPtrArray *groups) {
        for (guint i = 0; i < policy->groups->len; i++)
                if (g_ptr_array_find_with_equal_func(groups, policy->groups->pdata[i], g_str_equal, NULL))
                        return true;
        return false;
}

/* Of the policies that the change makes different, and that there are afterwards. */
static void note_policies(GPtrArray *notes, const CommandsChange *change, const World *world, const Desired *desired) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (int set = 0; set < 2; set++) {
                g_autoptr(GPtrArray) changed = policy_set_difference(change->before[set], change->after[set], STORE_POLICIES),
                                     groups = policy_set_difference(change->before[set], change->after[set], STORE_GROUPS),
                                     names = policy_set_names(change->after[set]);
                for (guint i = 0; i < names->len; i++) {
                        const Policy *policy = g_hash_table_lookup(change->after[set]->policies, names->pdata[i]);
                        const bool is_part = g_ptr_array_find_with_equal_func(changed, names->pdata[i], g_str_equal, NULL) ||
                                             names_any(policy, groups);
                        if (is_part && policy->enabled && g_hash_table_add(seen, g_strdup(names->pdata[i])))
                                note_policy(notes, names->pdata[i], policy, world, desired);
                }
        }
}

static void note_rules(GPtrArray *notes, const World *world) {
        g_autofree char *bridges = g_strjoinv(", ", world->bridges);
        meaning_add(
                notes, "guard",
                g_strdup(_(
                        "the guard, quaywall's table in nftables, judges before the address is translated (DNAT); no command "
                        "makes it. The rules do not see what docker-proxy answers (often IPv6, and everything while firewalld "
                        "starts), and nothing holds while firewalld or Docker rebuilds its own")));
        meaning_add(
                notes, "repair",
                g_strdup(_(
                        "nobody puts a rule back that another program removes, nor the jump to DOCKER-USER to the front: Docker "
                        "20.10 to 26 put it behind their own rules at each reload of firewalld, and then the rules block "
                        "nobody")));
        meaning_add(
                notes, "networks",
                g_strdup_printf(_("a network of Docker that is created later is open: the rules name the bridges of now, %s"),
                                bridges[0] ? bridges : "-"));
        meaning_add(
                notes, "steps",
                g_strdup(_(
                        "each command is a step of its own: if one fails, the others stay. They are in quaywalld's order, but "
                        "only with the guard is nothing open between two steps")));
}

void commands_note_use(GPtrArray *commands, GPtrArray *notes) {
        if (firewall_cmd_has(commands, "--reload"))
                meaning_add(
                        notes, "reload",
                        g_strdup(_(
                                "\"firewall-cmd --reload\" discards the runtime changes of all programs, and Docker then makes "
                                "its rules again: wait some seconds before the commands behind it")));
        if (commands->len > 0)
                meaning_add(
                        notes, "beside-quaywalld",
                        g_strdup(_(
                                "they are for a host where quaywalld does not run: beside it they are needless, and it removes "
                                "rules from its chains that no policy of its own makes")));
}

bool commands_of_change(World *world, const CommandsChange *change, GPtrArray *commands, GPtrArray *notes, GError **error) {
        g_autoptr(Desired) desired = apply_preview(world, change->after[0], change->after[1], change->ipsets);
        if (!list_commands(world, desired, commands, error))
                return false;
        if (!world->settings->use_direct || world->docker_uses_nft)
                meaning_add(
                        notes, "guard-only",
                        g_strdup(
                                world->docker_uses_nft ?
                                        _("Docker makes its rules with nftables and has no chain DOCKER-USER: the guard alone "
                                          "enforces policies here") :
                                        _("Enforce= in quaywalld.conf leaves DOCKER-USER out: the guard alone enforces policies "
                                          "here")));
        note_policies(notes, change, world, desired);
        if (commands->len > 0 && rules_judge(desired->rules))
                note_rules(notes, world);
        if (change->confirms)
                meaning_add(notes, "confirm-within", g_strdup(_("nobody undoes them if they are not confirmed")));
        if (change->cuts)
                meaning_add(notes, "cut", g_strdup(_("open connections that are now forbidden are not ended")));
        return true;
}

/* --- one rule ----------------------------------------------------------------------------------------------------- */

/* The same configuration with the rule, or without it. */
static DirectConfig *edit_config(const DirectConfig *config, const DirectRule *rule, bool add) {
        DirectConfig *edited = direct_config_copy(config);
        DirectEntry *entry =
                direct_entry_new(family_to_string(rule->family), "filter", rule->chain, rule->priority, g_strdupv(rule->args));
        guint place;
        const bool is_there = g_ptr_array_find_with_equal_func(edited->rules, entry, direct_entry_equal, &place);
        if (is_there && !add)
                g_ptr_array_remove_index(edited->rules, place);
        if (!add || is_there)
                direct_entry_free(entry);
        else {
                g_ptr_array_add(edited->rules, entry);
                if (!direct_config_has_chain(edited, rule->family, rule->chain))
                        g_ptr_array_add(edited->chains, direct_entry_new(entry->ipv, "filter", rule->chain, 0, NULL));
        }
        return edited;
}

static bool check_exists(const Course *course, const Course *after, const DirectRule *rule, Scope scope, GError **error) {
        if (((scope & SCOPE_RUNTIME) && !direct_config_equal(course->now, after->now)) ||
            ((scope & SCOPE_PERMANENT) && !direct_config_equal(course->later, after->later)))
                return true;
        return direct_edit_no_such(rule, error);
}

bool commands_of_rule(World *world, const DirectRule *rule, bool add, Scope scope, GPtrArray *commands, GPtrArray *notes,
                      GError **error) {
        g_auto(Course) course = { NULL, NULL }, after = { NULL, NULL };
        g_autoptr(GPtrArray) alone = g_ptr_array_new(), none = g_ptr_array_new(),
                             steps = g_ptr_array_new_with_free_func((GDestroyNotify) step_free);
        if ((add && !direct_edit_has_effect(world, error)) || !course_read(world->firewalld, &course, error))
                return false;
        if (add) {
                g_ptr_array_add(alone, (gpointer) rule);
                course_reload(&course, world->firewalld, alone, none, none, commands);
        }
        after = (Course){ edit_config(course.now, rule, add), edit_config(course.later, rule, add) };
        if (!add && !check_exists(&course, &after, rule, scope, error))
                return false;
        if ((scope & SCOPE_RUNTIME) && !direct_config_equal(course.now, after.now))
                g_ptr_array_add(steps, step_new(add ? STEP_ADD_RULE : STEP_REMOVE_RULE, direct_rule_copy(rule)));
        firewall_cmd_add_steps(commands, steps);
        if (scope & SCOPE_PERMANENT)
                firewall_cmd_add_permanent(commands, course.later, after.later);
        if (commands->len > 0 && add)
                meaning_add(
                        notes, "trial",
                        g_strdup(_("a rule that iptables does not take makes firewalld fail at its next reload, with all its "
                                   "rules; quaywalld tries it before, and compares what the kernel has then")));
        return !(scope & SCOPE_RUNTIME) || commands->len == 0 || list_lifts(world, alone, commands, error);
}
