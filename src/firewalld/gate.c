/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include "bus/dict.h"
#include "compile/firewall-cmd.h"
#include "model/sort.h"

static GStrv sorted(const char *const *list) {
        GStrv copy = g_strdupv((char **) list);
        qsort(copy, g_strv_length(copy), sizeof *copy, compare_strings);
        return copy;
}

Gate *gate_new(int priority, const char *const *in, const char *const *out, const char *const *rules) {
        Gate *gate = g_new(Gate, 1);
        *gate = (Gate){ sorted(in), sorted(out), sorted(rules), priority, true };
        return gate;
}

void gate_free(Gate *gate) {
        g_strfreev(gate->in);
        g_strfreev(gate->out);
        g_strfreev(gate->rules);
        g_free(gate);
}

static bool is_same(GStrv a, GStrv b) {
        return g_strv_equal((const char *const *) a, (const char *const *) b);
}

/* Compares what only a reload can change: everything but the rules. */
static bool has_same_place(const Gate *a, const Gate *b) {
        return a->continues == b->continues && a->priority == b->priority && is_same(a->in, b->in) && is_same(a->out, b->out);
}

bool gate_equal(const Gate *a, const Gate *b) {
        return has_same_place(a, b) && is_same(a->rules, b->rules);
}

GStrv gate_list_runtime(Firewalld *firewalld, GError **error) {
        return firewalld_list(firewalld, FIREWALLD_PATH, ".policy", "getPolicies", error);
}

GStrv gate_list_permanent(Firewalld *firewalld, GError **error) {
        return firewalld_list(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getPolicyNames", error);
}

static int read_list(sd_bus_message *settings, GStrv *ret) {
        g_auto(GStrv) list = NULL;
        int r = sd_bus_message_enter_container(settings, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_read_strv(settings, &list);
        if (r < 0)
                return r;
        if (list) {
                g_strfreev(*ret);
                *ret = sorted((const char *const *) list);
        }
        return sd_bus_message_exit_container(settings);
}

/* Takes ownership of the settings, an a{sv}, from which firewalld omits empty values; NULL, with an error set, gives NULL. */
static Gate *read_gate(sd_bus_message *settings, GError **error) {
        static const char *const NONE[] = { NULL };
        g_autoptr(SdBusMessage) owned = settings;
        const char *key, *target;
        if (!settings)
                return NULL;
        g_autoptr(Gate) gate = gate_new(0, NONE, NONE, NONE);
        int r = sd_bus_message_enter_container(settings, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(settings, 'e', "sv")) > 0) {
                r = sd_bus_message_read(settings, "s", &key);
                if (r >= 0 && g_str_equal(key, "target")) {
                        r = sd_bus_message_read(settings, "v", "s", &target);
                        gate->continues = r >= 0 && g_str_equal(target, "CONTINUE");
                } else if (r >= 0 && g_str_equal(key, "priority")) {
                        r = sd_bus_message_read(settings, "v", "i", &gate->priority);
                } else if (r >= 0)
                        r = g_str_equal(key, "ingress_zones") ? read_list(settings, &gate->in) :
                            g_str_equal(key, "egress_zones")  ? read_list(settings, &gate->out) :
                            g_str_equal(key, "rich_rules")    ? read_list(settings, &gate->rules) :
                                                                sd_bus_message_skip(settings, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(settings);
        }
        if (r >= 0)
                return g_steal_pointer(&gate);
        firewalld_bad_reply("getSettings", error);
        return NULL;
}

Gate *gate_read_runtime(Firewalld *firewalld, const char *name, GError **error) {
        return read_gate(firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "getPolicySettings", NULL, error, "s", name),
                         error);
}

Gate *gate_read_permanent(Firewalld *firewalld, const char *name, GError **error) {
        g_autofree char *path = firewalld_object(firewalld, "getPolicyByName", name, error);
        return path ? read_gate(firewalld_call(firewalld, path, ".config.policy", "getSettings", NULL, error, NULL), error) :
                      NULL;
}

/* name: of a new policy, or NULL. */
static bool write_permanent(Firewalld *firewalld, const char *path, const char *suffix, const char *member, const char *name,
                            const Gate *gate, GError **error) {
        g_autoptr(SdBusMessage) call = firewalld_message(firewalld, path, suffix, member, error);
        if (!call)
                return false;
        int r = name ? sd_bus_message_append(call, "s", name) : 0;
        if (r >= 0)
                r = sd_bus_message_open_container(call, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}{sv}{sv}", "description", "s",
                                          "Made by quaywalld for its forward policies; do not edit.", "target", "s", "CONTINUE",
                                          "priority", "i", gate->priority);
        if (r >= 0)
                r = dict_append_strings(call, "ingress_zones", gate->in);
        if (r >= 0)
                r = dict_append_strings(call, "egress_zones", gate->out);
        if (r >= 0)
                r = dict_append_strings(call, "rich_rules", gate->rules);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        if (r < 0)
                return firewalld_bad_reply(member, error);
        g_autoptr(SdBusMessage) reply = firewalld_send(firewalld, g_steal_pointer(&call), NULL, error);
        return reply;
}

bool gate_put_permanent(Firewalld *firewalld, bool is_there, const char *name, const Gate *gate, GError **error) {
        if (!is_there)
                return write_permanent(firewalld, FIREWALLD_CONFIG_PATH, ".config", "addPolicy", name, gate, error);
        g_autoptr(Gate) is = gate_read_permanent(firewalld, name, error);
        if (!is || gate_equal(is, gate))
                return is;
        g_autofree char *path = firewalld_object(firewalld, "getPolicyByName", name, error);
        return path && write_permanent(firewalld, path, ".config.policy", "update", NULL, gate, error);
}

/* Never takes zones from a policy in force: firewalld 2.3 fails to remove chains that others still jump to. */
bool gate_put_runtime(Firewalld *firewalld, const char *name, const Gate *gate, bool *ret_must_reload, GError **error) {
        g_autoptr(Gate) is = gate_read_runtime(firewalld, name, error);
        if (!is)
                return false;
        *ret_must_reload |= gate->rules[0] && !has_same_place(gate, is);
        /* Writing the same again would change the ruleset for nothing and wake every process that watches it. */
        if (*ret_must_reload || is_same(gate->rules, is->rules))
                return true;
        g_autoptr(SdBusMessage) call = firewalld_message(firewalld, FIREWALLD_PATH, ".policy", "setPolicySettings", error);
        if (!call)
                return false;
        int r = sd_bus_message_append(call, "s", name);
        if (r >= 0)
                r = sd_bus_message_open_container(call, 'a', "{sv}");
        if (r >= 0)
                r = dict_append_strings(call, "rich_rules", gate->rules);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        if (r < 0)
                return firewalld_bad_reply("setPolicySettings", error);
        g_autoptr(SdBusMessage) reply = firewalld_send(firewalld, g_steal_pointer(&call), NULL, error);
        return reply;
}

bool gate_close_runtime(Firewalld *firewalld, const char *name, GError **error) {
        g_autoptr(Gate) is = gate_read_runtime(firewalld, name, error);
        if (!is || (!is->in[0] && !is->out[0]))
                return is;
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "setPolicySettings", NULL, error,
                                                       "sa{sv}", name, 2, "ingress_zones", "as", 0, "egress_zones", "as", 0);
        return reply;
}

/* verb: "--add-rich-rule="; what of the one list the other does not have. */
static void list_others(GPtrArray *commands, const char *policy, const char *verb, GStrv list, GStrv others) {
        for (char **one = list; *one; one++) {
                g_autofree char *option = g_strconcat(verb, *one, NULL);
                if (!g_strv_contains((const char *const *) others, *one))
                        firewall_cmd_add(commands, "--permanent", policy, option, NULL);
        }
}

void gate_list_commands(GPtrArray *commands, const char *name, const Gate *before, const Gate *gate) {
        static const char *const NONE[] = { NULL };
        g_autoptr(Gate) empty = gate_new(0, NONE, NONE, NONE);
        g_autofree char *new_policy = g_strconcat("--new-policy=", name, NULL), *policy = g_strconcat("--policy=", name, NULL),
                        *priority = g_strdup_printf("--set-priority=%d", gate->priority);
        if (!before)
                firewall_cmd_add(commands, "--permanent", new_policy, NULL);
        const Gate *is = before ? before : empty;
        if (!is->continues)
                firewall_cmd_add(commands, "--permanent", policy, "--set-target=CONTINUE", NULL);
        if (is->priority != gate->priority)
                firewall_cmd_add(commands, "--permanent", policy, priority, NULL);
        list_others(commands, policy, "--remove-ingress-zone=", is->in, gate->in);
        list_others(commands, policy, "--remove-egress-zone=", is->out, gate->out);
        list_others(commands, policy, "--add-ingress-zone=", gate->in, is->in);
        list_others(commands, policy, "--add-egress-zone=", gate->out, is->out);
        list_others(commands, policy, "--add-rich-rule=", gate->rules, is->rules);
        list_others(commands, policy, "--remove-rich-rule=", is->rules, gate->rules);
}

bool gate_remove_permanent(Firewalld *firewalld, const char *name, GError **error) {
        g_autofree char *path = firewalld_object(firewalld, "getPolicyByName", name, error);
        g_autoptr(SdBusMessage) reply =
                path ? firewalld_call(firewalld, path, ".config.policy", "remove", NULL, error, NULL) : NULL;
        return reply;
}
