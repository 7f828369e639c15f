/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply.h"

#include <glib/gi18n.h>

#include "daemon/forwards.h"
#include "daemon/reload.h"
#include "docker/docker.h"
#include "firewalld/direct.h"
#include "world/carried.h"
#include "world/iptables.h"
#include "world/journal.h"
#include "world/permanent.h"
#include "world/published.h"
#include "world/spared.h"
#include "world/zone-rules.h"
#include "world/zones.h"

static const char *const *apply_bridges(const World *world) {
        return (const char *const *) world->bridges;
}

/* Off with Podman and with a rootless Docker: their containers are elsewhere and unknown here, so none could be let through. */
static bool can_hold(const World *world) {
        return world->settings->use_guard && world->settings->hold_unknown && !world->docker->is_podman &&
               !world->docker->is_rootless;
}

bool apply_holds(const World *world, PolicySet *set) {
        return can_hold(world) && (world->settings->labels || hold_is_wanted(set));
}

static DesiredInput describe(const World *world, const GArray *published, const char *const *leading_out,
                             const ZoneClients *clients) {
        const Docker *docker = world->docker;
        const Settings *settings = world->settings;
        return (DesiredInput){ .bridges = apply_bridges(world),
                               .leading_out = leading_out,
                               .spared = (const char *const *) world->spared,
                               .published = published,
                               .facts = docker->facts,
                               .ipsets_now = world->ipsets_now,
                               .ipsets_later = world->ipsets_later,
                               .zones = world->zone_rules,
                               .clients = clients,
                               .admission = &world->admission,
                               .direct = settings->use_direct && !world->docker_uses_nft,
                               .guard = settings->use_guard,
                               .hold = can_hold(world),
                               .carries = settings->labels };
}

/* permanent, ipsets: may be NULL. */
static Desired *desire(World *world, PolicySet *of_runtime, PolicySet *permanent, Ipsets *ipsets) {
        g_autoptr(PolicySet) runtime = carried_join(world, of_runtime);
        g_autoptr(GArray) published = published_list(world);
        g_autoptr(GPtrArray) leading_out = zones_list_leading_out(world->links, apply_bridges(world));
        const bool asks =
                policy_set_any(runtime, policy_lists_zones) || (permanent && policy_set_any(permanent, policy_lists_zones));
        g_autoptr(ZoneClients) clients = asks ? zone_rules_clients(world) : NULL;
        DesiredInput input = describe(world, published, (const char *const *) leading_out->pdata, clients);
        if (ipsets)
                input.ipsets_now = input.ipsets_later = ipsets;
        return permanent ? desired_new(&input, runtime, permanent) : desired_new_for_guard(&input, runtime, false);
}

Desired *apply_desire(World *world, PolicySet *runtime, PolicySet *permanent) {
        world->facts_changed &= !permanent;
        return desire(world, runtime, permanent, NULL);
}

Desired *apply_preview(World *world, PolicySet *runtime, PolicySet *permanent, Ipsets *ipsets) {
        return desire(world, runtime, permanent, ipsets);
}

GHashTable *apply_read_chains(World *world, GError **error) {
        g_autoptr(GHashTable) chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        ITERATE_FAMILIES (family) {
                GHashTable *names = iptables_chains(world, family, error);
                if (!names)
                        return NULL;
                GHashTableIter iter;
                gpointer chain;
                g_hash_table_iter_init(&iter, names);
                while (g_hash_table_iter_next(&iter, &chain, NULL))
                        g_hash_table_add(chains, g_strdup_printf("%s:%s", family_to_string(family), (char *) chain));
        }
        return g_steal_pointer(&chains);
}

/* Without the rules, which direct_merge() puts at the end: they were not tried at runtime yet. */
DirectConfig *apply_get_armed(const DirectConfig *permanent, GPtrArray *desired) {
        DirectConfig *armed = direct_merge(permanent, desired);
        g_ptr_array_set_size(armed->rules, armed->rules->len - desired->len);
        return armed;
}

/* firewalld >= 2.0 flushes every iptables table at the first direct call while there is no direct configuration, and does not
 * notify Docker. So the chains are added permanently and by a reload, after which Docker rebuilds its rules. */
bool apply_arm(Firewalld *firewalld, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) permanent = direct_read_permanent(firewalld, error);
        if (!permanent)
                return false;
        g_autoptr(DirectConfig) armed = apply_get_armed(permanent, desired);
        if (!direct_write_permanent(firewalld, armed, error))
                return false;
        journal_log(LOG_NOTICE, NULL,
                    _("firewalld had no direct configuration: the chains are made permanently, and it is reloaded"));
        return true;
}

bool apply_needs_arming(const Firewalld *firewalld, const DirectConfig *actual, GPtrArray *desired) {
        return desired->len > 0 && direct_config_is_empty(actual) && firewalld_is_at_least(firewalld, 2);
}

/* A reload for another reason also brings the chains; a second one would interrupt Docker's response to the first. */
static bool reload_armed(World *world, Agenda *agenda, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(world->firewalld, error);
        return actual &&
               (!apply_needs_arming(world->firewalld, actual, desired) || apply_arm(world->firewalld, desired, error)) &&
               reload_firewalld(world, agenda, error);
}

/* A chain that other rules jump to cannot be removed, and is tried each time: that repairs nothing. */
static guint count_rules(GPtrArray *steps) {
        guint count = 0;
        for (guint i = 0; i < steps->len; i++)
                count += ((Step *) steps->pdata[i])->kind != STEP_REMOVE_CHAIN;
        return count;
}

/* Chains are added with a family's first rule, and removed with its last one. Then it matters what others have. */
static bool same_families(GPtrArray *a, GPtrArray *b) {
        ITERATE_FAMILIES (family)
                if (direct_rules_use_family(a, family) != direct_rules_use_family(b, family))
                        return false;
        return true;
}

static DirectConfig *find_runtime(Firewalld *firewalld, GPtrArray *known, GPtrArray *desired, GError **error) {
        if (!known || known->len == 0 || !same_families(known, desired))
                return direct_read_runtime(firewalld, error);
        g_autoptr(DirectConfig) nothing = direct_config_new();
        return direct_merge(nothing, known);
}

bool apply_runtime(World *world, Agenda *agenda, GPtrArray *known, GPtrArray *desired, guint *ret_steps, GError **error) {
        g_autoptr(DirectConfig) actual = find_runtime(world->firewalld, known, desired, error);
        if (!actual)
                return false;
        if (apply_needs_arming(world->firewalld, actual, desired)) {
                if (!apply_arm(world->firewalld, desired, error) || !reload_firewalld(world, agenda, error))
                        return false;
                direct_config_free(g_steal_pointer(&actual));
                actual = direct_read_runtime(world->firewalld, error);
                if (!actual)
                        return false;
        }
        g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) steps = direct_plan(actual, desired, none);
        /* Only chains unknown to firewalld must be looked up in the kernel. */
        if (steps->len > 0 && ((Step *) steps->pdata[0])->kind == STEP_ADD_CHAIN) {
                g_autoptr(GHashTable) chains = apply_read_chains(world, error);
                if (!chains)
                        return false;
                g_ptr_array_unref(g_steal_pointer(&steps));
                steps = direct_plan(actual, desired, chains);
        }
        if (steps->len > 0) {
                iptables_forget(world);
                iptables_forget_chains(world);
        }
        if (ret_steps)
                *ret_steps = count_rules(steps);
        return direct_run(world->firewalld, steps, error);
}

/* known: quaywall's rules that firewalld has there, as verified; NULL: it lists them. */
static bool apply_permanent(World *world, GPtrArray *known, GPtrArray *desired, bool *ret_written, GError **error) {
        const DirectConfig *others = known ? permanent_others(world) : NULL;
        g_autoptr(DirectConfig) verified = others ? direct_merge(others, known) : NULL;
        const DirectConfig *actual = verified ? verified : permanent_read(world, error);
        if (!actual)
                return false;
        g_autoptr(DirectConfig) merged = direct_merge(actual, desired);
        if (direct_config_equal(actual, merged))
                return true;
        *ret_written = true;
        permanent_forget(world);
        return direct_write_permanent(world->firewalld, merged, error);
}

bool apply_guard(World *world, PolicySet *runtime, GError **error) {
        if (!world->guard)
                return true;
        g_autoptr(Desired) desired = apply_desire(world, runtime, NULL);
        g_autoptr(GError) failure = NULL;
        if (guard_apply(world->guard, desired, &failure))
                return true;
        if (!carried_any(world, runtime, policy_obeys) || !world->zone_rules || world->zone_rules->flaw) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        /* It may be firewalld's own rules that the kernel does not take before DNAT: then everything else must be in force, and
         * nobody comes in by them. */
        g_autoptr(ZoneRules) before = zone_rules_ref(world->zone_rules);
        zone_rules_refuse(world, failure->message);
        g_autoptr(Desired) without = apply_desire(world, runtime, NULL);
        if (guard_apply(world->guard, without, error))
                return true;
        zone_rules_unref(world->zone_rules);
        world->zone_rules = g_steal_pointer(&before);
        return false;
}

/* firewalld calls take long, so the guard is compiled once more at the end, with what Docker has reported meanwhile. */
bool apply_in_force(InForce *in_force, World *world, Agenda *agenda, Desired *desired, PolicySet *runtime, ApplyFlags flags,
                    ApplyResult *ret, GError **error) {
        *ret = (ApplyResult){ 0 };
        in_force->guarded = flags & APPLY_GUARD_FIRST ? runtime : NULL;
        if (in_force->guarded && !apply_guard(world, runtime, error))
                return false;
        const Desired *known = flags & APPLY_VERIFIED ? in_force->applied : NULL;
        if (flags & APPLY_FORWARDS) {
                bool must_reload;
                if (!forwards_apply(world->firewalld, desired->forwards, &must_reload, error))
                        return false;
                /* The reload leaves the permanent rules in force, and no others. */
                if (must_reload) {
                        known = NULL;
                        permanent_forget(world);
                }
                /* Until then, new forwards are closed. */
                if (must_reload && (!reload_armed(world, agenda, desired->direct_now, error) ||
                                    !forwards_apply(world->firewalld, desired->forwards, &must_reload, error)))
                        return false;
        }
        if (!apply_runtime(world, agenda, known ? known->direct_now : NULL, desired->direct_now, &ret->steps, error) ||
            !apply_permanent(world, known ? known->direct_later : NULL, desired->direct_later, &ret->permanent_written, error))
                return false;
        if (carried_any(world, runtime, policy_judges) && !published_is_read(world))
                apply_read_published(world, agenda);
        if (!apply_guard(world, runtime, error))
                return false;
        in_force_set_applied(in_force, desired);
        return true;
}

bool apply_read_zone(World *world, Agenda *agenda, GError **error) {
        if (!zones_read(world, error))
                return false;
        apply_spare(world, agenda);
        return true;
}

void apply_set_bridges(World *world, Agenda *agenda) {
        zones_update_bridges(world);
        apply_spare(world, agenda);
}

void apply_spare(World *world, Agenda *agenda) {
        const guint64 wait = spared_update(world);
        if (wait > 0)
                agenda_within(agenda, AGENDA_LINKS, wait);
}

void apply_read_published(World *world, Agenda *agenda) {
        if (published_read(world))
                agenda_within(agenda, AGENDA_PUBLISHED, PUBLISHED_USEC + G_USEC_PER_SEC);
        if (world->docker_uses_nft)
                apply_spare(world, agenda);
}
