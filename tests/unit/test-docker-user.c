/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the jump to DOCKER-USER is moved to the top, by which calls, and when that counts as a repair. */
#include "daemon/docker-user.h"

#include <string.h>

#include "firewalld/direct.h"
#include "world.h"
#include "world/docker-rules.h"
#include "world/iptables.h"
#include "world/journal.h"

/* --- what docker-user.c calls, recorded --------------------------------------------------------------------------- */

static struct {
        GString *tape;
        KernelTable *table;
        bool is_written, is_not_due;
        const char *fails; /* the call that fails */
} fake;

static void tape(const char *what, const char *which) {
        g_string_append_printf(fake.tape, "%s%s%s", fake.tape->len > 0 ? ", " : "", what, which);
}

bool repair_is_due(G_GNUC_UNUSED const Repairs *repairs, ProblemCode code) {
        tape("due? ", problem_code_to_string(code));
        return !fake.is_not_due;
}

void repair_done(G_GNUC_UNUSED const Repairs *repairs, ProblemCode code, G_GNUC_UNUSED const char *format, ...) {
        tape("done ", problem_code_to_string(code));
}

void journal_log(int priority, G_GNUC_UNUSED const char *const *fields, G_GNUC_UNUSED const char *format, ...) {
        g_assert_cmpint(priority, ==, LOG_INFO);
        tape("log", "");
}

void docker_rules_note(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Family family, const KernelTable *filter) {
        g_assert_true(filter == fake.table);
}

bool docker_rules_are_written(G_GNUC_UNUSED const World *world, G_GNUC_UNUSED gint64 now) {
        return fake.is_written;
}

const KernelTable *iptables_read(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Family family, const char *name,
                                 G_GNUC_UNUSED GError **error) {
        g_assert_cmpstr(name, ==, "filter");
        return fake.table;
}

void iptables_forget(G_GNUC_UNUSED World *world) {
}

char *direct_iptables(G_GNUC_UNUSED Firewalld *firewalld, G_GNUC_UNUSED Family family, const char *const *args,
                      GError **error) {
        g_autofree char *call = g_strjoinv(" ", (char **) args);
        const char *which = strstr(call, "quaywall") ? "marked" : "plain";
        g_assert_true(g_str_has_prefix(call, "-t filter -") && g_str_has_suffix(call, " -j DOCKER-USER"));
        g_autofree char *what = g_strdup_printf("%.2s ", call + strlen("-t filter ")), *both = g_strconcat(what, which, NULL);
        tape(both, "");
        if (g_strcmp0(both, fake.fails) != 0)
                return g_strdup("");
        g_set_error_literal(error, g_quark_from_static_string("test"), 1, "no");
        return NULL;
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

#define DOCKERS "-N DOCKER\n-N DOCKER-USER\n"
#define JUMP "-A FORWARD -j DOCKER-USER\n"
#define MARKED "-A FORWARD -m comment --comment quaywall -j DOCKER-USER\n"
#define OTHERS "-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n"
#define RULE "-A DOCKER-USER -s 1.1.1.1 -j DROP\n"
#define RETURN "-A DOCKER-USER -j RETURN\n"

#define BELOW DOCKERS OTHERS JUMP
#define LIFT "-I marked, -D plain, -I plain, -D marked"

enum {
        WRITTEN = 1 << 0, /* Docker is writing its rules */
        NEW = 1 << 1,     /* nobody needed the jump at the last check */
        NOT_DUE = 1 << 2, /* the repair must wait, since somebody undoes it */
        WANTED = 1 << 3,  /* a policy will add a rule */
};

static const struct {
        const char *rules;
        guint around;
        const char *does;
} ROWS[] = {
        { DOCKERS JUMP OTHERS RULE, 0, "" },
        { BELOW RULE, 0, "due? jump-bypassed, " LIFT ", done jump-bypassed" },
        { DOCKERS OTHERS RULE, 0, "due? jump-missing, " LIFT ", done jump-missing" },
        /* Docker put it there, or it was not needed before: no repair, and nobody's fault. */
        { BELOW RULE, WRITTEN, LIFT ", log" },
        { BELOW RULE, WRITTEN | NOT_DUE, LIFT ", log" },
        { BELOW RULE, NEW, LIFT ", log" },
        { DOCKERS OTHERS RULE, NEW, LIFT ", log" },
        { BELOW RULE, NOT_DUE, "due? jump-bypassed" },
        /* The jump is not needed while DOCKER-USER has no rules... */
        { BELOW RETURN, 0, "" },
        { BELOW RETURN, NEW | WRITTEN, "" },
        { DOCKERS OTHERS RETURN, 0, "" },
        /* ...unless a rule is about to be added. */
        { BELOW RETURN, WANTED, "due? jump-bypassed, " LIFT ", done jump-bypassed" },
        { BELOW RETURN, WANTED | NEW, LIFT ", log" },
        /* Without Docker's rules the jump is not missing. */
        { "-N DOCKER-USER\n" RULE, 0, "" },
        { "-N DOCKER-USER\n-A FORWARD -o docker0 -j ACCEPT\n" JUMP RULE, 0,
          "due? jump-bypassed, " LIFT ", done jump-bypassed" },
        /* What a crash left behind is always removed. */
        { DOCKERS MARKED JUMP OTHERS RULE, 0, "-D marked" },
        { DOCKERS MARKED MARKED JUMP OTHERS RETURN, 0, "-D marked, -D marked" },
        { DOCKERS OTHERS MARKED JUMP RULE, 0,
          "due? jump-bypassed, -I marked, -D plain, -I plain, -D marked, -D marked, done jump-bypassed" },
        { DOCKERS OTHERS MARKED JUMP RULE, NOT_DUE, "due? jump-bypassed, -D marked" },
};

static bool lift(const char *rules, guint around, InForce *in_force) {
        Firewalld firewalld = { 0 };
        World world = { .firewalld = &firewalld };
        const Repairs repairs = { 0 };
        g_autoptr(GError) error = NULL;
        fake.tape = g_string_new(NULL);
        fake.table = kernel_table_parse(rules);
        fake.is_written = around & WRITTEN;
        fake.is_not_due = around & NOT_DUE;
        in_force->jump_asked[FAMILY_IPV4] = !(around & NEW);
        const bool done = docker_user_lift_jump(in_force, &world, &repairs, FAMILY_IPV4, &error);
        g_assert_true(done == !error);
        kernel_table_free(fake.table);
        return done;
}

static void expect(const char *does) {
        g_autofree char *did = g_string_free(fake.tape, FALSE);
        g_assert_cmpstr(did, ==, does);
}

static void test_rows(void) {
        g_autoptr(GPtrArray) direct = g_ptr_array_new_with_free_func((GDestroyNotify) direct_rule_free);
        g_ptr_array_add(direct, direct_rule_new(FAMILY_IPV4, CHAIN_DOCKER_USER, 0, g_strsplit("-j QUAYWALL", " ", 0)));
        Desired desired = { .direct_now = direct, .ref_count = 1 };
        for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++) {
                InForce in_force = { .desired = ROWS[i].around & WANTED ? &desired : NULL };
                g_test_message("%s", ROWS[i].rules);
                g_assert_true(lift(ROWS[i].rules, ROWS[i].around, &in_force));
                expect(ROWS[i].does);
                /* Remembered for the next check. */
                g_assert_true(in_force.jump_asked[FAMILY_IPV4] == (strstr(ROWS[i].rules, RULE) || ROWS[i].around & WANTED));
        }
}

/* After each step there is a jump to DOCKER-USER, or the call that adds it is the one that failed. */
static void test_failures(void) {
        InForce in_force = { 0 };
        fake.fails = "-I marked";
        g_assert_false(lift(BELOW RULE, NEW, &in_force));
        expect("-I marked");
        fake.fails = "-D plain"; /* Docker has just removed it */
        g_assert_true(lift(BELOW RULE, NEW, &in_force));
        expect(LIFT ", log");
        fake.fails = "-I plain";
        g_assert_false(lift(BELOW RULE, NEW, &in_force));
        expect("-I marked, -D plain, -I plain");
        fake.fails = "-D marked";
        g_assert_false(lift(BELOW RULE, NEW, &in_force));
        expect(LIFT);
        fake.fails = NULL;
}

/* Nothing is done with Docker's nftables backend, or where direct rules are off. */
static void test_where(void) {
        Settings settings = { .use_direct = true };
        Firewalld firewalld = { 0 };
        World world = { .settings = &settings, .firewalld = &firewalld };
        InForce in_force = { .jump_asked = { true, true } };
        const Repairs repairs = { 0 };
        fake.is_written = fake.is_not_due = false;
        fake.table = kernel_table_parse(BELOW RULE);
        fake.tape = g_string_new(NULL);
        world.docker_uses_nft = true;
        g_assert_true(docker_user_lift_jumps(&in_force, &world, &repairs, NULL));
        world.docker_uses_nft = settings.use_direct = false;
        g_assert_true(docker_user_lift_jumps(&in_force, &world, &repairs, NULL));
        g_assert_cmpstr(fake.tape->str, ==, "");
        settings.use_direct = true;
        g_assert_true(docker_user_lift_jumps(&in_force, &world, &repairs, NULL));
        expect("due? jump-bypassed, " LIFT ", done jump-bypassed, due? jump-bypassed, " LIFT ", done jump-bypassed");
        kernel_table_free(fake.table);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/docker-user/rows", test_rows);
        g_test_add_func("/docker-user/failures", test_failures);
        g_test_add_func("/docker-user/where", test_where);
        return g_test_run();
}
