/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cut-table.h"

#include "guard/flow.h"
#include "guard/nft.h"

/* nf_conntrack_tcp_timeout_established is 5 days: after that the kernel forgets an idle connection, and a side that was silent
 * for so long starts anew. UDP has no end, only silence. */
#define TIMEOUT_CONNECTION "5d"
#define TIMEOUT_DATAGRAMS "10m"

#define SET(family, type)                                                                           \
        "add set inet " CUT_TABLE " " family " { type inet_proto . " type " . inet_service . " type \
        " . inet_service; flags timeout; }\n"
#define HOOK(name)                                                                                            \
        "add chain inet " CUT_TABLE " " name " { type filter hook " name " priority -151; policy accept; }\n" \
        "flush chain inet " CUT_TABLE " " name "\n"                                                           \
        "add rule inet " CUT_TABLE " " name " ct state new,invalid jump answers\n"
#define ANSWERS(family, ip)                                                                                             \
        "add rule inet " CUT_TABLE " answers meta l4proto . " ip " saddr . th sport . " ip " daddr . th dport @" family \
        " meta l4proto tcp reject with tcp reset\n"                                                                     \
        "add rule inet " CUT_TABLE " answers meta l4proto . " ip " saddr . th sport . " ip " daddr . th dport @" family \
        " drop\n"

/* After conntrack (-200), before the guard. The first rule returns a container's new connection that happens to have the same
 * ports. */
static const char FRAME[] = "add table inet " CUT_TABLE "\n" SET("ipv4", "ipv4_addr")
        SET("ipv6", "ipv6_addr") "add chain inet " CUT_TABLE " answers\n"
                                 "flush chain inet " CUT_TABLE " answers\n"
                                 "add rule inet " CUT_TABLE
                                 " answers tcp flags & (fin | syn | rst | ack) == syn return\n" ANSWERS("ipv4", "ip")
                                         ANSWERS("ipv6", "ip6") HOOK("prerouting") HOOK("output");

static void add_elements(GString *commands, GArray *flows, guint first, guint last, Family family) {
        bool any = false;
        for (guint i = first; i < last; i++) {
                const Flow *flow = &g_array_index(flows, Flow, i);
                if (flow->answerer.family != family)
                        continue;
                g_autofree char *from = address_range_format(&flow->answerer), *to = address_range_format(&flow->asker);
                g_string_append_printf(commands, "%s%s . %s . %u . %s . %u timeout %s",
                                       any                   ? ", " :
                                       family == FAMILY_IPV4 ? "add element inet " CUT_TABLE " ipv4 { " :
                                                               "add element inet " CUT_TABLE " ipv6 { ",
                                       flow->protocol, from, flow->answerer_port, to, flow->asker_port,
                                       g_str_equal(flow->protocol, "udp") ? TIMEOUT_DATAGRAMS : TIMEOUT_CONNECTION);
                any = true;
        }
        if (any)
                g_string_append(commands, " }\n");
}

static bool run(const char *commands, GError **error) {
        struct nft_ctx *nft = nft_open();
        const bool done = nft_run(nft, "inet " CUT_TABLE, commands, error);
        nft_ctx_free(nft);
        return done;
}

bool cut_table_add(GArray *flows, guint first, guint last, GError **error) {
        g_autoptr(GString) commands = g_string_new(FRAME);
        ITERATE_FAMILIES (family)
                add_elements(commands, flows, first, last, family);
        return run(commands->str, error);
}

void cut_table_remove(void) {
        if (run("list set inet " CUT_TABLE " ipv4", NULL))
                (void) run("delete table inet " CUT_TABLE "\n", NULL);
}
