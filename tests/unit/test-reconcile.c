/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of changes in the world, and what is done and planned for each; the order of one reconciliation; and every order of
 * events. Everything that reconcile.c calls is faked, and time is simulated. */
#include "daemon/reconcile.h"

#include <string.h>

#include "daemon/admit.h"
#include "daemon/apply.h"
#include "daemon/docker-user.h"
#include "daemon/mend.h"
#include "daemon/policy-files.h"
#include "daemon/reload.h"
#include "daemon/verify.h"
#include "model/error.h"
#include "world.h"
#include "world/carried.h"
#include "world/docker-rules.h"
#include "world/ipsets.h"
#include "world/zone-rules.h"
#include "world/iptables.h"
#include "world/journal.h"
#include "world/notices.h"
#include "world/permanent.h"
#include "world/published.h"
#include "world/zones.h"

#define NOW ((guint64) 1000 * G_USEC_PER_SEC)
#define SECOND ((guint64) G_USEC_PER_SEC)

static const char *const NONE[] = { NULL }, *const DOCKER0[] = { "docker0", NULL };
const char *const DEFAULT_BRIDGES[] = { "docker0", NULL };

/* --- what reconcile.c calls, recorded ----------------------------------------------------------------------------- */

static struct Fake {
        GString *tape;
        guint64 now, deadlines[_AGENDA_MAX];
        gint64 clock, guard_takes; /* monotonic; how long the guard takes to be made */
        FiberFunc fiber;           /* started, and has not run yet */
        gpointer fibers_argument;

        bool guard_is_altered, guard_fails, docker_starts, firewalld_fails;
        PolicySet *guard_has;      /* the policies of the last guard */
        guint facts, guards_facts; /* how much Docker has reported, and had when the guard was last rendered */
        const char *spared;        /* what apply_spare() finds */
        ProblemCode not_due;
        guint steps;
        bool permanent_written;
        guint applies_that_fail;
        guint finds, problems[3]; /* how many problems each check finds */
        bool mends;
        guint arrivals; /* how often admit_is_due() says that containers wait */
        guint settles_that_fail;
        bool ipsets_fail;
        bool changes_in_between; /* a caller waits who changes the policies */
        WorldChange meanwhile;   /* comes while firewalld is asked for its zones */
        Reconciler *reconciler;
        DockerFacts *docker;
} fake;

static void G_GNUC_PRINTF(1, 2) tape(const char *format, ...) {
        va_list args;
        g_string_append(fake.tape, fake.tape->len > 0 ? ", " : "");
        va_start(args, format);
        g_string_append_vprintf(fake.tape, format, args);
        va_end(args);
}

Agenda *agenda_new(G_GNUC_UNUSED sd_event *event, G_GNUC_UNUSED AgendaFunc due, G_GNUC_UNUSED gpointer userdata) {
        return NULL;
}

void agenda_free(G_GNUC_UNUSED Agenda *agenda) {
}

void agenda_within(G_GNUC_UNUSED Agenda *agenda, AgendaReason reason, guint64 usec) {
        if (reason == AGENDA_REST) {
                tape("rest");
                return;
        }
        guint64 *deadline = &fake.deadlines[reason];
        *deadline = *deadline == 0 ? fake.now + usec : MIN(*deadline, fake.now + usec);
}

void agenda_cancel(G_GNUC_UNUSED Agenda *agenda, AgendaReason reason) {
        fake.deadlines[reason] = 0;
}

/* Instead of GLib's, for reconcile.c. */
gint64 g_get_monotonic_time(void) {
        return fake.clock;
}

guint64 agenda_deadline(G_GNUC_UNUSED const Agenda *agenda, AgendaReason reason) {
        return fake.deadlines[reason];
}

void notices_rest(G_GNUC_UNUSED World *world) {
}

Fights *fights_new(void) {
        return NULL;
}

void fights_free(G_GNUC_UNUSED Fights *fights) {
}

void fights_forgive(G_GNUC_UNUSED Fights *fights) {
        tape("forgive");
}

bool repair_is_due(G_GNUC_UNUSED const Repairs *repairs, ProblemCode code) {
        return code != fake.not_due;
}

void repair_done(G_GNUC_UNUSED const Repairs *repairs, ProblemCode code, G_GNUC_UNUSED const char *format, ...) {
        tape("done %s", problem_code_to_string(code));
}

void fiber_start(FiberFunc func, gpointer argument) {
        tape("fiber");
        g_assert_null(fake.fiber);
        fake.fiber = func;
        fake.fibers_argument = argument;
}

void fiber_mutex_lock(FiberMutex *mutex) {
        g_assert_false(mutex->locked);
        mutex->locked = true;
}

void fiber_mutex_unlock(FiberMutex *mutex) {
        g_assert_true(mutex->locked);
        mutex->locked = false;
        if (!fake.changes_in_between || !g_queue_pop_head(&mutex->waiting))
                return;
        tape("change");
        /* As verify.c does after it. */
        fake.reconciler->is_wanted = fake.reconciler->is_due = fake.reconciler->is_following = false;
}

bool carried_any(G_GNUC_UNUSED const World *world, PolicySet *set, bool (*is)(const Policy *policy)) {
        return policy_set_any(set, is);
}

PolicySet *carried_list(G_GNUC_UNUSED const World *world, G_GNUC_UNUSED PolicySet *groups, G_GNUC_UNUSED GPtrArray *flaws) {
        return policy_set_new();
}

Desired *apply_desire(G_GNUC_UNUSED World *world, PolicySet *runtime, PolicySet *permanent) {
        const DesiredInput input = { DOCKER0, NONE, NONE, NULL, fake.docker, .direct = true, .guard = true };
        return desired_new(&input, runtime, permanent);
}

bool apply_guard(G_GNUC_UNUSED World *world, PolicySet *runtime, GError **error) {
        tape("guard");
        fake.clock += fake.guard_takes;
        if (fake.guard_fails) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "no");
                return false;
        }
        fake.guard_is_altered = false;
        fake.guard_has = runtime;
        fake.guards_facts = fake.facts;
        return true;
}

void admit_recall(G_GNUC_UNUSED World *world) {
        tape("recall");
}

bool admit_is_due(G_GNUC_UNUSED World *world, G_GNUC_UNUSED PolicySet *in_force) {
        return fake.arrivals > 0;
}

bool admit_settle(G_GNUC_UNUSED World *world, PolicySet *in_force, GError **error) {
        tape("settle");
        g_assert_true(fake.guard_has == in_force);
        if (fake.settles_that_fail > 0) {
                fake.settles_that_fail--;
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "no");
                return false;
        }
        fake.arrivals--;
        return true;
}

void fiber_yield(G_GNUC_UNUSED sd_event *event) {
        tape("yield");
}

void fiber_sleep(G_GNUC_UNUSED sd_event *event, guint64 usec) {
        tape("sleep %" G_GUINT64_FORMAT, usec / G_USEC_PER_SEC);
}

GPtrArray *links_list_inlets(G_GNUC_UNUSED const Links *links) {
        return g_ptr_array_new();
}

bool zone_rules_read(World *world) {
        const bool changed = world->zone_rules_stale;
        world->zone_rules_stale = false;
        if (changed)
                tape("zones");
        return changed;
}

bool ipsets_read(World *world, G_GNUC_UNUSED PolicySet *const *sets, bool *ret_changed, GError **error) {
        *ret_changed = world->ipsets_stale;
        if (world->ipsets_stale)
                tape("ipsets");
        if (fake.ipsets_fail)
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED, "no");
        world->ipsets_stale = fake.ipsets_fail;
        return !fake.ipsets_fail;
}

bool guard_is_intact(G_GNUC_UNUSED Guard *guard) {
        return !fake.guard_is_altered;
}

bool apply_in_force(InForce *in_force, G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda, Desired *desired,
                    G_GNUC_UNUSED PolicySet *runtime, ApplyFlags flags, ApplyResult *ret, GError **error) {
        g_assert_cmpint(flags, ==, APPLY_FORWARDS);
        tape("apply");
        *ret = (ApplyResult){ .steps = fake.steps, .permanent_written = fake.permanent_written };
        if (fake.applies_that_fail > 0) {
                fake.applies_that_fail--;
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED, "no");
                return false;
        }
        in_force_set_applied(in_force, desired);
        return true;
}

bool apply_read_zone(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda, G_GNUC_UNUSED GError **error) {
        const WorldChange meanwhile = fake.meanwhile;
        tape("zone");
        fake.meanwhile = 0;
        if (meanwhile)
                reconcile_changed(fake.reconciler, meanwhile);
        return true;
}

void apply_set_bridges(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda) {
        tape("bridges");
}

void apply_spare(World *world, G_GNUC_UNUSED Agenda *agenda) {
        g_strfreev(world->spared);
        world->spared = g_strsplit(fake.spared, " ", -1);
        tape("spare");
}

void apply_read_published(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda) {
        tape("published");
}

void published_place(G_GNUC_UNUSED World *world) {
        tape("place");
}

bool reload_firewalld(G_GNUC_UNUSED World *world, G_GNUC_UNUSED Agenda *agenda, G_GNUC_UNUSED GError **error) {
        tape("reload");
        return true;
}

bool firewalld_refresh(G_GNUC_UNUSED Firewalld *firewalld, GError **error) {
        tape("refresh");
        if (fake.firewalld_fails)
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING, "no");
        return !fake.firewalld_fails;
}

bool docker_user_lift_jumps(G_GNUC_UNUSED InForce *in_force, G_GNUC_UNUSED World *world, G_GNUC_UNUSED const Repairs *repairs,
                            G_GNUC_UNUSED GError **error) {
        tape("jumps");
        return true;
}

bool mend(Mending *mending, G_GNUC_UNUSED GPtrArray *problems, G_GNUC_UNUSED GError **error) {
        tape(mending->is_asked ? "mend as asked" : "mend");
        mending->any = fake.mends;
        return true;
}

void policy_files_keep(G_GNUC_UNUSED Intent *intent, G_GNUC_UNUSED const Settings *settings) {
        tape("keep");
}

GPtrArray *verify_find(G_GNUC_UNUSED Reconciler *r, VerifyFlags flags, GError *failure) {
        GPtrArray *problems = problems_new();
        tape("find%s%s%s", flags & VERIFY_IMPATIENT ? " impatiently" : "", flags & VERIFY_ARMED ? " armed" : "",
             failure ? " failed" : "");
        for (guint i = fake.problems[fake.finds++]; i > 0; i--)
                problems_add(problems, PROBLEM_RULES_MISSING, "%u", i);
        return problems;
}

guint64 verify_planned(const Reconciler *r, G_GNUC_UNUSED bool doubts) {
        return r->is_due && !r->is_following ? fake.now : fake.deadlines[AGENDA_RECONCILE];
}

void verify_publish(G_GNUC_UNUSED Reconciler *r, GPtrArray *problems) {
        tape("publish %u", problems->len);
}

void verify_state(G_GNUC_UNUSED Reconciler *r, G_GNUC_UNUSED VerifyFlags flags, G_GNUC_UNUSED GError *failure) {
        tape("verify");
}

bool docker_is_starting(G_GNUC_UNUSED const Docker *docker) {
        return fake.docker_starts;
}

bool docker_rules_use_nft(G_GNUC_UNUSED const World *world) {
        return false;
}

void docker_rules_asked(G_GNUC_UNUSED World *world) {
        tape("asked");
}

void docker_rules_begin(G_GNUC_UNUSED World *world) {
        tape("begin");
}

void iptables_forget(G_GNUC_UNUSED World *world) {
}

void permanent_forget(G_GNUC_UNUSED World *world) {
}

void permanent_rest(G_GNUC_UNUSED World *world) {
}

bool notices_take(G_GNUC_UNUSED World *world) {
        return false;
}

const Link *links_find(const Links *links, const char *name) {
        const Link *link = (const Link *) links;
        return g_str_equal(link->name, name) ? link : NULL;
}

bool links_leads_out(G_GNUC_UNUSED const Links *links, G_GNUC_UNUSED const char *bridge) {
        return false;
}

void journal_log(G_GNUC_UNUSED int priority, G_GNUC_UNUSED const char *const *fields, G_GNUC_UNUSED const char *format, ...) {
}

/* --- a running daemon, with everything in order ------------------------------------------------------------------- */

typedef struct Case {
        World world;
        Docker docker;
        Firewalld firewalld;
        Settings settings;
        Link link;
        Intent intent;
        InForce in_force;
        Reconciler r;
} Case;

static void begin(Case *c) {
        static const char *const POLICIES[] = { "web: deny sources=192.168.1.1 ports=80/tcp", NULL };
        memset(c, 0, sizeof *c);
        fake = (struct Fake){ .tape = g_string_new(NULL), .now = NOW, .spared = "", .docker = docker_facts_new() };
        c->link = (Link){ .name = "docker0", .kind = "bridge" };
        c->docker = (Docker){ .facts = fake.docker, .is_complete = true, .state = "running" };
        c->firewalld = (Firewalld){ .owner = ":1.1", .state = (char *) "running" };
        c->world = (World){ .settings = &c->settings,
                            .firewalld = &c->firewalld,
                            .guard = (Guard *) &fake,
                            .docker = &c->docker,
                            .links = (Links *) &c->link,
                            .spared = g_strsplit("", " ", -1) };
        c->intent = (Intent){ .runtime = policy_set_from_lines(POLICIES), .permanent = policy_set_from_lines(POLICIES) };
        reconciler_init(&c->r, NULL, &c->intent, &c->in_force, (Announcer){ 0 });
        reconciler_set_world(&c->r, &c->world);
        fake.reconciler = &c->r;
        c->r.has_begun = true;
        reconcile_changed(&c->r, WORLD_LINKS);
        reconcile(&c->r);
        c->r.serving = true;
        c->r.state = "enforcing";
        g_string_truncate(fake.tape, 0);
        fake.finds = 0;
        fake.guard_has = c->intent.runtime;
}

static void end(Case *c) {
        reconciler_clear(&c->r);
        in_force_clear(&c->in_force);
        intent_clear(&c->intent);
        docker_facts_free(c->docker.facts);
        g_strfreev(c->world.spared);
        g_string_free(fake.tape, TRUE);
}

static void run_fiber(void) {
        FiberFunc fiber = fake.fiber;
        g_assert_nonnull(fiber);
        fake.fiber = NULL;
        fiber(fake.fibers_argument);
}

/* Compares what was done, and the milliseconds until the next check of each reason; clears both. */
static void expect(const char *does, const char *plans) {
        static const char *const REASONS[_AGENDA_MAX] = { "reconcile", "follow", "guard", "refresh",
                                                          "published", "links",  "rest" };
        g_autoptr(GString) planned = g_string_new(NULL);
        for (AgendaReason reason = 0; reason < _AGENDA_MAX; reason++)
                if (fake.deadlines[reason] != 0)
                        g_string_append_printf(planned, "%s%s %" G_GUINT64_FORMAT, planned->len > 0 ? ", " : "",
                                               REASONS[reason], (fake.deadlines[reason] - fake.now) / 1000);
        g_assert_cmpstr(fake.tape->str, ==, does);
        g_assert_cmpstr(planned->str, ==, plans);
        g_string_truncate(fake.tape, 0);
        memset(fake.deadlines, 0, sizeof fake.deadlines);
        fake.finds = 0;
}

/* --- events ------------------------------------------------------------------------------------------------------- */

enum {
        ALTERED = 1 << 0,     /* the guard's table was changed or deleted */
        FAILS = 1 << 1,       /* and cannot be restored */
        FOUGHT_FOR = 1 << 2,  /* or not yet, because of a fight */
        UNGUARDED = 1 << 3,   /* the guard is switched off */
        STARTING = 1 << 4,    /* Docker is starting */
        OURS = 1 << 5,        /* firewalld reloads because quaywall asked for it */
        BEFORE = 1 << 6,      /* before the first reconciliation began */
        AT_START = 1 << 7,    /* before it was done */
        NO_POLICIES = 1 << 8, /* there are none */
        LINKS = 1 << 9,       /* the bridge is no longer one */
        SPARED = 1 << 10,     /* another bridge is spared */
        WANTED = 1 << 11,     /* a reconciliation waits for the mutex */
};

#define ALL_RULES (WORLD_GUARD | WORLD_PUBLISHED | WORLD_RULES)
#define DOCKER (WORLD_DOCKER_STATE | WORLD_DOCKER_FACTS)
#define FACTS "bridges, place, guard, rest"

static const struct {
        const char *name;
        WorldChange what;
        guint around;
        const char *does, *plans;
} EVENTS[] = {
        { "firewalld reloaded", WORLD_FIREWALLD_ANEW, 0, "asked, begin, forgive, fiber", "reconcile 2000" },
        { "firewalld reloaded for us", WORLD_FIREWALLD_ANEW, OURS, "asked, begin, fiber", "reconcile 2000" },
        { "firewalld reloaded, one is waiting", WORLD_FIREWALLD_ANEW, WANTED, "asked, begin, forgive", "reconcile 2000" },
        { "firewalld there at the start", WORLD_FIREWALLD_ANEW, BEFORE, "forgive", "reconcile 2000" },
        { "firewalld's direct rules at the start", WORLD_FIREWALLD_DIRECT, BEFORE, "", "" },
        { "firewalld restarted at the start", WORLD_FIREWALLD_ANEW, AT_START, "forgive, fiber", "reconcile 2000" },
        { "firewalld stopped, or its zones", WORLD_FIREWALLD, 0, "fiber", "" },
        { "firewalld's version", WORLD_FIREWALLD_STATE, 0, "", "" },
        { "firewalld's direct rules", WORLD_FIREWALLD_DIRECT, 0, "", "reconcile 100" },
        { "the zone, as it was read", WORLD_ZONE, 0, "", "" },

        { "flushed ruleset", ALL_RULES, ALTERED, "rest, guard, done guard-altered, published, guard, rest", "reconcile 1000" },
        { "flushed ruleset, no policies", ALL_RULES, ALTERED | NO_POLICIES, "rest, guard, done guard-altered, guard, rest",
          "reconcile 1000" },
        { "flushed ruleset, Docker starts", ALL_RULES, ALTERED | STARTING,
          "rest, guard, done guard-altered, published, guard, rest", "reconcile 5000" },
        { "flushed ruleset at the start", ALL_RULES, ALTERED | BEFORE, "rest, published", "" },
        { "rules of others", WORLD_RULES, 0, "", "reconcile 1000" },
        { "rules of others, no guard", WORLD_RULES, UNGUARDED, "", "reconcile 100" },
        { "guard deleted", WORLD_GUARD, ALTERED, "rest, guard, done guard-altered", "" },
        { "guard as it was", WORLD_GUARD, 0, "rest", "" },
        { "guard fought for", WORLD_GUARD, ALTERED | FOUGHT_FOR, "rest", "" },
        { "guard cannot be made", WORLD_GUARD, ALTERED | FAILS, "rest, guard", "reconcile 1000" },
        { "guard deleted, none wanted", WORLD_GUARD, ALTERED | UNGUARDED, "rest", "" },

        { "container created, died", WORLD_DOCKER_FACTS, 0, FACTS, "follow 100" },
        { "container created at the start", WORLD_DOCKER_FACTS, BEFORE, "bridges, place", "" },
        { "Docker started, stopped", DOCKER, 0, "begin, " FACTS, "follow 100" },
        { "Docker answers at the start", DOCKER, AT_START, FACTS, "follow 100" },
        { "Docker's settings", WORLD_ENGINE, 0, "", "" },

        { "links of no account", WORLD_LINKS, 0, "spare", "" },
        { "a bridge became something else", WORLD_LINKS, LINKS, "spare, " FACTS, "follow 100" },
        { "a bridge is spared", WORLD_LINKS, SPARED, "spare, guard, rest", "" },
};

static void set_around(Case *c, guint around) {
        fake.guard_is_altered = around & ALTERED;
        fake.guard_fails = around & FAILS;
        fake.not_due = around & FOUGHT_FOR ? PROBLEM_GUARD_ALTERED : PROBLEM_NONE;
        fake.docker_starts = around & STARTING;
        fake.spared = around & SPARED ? "br9" : "";
        c->world.guard = around & UNGUARDED ? NULL : c->world.guard;
        c->world.reloading = around & OURS;
        c->r.has_begun = !(around & BEFORE);
        c->r.serving = !(around & (BEFORE | AT_START));
        c->r.is_wanted = around & WANTED;
        if (around & NO_POLICIES)
                g_hash_table_remove_all(c->intent.runtime->policies);
        if (around & LINKS)
                g_strlcpy(c->link.kind, "tun", sizeof c->link.kind);
}

static void test_events(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(EVENTS); i++) {
                Case c;
                begin(&c);
                set_around(&c, EVENTS[i].around);
                g_test_message("%s", EVENTS[i].name);
                reconcile_changed(&c.r, EVENTS[i].what);
                expect(EVENTS[i].does, EVENTS[i].plans);
                end(&c);
        }
}

/* The guard gets the change before firewalld, and keeps it whatever happens before firewalld has it. */
static void test_during_a_change(void) {
        Case c;
        begin(&c);
        g_autoptr(PolicySet) new = policy_set_new();
        c.in_force.guarded = new;
        fake.guard_is_altered = true;
        reconcile_changed(&c.r, WORLD_GUARD);
        g_assert_true(fake.guard_has == new);
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        g_assert_true(fake.guard_has == new);
        c.in_force.guarded = NULL;
        reconcile_changed(&c.r, WORLD_PUBLISHED);
        g_assert_true(fake.guard_has == c.intent.runtime);
        end(&c);
}

/* docker-proxy connects to a new container only once the guard has the policies for its ports and earlier connections are
 * ended. */
static void test_admission(void) {
        Case c;
        begin(&c);
        fake.arrivals = 2;
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        expect("bridges, place, fiber, guard, rest", "follow 100");
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS); /* one fiber is enough */
        expect("bridges, place, guard, rest", "follow 100");
        run_fiber();
        expect("yield, guard, settle, yield, guard, settle, guard, rest", "");
        g_assert_false(c.r.is_admitting);
        fake.arrivals = 1;
        fake.settles_that_fail = 1;
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        expect("bridges, place, fiber, guard, rest", "follow 100");
        run_fiber();
        expect("yield, guard, settle, rest, sleep 10, yield, guard, settle, guard, rest", "");
        /* Those that came while quaywalld was away. */
        c.r.has_begun = false;
        fake.arrivals = 1;
        reconcile_begin(&c.r);
        expect("recall, refresh, zone, apply, jumps, keep, find, mend, publish 0, rest, fiber", "");
        run_fiber();
        expect("yield, guard, settle, guard, rest", "");
        end(&c);
}

/* The guard follows before firewalld is asked for anything else. */
static void test_ipsets(void) {
        Case c;
        begin(&c);
        c.world.ipsets_stale = true;
        reconcile_changed(&c.r, WORLD_IPSETS);
        expect("fiber", "");
        run_fiber();
        expect("ipsets, guard, refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        /* What could not be read is read again. */
        c.world.ipsets_stale = fake.ipsets_fail = true;
        reconcile_changed(&c.r, WORLD_IPSETS);
        run_fiber();
        expect("fiber, ipsets, keep, find failed, publish 0, rest", "reconcile 1000");
        fake.ipsets_fail = false;
        reconcile(&c.r);
        expect("ipsets, guard, refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        end(&c);
}

/* A port that firewalld opens is open at once, without a reconciliation; only if a policy asks for that. */
static void test_zones(void) {
        Case c;
        begin(&c);
        c.world.zone_rules_stale = true;
        reconcile_changed(&c.r, WORLD_ZONE_RULES);
        expect("", "");
        g_autoptr(Policy) obeys = policy_from_line("obey-zones", NULL),
                          lists = policy_from_line("deny sources=zone:home", NULL);
        policy_set_insert(c.intent.runtime, "z", obeys);
        reconcile_changed(&c.r, WORLD_ZONE_RULES);
        expect("zones, guard, rest", "");
        reconcile_changed(&c.r, WORLD_ZONE_RULES);
        expect("", "");
        /* The rules in DOCKER-USER have zones as sources, and follow. */
        policy_set_insert(c.intent.runtime, "z", lists);
        c.world.zone_rules_stale = true;
        reconcile_changed(&c.r, WORLD_ZONE_RULES);
        expect("zones, guard, rest, fiber", "");
        end(&c);
}

static void test_due(void) {
        Case c;
        begin(&c);
        reconcile_due(AGENDA_RECONCILE, &c.r);
        reconcile_due(AGENDA_RECONCILE, &c.r); /* one is enough */
        expect("fiber", "");
        fake.guard_is_altered = true;
        reconcile_due(AGENDA_GUARD, &c.r);
        expect("rest, guard, done guard-altered", "");
        reconcile_due(AGENDA_PUBLISHED, &c.r);
        expect("published, guard, rest", "");
        fake.spared = "br9";
        reconcile_due(AGENDA_LINKS, &c.r);
        expect("spare, guard, rest", "");
        end(&c);
}

/* One that takes long follows events half of the time, so that callers have their turns in between. */
static void test_slow_guard(void) {
        Case c;
        begin(&c);
        fake.guard_takes = SECOND / 5;
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        expect("bridges, place, guard, rest", "follow 100");
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        expect("bridges, place, bridges, place", "follow 100, refresh 200");
        fake.clock += SECOND / 5;
        reconcile_due(AGENDA_REFRESH, &c.r);
        expect("guard, rest", "");
        /* Who arrives does not wait, nor does a port that the kernel's rules publish. */
        fake.docker->arrivals++;
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        expect("bridges, place, guard, rest", "follow 100");
        reconcile_changed(&c.r, WORLD_PUBLISHED);
        expect("published, guard, rest", "");
        /* What another process did to it is undone at once, and so is it all if it takes no time. */
        fake.guard_is_altered = true;
        reconcile_changed(&c.r, WORLD_GUARD);
        expect("rest, guard, done guard-altered", "");
        fake.clock += SECOND;
        fake.guard_takes = SECOND / 1000;
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        reconcile_changed(&c.r, WORLD_DOCKER_FACTS);
        expect("bridges, place, guard, rest, bridges, place, guard, rest", "follow 100");
        end(&c);
}

/* --- every order of events ---------------------------------------------------------------------------------------- */

static void firewalld_restarts(Case *c) {
        c->world.reloading = false;
        reconcile_changed(&c->r, WORLD_FIREWALLD);
        reconcile_changed(&c->r, WORLD_FIREWALLD_ANEW);
}

static void ruleset_is_flushed(Case *c) {
        fake.guard_is_altered = true;
        reconcile_changed(&c->r, ALL_RULES);
}

static void guard_is_deleted(Case *c) {
        fake.guard_is_altered = true;
        reconcile_changed(&c->r, WORLD_GUARD);
}

static void container_is_made(Case *c) {
        fake.facts++;
        reconcile_changed(&c->r, WORLD_DOCKER_FACTS);
}

static void docker_restarts(Case *c) {
        fake.facts++;
        reconcile_changed(&c->r, DOCKER);
}

static void bridge_becomes_another(Case *c) {
        g_strlcpy(c->link.kind, "tun", sizeof c->link.kind);
        reconcile_changed(&c->r, WORLD_LINKS);
}

static void (*const OCCURRENCES[])(Case *c) = { firewalld_restarts, ruleset_is_flushed, guard_is_deleted,
                                                container_is_made,  docker_restarts,    bridge_becomes_another };
#define N_OCCURRENCES G_N_ELEMENTS(OCCURRENCES)

/* turn: after how many events the reconciliation that the first one requested runs. */
static void test_order(const guint8 *order, guint turn) {
        Case c;
        begin(&c);
        for (guint i = 0; i < N_OCCURRENCES; i++) {
                OCCURRENCES[order[i]](&c);
                g_assert_false(fake.guard_is_altered); /* at once, whatever else is pending */
                g_assert_cmpuint(fake.guards_facts, ==, fake.facts);
                if (i == turn && fake.fiber)
                        run_fiber();
        }
        g_assert_true(fake.guard_has == c.intent.runtime);
        /* At most one fiber waits; a check comes shortly after the last event. */
        g_assert_true(c.r.is_wanted == (fake.fiber != NULL));
        g_assert_cmpuint(fake.deadlines[AGENDA_FOLLOW], ==, fake.now + SECOND / 10);
        if (fake.fiber)
                run_fiber();
        g_assert_false(c.r.is_wanted);
        g_assert_false(c.r.firewalld_anew);
        end(&c);
}

static void permute(guint8 *order, guint n) {
        if (n == N_OCCURRENCES) {
                for (guint turn = 0; turn < N_OCCURRENCES; turn++)
                        test_order(order, turn);
                return;
        }
        for (guint i = n; i < N_OCCURRENCES; i++) {
                const guint8 one = order[n];
                order[n] = order[i];
                order[i] = one;
                permute(order, n + 1);
                order[i] = order[n];
                order[n] = one;
        }
}

static void test_orders(void) {
        guint8 order[N_OCCURRENCES];
        for (guint i = 0; i < N_OCCURRENCES; i++)
                order[i] = i;
        permute(order, 0);
}

/* --- one reconciliation ------------------------------------------------------------------------------------------- */

static void test_reconcile(void) {
        Case c;
        begin(&c);
        reconcile(&c.r);
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        /* The guard is first, and needs no firewalld. */
        fake.guard_is_altered = true;
        fake.firewalld_fails = true;
        fake.problems[0] = 1;
        reconcile(&c.r);
        expect("guard, done guard-altered, refresh, keep, find failed, publish 1, rest", "reconcile 1000");
        fake.firewalld_fails = false;
        fake.problems[0] = 2;
        fake.mends = true;
        fake.problems[1] = 1;
        agenda_within(c.r.agenda, AGENDA_RECONCILE, SECOND);
        reconcile(&c.r);
        expect("refresh, zone, apply, jumps, keep, find armed, mend, jumps, find armed, publish 1, rest", "reconcile 1000");
        fake.problems[0] = fake.problems[1] = 0;
        fake.mends = false;
        reconcile_repair(&c.r);
        expect("refresh, zone, apply, jumps, keep, find impatiently, mend as asked, publish 0, rest", "");
        reconcile_verify(&c.r);
        expect("refresh, zone, verify", "");
        end(&c);
}

/* An event during a reconciliation requests exactly one more. */
static void test_meanwhile(void) {
        Case c;
        begin(&c);
        reconcile_changed(&c.r, WORLD_FIREWALLD);
        expect("fiber", "");
        fake.meanwhile = WORLD_FIREWALLD;
        run_fiber();
        expect("refresh, zone, fiber, apply, jumps, keep, find, mend, publish 0, rest", "");
        reconcile_changed(&c.r, WORLD_FIREWALLD);
        expect("", "");
        run_fiber();
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        end(&c);
}

/* One that is merely due is called off by a verification before its turn; one that an event wants is not. */
static void test_called_off(void) {
        Case c;
        begin(&c);
        reconcile_due(AGENDA_RECONCILE, &c.r);
        expect("fiber", "");
        g_assert_true(c.r.is_due);
        c.r.is_wanted = c.r.is_due = false; /* as verify.c does */
        run_fiber();
        expect("", "");
        reconcile_due(AGENDA_RECONCILE, &c.r);
        reconcile_changed(&c.r, WORLD_FIREWALLD);
        g_assert_false(c.r.is_due);
        reconcile_due(AGENDA_RECONCILE, &c.r);
        g_assert_false(c.r.is_due);
        /* It was planned before, so what this reconciliation itself causes does not call it off. */
        c.r.is_due = true;
        reconcile(&c.r);
        expect("fiber, refresh, zone, apply, jumps, keep, find armed, mend, publish 0, rest", "");
        run_fiber();
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        end(&c);
}

/* What Docker reported raises no doubt about what is in force; anything else does. */
static void test_following(void) {
        Case c;
        begin(&c);
        reconcile_due(AGENDA_FOLLOW, &c.r);
        g_assert_true(c.r.is_wanted && c.r.is_due && c.r.is_following);
        reconcile_due(AGENDA_RECONCILE, &c.r);
        g_assert_true(c.r.is_wanted && c.r.is_due && !c.r.is_following);
        reconcile_due(AGENDA_FOLLOW, &c.r);
        g_assert_false(c.r.is_following);
        expect("fiber", "");
        run_fiber();
        g_assert_false(c.r.is_wanted || c.r.is_due || c.r.is_following);
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        reconcile_due(AGENDA_FOLLOW, &c.r);
        reconcile_changed(&c.r, WORLD_FIREWALLD);
        g_assert_true(c.r.is_wanted && !c.r.is_due && !c.r.is_following);
        expect("fiber", "");
        run_fiber();
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        /* Who waits when it has its turn goes first, and a change calls it off. */
        reconcile_due(AGENDA_FOLLOW, &c.r);
        g_queue_push_tail(&c.r.mutex.waiting, &c);
        fake.changes_in_between = true;
        run_fiber();
        expect("fiber, change", "");
        g_assert_false(c.r.is_wanted);
        end(&c);
}

/* What is in firewalld is what it was given, and yet it took steps: somebody undid it, if firewalld itself did not. */
static void test_undone(void) {
        Case c;
        begin(&c);
        fake.steps = 2;
        fake.permanent_written = true;
        reconcile(&c.r);
        expect("refresh, zone, apply, done rules-missing, done permanent-altered, jumps, keep, find, mend, publish 0, rest",
               "");
        fake.permanent_written = false;
        c.r.firewalld_anew = true;
        reconcile(&c.r);
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        /* Not while somebody fights for it... */
        fake.not_due = PROBLEM_RULES_MISSING;
        reconcile(&c.r);
        expect("refresh, zone, jumps, keep, find, mend, publish 0, rest", "");
        /* ...unless the policies are others. */
        g_hash_table_remove_all(c.intent.runtime->policies);
        reconcile(&c.r);
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");
        end(&c);
}

static void test_failures(void) {
        static const char *const PLANS[] = { "reconcile 1000",  "reconcile 2000",  "reconcile 4000",  "reconcile 8000",
                                             "reconcile 16000", "reconcile 32000", "reconcile 64000", "reconcile 64000" };
        Case c;
        begin(&c);
        for (guint i = 0; i < G_N_ELEMENTS(PLANS); i++) {
                fake.firewalld_fails = true;
                reconcile(&c.r);
                expect("refresh, keep, find failed, publish 0, rest", PLANS[i]);
        }
        /* A signal tells when firewalld is back. */
        c.firewalld.owner = NULL;
        reconcile(&c.r);
        expect("refresh, keep, find failed, publish 0, rest", "");
        c.firewalld.owner = ":1.2";
        fake.firewalld_fails = false;
        reconcile(&c.r);
        expect("refresh, zone, apply, jumps, keep, find, mend, publish 0, rest", "");

        /* If firewalld refuses twice in a row, it is reloaded. */
        fake.applies_that_fail = 2;
        reconcile(&c.r);
        expect("refresh, zone, apply, keep, find failed, publish 0, rest", "reconcile 1000");
        reconcile(&c.r);
        expect("refresh, zone, apply, reload, apply, jumps, keep, find, mend, publish 0, rest", "");
        g_assert_cmpuint(c.r.failures, ==, 0);
        end(&c);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/reconcile/events", test_events);
        g_test_add_func("/reconcile/during-a-change", test_during_a_change);
        g_test_add_func("/reconcile/admission", test_admission);
        g_test_add_func("/reconcile/ipsets", test_ipsets);
        g_test_add_func("/reconcile/zones", test_zones);
        g_test_add_func("/reconcile/due", test_due);
        g_test_add_func("/reconcile/slow-guard", test_slow_guard);
        g_test_add_func("/reconcile/every-order", test_orders);
        g_test_add_func("/reconcile/order-of-work", test_reconcile);
        g_test_add_func("/reconcile/meanwhile", test_meanwhile);
        g_test_add_func("/reconcile/called-off", test_called_off);
        g_test_add_func("/reconcile/following", test_following);
        g_test_add_func("/reconcile/undone", test_undone);
        g_test_add_func("/reconcile/failures", test_failures);
        return g_test_run();
}
