/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-elements.h"

#include <string.h>

typedef struct ElementSet {
        const char *name, *type;
        bool is_name;         /* of interfaces: nft wants quotes */
        GHashTable *was, *is; /* elements; NULL: there is no such set */
} ElementSet;

/* A set that is needed no more is not listed: it goes as a whole. */
static GArray *list_sets(const GuardState *previous, const GuardState *state) {
        static const char *const ADDRESS[] = { [FAMILY_IPV4] = "ipv4_addr", [FAMILY_IPV6] = "ipv6_addr" };
        static const char *const AT[] = {
                [FAMILY_IPV4] = "ipv4_addr . inet_proto . inet_service", [FAMILY_IPV6] = "ipv6_addr . inet_proto . inet_service"
        };
        const ElementSet all[] = {
                { "docker_bridges", "ifname", true, previous->bridges, state->bridges },
                { "published_ports", "inet_proto . inet_service", false, previous->published, state->published },
                { GUARD_PUBLISHED_AT[0], AT[0], false, previous->published_at[0], state->published_at[0] },
                { GUARD_PUBLISHED_AT[1], AT[1], false, previous->published_at[1], state->published_at[1] },
                { GUARD_KNOWN[0], ADDRESS[0], false, previous->known[0], state->known[0] },
                { GUARD_PENDING[0], ADDRESS[0], false, previous->pending[0], state->pending[0] },
                { GUARD_KNOWN[1], ADDRESS[1], false, previous->known[1], state->known[1] },
                { GUARD_PENDING[1], ADDRESS[1], false, previous->pending[1], state->pending[1] },
                { "spared_bridges", "ifname", true, previous->spared, state->spared },
        };
        const bool holds = g_hash_table_contains(state->holding, "set known_ipv4");
        GArray *sets = g_array_new(FALSE, FALSE, sizeof(ElementSet));
        for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
                g_autofree char *object = g_strconcat("set ", all[i].name, NULL);
                if (all[i].is && (holds || !g_strv_contains(GUARD_HOLD_OBJECTS, object)))
                        g_array_append_val(sets, all[i]);
        }
        return sets;
}

/* "a, b", sorted; empty: there are none. Free with g_free(). */
static char *list_new(const ElementSet *set, GHashTable *from, GHashTable *without) {
        const char *quote = set->is_name ? "\"" : "";
        g_autoptr(GList) elements = g_list_sort(g_hash_table_get_keys(from), (GCompareFunc) strcmp);
        GString *list = g_string_new(NULL);
        for (GList *element = elements; element; element = element->next)
                if (!without || !g_hash_table_contains(without, element->data))
                        g_string_append_printf(list, "%s%s%s%s", list->len ? ", " : "", quote, (char *) element->data, quote);
        return g_string_free(list, FALSE);
}

static void render_added(GString *out, const ElementSet *set, bool by_set) {
        g_autofree char *list = list_new(set, set->is, set->was);
        if (*list && by_set)
                g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type %s; elements = { %s }; }\n", set->name,
                                       set->type, list);
        else if (*list)
                g_string_append_printf(out, "add element inet " GUARD_TABLE " %s { %s }\n", set->name, list);
}

static void render_deleted(GString *out, const ElementSet *set) {
        g_autofree char *list = set->was ? list_new(set, set->was, set->is) : g_strdup("");
        if (*list)
                g_string_append_printf(out, "delete element inet " GUARD_TABLE " %s { %s }\n", set->name, list);
}

void guard_elements_render(GString *out, GuardElementsMode mode, const GuardState *previous, const GuardState *state) {
        g_autoptr(GArray) sets = list_sets(previous, state);
        for (guint i = 0; i < sets->len; i++) {
                const ElementSet *set = &g_array_index(sets, ElementSet, i);
                render_added(out, set, mode == GUARD_ELEMENTS_MIXED);
                render_deleted(out, set);
        }
}
