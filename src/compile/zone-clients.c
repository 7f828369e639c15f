/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-clients.h"

#include <string.h>

#include <glib/gi18n.h>

#include "compile/nft-words.h"
#include "compile/zone-dispatch.h"

/* Clients that firewalld assigns together: by their addresses, by where they come in, or all that are left. */
typedef struct Group {
        char *zone;
        GArray *ranges;             /* AddressRange; NULL: not by addresses */
        GArray *taken[_FAMILY_MAX]; /* of these, those that no group before it has: a set */
        char *interface;            /* as nft spells it, "eth*" for all that begin so; NULL: all */
} Group;

struct ZoneClients {
        GArray *groups;            /* Group, in firewalld's order: those by addresses come first */
        GArray *left[_FAMILY_MAX]; /* the addresses that no group has: a set */
        GStrv interfaces;          /* of this host */
        char *flaw;                /* NULL: there is none */
};

static void group_clear(gpointer p) {
        Group *group = p;
        g_free(group->zone);
        g_free(group->interface);
        g_clear_pointer(&group->ranges, g_array_unref);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_clear_pointer(&group->taken[family], g_array_unref);
}

/* "10.0.0.1, 10.1.0.0/16" behind "elements = {". */
static bool add_elements(GArray *ranges, const char *definition) {
        const char *begin = strchr(definition, '{'), *end = begin ? strchr(begin, '}') : NULL;
        if (!end)
                return true; /* it is empty */
        g_autofree char *list = g_strndup(begin + 1, end - begin - 1);
        g_auto(GStrv) elements = g_strsplit(list, ",", -1);
        for (char **element = elements; *element; element++) {
                AddressRange range;
                char *text = g_strstrip(*element);
                /* One of an ipset with a timeout: "10.0.0.1 timeout 1h". */
                text[strcspn(text, " ")] = '\0';
                if (!address_range_parse(text, &range, NULL))
                        return false;
                g_array_append_val(ranges, range);
        }
        return true;
}

static bool add_set(GArray *ranges, const ZoneRules *zones, const char *name) {
        for (guint i = 0; i < zones->sets->len; i++) {
                const ZoneSet *set = zones->sets->pdata[i];
                if (g_str_equal(set->name, name))
                        return (g_str_has_prefix(set->definition, "type ipv4_addr;") ||
                                g_str_has_prefix(set->definition, "type ipv6_addr;")) &&
                               add_elements(ranges, set->definition);
        }
        return false;
}

/* Returns false if the clients are told by something else. */
static bool read_clients(const ZoneRules *zones, const Dispatch *dispatch, Group *group) {
        GPtrArray *words = dispatch->words;
        if (dispatch->verdict == 0)
                return true;
        if (dispatch->verdict == 2 && nft_word_is(words, 0, "iifname") && g_str_has_prefix(words->pdata[1], "\"")) {
                group->interface = g_strndup((char *) words->pdata[1] + 1, strlen(words->pdata[1]) - 2);
                return true;
        }
        const bool source = (nft_word_is(words, 0, "ip") || nft_word_is(words, 0, "ip6")) && nft_word_is(words, 1, "saddr");
        if (dispatch->verdict != 3 || !source)
                return false;
        const char *value = words->pdata[2];
        AddressRange range;
        group->ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        if (value[0] == '@')
                return add_set(group->ranges, zones, value + 1);
        if (!address_range_parse(value, &range, NULL))
                return false;
        g_array_append_val(group->ranges, range);
        return true;
}

/* The first group that has an address takes it. Returns the addresses that none has. */
static GArray *share_addresses(GArray *groups, Family family) {
        const AddressRange everybody = address_everybody(family);
        g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_array_append_val(all, everybody);
        g_autoptr(GArray) left = address_set_new(all, family);
        for (guint i = 0; i < groups->len; i++) {
                Group *group = &g_array_index(groups, Group, i);
                if (!group->ranges)
                        continue;
                g_autoptr(GArray) of_group = address_set_new(group->ranges, family),
                                  after = address_set_subtract(left, of_group);
                group->taken[family] = address_set_subtract(left, after);
                g_array_unref(left);
                left = g_steal_pointer(&after);
        }
        return g_steal_pointer(&left);
}

ZoneClients *zone_clients_new(const ZoneRules *zones, const char *const *interfaces) {
        ZoneClients *clients = g_new(ZoneClients, 1);
        *clients = (ZoneClients){ .groups = g_array_new(FALSE, FALSE, sizeof(Group)),
                                  .interfaces = g_strdupv((char **) interfaces) };
        g_array_set_clear_func(clients->groups, group_clear);
        g_autoptr(GArray) rules = zone_dispatch_read(zones);
        for (guint i = 0; i < rules->len; i++) {
                const Dispatch *dispatch = &g_array_index(rules, Dispatch, i);
                if (!dispatch->zone)
                        continue;
                Group group = { .zone = g_strdup(dispatch->zone) };
                if (!read_clients(zones, dispatch, &group) && !clients->flaw)
                        clients->flaw =
                                g_strdup_printf(_("firewalld assigns clients to the zone \"%s\" by \"%s\", which is neither an "
                                                  "address nor an interface"),
                                                dispatch->zone, dispatch->clients);
                g_array_append_val(clients->groups, group);
        }
        for (Family family = 0; family < _FAMILY_MAX; family++)
                clients->left[family] = share_addresses(clients->groups, family);
        return clients;
}

void zone_clients_free(ZoneClients *clients) {
        if (!clients)
                return;
        g_array_unref(clients->groups);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_array_unref(clients->left[family]);
        g_strfreev(clients->interfaces);
        g_free(clients->flaw);
        g_free(clients);
}

const char *zone_clients_flaw(const ZoneClients *clients) {
        return clients->flaw;
}

static void part_clear(gpointer p) {
        g_array_unref(((ZonePart *) p)->sources);
}

static void add_part(GArray *parts, const char *in, GArray *sources) {
        const ZonePart part = { in ? g_intern_string(in) : NULL, g_array_ref(sources) };
        if (sources->len > 0)
                g_array_append_val(parts, part);
        else
                g_array_unref(sources);
}

static bool group_has_interface(const Group *group, const char *interface) {
        const gsize length = group->interface ? strlen(group->interface) : 0;
        return !group->interface || g_str_equal(group->interface, interface) ||
               (length > 0 && group->interface[length - 1] == '*' && strncmp(group->interface, interface, length - 1) == 0);
}

/* The zone of what comes in there, and has no zone by its address; NULL: none. */
static const char *zone_at(const ZoneClients *clients, const char *interface) {
        for (guint i = 0; i < clients->groups->len; i++) {
                const Group *group = &g_array_index(clients->groups, Group, i);
                if (!group->ranges && group_has_interface(group, interface))
                        return group->zone;
        }
        return NULL;
}

GArray *zone_clients_list(const ZoneClients *clients, const char *zone, Family family) {
        GArray *parts = g_array_new(FALSE, FALSE, sizeof(ZonePart));
        g_array_set_clear_func(parts, part_clear);
        if (clients->flaw)
                return parts;
        g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (guint i = 0; i < clients->groups->len; i++) {
                const Group *group = &g_array_index(clients->groups, Group, i);
                if (group->ranges && g_str_equal(group->zone, zone))
                        g_array_append_vals(listed, group->taken[family]->data, group->taken[family]->len);
        }
        g_autoptr(GArray) own = address_set_new(listed, family);
        add_part(parts, NULL, own);
        for (char **interface = clients->interfaces; *interface; interface++)
                if (g_strcmp0(zone_at(clients, *interface), zone) == 0)
                        add_part(parts, *interface, clients->left[family]);
        return parts;
}
