/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/mend.h"

#include <string.h>

#include "compile/direct-plan.h"
#include "daemon/apply.h"
#include "daemon/reload.h"
#include "firewalld/direct.h"
#include "firewalld/zone.h"
#include "world.h"
#include "world/docker-rules.h"
#include "world/iptables.h"
#include "world/notices.h"
#include "world/zones.h"

/* --- what mend.c calls, recorded ---------------------------------------------------------------------------------- */

static struct {
        GString *tape;
        ProblemCode not_due;
        bool reload_fails, docker_comes_back, put_back_works;
        KernelTable *now, *then; /* the kernel's rules before and after a repair */
} fake;

static void tape(const char *what, const char *which) {
        g_string_append_printf(fake.tape, "%s%s%s%s", fake.tape->len > 0 ? ", " : "", what, which[0] ? " " : "", which);
}

/* What is repaired counts together with others of its kind. */
static ProblemCode joined = _PROBLEM_MAX;

void fights_join(G_GNUC_UNUSED Fights *fights, ProblemCode code) {
        joined = code;
}

void fights_part(G_GNUC_UNUSED Fights *fights) {
        joined = _PROBLEM_MAX;
}

bool repair_is_due(G_GNUC_UNUSED const Repairs *repairs, ProblemCode code) {
        return code != fake.not_due;
}

void repair_done(G_GNUC_UNUSED const Repairs *repairs, ProblemCode code, G_GNUC_UNUSED const char *format, ...) {
        g_assert_cmpint(code, ==, joined);
        tape("done", problem_code_to_string(code));
}

bool reload_firewalld(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda, GError **error) {
        tape("reload", "");
        fake.now = fake.then;
        if (fake.reload_fails)
                g_set_error_literal(error, g_quark_from_static_string("test"), 1, "no");
        return !fake.reload_fails;
}

bool apply_runtime(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda, G_GNUC_UNUSED GPtrArray *known,
                   G_GNUC_UNUSED GPtrArray *desired, G_GNUC_UNUSED guint *ret_steps, G_GNUC_UNUSED GError **error) {
        tape("apply", "");
        return true;
}

bool apply_read_zone(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda, G_GNUC_UNUSED GError **error) {
        return true;
}

bool zone_put_runtime(G_GNUC_UNUSED Firewalld *firewalld, G_GNUC_UNUSED const char *zone, const char *interface,
                      G_GNUC_UNUSED GError **error) {
        tape("put", interface);
        return true;
}

bool zone_remove_permanent(G_GNUC_UNUSED Firewalld *firewalld, G_GNUC_UNUSED const char *zone, const char *interface,
                           G_GNUC_UNUSED GError **error) {
        tape("remove", interface);
        return true;
}

const char *zones_find(const World *world, const char *interface) {
        const char *zone = g_hash_table_lookup(world->zones, interface);
        return zone ? zone : "";
}

void zones_note_homeless(G_GNUC_UNUSED World *world, G_GNUC_UNUSED gint64 now) {
}

bool docker_rules_runs(G_GNUC_UNUSED const World *world) {
        return true;
}

bool docker_rules_are_made(G_GNUC_UNUSED const World *world) {
        return true;
}

bool docker_rules_are_there(G_GNUC_UNUSED World *world, bool *ret_known) {
        return *ret_known = fake.docker_comes_back;
}

void notices_wait(World *world, NoticesDoneFunc done, gpointer userdata, G_GNUC_UNUSED guint64 usec) {
        tape("wait", "");
        (void) done(world, userdata);
}

const KernelTable *iptables_read(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Family family, G_GNUC_UNUSED const char *name,
                                 G_GNUC_UNUSED GError **error) {
        return fake.now;
}

void iptables_forget(G_GNUC_UNUSED World *world) {
}

/* What put-back restores from, rule by rule. */
DirectConfig *direct_read_runtime(G_GNUC_UNUSED Firewalld *firewalld, G_GNUC_UNUSED GError **error) {
        DirectConfig *config = direct_config_new();
        g_ptr_array_add(config->chains, direct_entry_new("ipv4", "filter", CHAIN_QUAYWALL_POLICY, 0, NULL));
        g_ptr_array_add(config->rules,
                        direct_entry_new("ipv4", "filter", CHAIN_QUAYWALL_POLICY, 5,
                                         g_strsplit("-s 1.1.1.1 -m comment --comment quaywall:web -j DROP", " ", 0)));
        return config;
}

char *direct_iptables(G_GNUC_UNUSED Firewalld *firewalld, G_GNUC_UNUSED Family family, G_GNUC_UNUSED const char *const *args,
                      G_GNUC_UNUSED GError **error) {
        tape("iptables", "");
        if (!fake.put_back_works)
                return NULL;
        fake.now = fake.then;
        return g_strdup("");
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

#define DOCKERS "-N DOCKER\n-N QUAYWALL-POLICY\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n"
#define RULE "-A QUAYWALL-POLICY -s 1.1.1.1 -m comment --comment quaywall:web -j DROP\n"

static GPtrArray *problems_of(const ProblemCode *codes) {
        GPtrArray *problems = problems_new();
        for (; *codes != PROBLEM_NONE; codes++) {
                Problem *problem = problems_add(problems, *codes, "a sentence");
                problem_add_detail(problem, "family", "ipv4");
                problem_add_detail(problem, "interface", "br0");
        }
        return problems;
}

static void expect_of(const ProblemCode *codes, bool is_asked, const char *expected, bool expected_any, bool expected_mended) {
        World world = { .zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
        Firewalld firewalld = { 0 };
        world.firewalld = &firewalld;
        g_autoptr(GPtrArray) direct = g_ptr_array_new_with_free_func((GDestroyNotify) direct_rule_free);
        g_ptr_array_add(direct, direct_rule_new(FAMILY_IPV4, CHAIN_QUAYWALL_POLICY, 5,
                                                g_strsplit("-s 1.1.1.1 -m comment --comment quaywall:web -j DROP", " ", 0)));
        Desired desired = { .direct_now = direct, .ref_count = 1 };
        const Repairs repairs = { 0 };
        Mending mending = { .world = &world, .repairs = &repairs, .desired = &desired, .is_asked = is_asked };
        g_autoptr(GPtrArray) problems = problems_of(codes);
        g_autoptr(GError) error = NULL;
        g_string_truncate(fake.tape, 0);
        fake.now = kernel_table_parse(DOCKERS);
        fake.then = kernel_table_parse(DOCKERS RULE);
        KernelTable *before = fake.now, *after = fake.then;
        g_assert_cmpint(mend(&mending, problems, &error), ==, expected_mended);
        g_assert_cmpstr(fake.tape->str, ==, expected);
        g_assert_cmpint(mending.any, ==, expected_any);
        g_assert_cmpint(error != NULL, ==, !expected_mended);
        kernel_table_free(before);
        kernel_table_free(after);
        g_hash_table_unref(world.zones);
}

#define CODES(...) ((const ProblemCode[]){ __VA_ARGS__, PROBLEM_NONE })

static void begin(void) {
        if (fake.tape)
                g_string_free(fake.tape, TRUE);
        memset(&fake, 0, sizeof fake);
        fake.tape = g_string_new(NULL);
        fake.put_back_works = fake.docker_comes_back = true;
}

/* What is done for each code: by itself, and when a caller asks for it. Covers all codes, so a new one must be added here. */
static void test_rows(void) {
        static const struct {
                const char *by_itself, *asked;
        } ROWS[_PROBLEM_MAX] = {
                [PROBLEM_RULES_MISSING] = { "iptables, done rules-missing", "iptables, done rules-missing" },
                [PROBLEM_RULES_ALTERED] = { "iptables, done rules-altered", "iptables, done rules-altered" },
                [PROBLEM_RULES_DISORDERED] = { "iptables, done rules-disordered", "iptables, done rules-disordered" },
                [PROBLEM_RULES_DEAD] = { "iptables, done rules-dead", "iptables, done rules-dead" },
                [PROBLEM_ZONE_INTERFACE] = { "put br0, done zone-interface", "put br0, done zone-interface" },
                [PROBLEM_FIREWALLD_RULES_MISSING] = { "", "reload, done firewalld-rules-missing" },
                [PROBLEM_DOCKER_RULES_MISSING] = { "", "reload, wait, done docker-rules-missing" },
                [PROBLEM_ZONE_STALE] = { "", "remove br0, done zone-stale" },
        };
        begin();
        for (ProblemCode code = PROBLEM_NONE + 1; code < _PROBLEM_MAX; code++) {
                const char *by_itself = ROWS[code].by_itself ? ROWS[code].by_itself : "",
                           *asked = ROWS[code].asked ? ROWS[code].asked : "";
                expect_of(CODES(code), false, by_itself, by_itself[0], true);
                expect_of(CODES(code), true, asked, asked[0], true);
        }
}

/* In a fixed order, whatever the order in Problems. What one repair has already fixed is not repaired again. */
static void test_safest_first(void) {
        begin();
        expect_of(
                CODES(PROBLEM_ZONE_STALE, PROBLEM_DOCKER_RULES_MISSING, PROBLEM_ZONE_INTERFACE, PROBLEM_RULES_DEAD,
                      PROBLEM_RULES_MISSING),
                true,
                "iptables, done rules-missing, put br0, done zone-interface, reload, wait, done docker-rules-missing, remove br0, done zone-stale",
                true, true);
}

static void test_reload(void) {
        begin();
        fake.put_back_works = false;
        expect_of(CODES(PROBLEM_RULES_MISSING), false, "iptables, reload, apply, done rules-missing", true, true);
        fake.reload_fails = true;
        expect_of(CODES(PROBLEM_RULES_MISSING, PROBLEM_ZONE_INTERFACE), false, "iptables, reload", false, false);
}

static void test_not_due(void) {
        begin();
        fake.not_due = PROBLEM_RULES_MISSING;
        expect_of(CODES(PROBLEM_RULES_MISSING, PROBLEM_ZONE_INTERFACE), false, "put br0, done zone-interface", true, true);
        /* Docker does not come back. That is no repair, but the world has changed. */
        fake.docker_comes_back = false;
        expect_of(CODES(PROBLEM_DOCKER_RULES_MISSING), true, "reload, wait", true, true);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/mend/rows", test_rows);
        g_test_add_func("/mend/safest-first", test_safest_first);
        g_test_add_func("/mend/reload", test_reload);
        g_test_add_func("/mend/not-due", test_not_due);
        return g_test_run();
}
