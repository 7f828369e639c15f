/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page of "watch" at terminals of different sizes, and the keys. */
#include "ctl/page.h"
#include "ctl/terminal.h"
#include "ctl/text.h"

#include <string.h>

#include "world.h"

static GVariant *parse(const char *text) {
        return g_variant_ref_sink(g_variant_new_parsed(text));
}

/* The rows as a terminal shows them: without the sequence that clears the rest of a row, ended by "|" where the terminal ends. */
static char *screen(GPtrArray *lines, guint offset, guint width, guint height) {
        g_autofree char *frame = page_frame(lines, offset, width, height, false);
        g_auto(GStrv) rows = g_strsplit(frame, "\r\n", -1);
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_cmpuint(g_strv_length(rows), ==, height);
        for (char **row = rows; *row; row++) {
                const bool cleared = g_str_has_suffix(*row, "\033[K");

                if (cleared)
                        (*row)[strlen(*row) - 3] = '\0';
                g_assert_cmpuint(text_width(*row), <=, width);
                g_assert_true(cleared == (text_width(*row) < width));
                g_assert_null(strchr(*row, '\033'));
                g_string_append_printf(text, "%s%*s|\n", *row, (int) (width - text_width(*row)), "");
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static const char PORTS[] = "PORT              CONTAINER  TO  REACHED BY                            POLICIES\n"
                            "0.0.0.0:8080/tcp  web        80  192.168.1.0/24, fd01::/64             web\n"
                            "0.0.0.0:5432/tcp  db         -   everyone                              -\n";

static GHashTable *counts_new(void) {
        static PageCount web = { 12345, 120.4 }, shop = { 7, 0.5 }, office = { 0, 0 };
        GHashTable *counts = g_hash_table_new(g_str_hash, g_str_equal);

        g_hash_table_insert(counts, (gpointer) "web", &web);
        g_hash_table_insert(counts, (gpointer) "shop", &shop);
        g_hash_table_insert(counts, (gpointer) "office", &office);
        return counts;
}

static void test_screens(void) {
        static const struct {
                const char *name;
                guint width, height;
                guint offset;
        } SCREENS[] = { { "80x24", 80, 24, 0 }, { "40x10", 40, 10, 3 }, { "200x50", 200, 50, 99 }, { "20x3", 20, 3, 1000 } };
        g_autoptr(GVariant) manager = parse(
                "{'State': <'degraded'>, 'FirewalldState': <'running'>, 'FirewalldVersion': <'1.3.3'>, "
                "'DockerState': <'running'>, 'DockerVersion': <'20.10.24'>, 'DockerFirewallBackend': <'iptables'>, "
                "'Problems': <[('interface-missing', 'the policy \"shop\" does not hold as it reads: interfaces: there is no "
                "interface \"etx0\"; it covers nothing on it', @a{sv} {})]>}");
        g_autoptr(GVariant) policies =
                parse("{'web': {'action': <'allow-only'>, 'sources': <['192.168.1.0/24', 'fd01::/64', '10.0.0.1']>, "
                      "'ports': <['8080/tcp']>}, 'shop': {'action': <'obey-zones'>}, "
                      "'office': {'action': <'deny'>, 'sources': <['ipset:bad']>, 'enabled': <false>}, "
                      "'lan': {'action': <'forward'>, 'interfaces': <['src_if']>, 'out-interfaces': <['dst_if']>}, "
                      "'new': {'action': <'deny'>}}");
        g_autoptr(GHashTable) counts = counts_new();
        const PageModel model = { .manager = manager,
                                  .pending = "Waits to be confirmed: web by root, undone in 42 s unless it is confirmed.",
                                  .policies = policies,
                                  .counts = counts,
                                  .ports = PORTS };
        g_autoptr(GString) all = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(SCREENS); i++) {
                g_autoptr(GPtrArray) lines = page_lines(&model, SCREENS[i].width);
                g_autofree char *text = screen(lines, SCREENS[i].offset, SCREENS[i].width, SCREENS[i].height);
                g_string_append_printf(all, "%s from line %u:\n%s\n", SCREENS[i].name, SCREENS[i].offset, text);
        }
        golden_check("watch.screens", all->str);
}

/* Everything is missing; then quaywalld is away. */
static void test_unknown(void) {
        const PageModel nothing = { 0 }, away = { .trouble = "quaywalld is not running." };
        g_autoptr(GPtrArray) lines = page_lines(&nothing, 80), gone = page_lines(&away, 80);
        g_autoptr(GVariant) none = parse("@a{sa{sv}} {}");
        const PageModel empty = { .policies = none, .ports = "No port is published.\n" };
        g_autoptr(GPtrArray) idle = page_lines(&empty, 80);
        g_autofree char *text = screen(lines, 0, 80, 24), *told = screen(gone, 0, 80, 24), *quiet = screen(idle, 0, 80, 24);

        g_assert_true(g_str_has_prefix(text, "unknown  firewalld unknown  Docker unknown "));
        g_assert_nonnull(strstr(told, "quaywalld is not running."));
        g_assert_nonnull(strstr(quiet, "There are no policies."));
        g_assert_nonnull(strstr(quiet, "No port is published."));
        g_assert_cmpuint(page_last_offset(lines, 24), ==, 0);
        /* No terminal is too small. */
        for (int height = 1; height < 4; height++)
                for (int width = 1; width < 4; width++) {
                        g_autofree char *frame = page_frame(gone, 5, width, height, true);
                        g_assert_nonnull(frame);
                }
}

/* What others name does not drive the terminal, and wide characters do not push a row over its edge. */
static void test_hostile(void) {
        g_autoptr(GVariant) manager = parse(
                "{'State': <'a\\u001b[2J'>, 'DockerVersion': <'\\u009b31m'>, "
                "'Problems': <[('code\\u001b', '\\u4e00\\u4e00\\u4e00 \\u202e \\u0007\\u0007 averyveryveryveryverylongword', "
                "@a{sv} {})]>}");
        g_autoptr(GVariant) policies =
                parse("{'\\u4e00\\u4e00\\u4e00\\u4e00\\u4e00\\u4e00\\u4e00': {'action': <'deny\\u001b]0;x\\u0007'>}}");
        const PageModel model = { .manager = manager, .policies = policies };

        for (int width = 1; width < 90; width++) {
                g_autoptr(GPtrArray) lines = page_lines(&model, width);
                g_autofree char *text = screen(lines, 0, width, 24);
                g_assert_nonnull(text);
        }
}

static void test_clip(void) {
        static const struct {
                const char *text, *clipped;
                glong width;
        } CASES[] = {
                { "abc", "abc", 3 },
                { "abcd", "ab>", 3 },
                { "", "", 0 },
                { "a", "", 0 },
                { "ab", ">", 1 },
                { "\u4e00\u4e00", "\u4e00>", 3 },
                { "\u4e00\u4e00", ">", 2 },
                { "e\u0301e\u0301e\u0301", "e\u0301>", 2 },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *clipped = text_clip(CASES[i].text, CASES[i].width);
                g_assert_cmpstr(clipped, ==, CASES[i].clipped);
        }
}

static void test_keys(void) {
        static const struct {
                const char *typed;
                TerminalKey keys[5];
        } CASES[] = {
                { "q", { TERMINAL_QUIT } },
                { "\033[A\033[Bq", { TERMINAL_UP, TERMINAL_DOWN, TERMINAL_QUIT } },
                { "\033OA\033[5~\033[6~ ", { TERMINAL_UP, TERMINAL_PAGE_UP, TERMINAL_PAGE_DOWN, TERMINAL_PAGE_DOWN } },
                { "\033[H\033[4~g", { TERMINAL_HOME, TERMINAL_END, TERMINAL_HOME } },
                { "\032\014", { TERMINAL_SUSPEND, TERMINAL_REDRAW } },
                /* Alt and q, an unknown key, the mouse, what a terminal answers, half a sequence: no "q" among them counts. */
                { "\033[1;5q", { TERMINAL_NONE } },
                { "\033[?62;c", { TERMINAL_NONE } },
                { "\033[200~j", { TERMINAL_NONE, TERMINAL_DOWN } },
                { "\033[", { TERMINAL_NONE } },
                { "\033", { TERMINAL_NONE } },
                { "\303\244", { TERMINAL_NONE, TERMINAL_NONE } },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(GString) buffer = g_string_new(CASES[i].typed);
                gsize n = 0;

                for (; buffer->len > 0; n++)
                        g_assert_cmpint(terminal_next_key(buffer), ==, CASES[i].keys[n]);
                g_assert_true(n > 0 && (n >= G_N_ELEMENTS(CASES[i].keys) || CASES[i].keys[n] == TERMINAL_NONE));
                g_assert_cmpint(terminal_next_key(buffer), ==, TERMINAL_NONE);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/page/screens", test_screens);
        g_test_add_func("/ctl/page/unknown", test_unknown);
        g_test_add_func("/ctl/page/hostile", test_hostile);
        g_test_add_func("/ctl/page/clip", test_clip);
        g_test_add_func("/ctl/terminal/keys", test_keys);
        return g_test_run();
}
