/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain-host.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "compile/endpoint.h"
#include "daemon/diagnose.h"
#include "docker/docker.h"
#include "guard/addresses.h"
#include "guard/ipset-query.h"
#include "guard/listeners.h"
#include "world/published.h"

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

static Answer ask_listens(const Packet *packet, G_GNUC_UNUSED gpointer userdata) {
        const bool tcp = g_str_equal(packet->protocol, "tcp");
        /* Asked for one SCTP socket, the kernel searches associations only (sctp_diag_dump_one()). */
        if (!tcp && !g_str_equal(packet->protocol, "udp"))
                return ANSWER_UNKNOWN;
        const Listeners listeners = listeners_find(packet->family, tcp ? IPPROTO_TCP : IPPROTO_UDP, packet->source,
                                                   packet->destination, packet->port, if_nametoindex(packet->in));
        return listeners == LISTENERS_UNTOLD ? ANSWER_UNKNOWN : answer_of(listeners == LISTENERS_SOME);
}

/* docker-proxy accepts IPv6 connections for a container that has only IPv4, and forwards them by IPv4. */
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
        /* A redirection may have changed the destination. */
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
        g_autoptr(GArray) published = published_list(host->world);
        g_autoptr(GHashTable) index = published_ports_index(published);
        AddressRange dialled = { .family = packet->family };
        memcpy(dialled.first, packet->destination, sizeof dialled.first);
        memcpy(dialled.last, packet->destination, sizeof dialled.last);
        GHashTableIter iter;
        gpointer container;
        g_hash_table_iter_init(&iter, host->world->docker->facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &container))
                if (container_has(container, packet, ret))
                        return true;
        return published_ports_include(index, &dialled, packet->protocol, packet->port);
}

static BridgeKind ask_bridge(const char *interface, Family family, G_GNUC_UNUSED gpointer userdata) {
        g_autofree char *bridge = g_build_filename("/sys/class/net", interface, "bridge", NULL);
        return !g_file_test(bridge, G_FILE_TEST_IS_DIR) ? BRIDGE_NONE :
               links_bridged_is_filtered(family)        ? BRIDGE_THROUGH :
                                                          BRIDGE_PAST;
}

static const char *ask_kind(const char *interface, gpointer userdata) {
        const Links *links = ((const ExplainHost *) userdata)->world->links;
        const Link *link = links ? links_find(links, interface) : NULL;
        return link ? link->kind : NULL;
}

static bool ask_address(const char *interface, Family family, guint8 *ret, G_GNUC_UNUSED gpointer userdata) {
        g_autoptr(GArray) all = addresses_list();
        const guint link = if_nametoindex(interface);
        /* The kernel uses the first one, too. */
        for (guint i = 0; all && link != 0 && i < all->len; i++) {
                const HostAddress *own = &g_array_index(all, HostAddress, i);
                if (own->link != link || own->address.family != family)
                        continue;
                memcpy(ret, own->address.first, sizeof own->address.first);
                return true;
        }
        return false;
}

static char *ask_legacy(Family family, G_GNUC_UNUSED gpointer userdata) {
        return diagnose_legacy_tables(family);
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
                       .now = g_get_real_time() / G_USEC_PER_SEC,
                       .userdata = userdata };
}
