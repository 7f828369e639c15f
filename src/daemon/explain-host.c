/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain-host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "compile/endpoint.h"
#include "daemon/checks.h"
#include "daemon/published.h"
#include "docker/docker.h"
#include "guard/ipset-query.h"

static Route ask_route(Family family, const guint8 *source, const guint8 *destination, const char *in, guint32 mark,
                       gpointer userdata) {
        const ExplainHost *host = userdata;
        KernelRoute told;
        const int r = kernel_query_route(host->query, family, source, destination, in ? if_nametoindex(in) : 0, mark, &told);
        if (r < 0)
                return (Route){ .kind = ROUTE_NONE, .error = -r };
        Route route = { .kind = told.type == RTN_LOCAL ? ROUTE_LOCAL : told.type == RTN_UNICAST ? ROUTE_FORWARD : ROUTE_OTHER };
        if (told.type == RTN_UNREACHABLE || told.type == RTN_BLACKHOLE || told.type == RTN_PROHIBIT)
                route = (Route){ .kind = ROUTE_NONE, .error = EHOSTUNREACH };
        memcpy(route.source, told.source, sizeof route.source);
        memcpy(route.gateway, told.gateway, sizeof route.gateway);
        if (!if_indextoname(told.out, route.out))
                route.out[0] = '\0';
        return route;
}

static bool ask_forwards(Family family, gpointer userdata) {
        return kernel_query_forwards(((const ExplainHost *) userdata)->query, family);
}

/* "0100007F", "00000000000000000000000001000000": words of four bytes as the host has them. */
static bool parse_proc_address(const char *text, guint8 *ret, gsize *ret_length) {
        const gsize length = strlen(text) / 2;
        if (length != 4 && length != 16)
                return false;
        for (gsize i = 0; i < length; i += 4) {
                unsigned word;
                if (sscanf(text + i * 2, "%8x", &word) != 1)
                        return false;
                const guint32 bytes = word;
                memcpy(ret + i, &bytes, 4);
        }
        *ret_length = length;
        return true;
}

/* Whether a line of /proc/net/tcp or the like is a socket that takes this packet. */
static bool line_takes(const char *line, const Packet *packet) {
        static const guint8 ANY[16] = { 0 };
        char local[33], remote[33];
        unsigned port, remote_port, state;
        guint8 address[16] = { 0 };
        gsize length;
        if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %2x", local, &port, remote, &remote_port, &state) != 5 ||
            port != packet->port || remote_port != 0 || !parse_proc_address(local, address, &length))
                return false;
        /* TCP_LISTEN; UDP has no such state, and one without a peer takes from everybody. */
        if (g_str_equal(packet->protocol, "tcp") && state != 0x0A)
                return false;
        if (memcmp(address, ANY, length) == 0)
                return true;
        if (length == 16 && packet->family == FAMILY_IPV4)
                return address[10] == 0xff && address[11] == 0xff && memcmp(address + 12, packet->destination, 4) == 0;
        return memcmp(address, packet->destination, length) == 0;
}

static bool file_takes(const char *name, const Packet *packet) {
        /* Not /proc/net: with ProcSubset=pid only what is of processes is there. */
        g_autofree char *path = g_build_filename("/proc/self/net", name, NULL);
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL))
                return false;
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                if (line_takes(*line, packet))
                        return true;
        return false;
}

static bool ask_listens(const Packet *packet, G_GNUC_UNUSED gpointer userdata) {
        g_autofree char *six = g_strconcat(packet->protocol, "6", NULL);
        /* A socket of IPv6 on all addresses takes IPv4 as well, unless it was told not to, which /proc does not say. */
        return (packet->family == FAMILY_IPV4 && file_takes(packet->protocol, packet)) || file_takes(six, packet);
}

/* docker-proxy takes what comes by IPv6 to a container that has IPv4 alone, and hands it on by that. */
static bool find_address(const DockerContainer *container, Family family, ContainerEnd *ret) {
        for (guint i = 0; i < container->addresses->len; i++) {
                const DockerAddress *address = container->addresses->pdata[i];
                if (address->address.family != family)
                        continue;
                ret->family = family;
                memcpy(ret->address, address->address.first, sizeof ret->address);
                return true;
        }
        return false;
}

static bool container_has(const DockerContainer *container, const Packet *packet, ContainerEnd *ret) {
        AddressRange dialled = { .family = packet->family };
        /* A redirection may have led it there. */
        memcpy(dialled.first, packet->destination, sizeof dialled.first);
        memcpy(dialled.last, packet->destination, sizeof dialled.last);
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                if (port->host_port == packet->port && g_str_equal(port->protocol, packet->protocol) &&
                    address_range_overlaps(&port->host, &dialled) &&
                    (find_address(container, packet->family, ret) || find_address(container, FAMILY_IPV4, ret))) {
                        ret->port = port->container_port;
                        return true;
                }
        }
        return false;
}

static bool ask_published(const Packet *packet, ContainerEnd *ret, gpointer userdata) {
        const ExplainHost *host = userdata;
        g_auto(GStrv) published = published_list(host->context);
        g_autoptr(GHashTable) index = endpoint_index_published((const char *const *) published);
        AddressRange dialled = { .family = packet->family };
        memcpy(dialled.first, packet->destination, sizeof dialled.first);
        memcpy(dialled.last, packet->destination, sizeof dialled.last);
        GHashTableIter iter;
        gpointer container;
        g_hash_table_iter_init(&iter, host->context->docker->facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &container))
                if (container_has(container, packet, ret))
                        return true;
        return endpoint_is_published(index, &dialled, packet->protocol, packet->port);
}

static BridgeKind ask_bridge(const char *interface, Family family, G_GNUC_UNUSED gpointer userdata) {
        g_autofree char *bridge = g_build_filename("/sys/class/net", interface, "bridge", NULL);
        return !g_file_test(bridge, G_FILE_TEST_IS_DIR) ? BRIDGE_NONE : links_bridged_is_filtered(family) ? BRIDGE_THROUGH : BRIDGE_PAST;
}

static const char *ask_kind(const char *interface, gpointer userdata) {
        const Links *links = ((const ExplainHost *) userdata)->context->links;
        const Link *link = links ? links_find(links, interface) : NULL;
        return link ? link->kind : NULL;
}

static bool ask_address(const char *interface, Family family, guint8 *ret, G_GNUC_UNUSED gpointer userdata) {
        struct ifaddrs *all = NULL;
        bool found = false;
        if (getifaddrs(&all) < 0)
                return false;
        /* As the kernel has them: of IPv4 the primary ones first, of IPv6 those of the widest scope. */
        for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
                if (!one->ifa_addr || one->ifa_addr->sa_family != (family == FAMILY_IPV4 ? AF_INET : AF_INET6) ||
                    !g_str_equal(one->ifa_name, interface))
                        continue;
                memset(ret, 0, 16);
                if (family == FAMILY_IPV4)
                        memcpy(ret, &((const struct sockaddr_in *) one->ifa_addr)->sin_addr, 4);
                else
                        memcpy(ret, &((const struct sockaddr_in6 *) one->ifa_addr)->sin6_addr, 16);
                found = true;
        }
        freeifaddrs(all);
        return found;
}

static char *ask_legacy(Family family, G_GNUC_UNUSED gpointer userdata) {
        return check_legacy_tables(family);
}

static Answer ask_in_set(const Packet *packet, const char *set, const char *directions, G_GNUC_UNUSED gpointer userdata) {
        Family family;
        bool any;
        Answer answer;
        const char *type = ipset_query_type(set, &family, &any);
        if (!type)
                return ANSWER_UNKNOWN;
        if (!any && family != packet->family)
                return ANSWER_NO;
        g_autofree char *element = packet_format_element(packet, type, directions, &answer);
        const IpsetHas has = element ? ipset_query_has(set, element) : IPSET_UNTOLD;
        return !element ? answer : has == IPSET_UNTOLD ? ANSWER_UNKNOWN : answer_of(has == IPSET_HAS);
}

Host explain_host(ExplainHost *userdata) {
        return (Host){ .route = ask_route,
                       .forwards = ask_forwards,
                       .legacy = ask_legacy,
                       .in_set = ask_in_set,
                       .listens = ask_listens,
                       .is_published = ask_published,
                       .bridge = ask_bridge,
                       .kind = ask_kind,
                       .address = ask_address,
                       .userdata = userdata };
}
