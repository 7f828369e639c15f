/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect.h"

#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>

#include "docker/json-read.h"
#include "docker/json-scan.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/port.h"

/* The newest version of the API that this code is written for; Docker 29 accepts none below 1.44. */
#define API_MAJOR 1
#define API_MINOR 44

#define JOINED "container:"

/* --- containers ------------------------------------------------------------------------------------------------------ */

static char *cut_label(const char *text) {
        return g_utf8_make_valid(text, (gssize) MIN(strlen(text), LIMIT_DOCKER_LABEL));
}

/* Any number of labels. No policy can name a key that is longer than the limit; of a longer value a policy can name the key
 * alone. A long key that is for quaywall is a mistake, which model/labels.c has to see. */
static void add_label(DockerContainer *container, const char *key, const char *value) {
        if (strlen(key) <= LIMIT_DOCKER_LABEL || g_str_has_prefix(key, DOCKER_LABEL_OURS))
                g_hash_table_insert(container->labels, cut_label(key), cut_label(value));
}

static bool take_labels(JsonObject *config, DockerContainer *container, GError **error) {
        JsonObject *labels;
        if (!json_read_member(config, "Labels", &labels, error))
                return false;
        if (!labels)
                return true;
        JsonObjectIter iter;
        const char *key;
        json_object_iter_init_ordered(&iter, labels);
        while (json_object_iter_next_ordered(&iter, &key, NULL)) {
                const char *value;
                if (!json_read_string(labels, key, &value, error))
                        return false;
                if (value)
                        add_label(container, key, value);
        }
        return true;
}

/* A HostPort: for "" or a range, Docker chooses the port. */
static bool read_host_port(const char *text, guint16 *ret) {
        guint64 port = 0;
        if (text && strchr(text, '-')) {
                g_autofree char *range_text = g_strconcat(text, "/tcp", NULL);
                PortRange range;
                *ret = 0;
                return port_range_parse(range_text, &range, NULL);
        }
        if (text && text[0] && !g_ascii_string_to_unsigned(text, 10, 0, 65535, &port, NULL))
                return false;
        *ret = port;
        return true;
}

static bool add_port(DockerContainer *container, const char *host_ip, DockerPort port, GError **error) {
        g_autofree char *address = g_strdup(host_ip && host_ip[0] ? host_ip : NULL);
        if (container->ports->len >= LIMIT_DOCKER_PORTS)
                return json_read_fail(error, "Ports", _("a list of at most 131072"));
        if (address)
                address[strcspn(address, "%")] = '\0'; /* of a link-local address: the interface */
        ITERATE_FAMILIES (family) {
                const char *all = family == FAMILY_IPV4 ? "0.0.0.0" : "::";
                const bool is_all = !address || g_str_equal(address, all);
                port.host = address_everybody(family);
                if (address && (strpbrk(address, "/-") || (!is_all && !address_range_parse(address, &port.host, NULL))))
                        return json_read_fail(error, "HostIp", _("an address"));
                if (port.host.family == family)
                        g_array_append_val(container->ports, port);
        }
        return true;
}

/* The bindings of one port in PortBindings or Ports: [{"HostIp": "", "HostPort": "8080"}]. */
static bool add_bindings(DockerContainer *container, JsonObject *ports, const char *key, bool chosen, GError **error) {
        JsonArray *bindings;
        PortRange inside;
        if (!json_read_array(ports, key, &bindings, error))
                return false;
        if (!bindings || json_array_get_length(bindings) == 0)
                return true;
        if (!port_range_parse(key, &inside, NULL) || inside.first != inside.last)
                return json_read_fail(error, _("the key of Ports"), _("like \"80/tcp\""));
        for (guint i = 0; i < json_array_get_length(bindings); i++) {
                DockerPort port = { .protocol = inside.protocol, .container_port = inside.first };
                JsonObject *binding;
                const char *host_ip, *host_port;
                if (!json_read_element(bindings, i, "Ports", &binding, error) ||
                    !json_read_string(binding, "HostIp", &host_ip, error) ||
                    !json_read_string(binding, "HostPort", &host_port, error))
                        return false;
                if (!read_host_port(host_port, &port.host_port))
                        return json_read_fail(error, "HostPort", _("a port"));
                port.chosen = chosen || port.host_port == 0;
                if (!add_port(container, host_ip, port, error))
                        return false;
        }
        return true;
}

static bool add_all_bindings(DockerContainer *container, JsonObject *ports, GError **error) {
        JsonObjectIter iter;
        const char *key;
        if (!ports)
                return true;
        json_object_iter_init_ordered(&iter, ports);
        while (json_object_iter_next_ordered(&iter, &key, NULL))
                if (!add_bindings(container, ports, key, false, error))
                        return false;
        return true;
}

/* The ports that it will publish: PortBindings, and with "-P" every exposed port at a number that Docker chooses. */
static bool take_static_ports(JsonObject *config, JsonObject *host_config, DockerContainer *container, GError **error) {
        JsonObject *bindings, *exposed;
        bool publish_all;
        if (!json_read_member(host_config, "PortBindings", &bindings, error) ||
            !json_read_bool(host_config, "PublishAllPorts", &publish_all, error) ||
            !json_read_member(config, "ExposedPorts", &exposed, error) || !add_all_bindings(container, bindings, error))
                return false;
        if (!publish_all || !exposed)
                return true;
        JsonObjectIter iter;
        const char *key;
        json_object_iter_init_ordered(&iter, exposed);
        while (json_object_iter_next_ordered(&iter, &key, NULL)) {
                PortRange inside;
                if (bindings && json_object_has_member(bindings, key))
                        continue;
                if (!port_range_parse(key, &inside, NULL) || inside.first != inside.last)
                        return json_read_fail(error, _("the key of ExposedPorts"), _("like \"80/tcp\""));
                DockerPort port = { .protocol = inside.protocol, .container_port = inside.first, .chosen = true };
                if (!add_port(container, NULL, port, error))
                        return false;
        }
        return true;
}

static guint64 port_key(const DockerPort *port) {
        return (guint64) port->container_port << 32 | (guint64) port->host_port << 8 | (guint64) port->protocol[0];
}

/* The ports that it publishes now. Docker chose those that PortBindings does not have with this number. */
static bool take_running_ports(JsonObject *settings, DockerContainer *container, GError **error) {
        JsonObject *ports;
        g_autoptr(GHashTable) fixed = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        for (guint i = 0; i < container->ports->len; i++) {
                const guint64 key = port_key(&g_array_index(container->ports, DockerPort, i));
                g_hash_table_add(fixed, g_memdup2(&key, sizeof key));
        }
        g_array_set_size(container->ports, 0);
        if (!json_read_member(settings, "Ports", &ports, error) || !add_all_bindings(container, ports, error))
                return false;
        for (guint i = 0; i < container->ports->len; i++) {
                DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                const guint64 key = port_key(port);
                port->chosen = !g_hash_table_contains(fixed, &key);
        }
        return true;
}

static bool add_address(DockerContainer *container, const char *network, const char *text, const char *member, GError **error) {
        AddressRange range;
        if (!text || !text[0])
                return true;
        if (strpbrk(text, "/-") || !address_range_parse(text, &range, NULL))
                return json_read_fail(error, member, _("an address"));
        DockerAddress *address = g_new(DockerAddress, 1);
        *address = (DockerAddress){ g_strdup(network), range };
        g_ptr_array_add(container->addresses, address);
        return true;
}

static bool take_networks(JsonObject *settings, const char *mode, DockerContainer *container, GError **error) {
        JsonObject *networks, *network;
        if (!json_read_member(settings, "Networks", &networks, error))
                return false;
        if (networks && json_object_get_size(networks) > LIMIT_NETWORKS)
                return json_read_fail(error, "Networks", _("a list of at most 5000"));
        JsonObjectIter iter;
        const char *name;
        if (networks)
                json_object_iter_init_ordered(&iter, networks);
        while (networks && json_object_iter_next_ordered(&iter, &name, NULL)) {
                const char *ipv4, *ipv6;
                if (!json_is_name(name))
                        return json_read_fail(error, _("the key of Networks"), _("a name of 1 to 255 bytes"));
                if (!json_read_member(networks, name, &network, error) ||
                    !json_read_string(network, "IPAddress", &ipv4, error) ||
                    !json_read_string(network, "GlobalIPv6Address", &ipv6, error))
                        return false;
                g_ptr_array_add(container->networks, g_strdup(name));
                if (container->running && (!add_address(container, name, ipv4, "IPAddress", error) ||
                                           !add_address(container, name, ipv6, "GlobalIPv6Address", error)))
                        return false;
        }
        /* A container that was never started may not be in its network yet. */
        if (container->networks->len == 0 && json_is_name(mode) && !g_str_has_prefix(mode, JOINED) &&
            !g_str_equal(mode, "none"))
                g_ptr_array_add(container->networks, g_strdup(g_str_equal(mode, "default") ? "bridge" : mode));
        return true;
}

/* Docker starts a stopped container only for "always", when dockerd itself starts; any other that Docker restarts is
 * "restarting". */
static bool take_dormant(JsonObject *state, JsonObject *host_config, DockerContainer *container, GError **error) {
        JsonObject *policy;
        const char *status, *name = NULL;
        if (!json_read_string(state, "Status", &status, error) ||
            !json_read_member(host_config, "RestartPolicy", &policy, error) ||
            (policy && !json_read_string(policy, "Name", &name, error)))
                return false;
        container->dormant =
                (g_strcmp0(status, "exited") == 0 || g_strcmp0(status, "dead") == 0) && g_strcmp0(name, "always") != 0;
        return true;
}

DockerContainer *inspect_container(const char *text, gsize length, GError **error) {
        g_autoptr(JsonTree) root = json_read_object(text, length, error);
        if (!root)
                return NULL;
        JsonObject *object = json_node_get_object(root), *state, *config, *host_config, *settings;
        const char *id, *name, *mode;
        bool running, restarting;
        if (!json_read_id(object, "Id", &id, error) || !json_read_name(object, "Name", &name, error) ||
            !json_read_member(object, "State", &state, error) || !json_read_bool(state, "Running", &running, error) ||
            !json_read_bool(state, "Restarting", &restarting, error) || !json_read_member(object, "Config", &config, error) ||
            !json_read_member(object, "HostConfig", &host_config, error) ||
            !json_read_string(host_config, "NetworkMode", &mode, error) ||
            !json_read_member(object, "NetworkSettings", &settings, error))
                return NULL;
        g_autoptr(DockerContainer) container = docker_container_new(id, name + (name[0] == '/' && name[1]));
        container->running = running && !restarting; /* between two attempts it has neither ports nor addresses */
        container->host_network = g_strcmp0(mode, "host") == 0;
        if (mode && g_str_has_prefix(mode, JOINED) && mode[strlen(JOINED)])
                container->joined = g_strdup(mode + strlen(JOINED));
        if (!take_dormant(state, host_config, container, error) || !take_labels(config, container, error) ||
            !take_networks(settings, mode, container, error) || !take_static_ports(config, host_config, container, error) ||
            (container->running && !take_running_ports(settings, container, error)))
                return NULL;
        docker_container_measure(container);
        return g_steal_pointer(&container);
}

/* --- the engine ------------------------------------------------------------------------------------------------------- */

typedef struct Ids {
        GPtrArray *ids;
        guint max;
        GError **error;
        bool failed;
} Ids;

static void take_listed(const char *text, gsize length, gpointer userdata) {
        Ids *list = userdata;
        const char *id;
        if (list->failed || list->ids->len >= list->max)
                return;
        g_autoptr(JsonTree) root = json_read_object(text, length, list->error);
        list->failed = !root || !json_read_id(json_node_get_object(root), "Id", &id, list->error);
        if (!list->failed)
                g_ptr_array_add(list->ids, g_strdup(id));
}

GPtrArray *inspect_ids(const char *text, gsize length, guint max, GError **error) {
        g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) failure = NULL, broken = NULL;
        Ids list = { ids, max, &failure, false };
        if (!json_scan_array(text, length, take_listed, &list, &broken) && !failure)
                g_propagate_error(error, g_steal_pointer(&broken));
        else if (failure)
                g_propagate_error(error, g_steal_pointer(&failure));
        else
                return g_steal_pointer(&ids);
        return NULL;
}

void engine_version_free(EngineVersion *version) {
        g_free(version->version);
        g_free(version->api_version);
        g_free(version);
}

static bool read_api_version(JsonObject *object, const char *member, bool required, unsigned *ret, GError **error) {
        const char *text;
        unsigned major;
        int end = 0;
        *ret = 0;
        if (!json_read_string(object, member, &text, error))
                return false;
        if ((!text || !text[0]) && !required)
                return true;
        if (!text || sscanf(text, "%3u.%3u%n", &major, ret, &end) != 2 || text[end] || major != API_MAJOR)
                return json_read_fail(error, member, _("like \"1.44\""));
        return true;
}

static bool find_podman(JsonObject *object, bool *ret, GError **error) {
        JsonArray *components;
        *ret = false;
        if (!json_read_array(object, "Components", &components, error))
                return false;
        for (guint i = 0; components && i < json_array_get_length(components); i++) {
                JsonObject *component;
                const char *name;
                if (!json_read_element(components, i, "Components", &component, error) ||
                    !json_read_string(component, "Name", &name, error))
                        return false;
                *ret |= name && g_str_has_prefix(name, "Podman");
        }
        return true;
}

EngineVersion *inspect_version(const char *text, gsize length, GError **error) {
        g_autoptr(JsonTree) root = json_read_object(text, length, error);
        if (!root)
                return NULL;
        JsonObject *object = json_node_get_object(root);
        const char *name;
        unsigned newest, oldest;
        bool is_podman;
        if (!json_read_name(object, "Version", &name, error) || !read_api_version(object, "ApiVersion", true, &newest, error) ||
            !read_api_version(object, "MinAPIVersion", false, &oldest, error) || !find_podman(object, &is_podman, error))
                return NULL;
        EngineVersion *version = g_new(EngineVersion, 1);
        *version = (EngineVersion){
                .version = g_utf8_make_valid(name, -1),
                .api_version = g_strdup_printf("%d.%u", API_MAJOR, MAX(MIN(newest, API_MINOR), oldest)),
                .is_podman = is_podman,
        };
        return version;
}

static bool any_has(JsonArray *strings, const char *text) {
        for (guint i = 0; strings && i < json_array_get_length(strings); i++) {
                JsonNode *node = json_array_get_element(strings, i);
                if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING &&
                    strstr(json_node_get_string(node), text))
                        return true;
        }
        return false;
}

bool inspect_info(const char *text, gsize length, EngineFeatures *ret, GError **error) {
        g_autoptr(JsonTree) root = json_read_object(text, length, error);
        if (!root)
                return false;
        JsonObject *object = json_node_get_object(root), *backend;
        JsonArray *options, *warnings;
        const char *driver;
        bool live_restore;
        if (!json_read_bool(object, "LiveRestoreEnabled", &live_restore, error) ||
            !json_read_member(object, "FirewallBackend", &backend, error) ||
            !json_read_string(backend, "Driver", &driver, error) ||
            !json_read_array(object, "SecurityOptions", &options, error) ||
            !json_read_array(object, "Warnings", &warnings, error))
                return false;
        /* "iptables+firewalld" and the like, from 28 on. */
        *ret = (EngineFeatures){ .firewall_backend = driver && g_str_has_prefix(driver, "nftables") ? "nftables" : "iptables" };
        ret->live_restore = live_restore;
        ret->is_rootless = any_has(options, "name=rootless");
        ret->no_raw = any_has(warnings, "DOCKER_INSECURE_NO_IPTABLES_RAW");
        return true;
}

void engine_event_clear(EngineEvent *event) {
        g_clear_pointer(&event->container, g_free);
        g_clear_pointer(&event->network, g_free);
        g_clear_pointer(&event->created, docker_container_free);
}

/* The container's labels stand among the event's own attributes, image and name. */
static DockerContainer *read_creation(JsonObject *attributes, const char *id, GError **error) {
        const char *name, *value;
        if (!json_read_name(attributes, "name", &name, error))
                return NULL;
        g_autoptr(DockerContainer) container = docker_container_new(id, name);
        g_autoptr(GList) keys = json_object_get_members(attributes);
        for (GList *key = keys; key; key = key->next) {
                if (!json_read_string(attributes, key->data, &value, error))
                        return NULL;
                if (!value || g_str_equal(key->data, "image") || g_str_equal(key->data, "name"))
                        continue;
                add_label(container, key->data, value);
        }
        docker_container_measure(container);
        return g_steal_pointer(&container);
}

bool inspect_event(const char *text, gsize length, EngineEvent *ret, GError **error) {
        static const char *const LEAVING[] = { "die", "destroy", "rename", "disconnect", NULL };
        *ret = (EngineEvent){ NULL };
        g_autoptr(JsonTree) root = json_read_object(text, length, error);
        if (!root)
                return false;
        JsonObject *object = json_node_get_object(root), *actor, *attributes;
        const char *type, *action, *id, *container;
        if (!json_read_string(object, "Type", &type, error) || !json_read_string(object, "Action", &action, error) ||
            !json_read_member(object, "Actor", &actor, error) || !json_read_member(actor, "Attributes", &attributes, error))
                return false;
        ret->leaves = action && g_strv_contains(LEAVING, action);
        const bool of_network = g_strcmp0(type, "network") == 0;
        if (!of_network && g_strcmp0(type, "container") != 0)
                return true;
        if (!json_read_id(actor, "ID", &id, error) || !json_read_string(attributes, "container", &container, error))
                return false;
        if (!of_network) {
                ret->container = g_strdup(id);
                if (g_strcmp0(action, "create") == 0) {
                        ret->created = read_creation(attributes, id, error);
                        return ret->created;
                }
        } else {
                /* An attribute of "connect" and "disconnect". Events of networks have no labels of containers, so it is not
                 * one. */
                if (container && container[0] && !json_read_id(attributes, "container", &container, error))
                        return false;
                ret->container = container && container[0] ? g_strdup(container) : NULL;
                ret->network = g_strdup(id);
        }
        return true;
}

char *inspect_message(const char *text, gsize length) {
        g_autoptr(JsonTree) root = json_read_object(text, length, NULL);
        const char *message;
        if (!root || !json_read_string(json_node_get_object(root), "message", &message, NULL) || !message)
                return NULL;
        return g_utf8_make_valid(message, MIN(strlen(message), 300));
}
