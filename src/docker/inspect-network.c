/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect.h"

#include <string.h>

#include <glib/gi18n.h>

#include "docker/json-read.h"
#include "model/bounds.h"
#include "model/policy.h"

static bool take_bridge(JsonObject *options, DockerNetwork *network, GError **error) {
        const char *bridge, *address;
        AddressRange range;
        if (!json_read_string(options, "com.docker.network.bridge.name", &bridge, error) ||
            !json_read_string(options, "com.docker.network.bridge.host_binding_ipv4", &address, error))
                return false;
        if (address && address[0]) {
                if (!address_range_parse(address, &range, NULL))
                        return json_read_fail(error, "com.docker.network.bridge.host_binding_ipv4", _("an address"));
                network->default_address = g_strdup(address);
        }
        if (!bridge || !bridge[0]) {
                network->bridge = g_strdup_printf("br-%.12s", network->id);
                return true;
        }
        /* The kernel accepts more, but "br+" and "br\\" mean something else to iptables and nft. */
        if (!interface_name_check("com.docker.network.bridge.name", bridge, NULL))
                return json_read_fail(error, "com.docker.network.bridge.name", _("a plain name of 1 to 15 characters"));
        network->bridge = g_strdup(bridge);
        return true;
}

static bool take_subnets(JsonObject *object, DockerNetwork *network, GError **error) {
        JsonObject *ipam, *pool;
        JsonArray *pools;
        if (!json_read_member(object, "IPAM", &ipam, error) || !json_read_array(ipam, "Config", &pools, error))
                return false;
        for (guint i = 0; pools && i < json_array_get_length(pools); i++) {
                const char *subnet;
                AddressRange range;
                if (i >= LIMIT_MATCHES)
                        return json_read_fail(error, "IPAM", _("a list of at most 64"));
                if (!json_read_element(pools, i, "IPAM", &pool, error) || !json_read_string(pool, "Subnet", &subnet, error))
                        return false;
                if (!subnet || !subnet[0])
                        continue;
                /* Docker 20.10 reports daemon.json's "bip" unchanged as a subnet: "192.168.5.1/24". */
                if (!address_network_parse(subnet, &range))
                        return json_read_fail(error, "Subnet", _("a prefix"));
                g_array_append_val(network->subnets, range);
        }
        return true;
}

static bool add_member(DockerNetwork *network, const char *id, JsonObject *entry, const char *key, GError **error) {
        const char *text;
        AddressRange range;
        if (!json_read_string(entry, key, &text, error))
                return false;
        if (!text || !text[0])
                return true;
        /* The subnet's prefix length follows the address. */
        g_autofree char *address = g_strndup(text, strcspn(text, "/"));
        if (strchr(address, '-') || !address_range_parse(address, &range, NULL))
                return json_read_fail(error, key, _("an address"));
        DockerMember *member = g_new(DockerMember, 1);
        *member = (DockerMember){ g_strdup(id), range };
        g_ptr_array_add(network->members, member);
        return true;
}

/* Includes "lb-..." and other endpoints that are not containers. */
static bool take_members(JsonObject *object, DockerNetwork *network, GError **error) {
        JsonObject *containers, *entry;
        if (!json_read_member(object, "Containers", &containers, error))
                return false;
        if (containers && json_object_get_size(containers) > LIMIT_CONTAINERS)
                return json_read_fail(error, "Containers", _("a list of at most 20000"));
        JsonObjectIter iter;
        const char *id;
        if (containers)
                json_object_iter_init(&iter, containers);
        while (containers && json_object_iter_next(&iter, &id, NULL))
                if (!json_read_member(containers, id, &entry, error) || !add_member(network, id, entry, "IPv4Address", error) ||
                    !add_member(network, id, entry, "IPv6Address", error))
                        return false;
        return true;
}

DockerNetwork *inspect_network(const char *text, gsize length, GError **error) {
        g_autoptr(JsonTree) root = json_read_object(text, length, error);
        if (!root)
                return NULL;
        JsonObject *object = json_node_get_object(root), *options;
        const char *id, *name, *driver;
        bool internal;
        if (!json_read_id(object, "Id", &id, error) || !json_read_name(object, "Name", &name, error) ||
            !json_read_name(object, "Driver", &driver, error) || !json_read_bool(object, "Internal", &internal, error) ||
            !json_read_member(object, "Options", &options, error))
                return NULL;
        g_autoptr(DockerNetwork) network = docker_network_new(id, name);
        network->driver = g_strdup(driver);
        network->internal = internal;
        if ((g_str_equal(driver, "bridge") && !take_bridge(options, network, error)) || !take_subnets(object, network, error) ||
            !take_members(object, network, error))
                return NULL;
        docker_network_measure(network);
        return g_steal_pointer(&network);
}
