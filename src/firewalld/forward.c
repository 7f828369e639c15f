/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "forward.h"

#include <string.h>

#include "firewalld/zone.h"

#define NAME_PREFIX "quaywall-"

/* What a policy of firewalld's says; zones of a list are separated by blanks. */
typedef struct Gate {
        char *target, *in, *out;
} Gate;

static Gate *gate_new(const char *target, const char *in, const char *out) {
        Gate *gate = g_new(Gate, 1);
        *gate = (Gate){ g_strdup(target), g_strdup(in), g_strdup(out) };
        return gate;
}

static void gate_free(Gate *gate) {
        g_free(gate->target);
        g_free(gate->in);
        g_free(gate->out);
        g_free(gate);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gate, gate_free)

static bool gate_has_zones(const Gate *gate, const char *in, const char *out) {
        return g_str_equal(gate->in, in) && g_str_equal(gate->out, out);
}

static bool gate_equal(const Gate *a, const Gate *b) {
        return g_str_equal(a->target, b->target) && gate_has_zones(a, b->in, b->out);
}

/* firewalld takes 18 characters at most for a policy's name. */
static char *policy_name(const char *in, const char *out) {
        g_autofree char *key = g_strjoin("\n", in, out, NULL);
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
        return g_strdup_printf(NAME_PREFIX "%.8s", digest);
}

/* Somebody's own "quaywall-vpn" is not. */
static bool is_ours(const char *name) {
        return g_str_has_prefix(name, NAME_PREFIX) && strlen(name) == strlen(NAME_PREFIX) + 8 &&
               strspn(name + strlen(NAME_PREFIX), "0123456789abcdef") == 8;
}

/* Docker puts its bridges into its zone itself, a while after each reload, and does not start when it finds them
 * elsewhere. It calls them "br-" and twelve hexadecimal digits of the network's id. */
static bool is_docker_bridge(const char *interface) {
        if (g_str_equal(interface, "docker0") || g_str_equal(interface, "docker_gwbridge"))
                return true;
        return g_str_has_prefix(interface, "br-") && strlen(interface) == 15 && strspn(interface + 3, "0123456789abcdef") == 12;
}

/* An interface that is only in the default zone by default is not reliably in it for a policy (measured on firewalld
 * 1.3 and 2.3), so it is put there by name; and permanently, or the next reload would make another pair of zones. Without
 * put it stays in none (""). */
static char *zone_of(Firewalld *firewalld, const char *interface, bool put, GError **error) {
        if (is_docker_bridge(interface))
                return g_strdup(ZONE_DOCKER);
        g_autofree char *now = zone_of_interface_runtime(firewalld, interface, error);
        if (!put)
                return g_steal_pointer(&now);
        g_autofree char *later = now ? zone_of_interface_permanent(firewalld, interface, error) : NULL;
        g_autofree char *zone = !later ? NULL : now[0] ? g_strdup(now) : later[0] ? g_strdup(later) : zone_default(firewalld, error);
        if (!zone || (!now[0] && !zone_put_runtime(firewalld, zone, interface, error)) ||
            (!later[0] && !zone_put_permanent(firewalld, zone, interface, error)))
                return NULL;
        return g_steal_pointer(&zone);
}

/* name -> Gate */
static GHashTable *wanted_policies(Firewalld *firewalld, GPtrArray *pairs, bool put, GError **error) {
        g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) gate_free);
        for (guint i = 0; i + 1 < pairs->len; i += 2) {
                g_autofree char *in = zone_of(firewalld, pairs->pdata[i], put, error);
                g_autofree char *out = in ? zone_of(firewalld, pairs->pdata[i + 1], put, error) : NULL;
                if (!out)
                        return NULL;
                g_hash_table_replace(wanted, policy_name(in, out), gate_new("ACCEPT", in, out));
        }
        return g_steal_pointer(&wanted);
}

static GStrv list_policies(Firewalld *firewalld, const char *path, const char *suffix, const char *member, GError **error) {
        g_auto(GStrv) list = NULL;
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, path, suffix, member, NULL, error, NULL);
        if (!reply)
                return NULL;
        if (sd_bus_message_read_strv(reply, &list) < 0) {
                firewalld_bad_reply(member, error);
                return NULL;
        }
        return list ? g_strdupv(list) : g_new0(char *, 1);
}

static int read_zones(sd_bus_message *settings, char **ret) {
        g_auto(GStrv) zones = NULL;
        int r = sd_bus_message_enter_container(settings, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_read_strv(settings, &zones);
        if (r < 0)
                return r;
        g_free(*ret);
        *ret = zones ? g_strjoinv(" ", zones) : g_strdup("");
        return sd_bus_message_exit_container(settings);
}

/* Takes the settings, an a{sv}; NULL, which an error was said of, gives NULL. What is empty is left out of them. */
static Gate *read_gate(sd_bus_message *settings, GError **error) {
        g_autoptr(SdBusMessage) owned = settings;
        g_autoptr(Gate) gate = gate_new("", "", "");
        const char *key, *target;
        if (!settings)
                return NULL;
        int r = sd_bus_message_enter_container(settings, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(settings, 'e', "sv")) > 0) {
                r = sd_bus_message_read(settings, "s", &key);
                if (r >= 0 && g_str_equal(key, "target")) {
                        r = sd_bus_message_read(settings, "v", "s", &target);
                        g_free(gate->target);
                        gate->target = g_strdup(r < 0 ? "" : target);
                } else if (r >= 0)
                        r = g_str_equal(key, "ingress_zones") ? read_zones(settings, &gate->in) :
                            g_str_equal(key, "egress_zones")  ? read_zones(settings, &gate->out) :
                                                                sd_bus_message_skip(settings, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(settings);
        }
        if (r >= 0)
                return g_steal_pointer(&gate);
        firewalld_bad_reply("getSettings", error);
        return NULL;
}

static Gate *read_runtime(Firewalld *firewalld, const char *name, GError **error) {
        return read_gate(firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "getPolicySettings", NULL, error, "s", name),
                         error);
}

/* Objects are renumbered: never keep one. */
static char *policy_object(Firewalld *firewalld, const char *name, GError **error) {
        const char *path;
        g_autoptr(SdBusMessage) object =
                firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getPolicyByName", NULL, error, "s", name);
        if (!object)
                return NULL;
        if (sd_bus_message_read(object, "o", &path) >= 0)
                return g_strdup(path);
        firewalld_bad_reply("getPolicyByName", error);
        return NULL;
}

static Gate *read_permanent(Firewalld *firewalld, const char *path, GError **error) {
        return read_gate(firewalld_call(firewalld, path, ".config.policy", "getSettings", NULL, error, NULL), error);
}

static bool set_runtime_zones(Firewalld *firewalld, const char *name, const Gate *is, const Gate *wanted, GError **error) {
        /* The same again would change the ruleset for nothing, and everybody who watches it would look. */
        if (gate_has_zones(is, wanted ? wanted->in : "", wanted ? wanted->out : ""))
                return true;
        g_autoptr(SdBusMessage) reply =
                wanted ? firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "setPolicySettings", NULL, error, "sa{sv}", name,
                                        2, "ingress_zones", "as", 1, wanted->in, "egress_zones", "as", 1, wanted->out) :
                         firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "setPolicySettings", NULL, error, "sa{sv}", name,
                                        2, "ingress_zones", "as", 0, "egress_zones", "as", 0);
        return reply;
}

static bool add_permanent(Firewalld *firewalld, const char *name, const Gate *wanted, GError **error) {
        g_autoptr(SdBusMessage) reply = firewalld_call(
                firewalld, FIREWALLD_CONFIG_PATH, ".config", "addPolicy", NULL, error, "sa{sv}", name, 5, "short", "s", name,
                "description", "s", "Made by quaywalld for its forward policies; do not edit.", "target", "s", wanted->target,
                "ingress_zones", "as", 1, wanted->in, "egress_zones", "as", 1, wanted->out);
        return reply;
}

static bool mend_permanent(Firewalld *firewalld, const char *name, const Gate *wanted, GError **error) {
        g_autofree char *path = policy_object(firewalld, name, error);
        g_autoptr(Gate) is = path ? read_permanent(firewalld, path, error) : NULL;
        if (!is || gate_equal(is, wanted))
                return is;
        g_autoptr(SdBusMessage) reply =
                firewalld_call(firewalld, path, ".config.policy", "update", NULL, error, "a{sv}", 3, "target", "s",
                               wanted->target, "ingress_zones", "as", 1, wanted->in, "egress_zones", "as", 1, wanted->out);
        return reply;
}

/* A target has no runtime call. */
static bool mend_runtime(Firewalld *firewalld, const char *name, const Gate *wanted, bool *ret_must_reload, GError **error) {
        g_autoptr(Gate) is = read_runtime(firewalld, name, error);
        if (!is)
                return false;
        *ret_must_reload |= !g_str_equal(is->target, wanted->target);
        return set_runtime_zones(firewalld, name, is, wanted, error);
}

static bool drop_permanent(Firewalld *firewalld, const char *name, GError **error) {
        g_autofree char *path = policy_object(firewalld, name, error);
        g_autoptr(SdBusMessage) reply =
                path ? firewalld_call(firewalld, path, ".config.policy", "remove", NULL, error, NULL) : NULL;
        return reply;
}

static bool drop_runtime(Firewalld *firewalld, const char *name, GError **error) {
        g_autoptr(Gate) is = read_runtime(firewalld, name, error);
        return is && set_runtime_zones(firewalld, name, is, NULL, error);
}

static bool drop_unwanted(Firewalld *firewalld, GStrv names, GHashTable *wanted,
                          bool (*drop)(Firewalld *, const char *, GError **), GError **error) {
        for (char **name = names; *name; name++)
                if (is_ours(*name) && !g_hash_table_contains(wanted, *name) && !drop(firewalld, *name, error))
                        return false;
        return true;
}

/* The names of all policies, also of others, now and permanently. */
static bool list_all(Firewalld *firewalld, GStrv *ret_now, GStrv *ret_later, GError **error) {
        *ret_later = list_policies(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getPolicyNames", error);
        *ret_now = *ret_later ? list_policies(firewalld, FIREWALLD_PATH, ".policy", "getPolicies", error) : NULL;
        return *ret_now;
}

bool forward_apply(Firewalld *firewalld, GPtrArray *pairs, bool *ret_must_reload, GError **error) {
        *ret_must_reload = false;
        g_auto(GStrv) now = NULL, later = NULL;
        g_autoptr(GHashTable) wanted =
                list_all(firewalld, &now, &later, error) ? wanted_policies(firewalld, pairs, true, error) : NULL;
        if (!wanted)
                return false;

        GHashTableIter iter;
        gpointer name, gate;
        g_hash_table_iter_init(&iter, wanted);
        while (g_hash_table_iter_next(&iter, &name, &gate)) {
                if (!(g_strv_contains((const char *const *) later, name) ? mend_permanent(firewalld, name, gate, error) :
                                                                           add_permanent(firewalld, name, gate, error)))
                        return false;
                if (!g_strv_contains((const char *const *) now, name))
                        *ret_must_reload = true;
                else if (!mend_runtime(firewalld, name, gate, ret_must_reload, error))
                        return false;
        }
        return drop_unwanted(firewalld, later, wanted, drop_permanent, error) &&
               drop_unwanted(firewalld, now, wanted, drop_runtime, error);
}

bool forward_check(Firewalld *firewalld, GPtrArray *pairs, char **ret_altered, GError **error) {
        *ret_altered = NULL;
        g_auto(GStrv) now = NULL, later = NULL;
        g_autoptr(GHashTable) wanted =
                list_all(firewalld, &now, &later, error) ? wanted_policies(firewalld, pairs, false, error) : NULL;
        if (!wanted)
                return false;

        GHashTableIter iter;
        gpointer name, gate;
        g_hash_table_iter_init(&iter, wanted);
        while (!*ret_altered && g_hash_table_iter_next(&iter, &name, &gate)) {
                bool right =
                        g_strv_contains((const char *const *) now, name) && g_strv_contains((const char *const *) later, name);
                if (right) {
                        g_autofree char *path = policy_object(firewalld, name, error);
                        g_autoptr(Gate) is_later = path ? read_permanent(firewalld, path, error) : NULL;
                        g_autoptr(Gate) is_now = is_later ? read_runtime(firewalld, name, error) : NULL;
                        if (!is_now)
                                return false;
                        right = gate_equal(is_now, gate) && gate_equal(is_later, gate);
                }
                if (!right)
                        *ret_altered = g_strdup(name);
        }
        return true;
}
