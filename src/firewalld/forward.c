/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "forward.h"

#include <string.h>

#include "firewalld/zone.h"

#define NAME_PREFIX "quaywall-"

typedef struct ZonePair {
        char *in, *out;
} ZonePair;

static void zone_pair_free(gpointer p) {
        ZonePair *pair = p;
        g_free(pair->in);
        g_free(pair->out);
        g_free(pair);
}

/* firewalld takes 18 characters at most for a policy's name. */
static char *policy_name(const char *in, const char *out) {
        g_autofree char *key = g_strjoin("\n", in, out, NULL);
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
        return g_strdup_printf(NAME_PREFIX "%.8s", digest);
}

/* Docker puts its bridges into its zone itself, a while after each reload, and does not start when it finds them
 * elsewhere. It calls them "br-" and twelve hexadecimal digits of the network's id. */
static bool is_docker_bridge(const char *interface) {
        if (g_str_equal(interface, "docker0") || g_str_equal(interface, "docker_gwbridge"))
                return true;
        return g_str_has_prefix(interface, "br-") && strlen(interface) == 15 && strspn(interface + 3, "0123456789abcdef") == 12;
}

/* An interface that is only in the default zone by default is not reliably in it for a policy (measured on firewalld
 * 1.3 and 2.3), so it is put there by name; and permanently, or the next reload would make another pair of zones. */
static char *zone_of(Firewalld *firewalld, const char *interface, GError **error) {
        if (is_docker_bridge(interface))
                return g_strdup(ZONE_DOCKER);
        g_autofree char *now = zone_of_interface_runtime(firewalld, interface, error);
        g_autofree char *later = now ? zone_of_interface_permanent(firewalld, interface, error) : NULL;
        g_autofree char *zone = !later ? NULL : now[0] ? g_strdup(now) : later[0] ? g_strdup(later) : zone_default(firewalld, error);
        if (!zone || (!now[0] && !zone_put_runtime(firewalld, zone, interface, error)) ||
            (!later[0] && !zone_put_permanent(firewalld, zone, interface, error)))
                return NULL;
        return g_steal_pointer(&zone);
}

static GHashTable *wanted_policies(Firewalld *firewalld, GPtrArray *pairs, GError **error) {
        g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, zone_pair_free);
        for (guint i = 0; i + 1 < pairs->len; i += 2) {
                g_autofree char *in = zone_of(firewalld, pairs->pdata[i], error);
                g_autofree char *out = in ? zone_of(firewalld, pairs->pdata[i + 1], error) : NULL;
                if (!out)
                        return NULL;
                ZonePair *pair = g_new(ZonePair, 1);
                *pair = (ZonePair){ g_strdup(in), g_strdup(out) };
                g_hash_table_replace(wanted, policy_name(in, out), pair);
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

/* Reads one key of a{sv} settings as the only zone in it; "" when there is none. */
static bool settings_have_zone(sd_bus_message *settings, const char *key, const char *zone) {
        bool same = !zone;
        const char *name, *type;
        if (sd_bus_message_rewind(settings, 1) < 0 || sd_bus_message_enter_container(settings, 'a', "{sv}") < 0)
                return false;
        while (sd_bus_message_enter_container(settings, 'e', "sv") > 0) {
                g_auto(GStrv) zones = NULL;
                if (sd_bus_message_read(settings, "s", &name) < 0 || sd_bus_message_peek_type(settings, NULL, &type) < 0)
                        return false;
                if (!g_str_equal(name, key))
                        (void) sd_bus_message_skip(settings, "v");
                else {
                        (void) sd_bus_message_enter_container(settings, 'v', "as");
                        (void) sd_bus_message_read_strv(settings, &zones);
                        (void) sd_bus_message_exit_container(settings);
                        same = zone ? zones && g_strcmp0(zones[0], zone) == 0 && !zones[1] : !zones || !zones[0];
                }
                (void) sd_bus_message_exit_container(settings);
        }
        return same;
}

static bool set_runtime_zones(Firewalld *firewalld, const char *name, const ZonePair *pair, GError **error) {
        g_autoptr(SdBusMessage) settings =
                firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "getPolicySettings", NULL, error, "s", name);
        if (!settings)
                return false;
        /* The same again would change the ruleset for nothing, and everybody who watches it would look. */
        if (settings_have_zone(settings, "ingress_zones", pair ? pair->in : NULL) &&
            settings_have_zone(settings, "egress_zones", pair ? pair->out : NULL))
                return true;
        g_autoptr(SdBusMessage) reply =
                pair ? firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "setPolicySettings", NULL, error, "sa{sv}", name, 2,
                                      "ingress_zones", "as", 1, pair->in, "egress_zones", "as", 1, pair->out) :
                       firewalld_call(firewalld, FIREWALLD_PATH, ".policy", "setPolicySettings", NULL, error, "sa{sv}", name, 2,
                                      "ingress_zones", "as", 0, "egress_zones", "as", 0);
        return reply;
}

static bool add_permanent(Firewalld *firewalld, const char *name, const ZonePair *pair, GError **error) {
        g_autoptr(SdBusMessage) reply = firewalld_call(
                firewalld, FIREWALLD_CONFIG_PATH, ".config", "addPolicy", NULL, error, "sa{sv}", name, 5, "short", "s", name,
                "description", "s", "Made by quaywalld for its forward policies; do not edit.", "target", "s", "ACCEPT",
                "ingress_zones", "as", 1, pair->in, "egress_zones", "as", 1, pair->out);
        return reply;
}

static bool remove_permanent(Firewalld *firewalld, const char *name, GError **error) {
        const char *path;
        g_autoptr(SdBusMessage) object =
                firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getPolicyByName", NULL, error, "s", name);
        if (!object)
                return false;
        if (sd_bus_message_read(object, "o", &path) < 0)
                return firewalld_bad_reply("getPolicyByName", error);
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, path, ".config.policy", "remove", NULL, error, NULL);
        return reply;
}

static bool drop_unwanted(Firewalld *firewalld, GStrv names, GHashTable *wanted, bool permanent, GError **error) {
        for (char **name = names; *name; name++) {
                if (!g_str_has_prefix(*name, NAME_PREFIX) || g_hash_table_contains(wanted, *name))
                        continue;
                if (!(permanent ? remove_permanent(firewalld, *name, error) : set_runtime_zones(firewalld, *name, NULL, error)))
                        return false;
        }
        return true;
}

bool forward_apply(Firewalld *firewalld, GPtrArray *pairs, bool *ret_must_reload, GError **error) {
        *ret_must_reload = false;
        g_auto(GStrv) there = list_policies(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getPolicyNames", error);
        g_auto(GStrv) now = there ? list_policies(firewalld, FIREWALLD_PATH, ".policy", "getPolicies", error) : NULL;
        g_autoptr(GHashTable) wanted = now ? wanted_policies(firewalld, pairs, error) : NULL;
        if (!wanted)
                return false;

        GHashTableIter iter;
        gpointer name, pair;
        g_hash_table_iter_init(&iter, wanted);
        while (g_hash_table_iter_next(&iter, &name, &pair)) {
                if (!g_strv_contains((const char *const *) there, name) && !add_permanent(firewalld, name, pair, error))
                        return false;
                if (!g_strv_contains((const char *const *) now, name))
                        *ret_must_reload = true;
                else if (!set_runtime_zones(firewalld, name, pair, error))
                        return false;
        }
        return drop_unwanted(firewalld, there, wanted, true, error) && drop_unwanted(firewalld, now, wanted, false, error);
}
