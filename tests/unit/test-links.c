/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which links exist, by the kernel's notifications and on this machine. */
#include "guard/links.h"

#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

typedef struct Notice {
        int type, family;
        guint index, master;
        const char *name, *kind;
} Notice;

static bool tell(Links *links, Notice notice) {
        char buffer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        message->nlmsg_type = notice.type;
        struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
        header->ifi_family = notice.family;
        header->ifi_index = notice.index;
        if (notice.name)
                mnl_attr_put_strz(message, IFLA_IFNAME, notice.name);
        if (notice.master)
                mnl_attr_put_u32(message, IFLA_MASTER, notice.master);
        if (notice.kind) {
                struct nlattr *nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
                mnl_attr_put(message, IFLA_INFO_KIND, strlen(notice.kind), notice.kind); /* without the final zero byte */
                mnl_attr_nest_end(message, nest);
        }
        return links_parse(links, buffer, message->nlmsg_len);
}

static void test_kinds(void) {
        Links *links = links_new_empty();
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 2, 0, "ext0", NULL }));
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 3, 0, "br0", "bridge" }));
        g_assert_false(links_is_bridge(links, "ext0"));
        g_assert_true(links_is_bridge(links, "br0"));
        g_assert_false(links_is_bridge(links, "docker0"));
        g_assert_null(links_find(links, "docker0"));
        /* Repeated, as with each change of a counter or state. */
        g_assert_false(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 3, 0, "br0", "bridge" }));
        links_free(links);
}

/* A bridge is deleted and recreated as something else, or another link takes its name. */
static void test_the_name_of_a_bridge_is_something_else_now(void) {
        Links *links = links_new_empty();
        tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 3, 0, "br0", "bridge" });
        g_assert_true(tell(links, (Notice){ RTM_DELLINK, AF_UNSPEC, 3, 0, "br0", "bridge" }));
        g_assert_null(links_find(links, "br0"));
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 4, 0, "br0", "dummy" }));
        g_assert_false(links_is_bridge(links, "br0"));

        tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 5, 0, "br1", "bridge" });
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 5, 0, "br2", "bridge" }));
        g_assert_null(links_find(links, "br1"));
        g_assert_true(links_is_bridge(links, "br2"));
        /* The name's new owner is announced before the old one is gone. */
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 6, 0, "br2", "tun" }));
        g_assert_true(tell(links, (Notice){ RTM_DELLINK, AF_UNSPEC, 5, 0, "br2", "bridge" }));
        g_assert_cmpstr(links_find(links, "br2")->kind, ==, "tun");
        links_free(links);
}

static void test_ports(void) {
        Links *links = links_new_empty();
        tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 3, 0, "docker0", "bridge" });
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 4, 3, "vethabc", "veth" }));
        g_assert_false(links_leads_out(links, "docker0"));
        tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 5, 0, "eth0", NULL });
        g_assert_false(links_leads_out(links, "docker0"));
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 5, 3, "eth0", NULL }));
        g_assert_true(links_leads_out(links, "docker0"));
        g_assert_false(links_leads_out(links, "none"));
        /* The bridge reports that a port left it; the link still exists. */
        g_assert_false(tell(links, (Notice){ RTM_DELLINK, AF_BRIDGE, 5, 3, "eth0", NULL }));
        g_assert_true(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 5, 0, "eth0", NULL }));
        g_assert_false(links_leads_out(links, "docker0"));
        g_assert_nonnull(links_find(links, "eth0"));
        links_free(links);
}

static void test_nonsense(void) {
        Links *links = links_new_empty();
        char buffer[64] = { 0 };
        g_assert_false(links_parse(links, buffer, sizeof buffer));
        g_assert_false(tell(links, (Notice){ RTM_NEWADDR, AF_UNSPEC, 3, 0, "br0", "bridge" }));
        g_assert_false(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 0, 0, "br0", "bridge" }));
        g_assert_false(tell(links, (Notice){ RTM_NEWLINK, AF_UNSPEC, 3, 0, NULL, "bridge" }));
        g_assert_false(tell(links, (Notice){ RTM_DELLINK, AF_UNSPEC, 3, 0, "br0", "bridge" }));
        /* Longer than the kernel allows: truncated, and not a bridge because of the first letters. */
        g_assert_true(tell(links,
                           (Notice){ RTM_NEWLINK, AF_UNSPEC, 3, 0, "a-name-that-is-much-too-long", "bridge-of-another-kind" }));
        g_assert_false(links_is_bridge(links, "a-name-that-is-m"));
        g_assert_false(links_is_bridge(links, "a-name-that-is-"));
        links_free(links);
}

static void test_this_machine(void) {
        g_autoptr(GError) error = NULL;
        Links *links = links_new(&error);
        g_assert_no_error(error);
        const Link *lo = links_find(links, "lo");
        g_assert_nonnull(lo);
        g_assert_cmpuint(lo->index, ==, if_nametoindex("lo"));
        g_assert_cmpstr(lo->kind, ==, "");
        g_assert_false(links_is_bridge(links, "lo"));
        g_assert_cmpint(links_fd(links), >=, 0);
        links_free(links);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/links/kinds", test_kinds);
        g_test_add_func("/links/the-name-of-a-bridge-is-something-else-now", test_the_name_of_a_bridge_is_something_else_now);
        g_test_add_func("/links/ports", test_ports);
        g_test_add_func("/links/nonsense", test_nonsense);
        g_test_add_func("/links/this-machine", test_this_machine);
        return g_test_run();
}
