/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the guard takes what is in the kernel for its own. Instead of libnftables and the kernel's notices there is a
 * kernel of one table here, which can refuse, hide, and be changed by others. */
#include "guard/guard.h"

#include <string.h>

#include <nftables/libnftables.h>

#include "guard/monitor.h"
#include "guard/tables.h"
#include "world.h"

static struct {
        bool table;
        guint unreadable; /* so many times nft cannot list it */
        guint refusals;   /* so many changes are not taken */
        guint others;     /* after so many of ours somebody else makes one each */
        guint losses;     /* so many times notices are lost */
        guint commits;
        GString *commands; /* all that were accepted */
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
        if (g_str_has_prefix(commands, "list "))
                return kernel.table && !take(&kernel.unreadable) ? 0 : -1;
        if (take(&kernel.refusals))
                return -1;
        kernel.commits += 1 + take(&kernel.others);
        g_string_append(kernel.commands, commands);
        kernel.table = !g_str_has_suffix(commands, "delete table inet quaywall\n");
        return 0;
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
        news->lost = take(&kernel.losses);
        news->guard_commits = news->lost ? 0 : kernel.commits - monitor->commits;
        return true;
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void begin(void) {
        if (kernel.commands)
                g_string_free(kernel.commands, TRUE);
        memset(&kernel, 0, sizeof kernel);
        kernel.commands = g_string_new(NULL);
}

static void apply(Guard *guard, const char *line) {
        const char *const lines[] = { line, NULL }, *const bridges[] = { "docker0", NULL }, *const published[] = { NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, bridges, NULL, false);
        g_autoptr(GError) error = NULL;
        g_assert_true(guard_apply(guard, rules, bridges, published, NULL, NULL, &error));
        g_assert_no_error(error);
}

#define DENY "a: deny sources=192.168.1.1"
#define FORWARD "r: forward interfaces=eth0 out-interfaces=eth1"

/* "forward" alone needs no table. Its absence was taken for somebody's doing, for ever. */
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

/* A table that nft cannot read was taken for none, and what is sent where nothing is fails or merges with what is there. */
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

/* A transaction that the kernel did not take was counted, and hid one of somebody else. */
static void test_alone(void) {
        Guard *guard = guard_new();
        begin();
        kernel.refusals = 1;
        kernel.others = 1;
        apply(guard, DENY);
        /* The one instead of the refused two, and then, on what is known again, two and one. */
        g_assert_cmpuint(kernel.commits, >, 2);
        g_assert_true(guard_is_intact(guard));
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

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/guard/forward-alone", test_forward_alone);
        g_test_add_func("/guard/unreadable", test_unreadable);
        g_test_add_func("/guard/alone", test_alone);
        g_test_add_func("/guard/lost", test_lost);
        return g_test_run();
}
