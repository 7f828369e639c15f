/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reconcile.h"

#include <malloc.h>

#include <glib/gi18n.h>

#include "daemon/admit.h"
#include "daemon/apply.h"
#include "daemon/docker-user.h"
#include "daemon/fights.h"
#include "daemon/mend.h"
#include "daemon/policy-files.h"
#include "daemon/reload.h"
#include "daemon/repair.h"
#include "daemon/verify.h"
#include "docker/docker.h"
#include "model/error.h"
#include "world/carried.h"
#include "world/docker-rules.h"
#include "world/ipsets.h"
#include "world/iptables.h"
#include "world/journal.h"
#include "world/notices.h"
#include "world/permanent.h"
#include "world/published.h"
#include "world/zone-rules.h"
#include "world/zones.h"

void reconciler_init(Reconciler *r, sd_event *event, Intent *intent, InForce *in_force, Announcer announcer) {
        *r = (Reconciler){ .intent = intent, .in_force = in_force, .problems = problems_new(), .state = "idle" };
        g_queue_init(&r->mutex.waiting);
        r->agenda = agenda_new(event, reconcile_due, r);
        r->repairs = (Repairs){ .fights = fights_new(), .agenda = r->agenda, .intent = intent, .announcer = announcer };
}

void reconciler_set_world(Reconciler *r, World *world) {
        r->world = world;
        r->repairs.world = world;
}

void reconciler_clear(Reconciler *r) {
        fights_free(r->repairs.fights);
        agenda_free(r->agenda);
        g_clear_pointer(&r->problems, g_ptr_array_unref);
        g_free(r->links_seen);
        g_clear_pointer(&r->carried, policy_set_unref);
}

/* After a failure, retries come after 1, 2, 4, ... 64 s, and then every 64 s. */
#define MAX_FAILURES 6

/* --- repair ------------------------------------------------------------------------------------------------------- */

/* Puts the desired rules into firewalld. If desired is unchanged, yet steps were needed, somebody removed quaywall's rules. */
static bool apply_again(Reconciler *r, GError **error) {
        g_autoptr(Desired) desired = apply_desire(r->world, r->intent->runtime, r->intent->permanent);
        in_force_set_desired(r->in_force, desired);
        const bool same = r->in_force->applied && desired_equal_direct(desired, r->in_force->applied);
        const bool rules_due = repair_is_due(&r->repairs, PROBLEM_RULES_MISSING),
                   permanent_due = repair_is_due(&r->repairs, PROBLEM_PERMANENT_ALTERED);
        if (same && (!rules_due || !permanent_due))
                return true;
        ApplyResult result;
        g_autoptr(GError) failure = NULL;
        if (!apply_in_force(r->in_force, r->world, r->agenda, desired, r->intent->runtime, APPLY_FORWARDS, &result, &failure)) {
                /* Failed twice: firewalld cannot remove rules that it lists and the kernel lacks. A reload makes the two agree
                 * again. */
                const bool again = r->failures == 1 &&
                                   g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED) &&
                                   g_str_equal(r->world->firewalld->state, "running") && !r->world->firewalld->panic;
                if (!again) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
                journal_log(LOG_WARNING, NULL, _("%s; reloading firewalld"), failure->message);
                if (!reload_firewalld(r->world, r->agenda, error) ||
                    !apply_in_force(r->in_force, r->world, r->agenda, desired, r->intent->runtime, APPLY_FORWARDS, &result,
                                    error))
                        return false;
        }
        const bool anew = r->firewalld_anew;
        r->firewalld_anew = false;
        if (same && result.steps > 0 && !anew)
                repair_done(&r->repairs, PROBLEM_RULES_MISSING,
                            _("Direct rules of quaywall's were taken out of firewalld; they are back"));
        if (same && result.permanent_written)
                repair_done(&r->repairs, PROBLEM_PERMANENT_ALTERED,
                            _("firewalld's permanent direct configuration did not match the policies; it was corrected"));
        return true;
}

/* Puts in force what should be, and the jump to DOCKER-USER first. */
static bool ensure(Reconciler *r, GError **error) {
        return firewalld_refresh(r->world->firewalld, error) && apply_read_zone(r->world, r->agenda, error) &&
               apply_again(r, error) && docker_user_lift_jumps(r->in_force, r->world, &r->repairs, error);
}

/* Finds what is wrong, has it repaired, and returns what is still wrong then. *failure: the error of an earlier step, or of a
 * repair. */
static GPtrArray *find_and_mend(Reconciler *r, VerifyFlags flags, bool asked, GError **failure) {
        GPtrArray *problems = verify_find(r, flags, *failure);
        Mending mending = { .world = r->world, .repairs = &r->repairs, .desired = r->in_force->desired, .is_asked = asked };
        if (*failure || (mend(&mending, problems, failure) && !mending.any))
                return problems;
        /* A repair may have reloaded firewalld. */
        if (!*failure)
                (void) docker_user_lift_jumps(r->in_force, r->world, &r->repairs, failure);
        g_ptr_array_unref(problems);
        return verify_find(r, flags, *failure);
}

/* The guard's policies: a change in progress may have given it the new ones before firewalld. */
static PolicySet *guarded(const Reconciler *r) {
        return r->in_force->guarded ? r->in_force->guarded : r->intent->runtime;
}

static bool renew_guard(Reconciler *r, GError **error) {
        if (!r->world->guard || !r->has_begun || !repair_is_due(&r->repairs, PROBLEM_GUARD_ALTERED) ||
            guard_is_intact(r->world->guard))
                return true;
        const bool was = r->problems->len > 0 || g_str_equal(r->state, "enforcing");
        if (!apply_guard(r->world, guarded(r), error))
                return false;
        if (was)
                repair_done(&r->repairs, PROBLEM_GUARD_ALTERED,
                            _("The table inet quaywall was not as it should be; it is made again"));
        return true;
}

static bool follow_ipsets(Reconciler *r, GError **error) {
        PolicySet *const sets[] = { r->intent->runtime, r->intent->permanent, NULL };
        bool changed;
        return ipsets_read(r->world, sets, &changed, error) && (!changed || apply_guard(r->world, guarded(r), error));
}

/* While no policy asks, they are not read. */
static bool follow_zones(Reconciler *r) {
        return carried_any(r->world, guarded(r), policy_asks_zones) && zone_rules_read(r->world);
}

/* A reconciliation reads everything anew. */
static void begin_readings(World *world) {
        iptables_forget(world);
        permanent_forget(world);
}

static void end_readings(World *world) {
        iptables_forget(world);
        permanent_rest(world);
}

/* Docker's containers come and go, and their policies with them. */
static void announce_carried(Reconciler *r) {
        g_autoptr(PolicySet) before = r->carried;
        r->carried = carried_list(r->world, r->intent->runtime, NULL);
        if (!before)
                return;
        g_autoptr(GPtrArray) names = policy_set_difference(before, r->carried, STORE_POLICIES);
        if (names->len > 0)
                announce(&r->repairs.announcer, (Announcement){ .kind = ANNOUNCE_POLICIES, .names = names });
}

static void reconcile_locked(Reconciler *r, bool asked) {
        const bool was_armed = verify_planned(r, true) != 0;
        g_autoptr(GError) error = NULL;
        begin_readings(r->world);
        r->world->docker_uses_nft = docker_rules_use_nft(r->world);
        (void) notices_take(r->world);
        (void) follow_zones(r);
        /* Without firewalld, nothing below sets this. */
        if (!r->in_force->desired) {
                g_autoptr(Desired) desired = apply_desire(r->world, r->intent->runtime, r->intent->permanent);
                in_force_set_desired(r->in_force, desired);
        }
        /* The guard comes first, and needs no firewalld: it holds alone. */
        if (renew_guard(r, &error) && follow_ipsets(r, &error))
                (void) ensure(r, &error);
        policy_files_keep(r->intent, r->world->settings);
        const VerifyFlags flags = VERIFY_DOCKER | VERIFY_OWN | (was_armed ? VERIFY_ARMED : 0) | (asked ? VERIFY_IMPATIENT : 0);
        g_autoptr(GPtrArray) problems = find_and_mend(r, flags, asked, &error);
        if (!error)
                r->failures = 0;
        else if (r->world->firewalld->owner) {
                /* Whatever is in the way may be gone soon. */
                agenda_within(r->agenda, AGENDA_RECONCILE, G_USEC_PER_SEC << r->failures);
                r->failures = MIN(r->failures + 1, MAX_FAILURES);
        }
        verify_publish(r, problems);
        announce_carried(r);
        end_readings(r->world);
        agenda_within(r->agenda, AGENDA_REST, REST_USEC);
}

void reconcile(Reconciler *r) {
        fiber_mutex_lock(&r->mutex);
        reconcile_locked(r, false);
        fiber_mutex_unlock(&r->mutex);
}

void reconcile_repair(Reconciler *r) {
        reconcile_locked(r, true);
}

void reconcile_verify(Reconciler *r) {
        g_autoptr(GError) error = NULL;
        begin_readings(r->world);
        r->world->docker_uses_nft = docker_rules_use_nft(r->world);
        if (firewalld_refresh(r->world->firewalld, &error))
                (void) apply_read_zone(r->world, r->agenda, &error);
        /* Compares with the rules as last rendered: later Docker events have their own reconciliation, in a moment. */
        verify_state(r, VERIFY_DOCKER, error);
        end_readings(r->world);
}

static void reconcile_main(gpointer argument) {
        Reconciler *r = argument;
        fiber_mutex_lock(&r->mutex);
        /* Callers who came meanwhile have their turn first; a change does what is wanted here, and calls it off. */
        if (r->is_following && !g_queue_is_empty(&r->mutex.waiting)) {
                fiber_mutex_unlock(&r->mutex);
                fiber_mutex_lock(&r->mutex);
        }
        if (r->is_wanted) {
                r->is_wanted = r->is_due = r->is_following = false; /* later events request another one */
                reconcile_locked(r, false);
        }
        fiber_mutex_unlock(&r->mutex);
}

/* due: the agenda asks for it, and no event. following: because of what Docker reported. */
static void want(Reconciler *r, bool due, bool following) {
        if (!r->has_begun)
                return;
        r->is_due = due && (r->is_due || !r->is_wanted);
        r->is_following = following && (r->is_following || !r->is_wanted);
        if (r->is_wanted)
                return;
        r->is_wanted = true;
        fiber_start(reconcile_main, r);
}

/* The first reconciliation takes in everything that was reported before it. */
static void look_within(Reconciler *r, guint64 usec) {
        if (r->has_begun)
                agenda_within(r->agenda, AGENDA_RECONCILE, usec);
}

/* A container's events come in bursts, and DOCKER-USER costs firewalld calls. */
#define DOCKER_QUIET_USEC (100 * 1000ULL)

/* When the kernel could not be asked for its connections. */
#define ADMIT_AGAIN_USEC (10 * G_USEC_PER_SEC)

/* A guard that takes longer than this to renew, as that of hundreds of policies and containers does, follows what Docker reports
 * half of the time: that is several events a second on a busy host, they come before callers in the loop, and each means another
 * guard. Callers got no answer for minutes (make check-load). A container that arrives does not wait: where nothing is held, the
 * guard in force does not know it. Nor does what a zone opens or closes, or a port that the kernel's rules publish. */
#define REFRESH_SHORT_USEC (20 * 1000LL)
#define REFRESH_WAIT_USEC (1 * G_USEC_PER_SEC)

/* Also during a change, see guarded(). */
static void refresh_guard(Reconciler *r) {
        const gint64 begin = g_get_monotonic_time();
        g_autoptr(GError) error = NULL;
        if (!r->has_begun)
                return;
        agenda_cancel(r->agenda, AGENDA_REFRESH);
        r->arrivals = r->world->docker->facts->arrivals;
        if (!apply_guard(r->world, guarded(r), &error))
                journal_log(LOG_ERR, NULL, "%s", error->message);
        const gint64 end = g_get_monotonic_time();
        r->refresh_from = end - begin > REFRESH_SHORT_USEC ? end + MIN(end - begin, REFRESH_WAIT_USEC) : 0;
        agenda_within(r->agenda, AGENDA_REST, REST_USEC);
}

static void follow_docker(Reconciler *r) {
        const gint64 now = g_get_monotonic_time();
        if (r->has_begun && now < r->refresh_from && r->arrivals == r->world->docker->facts->arrivals)
                agenda_within(r->agenda, AGENDA_REFRESH, r->refresh_from - now);
        else
                refresh_guard(r);
}

static void admit_main(gpointer argument) {
        Reconciler *r = argument;
        while (admit_is_due(r->world, guarded(r))) {
                g_autoptr(GError) error = NULL;
                /* After all events that are there: looking for connections once is enough for fifty containers. */
                fiber_yield(r->world->event);
                if (apply_guard(r->world, guarded(r), &error) && admit_settle(r->world, guarded(r), &error))
                        continue;
                agenda_within(r->agenda, AGENDA_REST, REST_USEC);
                journal_log(LOG_ERR, NULL, _("docker-proxy cannot be let connect to new containers yet: %s"), error->message);
                fiber_sleep(r->world->event, ADMIT_AGAIN_USEC);
        }
        r->is_admitting = false;
        refresh_guard(r);
}

/* Whoever is known from now on waits, see admit.h, and the guard is renewed before. */
static void admit(Reconciler *r) {
        if (!r->has_begun || r->is_admitting || !admit_is_due(r->world, guarded(r)))
                return;
        r->is_admitting = true;
        fiber_start(admit_main, r);
}

static void take_facts(Reconciler *r) {
        r->world->facts_changed = true;
        apply_set_bridges(r->world, r->agenda);
        published_place(r->world);
        admit(r);
        follow_docker(r);
        if (r->has_begun)
                agenda_within(r->agenda, AGENDA_FOLLOW, DOCKER_QUIET_USEC);
}

/* firewalld has opened or closed a port: at once. */
static void take_zone_rules(Reconciler *r) {
        if (!r->has_begun || !follow_zones(r))
                return;
        refresh_guard(r);
        /* The rules in DOCKER-USER follow. */
        if (carried_any(r->world, r->intent->runtime, policy_lists_zones))
                want(r, false, false);
}

void reconcile_begin(Reconciler *r) {
        admit_recall(r->world);
        r->has_begun = true;
        reconcile(r);
        admit(r);
}

static void describe_link(const Reconciler *r, const char *name, GString *text) {
        const Link *link = name ? links_find(r->world->links, name) : NULL;
        if (link)
                g_string_append_printf(text, "%s %s %d\n", link->name, link->kind, links_leads_out(r->world->links, name));
}

/* A named interface means something else once it appears, disappears or gets a master. */
static void describe_named(const Reconciler *r, GPtrArray *names, GString *text) {
        for (guint i = 0; i < names->len; i++) {
                const Link *link = links_find(r->world->links, names->pdata[i]);
                g_string_append_printf(text, "%s %u\n", (char *) names->pdata[i], link ? link->master : G_MAXUINT);
        }
}

/* The existing ones among Docker's bridges, the members of its zone and the interfaces that policies name, with the kind or
 * master of each. Containers' links come and go by the dozen and do not matter. */
static char *describe_links(const Reconciler *r) {
        GString *text = g_string_new(NULL);
        char *const *const lists[] = { r->world->ruled_bridges, r->world->zone_interfaces };
        GHashTableIter iter;
        gpointer network, policy;
        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
                for (char *const *name = lists[i]; name && *name; name++)
                        describe_link(r, *name, text);
        g_hash_table_iter_init(&iter, r->world->docker->facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &network))
                describe_link(r, ((const DockerNetwork *) network)->bridge, text);
        for (const char *const *name = DEFAULT_BRIDGES; *name; name++)
                describe_link(r, *name, text);
        g_hash_table_iter_init(&iter, r->intent->runtime->policies);
        while (g_hash_table_iter_next(&iter, NULL, &policy)) {
                describe_named(r, ((Policy *) policy)->interfaces, text);
                describe_named(r, ((Policy *) policy)->out_interfaces, text);
        }
        /* In the default zone is what comes in where no other zone is. */
        if (r->world->links && carried_any(r->world, r->intent->runtime, policy_lists_zones)) {
                g_autoptr(GPtrArray) inlets = links_list_inlets(r->world->links);
                for (guint i = 0; i < inlets->len; i++)
                        g_string_append_printf(text, "%s\n", (char *) inlets->pdata[i]);
        }
        return g_string_free(text, FALSE);
}

static void take_links(Reconciler *r) {
        g_autofree char *seen = describe_links(r), *before = g_steal_pointer(&r->links_seen);
        const bool changed = before && !g_str_equal(seen, before);
        r->links_seen = g_steal_pointer(&seen);
        g_auto(GStrv) spared = g_strdupv(r->world->spared);
        apply_spare(r->world, r->agenda);
        if (changed)
                take_facts(r);
        else if (spared && !g_strv_equal((const char *const *) spared, (const char *const *) r->world->spared))
                refresh_guard(r);
}

static void take_published(Reconciler *r) {
        if (carried_any(r->world, r->intent->runtime, policy_judges))
                apply_read_published(r->world, r->agenda);
        refresh_guard(r);
}

/* Other programs change the ruleset in bursts. The guard is checked at once; the rest, which costs firewalld calls, when the
 * burst had time to end. */
#define QUIET_USEC (100 * 1000ULL)
/* With the guard in force nothing is urgent, and each call delays Docker, which is writing its rules through firewalld. */
#define QUIET_GUARDED_USEC (1000 * 1000ULL)
/* While Docker starts, it has firewalld run iptables some dozens of times. Checking each second turned 5 s of that into 10 s
 * (tests/lab/t/90-hold.lab). The world reports when Docker is done. */
#define QUIET_STARTING_USEC (5 * G_USEC_PER_SEC)

static guint64 quiet_usec(const Reconciler *r) {
        if (!r->world->guard)
                return QUIET_USEC;
        return docker_is_starting(r->world->docker) ? QUIET_STARTING_USEC : QUIET_GUARDED_USEC;
}

/* Also during a change, see guarded(): else it would wait until firewalld has answered all of the change's calls. */
static void take_guard(Reconciler *r) {
        g_autoptr(GError) error = NULL;
        /* Also quaywalld's own transactions are reported, by whatever they were made. */
        agenda_within(r->agenda, AGENDA_REST, REST_USEC);
        if (renew_guard(r, &error))
                return;
        journal_log(LOG_ERR, NULL, "%s", error->message);
        agenda_within(r->agenda, AGENDA_RECONCILE, G_USEC_PER_SEC);
}

/* A program that changes firewalld's configuration makes several calls. */
#define CONFIG_USEC (100 * 1000ULL)

static void take_firewalld(Reconciler *r, WorldChange what) {
        if (what & WORLD_FIREWALLD_ANEW) {
                r->firewalld_anew = true;
                agenda_within(r->agenda, AGENDA_RECONCILE, 2 * G_USEC_PER_SEC);
                /* firewalld being up at our start does not mean that Docker saw it start. */
                if (r->serving) {
                        docker_rules_asked(r->world);
                        docker_rules_begin(r->world);
                }
                if (!r->world->reloading)
                        fights_forgive(r->repairs.fights);
        }
        if (what & (WORLD_FIREWALLD | WORLD_FIREWALLD_ANEW | WORLD_IPSETS))
                want(r, false, false);
        /* Our own writes are verified by then, which cancels the check. */
        if (what & WORLD_FIREWALLD_DIRECT)
                look_within(r, CONFIG_USEC);
}

void reconcile_changed(Reconciler *r, WorldChange what) {
        if (what & WORLD_GUARD)
                take_guard(r);
        if (what & WORLD_PUBLISHED)
                take_published(r);
        if (what & (WORLD_ZONE_RULES | WORLD_FIREWALLD_ANEW | WORLD_FIREWALLD_STATE))
                take_zone_rules(r);
        if (what & WORLD_RULES)
                look_within(r, quiet_usec(r));
        if (what & WORLD_LINKS)
                take_links(r);
        if ((what & WORLD_DOCKER_STATE) && r->serving)
                docker_rules_begin(r->world);
        if (what & WORLD_DOCKER_FACTS)
                take_facts(r);
        take_firewalld(r, what);
}

void reconcile_due(AgendaReason reason, gpointer userdata) {
        Reconciler *r = userdata;
        switch (reason) {
        case AGENDA_RECONCILE:
        case AGENDA_FOLLOW:
                want(r, true, reason == AGENDA_FOLLOW);
                break;
        case AGENDA_GUARD:
                take_guard(r);
                break;
        case AGENDA_REFRESH:
                refresh_guard(r);
                break;
        case AGENDA_PUBLISHED:
                take_published(r);
                break;
        case AGENDA_LINKS:
                take_links(r);
                break;
        case AGENDA_REST:
                notices_rest(r->world);
                malloc_trim(0);
                break;
        case _AGENDA_MAX:
                g_assert_not_reached();
        }
}
