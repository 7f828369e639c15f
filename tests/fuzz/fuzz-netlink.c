/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notices of the kernel: about links, changed rulesets and counters. Names in them are chosen by who makes the links and tables, and a
 * datagram may be cut off. */
#include "guard/counters.h"
#include "guard/links.h"
#include "guard/monitor.h"
#include "guard/netlink.h"

#include <libmnl/libmnl.h>

#include "fuzz.h"

static void check_links(const void *buffer, gsize size) {
        Links *links = links_new_empty();
        (void) links_parse(links, buffer, size);
        g_autoptr(GHashTable) leading_out = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GPtrArray) bridges = links_list_bridges(links, leading_out), inlets = links_list_inlets(links);
        /* While a name passes from one link to another, two may have it. */
        for (guint i = 0; i < inlets->len; i++)
                (void) links_is_container(links, inlets->pdata[i]);
        for (guint i = 0; i < bridges->len; i++)
                if (strlen(bridges->pdata[i]) >= IFNAMSIZ ||
                    (links_leads_out(links, bridges->pdata[i]) && !links_find_outlet(links, bridges->pdata[i])))
                        abort();
        links_free(links);
}

static void check_counters(const void *buffer, gsize size) {
        int left = (int) size;
        Counter counter;
        for (const struct nlmsghdr *message = buffer; netlink_is_whole(message, left); message = mnl_nlmsg_next(message, &left))
                if (counters_parse(message, "quaywall", &counter) && strlen(counter.name) > size)
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree void *buffer = g_memdup2(data, size); /* aligned */
        MonitorCommit commit = { 0 };
        MonitorNews news = { 0 };
        if (!buffer)
                return 0;
        check_links(buffer, size);
        check_counters(buffer, size);
        monitor_parse(buffer, size, &commit, &news);
        if (!memchr(news.guard_author.name, '\0', sizeof news.guard_author.name) ||
            !memchr(news.others_author.name, '\0', sizeof news.others_author.name))
                abort();
        return 0;
}
