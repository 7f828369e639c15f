/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "guard/netlink.h"

/* The kernel itself loads the modules inet_diag, tcp_diag and udp_diag on a request (sock_load_diag_module()). quaywalld needs
 * no capability for that, and ProtectKernelModules= does not prevent it. */

/* The kernel's answer: 1 for a socket, with *ret if that is wanted; 0 for the end of an empty list; or a negative errno. */
static int ask(MnlSocket *socket, const struct inet_diag_req_v2 *question, guint16 flags, struct inet_diag_msg *ret) {
        char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
        request->nlmsg_flags = NLM_F_REQUEST | flags;
        memcpy(mnl_nlmsg_put_extra_header(request, sizeof *question), question, sizeof *question);
        if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
                return -errno;
        ssize_t n;
        do
                n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        const struct nlmsghdr *answer = (const struct nlmsghdr *) buffer;
        if (!mnl_nlmsg_ok(answer, (int) n) || mnl_nlmsg_get_payload_len(answer) < sizeof(int))
                return -EBADMSG;
        if (answer->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
                if (ret)
                        memcpy(ret, mnl_nlmsg_get_payload(answer), MIN(mnl_nlmsg_get_payload_len(answer), sizeof *ret));
                return 1;
        }
        /* NLMSG_DONE, too, begins with an errno, which mnl_cb_run() ignores. */
        return answer->nlmsg_type == NLMSG_ERROR || answer->nlmsg_type == NLMSG_DONE ?
                       *(const int *) mnl_nlmsg_get_payload(answer) :
                       -EBADMSG;
}

/* ENOENT can mean that there is no such socket, or that the kernel cannot list the protocol's sockets. A list tells them apart;
 * this one, of sockets in no state, is short. */
static bool can_tell(MnlSocket *socket, Family family, guint8 protocol) {
        const struct inet_diag_req_v2 question = { .sdiag_family = family_to_af(family), .sdiag_protocol = protocol };
        return ask(socket, &question, NLM_F_DUMP, NULL) == 0;
}

/* source_port: 0, which no established connection has, for those that listen. */
static struct inet_diag_req_v2 question_about(Family family, guint8 protocol, const guint8 *source, guint16 source_port,
                                              const guint8 *destination, guint16 port) {
        struct inet_diag_req_v2 question = { .sdiag_family = family_to_af(family), .sdiag_protocol = protocol };
        struct inet_diag_sockid *id = &question.id;
        const gsize length = family == FAMILY_IPV4 ? 4 : 16;
        /* For UDP the kernel wants "src" and "dst" the other way round, "for historical reasons" (udp_dump_one()). */
        const bool swapped = protocol == IPPROTO_UDP;
        memcpy(swapped ? id->idiag_dst : id->idiag_src, destination, length);
        memcpy(swapped ? id->idiag_src : id->idiag_dst, source, length);
        *(swapped ? &id->idiag_dport : &id->idiag_sport) = htons(port);
        *(swapped ? &id->idiag_sport : &id->idiag_dport) = htons(source_port);
        id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
        return question;
}

Listeners listeners_find(Family family, guint8 protocol, const guint8 *source, const guint8 *destination, guint16 port,
                         unsigned interface) {
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_SOCK_DIAG);
        if (!socket)
                return LISTENERS_UNTOLD;
        struct inet_diag_req_v2 question = question_about(family, protocol, source, 0, destination, port);
        question.id.idiag_if = interface;
        const int r = ask(socket, &question, 0, NULL);
        return r == 1 ? LISTENERS_SOME : r == -ENOENT && can_tell(socket, family, protocol) ? LISTENERS_NONE : LISTENERS_UNTOLD;
}

/* Without a connection the kernel returns the socket that listens, or one of a handshake that is not over. */
static bool is_held(MnlSocket *socket, const Flow *flow) {
        const bool tcp = g_str_equal(flow->protocol, "tcp");
        if (!tcp && !g_str_equal(flow->protocol, "udp"))
                return false;
        const struct inet_diag_req_v2 question =
                question_about(flow->source.family, tcp ? IPPROTO_TCP : IPPROTO_UDP, flow->source.first, flow->source_port,
                               flow->destination.first, flow->port);
        struct inet_diag_msg answer = { 0 };
        if (ask(socket, &question, 0, &answer) != 1)
                return false;
        return tcp ? answer.idiag_state == TCP_ESTABLISHED || answer.idiag_state == TCP_CLOSE_WAIT : answer.idiag_rqueue > 0;
}

guint listeners_wait_for(GArray *flows) {
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_SOCK_DIAG);
        for (guint i = flows->len; socket && i-- > 0;)
                if (!is_held(socket, &g_array_index(flows, Flow, i)))
                        g_array_remove_index_fast(flows, i);
        return flows->len;
}
