/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply.h"

#include <string.h>

#include "daemon/bus.h"
#include "daemon/enforce.h"
#include "daemon/forwards.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "daemon/published.h"
#include "daemon/settle.h"
#include "daemon/spared.h"
#include "docker/docker.h"
#include "firewalld/direct.h"
#include "firewalld/zone.h"
#include "model/sort.h"

static const char *const *apply_bridges(Context *context) {
        return (const char *const *) context->bridges;
}

/* The direct rules that should be; none when DOCKER-USER is not wanted, so that what was there before goes away. ret_left_out:
 * the policies that are none of them, for the guard alone or for nobody; not set where none are wanted. */
static GPtrArray *render(Context *context, PolicySet *set, bool lasting, GPtrArray **ret_left_out) {
        if (!context->settings->use_direct || context->docker_uses_nft)
                return g_ptr_array_new();
        g_autoptr(GPtrArray) rules = compile_policies(set, apply_bridges(context), context->docker->facts, lasting);
        return direct_render(rules, apply_bridges(context), context->settings->use_guard, policy_set_judges(set), ret_left_out);
}

void apply_render(Context *context, PolicySet *runtime, PolicySet *permanent) {
        g_clear_pointer(&context->rules_now, g_ptr_array_unref);
        g_clear_pointer(&context->rules_later, g_ptr_array_unref);
        context->facts_changed = false;
        g_clear_pointer(&context->left_out, g_ptr_array_unref);
        context->rules_now = render(context, runtime, false, &context->left_out);
        context->rules_later = render(context, permanent, true, NULL);
}

GHashTable *apply_read_chains(Context *context, GError **error) {
        g_autoptr(GHashTable) chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        ITERATE_FAMILIES (family) {
                const KernelTable *table = kernel_read(context, family, "filter", error);
                if (!table)
                        return NULL;
                GHashTableIter iter;
                gpointer chain;
                g_hash_table_iter_init(&iter, table->chains);
                while (g_hash_table_iter_next(&iter, &chain, NULL))
                        g_hash_table_add(chains, g_strdup_printf("%s:%s", family_to_string(family), (char *) chain));
        }
        return g_steal_pointer(&chains);
}

/* firewalld >= 2.0 flushes every iptables table at the first direct call while there is no direct configuration, and
 * Docker is not told. So the chains come in by the permanent configuration and a reload, upon which Docker rebuilds. */
bool apply_arm(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) permanent = direct_read_permanent(context->firewalld, error);
        if (!permanent)
                return false;
        g_autoptr(DirectConfig) armed = direct_merge(permanent, desired);
        /* The rules stand at the end, and were not tried yet. */
        g_ptr_array_set_size(armed->rules, armed->rules->len - desired->len);
        if (!direct_write_permanent(context->firewalld, armed, error))
                return false;
        journal_log(LOG_NOTICE, NULL, "firewalld had no direct configuration: the chains are made permanently, and it is reloaded");
        return true;
}

bool apply_needs_arming(Context *context, const DirectConfig *actual, GPtrArray *desired) {
        return desired->len > 0 && direct_config_is_empty(actual) && firewalld_is_at_least(context->firewalld, 2);
}

/* A reload for something else: the chains come with it, a second one would cut short what Docker does upon the first. */
static bool reload_armed(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(context->firewalld, error);
        return actual && (!apply_needs_arming(context, actual, desired) || apply_arm(context, desired, error)) &&
               settle_reload_firewalld(context, error);
}

bool apply_runtime(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(context->firewalld, error);
        if (!actual)
                return false;
        if (apply_needs_arming(context, actual, desired)) {
                if (!apply_arm(context, desired, error) || !settle_reload_firewalld(context, error))
                        return false;
                direct_config_free(g_steal_pointer(&actual));
                actual = direct_read_runtime(context->firewalld, error);
                if (!actual)
                        return false;
        }
        g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) steps = direct_plan(actual, desired, none);
        /* Only chains that firewalld does not know of need a look into the kernel. */
        if (steps->len > 0 && ((Step *) steps->pdata[0])->kind == STEP_ADD_CHAIN) {
                g_autoptr(GHashTable) chains = apply_read_chains(context, error);
                if (!chains)
                        return false;
                g_ptr_array_unref(g_steal_pointer(&steps));
                steps = direct_plan(actual, desired, chains);
        }
        if (steps->len > 0)
                kernel_forget(context);
        context->steps_run += steps->len;
        return direct_run(context->firewalld, steps, error);
}

static bool apply_permanent(Context *context, GPtrArray *desired, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_permanent(context->firewalld, error);
        if (!actual)
                return false;
        g_autoptr(DirectConfig) merged = direct_merge(actual, desired);
        if (direct_config_equal(actual, merged))
                return true;
        context->permanent_written = true;
        return direct_write_permanent(context->firewalld, merged, error);
}

/* Of Podman's containers and of a rootless Docker's, which are elsewhere, nothing is known here that could be let pass. */
Hold *apply_hold(Context *context, PolicySet *runtime) {
        const Docker *docker = context->docker;
        const bool wanted = context->settings->use_guard && context->settings->hold_unknown && !docker->is_podman && !docker->is_rootless;
        return wanted ? hold_new(runtime, docker->facts, (const char *const *) context->spared) : NULL;
}

Shared *apply_shared(const Links *links, const char *const *bridges, DockerFacts *facts) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (; links && *bridges; bridges++)
                if (links_leads_out(links, *bridges))
                        g_ptr_array_add(names, (char *) *bridges);
        g_ptr_array_add(names, NULL);
        return shared_new((const char *const *) names->pdata, facts);
}

bool apply_guard(Context *context, PolicySet *runtime, GError **error) {
        g_autoptr(Hold) hold = apply_hold(context, runtime);
        g_autoptr(Shared) shared = apply_shared(context->links, apply_bridges(context), context->docker->facts);
        g_auto(GStrv) published = published_list(context);
        g_autoptr(GPtrArray) rules =
                context->settings->use_guard ? compile_policies(runtime, apply_bridges(context), context->docker->facts, false) : g_ptr_array_new();
        return !context->guard ||
               guard_apply(context->guard, rules, apply_bridges(context), (const char *const *) published, hold, shared, error);
}

guint64 apply_digest(GPtrArray *rules) {
        guint64 digest = 5381;
        for (guint i = 0; i < rules->len; i++)
                digest = digest * 33 + direct_rule_hash(rules->pdata[i]);
        return digest;
}

/* Everything that is in firewalld and the kernel; forwards: also the firewalld policies, which cost calls of their own. */
bool apply_all(Context *context, PolicySet *runtime, PolicySet *permanent, bool forwards, GError **error) {
        apply_render(context, runtime, permanent);
        g_autoptr(GPtrArray) now = g_ptr_array_ref(context->rules_now), later = g_ptr_array_ref(context->rules_later);
        if (forwards) {
                g_autoptr(GPtrArray) pairs = forwards_list(runtime, permanent);
                bool must_reload;
                if (!forwards_apply(context, pairs, &must_reload, error))
                        return false;
                /* What is new is closed until then. */
                if (must_reload && (!reload_armed(context, now, error) || !forwards_apply(context, pairs, &must_reload, error)))
                        return false;
        }
        if (!apply_runtime(context, now, error) || !apply_permanent(context, later, error))
                return false;
        if (policy_set_judges(runtime))
                published_read(context);
        context->rendered[0] = apply_digest(now);
        context->rendered[1] = apply_digest(later);
        return apply_guard(context, runtime, error);
}

const char *const DEFAULT_BRIDGES[] = { "docker0", NULL };

static void add_name(GPtrArray *names, char *name) {
        if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, name);
}

GStrv apply_list_bridges(const Links *links, GStrv ruled, DockerFacts *facts) {
        g_autoptr(GPtrArray) names = g_ptr_array_new(), bridges = g_ptr_array_new();
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(facts);
        for (guint i = 0; i < networks->len; i++)
                if (((DockerNetwork *) networks->pdata[i])->bridge)
                        add_name(names, ((DockerNetwork *) networks->pdata[i])->bridge);
        const bool untold = names->len == 0;
        for (const char *const *bridge = DEFAULT_BRIDGES; untold && *bridge; bridge++)
                add_name(names, (char *) *bridge);
        for (char **bridge = ruled; bridge && *bridge; bridge++)
                add_name(names, *bridge);
        for (guint i = 0; i < names->len; i++)
                if (!links || !links_find(links, names->pdata[i]) || links_is_bridge(links, names->pdata[i]))
                        g_ptr_array_add(bridges, names->pdata[i]);
        g_ptr_array_sort(bridges, compare_strings);
        g_ptr_array_add(bridges, NULL);
        return g_strdupv((char **) bridges->pdata);
}

void apply_set_bridges(Context *context) {
        g_strfreev(context->bridges);
        context->bridges = apply_list_bridges(context->links, context->ruled_bridges, context->docker->facts);
        spared_update(context);
}

bool apply_is_bridge(const Context *context, const char *interface) {
        return g_strv_contains((const char *const *) context->bridges, interface);
}

static void note_ruled(const char *bridge, gpointer userdata) {
        /* The kernel takes more: "br+" and "br\\" mean something else to iptables and nft. */
        if (interface_name_check("interface", bridge, NULL))
                add_name(userdata, (char *) bridge);
}

/* While Docker has no rules, for firewalld reloads or it is away itself, its bridges are what they were. */
static void read_ruled(Context *context) {
        const KernelTable *filter = kernel_read(context, FAMILY_IPV4, "filter", NULL);
        if (!filter || !kernel_table_has_docker(filter, "FORWARD"))
                return;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        kernel_table_bridges(filter, note_ruled, names);
        g_ptr_array_add(names, NULL);
        g_strfreev(context->ruled_bridges);
        context->ruled_bridges = g_strdupv((char **) names->pdata);
}

static GStrv interfaces_of_zone(GHashTable *zones, const char *name) {
        g_autoptr(GPtrArray) interfaces = g_ptr_array_new();
        GHashTableIter iter;
        gpointer interface, zone;
        g_hash_table_iter_init(&iter, zones);
        while (g_hash_table_iter_next(&iter, &interface, &zone))
                if (g_str_equal(zone, name))
                        g_ptr_array_add(interfaces, interface);
        g_ptr_array_sort(interfaces, compare_strings);
        g_ptr_array_add(interfaces, NULL);
        return g_strdupv((char **) interfaces->pdata);
}

bool apply_read_zone(Context *context, GError **error) {
        Firewalld *firewalld = context->firewalld;
        g_autoptr(GHashTable) zones = zone_read_active(firewalld, error);
        g_auto(GStrv) later = NULL;
        g_autofree char *target = NULL;
        if (!zones || !zone_read_permanent(firewalld, ZONE_DOCKER, &target, &later, error))
                return false;
        g_auto(GStrv) now = interfaces_of_zone(zones, ZONE_DOCKER);
        g_clear_pointer(&context->zones, g_hash_table_unref);
        context->zones = g_steal_pointer(&zones);
        read_ruled(context);
        apply_set_bridges(context);
        bool changed = g_strcmp0(context->zone_target, target) != 0 || !context->zone_interfaces ||
                       !g_strv_equal((const char *const *) context->zone_interfaces, (const char *const *) now) ||
                       !g_strv_equal((const char *const *) context->zone_permanent, (const char *const *) later);
        if (!changed)
                return true;
        g_free(context->zone_target);
        g_strfreev(context->zone_interfaces);
        g_strfreev(context->zone_permanent);
        context->zone_target = g_steal_pointer(&target);
        context->zone_interfaces = g_steal_pointer(&now);
        context->zone_permanent = g_steal_pointer(&later);
        bus_emit_zone_changed(context);
        return true;
}
