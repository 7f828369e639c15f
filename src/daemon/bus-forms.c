/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What front ends need for their forms: what this quaywalld can do and takes, and the names that a policy may hold. */

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "bus/dict.h"
#include "daemon/bus.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/revision.h"
#include "model/sort.h"

static int append_limits(G_GNUC_UNUSED const Daemon *daemon, sd_bus_message *reply) {
        static const struct {
                const char *key;
                guint32 limit;
        } LIMITS[] = {
                { "policies", LIMIT_POLICIES },
                { "groups", LIMIT_GROUPS },
                { "name", LIMIT_NAME },
                { "description", LIMIT_DESCRIPTION },
                { "sources", LIMIT_ADDRESSES },
                { "sources-all", LIMIT_ADDRESSES_ALL },
                { "sources-until", LIMIT_BRIEF },
                { "matches", LIMIT_MATCHES },
                { "combinations", LIMIT_RULES },
                { "interface", LIMIT_INTERFACE },
                { "container", LIMIT_CONTAINER_NAME },
                { "confirm-within", LIMIT_CONFIRM },
                { "direct-words", LIMIT_DIRECT_ARGS },
                { "direct-rule", LIMIT_DIRECT_RULE },
                { "requests", LIMIT_REQUESTS },
                { "small-request", LIMIT_SMALL },
                { "watchers", LIMIT_WATCHERS },
        };
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(LIMITS); i++)
                r = dict_append_basic(reply, LIMITS[i].key, 'u', &LIMITS[i].limit);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Those that depend on quaywalld.conf need what is named with them. */
static int append_features(const Daemon *daemon, sd_bus_message *reply) {
        const Settings *settings = daemon->settings;
        const struct {
                const char *name;
                bool is_there;
        } FEATURES[] = {
                { "confirm-within", true },
                { "cut", settings->use_guard },
                { "docker-user", settings->use_direct },
                { "explain", true },
                { "groups", true },
                { "guard", settings->use_guard },
                { "hold-unknown", settings->use_guard && settings->hold_unknown },
                { "ipsets", true },
                { "labels", settings->labels },
                { "until", true },
                { "watch-counters", true },
                { "zones", settings->use_guard },
        };
        int r = sd_bus_message_open_container(reply, 'a', "s");
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(FEATURES); i++)
                if (FEATURES[i].is_there)
                        r = sd_bus_message_append_basic(reply, 's', FEATURES[i].name);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_interfaces(const Daemon *daemon, sd_bus_message *reply) {
        g_autoptr(GPtrArray) interfaces = names_list_interfaces(daemon->world);
        return names_append(reply, interfaces);
}

/* Everybody on this host may ask, without limits of calls, so the kernel is asked once a second at most. */
static int append_host_addresses(const Daemon *daemon, sd_bus_message *reply) {
        static GPtrArray *last;
        static gint64 read;
        const gint64 now = g_get_monotonic_time();
        if (!last || now - read >= G_USEC_PER_SEC) {
                g_clear_pointer(&last, g_ptr_array_unref);
                last = names_list_addresses(daemon->world);
                read = now;
        }
        return names_append(reply, last);
}

static int append_policy(sd_bus_message *reply, const char *name, const char *scope, Policy *policy) {
        int r = sd_bus_message_open_container(reply, 'e', "sa{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "sa{sv}", name, 2, "scope", "s", scope, "revision", "t",
                                          policy_revision(policy));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_policies(const Daemon *daemon, sd_bus_message *reply) {
        const Intent *intent = &daemon->intent;
        g_autoptr(GPtrArray) now = policy_set_names(intent->runtime), later = policy_set_names(intent->permanent);
        guint l = 0;
        int r = sd_bus_message_open_container(reply, 'a', "{sa{sv}}");
        /* Both lists are sorted. */
        for (guint n = 0; r >= 0 && (n < now->len || l < later->len);) {
                const char *a = n < now->len ? now->pdata[n] : NULL, *b = l < later->len ? later->pdata[l] : NULL;
                const int order = !a ? 1 : !b ? -1 : g_strcmp0(a, b);
                r = append_policy(reply, order <= 0 ? a : b,
                                  order < 0 ? "runtime" :
                                  order > 0 ? "permanent" :
                                              "both",
                                  g_hash_table_lookup(order <= 0 ? intent->runtime->policies : intent->permanent->policies,
                                                      order <= 0 ? a : b));
                n += order <= 0;
                l += order >= 0;
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int forms_get(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
              const char *property, sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        static const struct {
                const char *property;
                int (*append)(const Daemon *daemon, sd_bus_message *reply);
        } PROPERTIES[] = { { "Limits", append_limits },
                           { "Features", append_features },
                           { "Interfaces", append_interfaces },
                           { "HostAddresses", append_host_addresses },
                           { "Policies", append_policies } };
        gsize i = 0;
        while (!g_str_equal(PROPERTIES[i].property, property))
                i++;
        return PROPERTIES[i].append(userdata, reply);
}

/* --- containers ------------------------------------------------------------------------------------------------------- */

/* What an entry takes in a message beside its text, roughly. */
#define EACH_BYTES 64

static gsize measure_container(const DockerContainer *container) {
        gsize bytes = strlen(container->id) + strlen(container->name) + 7 * EACH_BYTES;
        GHashTableIter iter;
        gpointer key, value;
        g_hash_table_iter_init(&iter, container->labels);
        while (g_hash_table_iter_next(&iter, &key, &value))
                bytes += strlen(key) + strlen(value) + EACH_BYTES / 2;
        for (guint i = 0; i < container->networks->len; i++)
                bytes += strlen(container->networks->pdata[i]) + EACH_BYTES / 4;
        return bytes + container->addresses->len * EACH_BYTES;
}

static bool check_size(GPtrArray *containers, GError **error) {
        gsize bytes = 0;
        for (guint i = 0; i < containers->len; i++)
                bytes += measure_container(containers->pdata[i]);
        if (bytes <= LIMIT_PORTS_ANSWER)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                    _("%u containers with their labels take more than %u MiB, which is too much for one answer"),
                    containers->len, LIMIT_PORTS_ANSWER >> 20);
        return false;
}

static int append_labels(sd_bus_message *reply, GHashTable *labels) {
        guint count;
        g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(labels, &count);
        qsort(keys, count, sizeof *keys, compare_strings);
        int r = dict_open_entry(reply, "labels", "a{ss}");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{ss}");
        for (guint i = 0; r >= 0 && i < count; i++)
                r = sd_bus_message_append(reply, "{ss}", keys[i], g_hash_table_lookup(labels, keys[i]));
        return dict_close_entry(reply, r < 0 ? r : sd_bus_message_close_container(reply));
}

static int append_addresses(sd_bus_message *reply, const GPtrArray *addresses) {
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < addresses->len; i++)
                g_ptr_array_add(texts, address_range_format(&((const DockerAddress *) addresses->pdata[i])->address));
        g_ptr_array_add(texts, NULL);
        return dict_append_strings(reply, "addresses", (char *const *) texts->pdata);
}

static int append_container(sd_bus_message *reply, const DockerContainer *container) {
        g_autoptr(GPtrArray) networks = g_ptr_array_new();
        for (guint i = 0; i < container->networks->len; i++)
                g_ptr_array_add(networks, container->networks->pdata[i]);
        g_ptr_array_add(networks, NULL);
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "name", "s", container->name, "id", "s", container->id,
                                          "running", "b", (int) container->running);
        if (r >= 0)
                r = dict_append_strings(reply, "networks", (char *const *) networks->pdata);
        if (r >= 0)
                r = append_addresses(reply, container->addresses);
        if (r >= 0)
                r = append_labels(reply, container->labels);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

bool engine_list_containers(Request *request, GError **error) {
        const Docker *docker = request->daemon->world->docker;
        if (!engine_check_known(docker, error))
                return false;
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(docker->facts);
        if (!check_size(containers, error))
                return false;
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < containers->len; i++)
                r = append_container(reply, containers->pdata[i]);
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}
