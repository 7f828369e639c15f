/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the guard considers the kernel's table its own. libnftables and the notifications are replaced by a kernel with one
 * table, which can refuse, hide, and be changed by others. */
#include "guard/guard.h"

#include <string.h>

#include <nftables/libnftables.h>

#include "guard/counters.h"
#include "guard/elements.h"
#include "guard/monitor.h"
#include "guard/tables.h"
#include "model/error.h"
#include "world.h"

static struct {
        bool table;
        guint unreadable;       /* so many times nft cannot list it */
        guint refusals;         /* so many changes are not taken */
        guint others;           /* after so many of ours somebody else makes one each */
        guint losses;           /* so many times notices are lost */
        guint listings;         /* so many times nft listed it */
        guint commits, batches; /* batches: those of them without libnftables, or refused */
        bool no_counters;       /* it does not report them */
        GString *commands;      /* all that were accepted */
} kernel;

/* --- what guard.c calls ------------------------------------------------------------------------------------------- */

struct nft_ctx {
        int unused;
};
struct Monitor {
        guint commits;
};

static bool take(guint *count) {
        return *count > 0 && (*count)--;
}

struct nft_ctx *nft_ctx_new(G_GNUC_UNUSED uint32_t flags) {
        static struct nft_ctx ctx;
        return &ctx;
}

void nft_ctx_free(G_GNUC_UNUSED struct nft_ctx *ctx) {
}

int nft_ctx_buffer_output(G_GNUC_UNUSED struct nft_ctx *ctx) {
        return 0;
}

int nft_ctx_buffer_error(G_GNUC_UNUSED struct nft_ctx *ctx) {
        return 0;
}

void nft_ctx_output_set_flags(G_GNUC_UNUSED struct nft_ctx *ctx, G_GNUC_UNUSED unsigned int flags) {
}

const char *nft_ctx_get_output_buffer(G_GNUC_UNUSED struct nft_ctx *ctx) {
        return "table inet quaywall {\n\tset docker_bridges {\n\t}\n\tset published_ports {\n\t}\n}\n";
}

const char *nft_ctx_get_error_buffer(G_GNUC_UNUSED struct nft_ctx *ctx) {
        return "Error: no\n";
}

int nft_run_cmd_from_buffer(G_GNUC_UNUSED struct nft_ctx *ctx, const char *commands) {
        kernel.listings += g_str_has_prefix(commands, "list ");
        if (g_str_has_prefix(commands, "list "))
                return kernel.table && !take(&kernel.unreadable) ? 0 : -1;
        if (take(&kernel.refusals))
                return -1;
        kernel.commits += 1 + take(&kernel.others);
        g_string_append(kernel.commands, commands);
        kernel.table = !g_str_has_suffix(commands, "delete table inet quaywall\n");
        return 0;
}

MnlSocket *netlink_open(int protocol) {
        g_assert_cmpint(protocol, ==, 12); /* NETLINK_NETFILTER */
        return (MnlSocket *) &kernel;
}

int mnl_socket_close(G_GNUC_UNUSED struct mnl_socket *socket) {
        return 0;
}

bool elements_run(MnlSocket *socket, const char *commands, GError **error) {
        g_assert_true(socket == (MnlSocket *) &kernel);
        kernel.batches++;
        if (nft_run_cmd_from_buffer(NULL, commands) == 0)
                return true;
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "no");
        return false;
}

bool tables_have(G_GNUC_UNUSED const char *family, G_GNUC_UNUSED const char *name) {
        return kernel.table;
}

Monitor *monitor_new(G_GNUC_UNUSED GError **error) {
        Monitor *monitor = g_new(Monitor, 1);
        monitor->commits = kernel.commits;
        return monitor;
}

void monitor_free(Monitor *monitor) {
        g_free(monitor);
}

bool monitor_drain(Monitor *monitor, MonitorNews *news) {
        const guint fresh = kernel.commits - monitor->commits;
        if (fresh == 0)
                return false;
        monitor->commits = kernel.commits;
        if (take(&kernel.losses))
                news->lost = true;
        else
                news->guard_commits += fresh;
        return true;
}

static const char *const COUNTERS[] = { "p_web", "other", "p", "p_", "p_p_x", "" };

bool counters_read(const char *table, CountersFunc visit, gpointer userdata, GError **error) {
        g_assert_cmpstr(table, ==, "quaywall");
        for (guint i = 0; i < G_N_ELEMENTS(COUNTERS) && !kernel.no_counters; i++)
                visit(COUNTERS[i], i + 1, G_MAXUINT64, userdata);
        if (kernel.no_counters)
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "it does not say");
        return !kernel.no_counters;
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void begin(void) {
        if (kernel.commands)
                g_string_free(kernel.commands, TRUE);
        memset(&kernel, 0, sizeof kernel);
        kernel.commands = g_string_new(NULL);
}

static void apply_with(Guard *guard, const char *line, const char *bridge) {
        const char *const lines[] = { line, NULL }, *const bridges[] = { "docker0", bridge, NULL }, *const none[] = { NULL };
        const DesiredInput input = { .bridges = bridges, .leading_out = none, .spared = none, .guard = true };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(Desired) desired = desired_new_for_guard(&input, set, false);
        g_autoptr(GError) error = NULL;
        g_assert_true(guard_apply(guard, desired, &error));
        g_assert_no_error(error);
}

static void apply(Guard *guard, const char *line) {
        apply_with(guard, line, NULL);
}

#define DENY "a: deny sources=192.168.1.1"
#define FORWARD "r: forward interfaces=eth0 out-interfaces=eth1"

/* "forward" alone needs no table. Regression: its absence was blamed on others, for ever. */
static void test_forward_alone(void) {
        Guard *guard = guard_new();
        begin();
        apply(guard, FORWARD);
        g_assert_true(guard_is_intact(guard));
        g_assert_cmpuint(kernel.commits, ==, 0);
        apply(guard, DENY);
        g_assert_true(kernel.table);
        apply(guard, FORWARD);
        g_assert_false(kernel.table);
        g_assert_true(guard_is_intact(guard));
        const guint commits = kernel.commits;
        apply(guard, FORWARD);
        g_assert_cmpuint(kernel.commits, ==, commits);
        guard_free(guard);
}

/* Regression: a table that nft cannot read was considered absent; then commands fail, or merge with its content. */
static void test_unreadable(void) {
        Guard *guard = guard_new();
        begin();
        kernel.table = true;
        kernel.unreadable = 1;
        apply(guard, DENY);
        g_assert_true(g_str_has_prefix(kernel.commands->str, "add table inet quaywall\ndelete table inet quaywall\n"));
        g_assert_cmpuint(kernel.commits, ==, 1);
        g_assert_true(guard_is_intact(guard));
        kernel.unreadable = 1;
        g_assert_false(guard_is_intact(guard));
        apply(guard, FORWARD);
        g_assert_false(kernel.table);
        kernel.table = true;
        kernel.unreadable = 1;
        g_assert_false(guard_is_intact(guard));
        guard_free(guard);
}

/* Regression: a transaction that the kernel refused was counted, and hid one of somebody else. */
static void test_alone(void) {
        Guard *guard = guard_new();
        begin();
        kernel.refusals = 1;
        kernel.others = 1;
        apply(guard, DENY);
        /* One transaction replaces the refused ones. Somebody's change after it makes the guard start over from what it
         * reads. */
        g_assert_cmpuint(kernel.commits, >, 2);
        g_assert_true(guard_is_intact(guard));
        guard_free(guard);
}

/* For one more element, all rules were sent and listed again: 10 ms, however little had changed. Unless somebody else was
 * there: then the rules may be other ones. */
static void test_elements(void) {
        Guard *guard = guard_new();
        begin();
        apply(guard, DENY);
        g_string_truncate(kernel.commands, 0);
        const guint listings = kernel.listings;
        apply_with(guard, DENY, "br-a");
        g_assert_cmpstr(kernel.commands->str, ==, "add element inet quaywall docker_bridges { \"br-a\" }\n");
        g_assert_cmpuint(kernel.listings, ==, listings);
        g_assert_cmpuint(kernel.batches, ==, 1);
        const guint commits = kernel.commits;
        apply_with(guard, DENY, "br-a");
        g_assert_cmpuint(kernel.commits, ==, commits);
        /* With rules, in their transaction. */
        g_string_truncate(kernel.commands, 0);
        apply(guard, "a: deny sources=192.168.1.2");
        g_assert_nonnull(strstr(kernel.commands->str, "delete element inet quaywall docker_bridges { \"br-a\" }\n"));
        apply_with(guard, DENY, "br-a");
        g_assert_nonnull(strstr(kernel.commands->str,
                                "add set inet quaywall docker_bridges { type ifname; elements = { \"br-a\" }; }\n"));
        g_assert_cmpuint(kernel.batches, ==, 1);
        g_assert_true(guard_is_intact(guard));
        kernel.others = 1;
        apply(guard, DENY);
        g_assert_nonnull(strstr(kernel.commands->str, "flush table"));
        g_assert_cmpuint(kernel.listings, >, listings);
        g_assert_true(guard_is_intact(guard));
        /* The kernel does not take it: all of it is sent. */
        g_string_truncate(kernel.commands, 0);
        kernel.refusals = 1;
        apply_with(guard, DENY, "br-a");
        g_assert_nonnull(strstr(kernel.commands->str, "delete table"));
        guard_free(guard);
}

/* Lost notices were taken for nobody's. They cannot be waited for for ever either. */
static void test_lost(void) {
        for (guint losses = 0; losses <= 3; losses++) {
                Guard *guard = guard_new();
                begin();
                kernel.losses = losses;
                apply(guard, DENY);
                g_assert_cmpuint(kernel.losses, ==, 0);
                g_assert_true(guard_is_intact(guard));
                guard_free(guard);
        }
}

/* A listing costs as much as a change, so it is taken when there is time. It is compared with the next one where another process
 * made a transaction, which may have changed nothing. */
static void test_rest(void) {
        Guard *guard = guard_new();
        const MonitorNews ours = { .guard = true, .guard_commits = 2 }, another = { .guard = true, .guard_commits = 1 };
        begin();
        apply(guard, DENY);
        g_assert_null(guard_list(guard)); /* nobody has told of changes yet, so it was listed at once */
        guard_hear(guard, &ours);
        const guint listings = kernel.listings, before = kernel.commits;
        apply(guard, "a: deny sources=192.168.1.2");
        g_assert_cmpuint(kernel.listings, ==, listings);
        const MonitorNews next = { .guard = true, .guard_commits = kernel.commits - before };
        g_assert_null(guard_list(guard)); /* its own notices are still to come */
        guard_hear(guard, &next);
        g_assert_true(guard_is_intact(guard));
        g_autofree char *first = guard_list(guard);
        g_assert_nonnull(first);
        /* Somebody may have been there before it was taken. */
        guard_hear(guard, &another);
        guard_keep_listing(guard, first);
        g_assert_null(guard_list(guard));
        g_assert_false(guard_is_intact(guard));
        const guint again = kernel.commits;
        apply(guard, "a: deny sources=192.168.1.2");
        const MonitorNews mended = { .guard = true, .guard_commits = kernel.commits - again };
        guard_hear(guard, &mended);
        g_autofree char *second = guard_list(guard);
        g_assert_nonnull(second);
        guard_keep_listing(guard, second);
        g_assert_null(guard_list(guard));
        guard_hear(guard, &another);
        g_assert_true(guard_is_intact(guard));
        guard_free(guard);
}

/* When somebody deleted it, it is made again at once: closing a socket on which the kernel was asked about it can take 10 ms. */
static void test_gone(void) {
        Guard *guard = guard_new();
        const MonitorNews ours = { .guard = true, .guard_commits = 2 },
                          deleted = { .guard = true, .guard_gone = true, .guard_commits = 1 };
        begin();
        apply(guard, DENY);
        guard_hear(guard, &ours);
        g_assert_true(guard_is_intact(guard));
        kernel.table = false;
        guard_hear(guard, &deleted);
        const guint listings = kernel.listings;
        g_string_truncate(kernel.commands, 0);
        g_assert_false(guard_is_intact(guard));
        g_autoptr(GError) error = NULL;
        g_assert_false(guard_read_counters(guard, NULL, NULL, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        apply(guard, DENY);
        g_assert_true(g_str_has_prefix(kernel.commands->str, "add table inet quaywall\ndelete table inet quaywall\n"));
        g_assert_cmpuint(kernel.listings, ==, listings);
        g_assert_true(guard_is_intact(guard));
        /* One that is not wanted any more is not made again, and its own removal is no surprise. */
        apply(guard, FORWARD);
        guard_hear(guard, &deleted);
        g_assert_true(guard_is_intact(guard));
        apply(guard, DENY);
        guard_hear(guard, &deleted);
        kernel.table = false;
        apply(guard, FORWARD);
        g_assert_true(guard_is_intact(guard));
        g_assert_false(kernel.table);
        guard_free(guard);
}

static void write_counter(const char *policy, guint64 packets, guint64 bytes, gpointer userdata) {
        g_string_append_printf(userdata, "%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", policy, packets, bytes);
}

/* Counters with unexpected names, a table that vanished, and a table that is not needed. */
static void test_counters(void) {
        Guard *guard = guard_new();
        begin();
        g_autoptr(GString) told = g_string_new(NULL);
        g_autoptr(GError) none = NULL, gone = NULL, failed = NULL;
        g_assert_true(guard_read_counters(guard, write_counter, told, &none));
        g_assert_cmpstr(told->str, ==, "");
        apply(guard, DENY);
        g_assert_true(guard_read_counters(guard, write_counter, told, &none));
        g_assert_no_error(none);
        g_assert_cmpstr(told->str, ==, "web 1 18446744073709551615\n 4 18446744073709551615\np_x 5 18446744073709551615\n");
        kernel.no_counters = true;
        g_assert_false(guard_read_counters(guard, write_counter, told, &failed));
        g_assert_error(failed, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        kernel.no_counters = false;
        kernel.table = false;
        g_assert_false(guard_read_counters(guard, write_counter, told, &gone));
        g_assert_error(gone, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        guard_free(guard);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/guard/forward-alone", test_forward_alone);
        g_test_add_func("/guard/unreadable", test_unreadable);
        g_test_add_func("/guard/alone", test_alone);
        g_test_add_func("/guard/elements", test_elements);
        g_test_add_func("/guard/lost", test_lost);
        g_test_add_func("/guard/rest", test_rest);
        g_test_add_func("/guard/gone", test_gone);
        g_test_add_func("/guard/counters", test_counters);
        return g_test_run();
}
