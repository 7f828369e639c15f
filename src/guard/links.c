/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "links.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <glib/gi18n.h>

#include "guard/netlink.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/sort.h"

struct Links {
        struct mnl_socket *socket; /* notices; NULL in the test */
        GHashTable *links;         /* index -> Link * */
        GHashTable *names;         /* char * -> Link *, borrowed */
        bool is_stale;             /* notices were lost: the links must be read again */
};

/* The largest message: the kernel fills up to 32 KiB of a listing. A link without statistics takes 1 to 2 KiB. */
#define BUFFER_SIZE (32 * 1024)

static bool fail(GError **error, const char *what) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("cannot %s: %s"), what, g_strerror(errno));
        return false;
}

static struct mnl_socket *open_socket(int flags, GError **error) {
        struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, flags | SOCK_CLOEXEC);
        if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) >= 0)
                return socket;
        fail(error, _("ask the kernel for its links"));
        if (socket)
                mnl_socket_close(socket);
        return NULL;
}

/* --- one message ------------------------------------------------------------------------------------------------------ */

static int see_kind(const struct nlattr *attribute, void *userdata) {
        Link *link = userdata;
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND && mnl_attr_validate(attribute, MNL_TYPE_STRING) >= 0)
                /* Not every driver ends the string with a zero byte. */
                g_strlcpy(link->kind, mnl_attr_get_str(attribute),
                          MIN(sizeof link->kind, mnl_attr_get_payload_len(attribute) + 1U));
        return MNL_CB_OK;
}

static int see_link(const struct nlattr *attribute, void *userdata) {
        Link *link = userdata;
        switch (mnl_attr_get_type(attribute)) {
        case IFLA_IFNAME:
                if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                        g_strlcpy(link->name, mnl_attr_get_str(attribute), sizeof link->name);
                break;
        case IFLA_MASTER:
                if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        link->master = mnl_attr_get_u32(attribute);
                break;
        case IFLA_LINKINFO:
                if (mnl_attr_validate(attribute, MNL_TYPE_NESTED) >= 0)
                        (void) mnl_attr_parse_nested(attribute, see_kind, link);
                break;
        }
        return MNL_CB_OK;
}

static bool link_equal(const Link *a, const Link *b) {
        return a->index == b->index && a->master == b->master && g_str_equal(a->name, b->name) && g_str_equal(a->kind, b->kind);
}

static bool forget(Links *links, guint index) {
        const Link *old = g_hash_table_lookup(links->links, GUINT_TO_POINTER(index));
        if (old && g_hash_table_lookup(links->names, old->name) == old)
                g_hash_table_remove(links->names, old->name);
        return old && g_hash_table_remove(links->links, GUINT_TO_POINTER(index));
}

static bool take(Links *links, const Link *link) {
        const Link *old = g_hash_table_lookup(links->links, GUINT_TO_POINTER(link->index));
        if (old && link_equal(old, link))
                return false;
        (void) forget(links, link->index);
        /* A link beyond the limit stays unknown, and so is no bridge. */
        if (g_hash_table_size(links->links) >= LIMIT_LINKS)
                return old;
        Link *new = g_memdup2(link, sizeof *link);
        g_hash_table_insert(links->links, GUINT_TO_POINTER(new->index), new);
        g_hash_table_replace(links->names, new->name, new);
        return true;
}

static int see_message(const struct nlmsghdr *message, void *userdata) {
        Links *links = userdata;
        const bool is_gone = message->nlmsg_type == RTM_DELLINK;
        if ((!is_gone && message->nlmsg_type != RTM_NEWLINK) || mnl_nlmsg_get_payload_len(message) < sizeof(struct ifinfomsg))
                return false;
        const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
        /* A bridge reports its ports as AF_BRIDGE: a port that leaves the bridge still exists. */
        if (header->ifi_family != AF_UNSPEC || header->ifi_index <= 0)
                return false;
        if (is_gone)
                return forget(links, header->ifi_index);
        Link link = { .index = header->ifi_index };
        (void) mnl_attr_parse(message, sizeof *header, see_link, &link);
        return link.name[0] && take(links, &link);
}

bool links_parse(Links *links, const void *buffer, gsize length) {
        int left = (int) length;
        bool changed = false;
        for (const struct nlmsghdr *message = buffer; netlink_is_whole(message, left); message = mnl_nlmsg_next(message, &left))
                changed |= see_message(message, links);
        return changed;
}

/* --- all of them ------------------------------------------------------------------------------------------------------ */

static void clear(Links *links) {
        g_hash_table_remove_all(links->names);
        g_hash_table_remove_all(links->links);
}

static int add_link(const struct nlmsghdr *message, void *userdata) {
        (void) see_message(message, userdata);
        return MNL_CB_OK;
}

/* 0, or a negative errno. */
static int list(Links *links, struct mnl_socket *socket, char *buffer) {
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        request->nlmsg_type = RTM_GETLINK;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        request->nlmsg_seq = 1;
        (void) mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
        mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        clear(links);
        if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
                return -errno;
        for (;;) {
                const ssize_t n = mnl_socket_recvfrom(socket, buffer, BUFFER_SIZE);
                const int r = n < 0 ? -1 : mnl_cb_run(buffer, n, 1, mnl_socket_get_portid(socket), add_link, links);
                if (r <= MNL_CB_STOP)
                        return r < 0 ? -errno : 0;
        }
}

/* The kernel answers at once or never. */
static bool read_all(Links *links, GError **error) {
        const struct timeval patience = { .tv_sec = 5 };
        g_autofree char *buffer = g_malloc(BUFFER_SIZE);
        int r = -EINTR;
        /* EINTR: links came or went meanwhile, so the list may lack some. */
        for (unsigned tries = 0; r == -EINTR && tries < 5; tries++) {
                struct mnl_socket *socket = open_socket(0, error);
                if (!socket)
                        break;
                (void) setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
                r = list(links, socket, buffer);
                mnl_socket_close(socket);
        }
        if (r >= 0)
                return true;
        clear(links);
        errno = -r;
        return (error && *error) ? false : fail(error, _("read the kernel's links"));
}

Links *links_new_empty(void) {
        Links *links = g_new0(Links, 1);
        links->links = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        links->names = g_hash_table_new(g_str_hash, g_str_equal);
        return links;
}

Links *links_new(GError **error) {
        g_autoptr(GError) failure = NULL;
        Links *links = links_new_empty();
        const int group = RTNLGRP_LINK;
        links->socket = open_socket(SOCK_NONBLOCK, &failure);
        if (links->socket &&
            setsockopt(mnl_socket_get_fd(links->socket), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
                fail(&failure, _("subscribe to changes of links"));
        if (!failure && read_all(links, &failure))
                return links;
        links_free(links);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
}

void links_free(Links *links) {
        if (!links)
                return;
        if (links->socket)
                mnl_socket_close(links->socket);
        g_hash_table_unref(links->names);
        g_hash_table_unref(links->links);
        g_free(links);
}

int links_fd(const Links *links) {
        return mnl_socket_get_fd(links->socket);
}

bool links_drain(Links *links) {
        static char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
        bool changed = false;
        for (;;) {
                const ssize_t n = mnl_socket_recvfrom(links->socket, buffer, sizeof buffer);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && (errno == ENOBUFS || errno == ENOSPC))
                        links->is_stale = true;
                else if (n <= 0)
                        break;
                else
                        changed |= links_parse(links, buffer, n);
        }
        if (!links->is_stale)
                return changed;
        links->is_stale = !read_all(links, NULL);
        return true;
}

/* --- queries ---------------------------------------------------------------------------------------------------------- */

const Link *links_find(const Links *links, const char *name) {
        return g_hash_table_lookup(links->names, name);
}

const Link *links_find_index(const Links *links, guint index) {
        return g_hash_table_lookup(links->links, GUINT_TO_POINTER(index));
}

bool links_is_bridge(const Links *links, const char *name) {
        const Link *link = links_find(links, name);
        return link && g_str_equal(link->kind, "bridge");
}

static bool is_container(const Link *link) {
        return g_str_equal(link->kind, "veth") && g_str_has_prefix(link->name, "veth");
}

bool links_is_container(const Links *links, const char *name) {
        const Link *link = links_find(links, name);
        return link && is_container(link);
}

static bool is_outlet(const Link *link) {
        return !g_str_equal(link->kind, "dummy") && !is_container(link);
}

const Link *links_find_outlet(const Links *links, const char *bridge) {
        const Link *master = links_find(links, bridge);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, links->links);
        while (master && g_hash_table_iter_next(&iter, NULL, &value)) {
                const Link *link = value;
                if (link->master == master->index && is_outlet(link))
                        return link;
        }
        return NULL;
}

bool links_leads_out(const Links *links, const char *bridge) {
        return links_find_outlet(links, bridge);
}

bool links_bridged_is_filtered(Family family) {
        g_autofree char *value = NULL;
        const char *setting = family == FAMILY_IPV4 ? "/proc/sys/net/bridge/bridge-nf-call-iptables" :
                                                      "/proc/sys/net/bridge/bridge-nf-call-ip6tables";
        if (g_file_get_contents(setting, &value, NULL, NULL))
                return value[0] != '0';
        /* The unit's sandbox hides the setting. Loading the module turns it on by default, and so does Docker. */
        return g_file_test("/sys/module/br_netfilter", G_FILE_TEST_IS_DIR);
}

GPtrArray *links_list_bridges(const Links *links, GHashTable *leading_out) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, links->links);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Link *link = value;
                const Link *master = g_hash_table_lookup(links->links, GUINT_TO_POINTER(link->master));
                if (g_str_equal(link->kind, "bridge"))
                        g_ptr_array_add(names, g_strdup(link->name));
                if (master && is_outlet(link))
                        g_hash_table_add(leading_out, g_strdup(master->name));
        }
        g_ptr_array_sort(names, compare_strings);
        return names;
}

GPtrArray *links_list_inlets(const Links *links) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, links->links);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Link *link = value;
                const Link *master = g_hash_table_lookup(links->links, GUINT_TO_POINTER(link->master));
                /* In a VRF packets come in by the port. */
                if ((!master || g_str_equal(master->kind, "vrf")) && !g_str_equal(link->name, "lo"))
                        g_ptr_array_add(names, g_strdup(link->name));
        }
        g_ptr_array_sort(names, compare_strings);
        return names;
}
