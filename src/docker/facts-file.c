/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts-file.h"

#include <string.h>
#include <sys/stat.h>

#include "docker/inspect.h"
#include "docker/json-read.h"
#include "model/bounds.h"
#include "model/durable.h"
#include "model/error.h"

static void add_string(JsonBuilder *builder, const char *member, const char *value) {
        json_builder_set_member_name(builder, member);
        json_builder_add_string_value(builder, value);
}

static void begin_member(JsonBuilder *builder, const char *member) {
        json_builder_set_member_name(builder, member);
        json_builder_begin_object(builder);
}

static void end_line(JsonBuilder *builder, GString *text) {
        json_builder_end_object(builder);
        g_autoptr(JsonTree) root = json_builder_get_root(builder);
        g_autofree char *line = json_to_string(root, FALSE);
        g_string_append(text, line);
        g_string_append_c(text, '\n');
}

static gint compare_keys(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void add_labels(JsonBuilder *builder, GHashTable *labels) {
        guint n;
        g_autofree gpointer *keys = g_hash_table_get_keys_as_array(labels, &n);
        qsort(keys, n, sizeof *keys, compare_keys);
        begin_member(builder, "Labels");
        for (guint i = 0; i < n; i++)
                add_string(builder, keys[i], g_hash_table_lookup(labels, keys[i]));
        json_builder_end_object(builder);
}

static void add_binding(JsonBuilder *builder, const DockerPort *port) {
        g_autofree char *address = address_range_format(&port->host);
        g_autofree char *host_port = port->host_port ? g_strdup_printf("%u", port->host_port) : g_strdup("");
        json_builder_begin_object(builder);
        add_string(builder, "HostIp",
                   !address_range_is_everybody(&port->host) ? address :
                   port->host.family == FAMILY_IPV4         ? "0.0.0.0" :
                                                              "::");
        add_string(builder, "HostPort", host_port);
        json_builder_end_object(builder);
}

/* Ports of one key are adjacent, as they were read. A port that Docker chose is left out: the next start gets another. */
static void add_ports(JsonBuilder *builder, const GArray *ports) {
        g_autofree char *open = NULL;
        begin_member(builder, "PortBindings");
        for (guint i = 0; i < ports->len; i++) {
                const DockerPort *port = &g_array_index(ports, DockerPort, i);
                g_autofree char *key = g_strdup_printf("%u/%s", port->container_port, port->protocol);
                if (port->chosen)
                        continue;
                if (g_strcmp0(key, open) != 0) {
                        if (open)
                                json_builder_end_array(builder);
                        json_builder_set_member_name(builder, key);
                        json_builder_begin_array(builder);
                        g_free(open);
                        open = g_steal_pointer(&key);
                }
                add_binding(builder, port);
        }
        if (open)
                json_builder_end_array(builder);
        json_builder_end_object(builder);
}

static void write_container(GString *text, const DockerContainer *container, bool with_labels) {
        g_autoptr(JsonBuilder) builder = json_builder_new_immutable();
        json_builder_begin_object(builder);
        add_string(builder, "Id", container->id);
        add_string(builder, "Name", container->name);
        begin_member(builder, "Config");
        if (with_labels)
                add_labels(builder, container->labels);
        json_builder_end_object(builder);
        if (container->dormant) {
                begin_member(builder, "State");
                add_string(builder, "Status", "exited");
                json_builder_end_object(builder);
        }
        begin_member(builder, "HostConfig");
        g_autofree char *joined = container->joined ? g_strconcat("container:", container->joined, NULL) : NULL;
        add_string(builder, "NetworkMode", container->host_network ? "host" : joined ? joined : "none");
        add_ports(builder, container->ports);
        json_builder_end_object(builder);
        begin_member(builder, "NetworkSettings");
        begin_member(builder, "Networks");
        for (guint i = 0; i < container->networks->len; i++) {
                begin_member(builder, container->networks->pdata[i]);
                json_builder_end_object(builder);
        }
        json_builder_end_object(builder);
        json_builder_end_object(builder);
        end_line(builder, text);
}

static void write_network(GString *text, const DockerNetwork *network) {
        g_autoptr(JsonBuilder) builder = json_builder_new_immutable();
        json_builder_begin_object(builder);
        add_string(builder, "Id", network->id);
        add_string(builder, "Name", network->name);
        add_string(builder, "Driver", network->driver);
        json_builder_set_member_name(builder, "Internal");
        json_builder_add_boolean_value(builder, network->internal);
        begin_member(builder, "Options");
        if (network->bridge)
                add_string(builder, "com.docker.network.bridge.name", network->bridge);
        if (network->default_address)
                add_string(builder, "com.docker.network.bridge.host_binding_ipv4", network->default_address);
        json_builder_end_object(builder);
        begin_member(builder, "IPAM");
        json_builder_set_member_name(builder, "Config");
        json_builder_begin_array(builder);
        for (guint i = 0; i < network->subnets->len; i++) {
                json_builder_begin_object(builder);
                g_autofree char *subnet = address_range_format(&g_array_index(network->subnets, AddressRange, i));
                add_string(builder, "Subnet", subnet);
                json_builder_end_object(builder);
        }
        json_builder_end_array(builder);
        json_builder_end_object(builder);
        end_line(builder, text);
}

/* A longer text would not be read again. Names and ports matter most: a policy by label can wait for Docker. */
char *facts_file_text(DockerFacts *facts, gsize max, bool *ret_whole) {
        GString *text = g_string_new(NULL);
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(facts);
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        gsize before = 0;
        *ret_whole = true;
        for (guint i = 0; text->len <= max && i < networks->len; i++) {
                before = text->len;
                write_network(text, networks->pdata[i]);
        }
        for (guint i = 0; text->len <= max && i < containers->len; i++) {
                before = text->len;
                write_container(text, containers->pdata[i], true);
                if (text->len <= max)
                        continue;
                *ret_whole = false;
                g_string_truncate(text, before);
                write_container(text, containers->pdata[i], false);
        }
        if (text->len > max) {
                *ret_whole = false;
                g_string_truncate(text, before);
        }
        return g_string_free(text, FALSE);
}

bool facts_file_save(const char *path, const char *text, GError **error) {
        /* Labels may hold secrets. */
        return durable_write_soon(path, text, strlen(text), 0600, error);
}

/* Only networks have a driver. */
static bool read_line(DockerFacts *facts, const char *line, gsize length, GError **error) {
        g_autoptr(JsonTree) root = json_read_object(line, length, error);
        if (!root)
                return false;
        const bool is_network = json_object_has_member(json_node_get_object(root), "Driver");
        DockerNetwork *network = is_network ? inspect_network(line, length, error) : NULL;
        DockerContainer *container = is_network ? NULL : inspect_container(line, length, error);
        if (network && g_hash_table_size(facts->networks) < LIMIT_NETWORKS)
                docker_facts_add_network(facts, network);
        else
                g_clear_pointer(&network, docker_network_free);
        if (container && g_hash_table_size(facts->containers) < LIMIT_CONTAINERS)
                docker_facts_add_container(facts, container);
        else
                g_clear_pointer(&container, docker_container_free);
        return network || container;
}

guint64 facts_file_time(const char *path) {
        struct stat status;
        if (lstat(path, &status) < 0)
                return 0;
        return (guint64) status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
}

DockerFacts *facts_file_load(const char *path, GError **error) {
        DockerFacts *facts = docker_facts_new();
        g_autoptr(GError) failure = NULL;
        g_autofree char *text = NULL;
        struct stat status;
        gsize length = 0;
        if (lstat(path, &status) < 0)
                return facts;
        if (!S_ISREG(status.st_mode) || status.st_size > FACTS_FILE_MAX) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s is not a file of at most %u bytes", path,
                            FACTS_FILE_MAX);
                return facts;
        }
        if (!g_file_get_contents(path, &text, &length, &failure)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s", failure->message);
                return facts;
        }
        unsigned number = 1;
        for (const char *line = text, *end = text + length; line < end; number++) {
                const char *newline = memchr(line, '\n', end - line);
                const gsize n = (newline ? newline : end) - line;
                g_clear_error(&failure);
                if (n > 0 && !read_line(facts, line, n, &failure) && failure && error && !*error)
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s:%u: %s", path, number, failure->message);
                line += n + 1;
        }
        return facts;
}
