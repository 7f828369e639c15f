/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "model/error.h"

struct Routes {
        struct mnl_socket *socket;
        guint32 sequence;
        GHashTable *known; /* AddressRange * -> char *, a name of names, or NULL */
        GHashTable *names; /* index -> char * */
};

static guint address_hash(gconstpointer p) {
        const AddressRange *address = p;
        guint hash = address->family;
        for (guint i = 0; i < sizeof address->first; i++)
                hash = hash * 31 + address->first[i];
        return hash;
}

static gboolean address_equal(gconstpointer pa, gconstpointer pb) {
        const AddressRange *a = pa, *b = pb;
        return a->family == b->family && memcmp(a->first, b->first, sizeof a->first) == 0;
}

Routes *routes_new(GError **error) {
        const struct timeval patience = { .tv_sec = 5 };
        struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
        if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
            setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "cannot ask the kernel for routes: %s", g_strerror(errno));
                if (socket)
                        mnl_socket_close(socket);
                return NULL;
        }
        Routes *routes = g_new0(Routes, 1);
        routes->socket = socket;
        routes->known = g_hash_table_new_full(address_hash, address_equal, g_free, NULL);
        routes->names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        return routes;
}

void routes_free(Routes *routes) {
        mnl_socket_close(routes->socket);
        g_hash_table_unref(routes->known);
        g_hash_table_unref(routes->names);
        g_free(routes);
}

static int on_attribute(const struct nlattr *attribute, void *userdata) {
        if (mnl_attr_get_type(attribute) == RTA_OIF && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                *(guint32 *) userdata = mnl_attr_get_u32(attribute);
        return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *header, void *userdata) {
        const struct rtmsg *route = mnl_nlmsg_get_payload(header);
        guint32 *index = userdata;
        if (route->rtm_type == RTN_LOCAL)
                *index = if_nametoindex("lo");
        else if (route->rtm_type == RTN_UNICAST)
                (void) mnl_attr_parse(header, sizeof *route, on_attribute, index);
        return MNL_CB_STOP;
}

/* 0: no telling. */
static guint32 ask(Routes *routes, const AddressRange *address) {
        char buffer[1024];
        guint32 index = 0;
        const unsigned length = address->family == FAMILY_IPV4 ? 4 : 16;
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        header->nlmsg_type = RTM_GETROUTE;
        header->nlmsg_flags = NLM_F_REQUEST;
        header->nlmsg_seq = ++routes->sequence;
        struct rtmsg *route = mnl_nlmsg_put_extra_header(header, sizeof *route);
        route->rtm_family = address->family == FAMILY_IPV4 ? AF_INET : AF_INET6;
        route->rtm_dst_len = length * 8;
        mnl_attr_put(header, RTA_DST, length, address->first);
        if (mnl_socket_sendto(routes->socket, header, header->nlmsg_len) < 0)
                return 0;
        for (;;) {
                g_autofree char *answer = g_malloc(MNL_SOCKET_BUFFER_SIZE);
                const ssize_t n = mnl_socket_recvfrom(routes->socket, answer, MNL_SOCKET_BUFFER_SIZE);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n > 0)
                        (void) mnl_cb_run(answer, n, routes->sequence, mnl_socket_get_portid(routes->socket), on_route, &index);
                return index;
        }
}

static bool is_of_one_link(const AddressRange *address) {
        return address->family == FAMILY_IPV6 && address->first[0] == 0xfe && (address->first[1] & 0xc0) == 0x80;
}

static const char *name_of(Routes *routes, guint32 index) {
        char name[IF_NAMESIZE];
        char *known = g_hash_table_lookup(routes->names, GUINT_TO_POINTER(index));
        if (!known && index > 0 && if_indextoname(index, name)) {
                known = g_strdup(name);
                g_hash_table_insert(routes->names, GUINT_TO_POINTER(index), known);
        }
        return known;
}

const char *routes_interface_to(Routes *routes, const AddressRange *address) {
        gpointer name;
        if (is_of_one_link(address))
                return NULL;
        if (!g_hash_table_lookup_extended(routes->known, address, NULL, &name)) {
                name = (char *) name_of(routes, ask(routes, address));
                g_hash_table_insert(routes->known, g_memdup2(address, sizeof *address), name);
        }
        return name;
}
