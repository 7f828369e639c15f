/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reach.h"

#include <string.h>

const char *reach_to_string(ReachKind kind) {
        static const char *const NAMES[] = {
                [REACH_EVERYONE] = "everyone",     [REACH_SOURCES] = "sources", [REACH_NOBODY] = "nobody",
                [REACH_NEIGHBOURS] = "neighbours", [REACH_HOST] = "host",       [REACH_UNKNOWN] = "unknown",
                [REACH_ZONES] = "zones",
        };
        return NAMES[kind];
}

void reach_clear(Reach *reach) {
        g_clear_pointer(&reach->sources, g_array_unref);
}

bool reach_equal(const Reach *a, const Reach *b) {
        return a->kind == b->kind && a->sources->len == b->sources->len && a->n_sources == b->n_sources && a->hash == b->hash &&
               (a->sources->len == 0 ||
                memcmp(a->sources->data, b->sources->data, a->sources->len * sizeof(AddressRange)) == 0);
}

/* FNV-1a. */
static guint64 hash_bytes(const char *data, gsize length) {
        guint64 hash = 0xcbf29ce484222325U;
        for (gsize i = 0; i < length; i++)
                hash = (hash ^ (guint8) data[i]) * 0x100000001b3U;
        return hash;
}

void reach_cut(Reach *reach, guint most) {
        if (!reach->sources || reach->sources->len <= most)
                return;
        GArray *first = g_array_sized_new(FALSE, FALSE, sizeof(AddressRange), most);
        g_array_append_vals(first, reach->sources->data, most);
        reach->n_sources = reach->sources->len;
        reach->hash = hash_bytes(reach->sources->data, (gsize) reach->sources->len * sizeof(AddressRange));
        g_array_unref(reach->sources);
        reach->sources = first;
}

static GArray *everybody(Family family) {
        GArray *set = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        const AddressRange all = address_everybody(family);
        g_array_append_val(set, all);
        return set;
}

/* The sources of all rules of one action that cover the connection; NULL: none covers it. A rule without sources means
 * everybody. */
static GArray *unite(GPtrArray *rules, PolicyAction action, const char *const *bridges, const Connection *c) {
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        bool covered = false, all = false;
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->policy->action != action || !rule_covers(rule, bridges, c))
                        continue;
                covered = true;
                all |= !rule->sources;
                if (rule->sources && (action == POLICY_DENY || c->local || !rule_lists_published_only(rule)))
                        g_array_append_vals(ranges, rule->sources->data, rule->sources->len);
        }
        return !covered ? NULL : all ? everybody(c->source.family) : address_set_new(ranges, c->source.family);
}

static bool is_everybody(GArray *set) {
        return set->len == 1 && address_range_is_everybody(&g_array_index(set, AddressRange, 0));
}

static bool asks_zones(GPtrArray *rules, const char *const *bridges, const Connection *c) {
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->policy->action == POLICY_OBEY_ZONES && rule_covers(rule, bridges, c))
                        return true;
        }
        return false;
}

Reach reach_of(GPtrArray *rules, const char *const *bridges, const Connection *c) {
        g_autoptr(GArray) listed = unite(rules, POLICY_ALLOW_ONLY, bridges, c), denied = unite(rules, POLICY_DENY, bridges, c);
        g_autoptr(GArray) nobody = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        const bool zones = asks_zones(rules, bridges, c);
        if (zones && !listed)
                listed = g_array_ref(nobody);
        GArray *allowed = listed ? listed : everybody(c->source.family);
        g_autoptr(GArray) left = address_set_subtract(allowed, denied ? denied : nobody);
        const bool all = is_everybody(allowed);
        if (!listed)
                g_array_unref(allowed);
        if (zones && !all && !(denied && is_everybody(denied)))
                return (Reach){ REACH_ZONES, g_steal_pointer(&left), 0, 0 };
        if (left->len == 0)
                return (Reach){ REACH_NOBODY, g_steal_pointer(&nobody), 0, 0 };
        if (all)
                return (Reach){ REACH_EVERYONE, g_array_ref(denied ? denied : nobody), 0, 0 };
        return (Reach){ REACH_SOURCES, g_steal_pointer(&left), 0, 0 };
}
