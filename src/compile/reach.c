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

static bool is_everybody(GArray *set) {
        return set->len == 1 && address_range_is_everybody(&g_array_index(set, AddressRange, 0));
}

/* What the rules of administrators say, or those of containers' labels. */
typedef struct Level {
        GArray *listed, *denied; /* AddressRange, sources; NULL: no rule of this kind covers the connection */
        bool zones;              /* firewalld's zones are asked */
} Level;

static void level_clear(Level *level) {
        g_clear_pointer(&level->listed, g_array_unref);
        g_clear_pointer(&level->denied, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Level, level_clear)

/* A rule without sources means everybody. */
static void add_sources(GArray **ranges, const Rule *rule, bool all_of_them) {
        const AddressRange all = address_everybody(rule->family);
        if (!*ranges)
                *ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        if (!rule->sources)
                g_array_append_val(*ranges, all);
        else if (all_of_them)
                g_array_append_vals(*ranges, rule->sources->data, rule->sources->len);
}

static void ask(Level levels[2], GPtrArray *rules, const char *const *bridges, const Connection *c) {
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (!rule_covers(rule, bridges, c))
                        continue;
                Level *level = &levels[rule_is_carried(rule)];
                if (rule->policy->action == POLICY_DENY)
                        add_sources(&level->denied, rule, true);
                else if (rule->policy->action == POLICY_ALLOW_ONLY)
                        add_sources(&level->listed, rule, c->local || !rule_lists_published_only(rule));
                else if (rule->policy->action == POLICY_OBEY_ZONES && c->local)
                        level->zones = true;
                else if (rule->policy->action == POLICY_OBEY_ZONES && !level->listed)
                        /* Zones open ports of the host, and nothing at a container's own address. */
                        level->listed = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        }
}

/* Whom the lists let in: set, and with zones also whom firewalld's zones let in. */
typedef struct Allowed {
        GArray *set;
        bool zones;
} Allowed;

static void allowed_clear(Allowed *allowed) {
        g_array_unref(allowed->set);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Allowed, allowed_clear)

static Allowed find_allowed(const Level *level, Family family) {
        g_autoptr(GArray) nobody = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        Allowed allowed = { level->listed ? address_set_new(level->listed, family) :
                            level->zones  ? g_array_ref(nobody) :
                                            everybody(family),
                            false };
        allowed.zones = level->zones && !is_everybody(allowed.set);
        return allowed;
}

static GArray *intersect(GArray *a, GArray *b) {
        g_autoptr(GArray) outside = address_set_subtract(a, b);
        return address_set_subtract(a, outside);
}

static bool is_within(GArray *a, GArray *b) {
        g_autoptr(GArray) outside = address_set_subtract(a, b);
        return outside->len == 0;
}

/* Whether zones decide in a way that a list of clients beside them cannot say. */
static bool is_too_mixed(const Allowed *a, const Allowed *b) {
        return a->zones && !b->zones && !is_everybody(b->set) && !is_within(b->set, a->set);
}

Reach reach_of(GPtrArray *rules, const char *const *bridges, const Connection *c) {
        const Family family = c->source.family;
        Level levels[2] = { { NULL, NULL, false }, { NULL, NULL, false } };
        ask(levels, rules, bridges, c);
        g_auto(Level) ours = levels[0], carried = levels[1];
        g_auto(Allowed) by_ours = find_allowed(&ours, family), by_carried = find_allowed(&carried, family);
        g_autoptr(GArray) nobody = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        if (ours.denied)
                g_array_append_vals(ranges, ours.denied->data, ours.denied->len);
        if (carried.denied)
                g_array_append_vals(ranges, carried.denied->data, carried.denied->len);
        g_autoptr(GArray) denied = address_set_new(ranges, family),
                          allowed = is_everybody(by_carried.set) ? g_array_ref(by_ours.set) :
                                                                   intersect(by_ours.set, by_carried.set),
                          left = address_set_subtract(allowed, denied);
        const bool zones = (by_ours.zones && (by_carried.zones || is_everybody(by_carried.set))) ||
                           (by_carried.zones && is_everybody(by_ours.set));
        if (!is_everybody(denied) && (is_too_mixed(&by_ours, &by_carried) || is_too_mixed(&by_carried, &by_ours)))
                return (Reach){ REACH_UNKNOWN, g_steal_pointer(&nobody), 0, 0 };
        if (zones && !is_everybody(denied))
                return (Reach){ REACH_ZONES, g_steal_pointer(&left), 0, 0 };
        if (left->len == 0)
                return (Reach){ REACH_NOBODY, g_steal_pointer(&nobody), 0, 0 };
        if (is_everybody(allowed))
                return (Reach){ REACH_EVERYONE, g_steal_pointer(&denied), 0, 0 };
        return (Reach){ REACH_SOURCES, g_steal_pointer(&left), 0, 0 };
}
