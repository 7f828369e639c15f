/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "port-rows.h"

#include <string.h>

#include "ctl/text.h"

#define EVERY_IPV4 "0.0.0.0"
#define EVERY_IPV6 "::"

/* What else a row of several ports says; "reach" and its lists are joined by join_reach(). */
static const char *const REACH_KEYS[] = { "reach",      "sources", "except",       "source-count",
                                          "exceptions", "zones",   "zones-partly", NULL };
static const char *const SAME_KEYS[] = { "container-id", "running", NULL };
static const char *const POLICIES_KEY[] = { "policies", NULL };

static const char *lookup_string(GVariant *of, const char *key) {
        const char *value = "";

        g_variant_lookup(of, key, "&s", &value);
        return value;
}

static guint16 lookup_number(GVariant *of, const char *key) {
        guint16 value = 0;

        g_variant_lookup(of, key, "q", &value);
        return value;
}

static bool are_same(GVariant *a, GVariant *b, const char *const *keys) {
        for (; *keys; keys++) {
                g_autoptr(GVariant) left = g_variant_lookup_value(a, *keys, NULL);
                g_autoptr(GVariant) right = g_variant_lookup_value(b, *keys, NULL);

                if (!left != !right || (left && !g_variant_equal(left, right)))
                        return false;
        }
        return true;
}

/* --- who reaches a port by either family -------------------------------------------------------------------------- */

/* The list of both, and how long it is, though the service may send less of it. */
static void join_list(GVariantDict *to, GVariant *a, GVariant *b, const char *key) {
        g_autofree const char **left = NULL, **right = NULL;
        g_autoptr(GStrvBuilder) both = g_strv_builder_new();
        guint32 left_count = 0, right_count = 0;

        if (g_variant_lookup(a, key, "^a&s", &left)) {
                g_strv_builder_addv(both, left);
                g_variant_lookup(a, "source-count", "u", &left_count);
        }
        if (g_variant_lookup(b, key, "^a&s", &right)) {
                g_strv_builder_addv(both, right);
                g_variant_lookup(b, "source-count", "u", &right_count);
        }
        if (!left && !right)
                return;
        g_auto(GStrv) all = g_strv_builder_end(both);
        g_variant_dict_insert(to, key, "^as", all);
        g_variant_dict_insert(to, "source-count", "u", left_count + right_count);
}

/* a for IPv4, b for IPv6: addresses of one family say nothing about clients of the other. NULL: not one sentence. Unref. */
static GVariant *join_reach(GVariant *a, GVariant *b) {
        static const char *const zones[] = { "zones", "zones-partly", "interface", "destination", NULL };
        const char *left = lookup_string(a, "reach"), *right = lookup_string(b, "reach");
        const bool some = g_str_equal(left, "sources") || g_str_equal(right, "sources");
        const bool fits = g_str_equal(left, right) || (some && (g_str_equal(left, "nobody") || g_str_equal(right, "nobody")));
        g_auto(GVariantDict) joined = G_VARIANT_DICT_INIT(a);

        if (!fits || !are_same(a, b, zones))
                return NULL;
        if (some)
                g_variant_dict_insert(&joined, "reach", "s", "sources");
        join_list(&joined, a, b, "sources");
        join_list(&joined, a, b, "except");
        return g_variant_ref_sink(g_variant_dict_end(&joined));
}

/* A destination is an address, so it is of one family. */
static bool names_destinations(GVariant *exceptions) {
        for (gsize i = 0; i < g_variant_n_children(exceptions); i++) {
                g_autoptr(GVariant) one = g_variant_get_child_value(exceptions, i);

                if (!*lookup_string(one, "destination"))
                        return false;
        }
        return true;
}

/* Those of IPv4, then those of IPv6, which cannot meet; or each with its like. NULL: neither. Unref. */
static GVariant *join_exceptions(GVariant *a, GVariant *b) {
        GVariantBuilder joined = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        const gsize left_count = g_variant_n_children(a), right_count = g_variant_n_children(b);
        const bool apart = names_destinations(a) && names_destinations(b);
        bool fits = apart || left_count == right_count;

        for (gsize i = 0; i < left_count && fits; i++) {
                g_autoptr(GVariant) left = g_variant_get_child_value(a, i);
                g_autoptr(GVariant) right = apart ? NULL : g_variant_get_child_value(b, i);
                g_autoptr(GVariant) both = apart ? g_variant_ref(left) : join_reach(left, right);

                fits = both != NULL;
                if (both)
                        g_variant_builder_add_value(&joined, both);
        }
        for (gsize i = 0; i < right_count && fits && apart; i++) {
                g_autoptr(GVariant) right = g_variant_get_child_value(b, i);

                g_variant_builder_add_value(&joined, right);
        }
        GVariant *all = g_variant_ref_sink(g_variant_builder_end(&joined));
        if (!fits)
                g_clear_pointer(&all, g_variant_unref);
        return all;
}

static GVariant *get_exceptions(GVariant *of) {
        GVariant *exceptions = g_variant_lookup_value(of, "exceptions", G_VARIANT_TYPE("aa{sv}"));

        return exceptions ? exceptions : g_variant_ref_sink(g_variant_new("aa{sv}", NULL));
}

/* Those of either, sorted: a policy may cover the port for one family only. */
static void join_policies(GVariantDict *to, GVariant *a, GVariant *b) {
        g_autofree const char **left = NULL, **right = NULL;
        g_autoptr(GPtrArray) both = g_ptr_array_new();

        g_variant_lookup(a, "policies", "^a&s", &left);
        g_variant_lookup(b, "policies", "^a&s", &right);
        for (guint i = 0; left && left[i]; i++)
                g_ptr_array_add(both, (gpointer) left[i]);
        for (guint i = 0; right && right[i]; i++)
                if (!g_ptr_array_find_with_equal_func(both, right[i], g_str_equal, NULL))
                        g_ptr_array_add(both, (gpointer) right[i]);
        g_ptr_array_sort(both, text_compare_natural);
        g_ptr_array_add(both, NULL);
        g_variant_dict_insert(to, "policies", "^as", both->pdata);
}

/* NULL: they say different things. Unref. */
static GVariant *join_families(GVariant *a, GVariant *b) {
        g_autoptr(GVariant) reach = join_reach(a, b), left = get_exceptions(a), right = get_exceptions(b);
        g_autoptr(GVariant) exceptions = reach ? join_exceptions(left, right) : NULL;

        if (!exceptions)
                return NULL;
        g_auto(GVariantDict) joined = G_VARIANT_DICT_INIT(reach);
        if (g_variant_n_children(exceptions) > 0)
                g_variant_dict_insert_value(&joined, "exceptions", exceptions);
        join_policies(&joined, a, b);
        GVariant *both = g_variant_ref_sink(g_variant_dict_end(&joined));
        (void) g_variant_get_data(both); /* in one piece: rows borrow strings from it */
        return both;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

static void row_free(gpointer p) {
        PortRow *row = p;

        g_variant_unref(row->of);
        g_ptr_array_unref(row->ports);
        g_free(row);
}

static PortRow *row_new(GVariant *port) {
        PortRow *row = g_new0(PortRow, 1);

        row->container = lookup_string(port, "container");
        row->protocol = lookup_string(port, "protocol");
        row->address = lookup_string(port, "host-address");
        row->first = row->last = lookup_number(port, "host-port");
        row->inside = lookup_number(port, "container-port");
        row->of = g_variant_ref(port);
        row->ports = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
        g_ptr_array_add(row->ports, g_variant_ref(port));
        return row;
}

static int compare_addresses(const char *a, const char *b) {
        const bool every_a = g_str_equal(a, EVERY_IPV4) || g_str_equal(a, EVERY_IPV6);
        const bool every_b = g_str_equal(b, EVERY_IPV4) || g_str_equal(b, EVERY_IPV6);

        return every_a != every_b ? (every_a ? -1 : 1) : strcmp(a, b);
}

/* Ports of no container come last. */
static int compare_containers(const PortRow *a, const PortRow *b) {
        if (!*a->container != !*b->container)
                return *a->container ? -1 : 1;
        return text_compare_natural(&a->container, &b->container);
}

/* So that what may be joined comes one after the other. */
static int compare_ports(const PortRow *a, const PortRow *b) {
        int order = compare_containers(a, b);

        if (!order)
                order = strcmp(lookup_string(a->of, "container-id"), lookup_string(b->of, "container-id"));
        if (!order)
                order = strcmp(a->protocol, b->protocol);
        if (!order)
                order = (int) a->first - (int) b->first;
        return order ? order : (int) a->inside - (int) b->inside;
}

static int compare_pairs(gconstpointer pa, gconstpointer pb) {
        const PortRow *a = *(PortRow *const *) pa, *b = *(PortRow *const *) pb;
        const int order = compare_ports(a, b);

        return order ? order : compare_addresses(a->address, b->address);
}

static int compare_ranges(gconstpointer pa, gconstpointer pb) {
        const PortRow *a = *(PortRow *const *) pa, *b = *(PortRow *const *) pb;
        int order = compare_containers(a, b);

        if (!order)
                order = strcmp(a->protocol, b->protocol);
        if (!order)
                order = g_strcmp0(a->address, b->address);
        return order ? order : compare_ports(a, b);
}

static int compare_shown(gconstpointer pa, gconstpointer pb) {
        const PortRow *a = *(PortRow *const *) pa, *b = *(PortRow *const *) pb;
        int order = compare_containers(a, b);

        if (!order)
                order = (int) a->first - (int) b->first;
        if (!order)
                order = strcmp(a->protocol, b->protocol);
        if (!order)
                order = g_strcmp0(a->address, b->address);
        return order ? order : compare_ports(a, b);
}

/* Takes over b's ports. of: what both say; NULL: as before. */
static void take_in(PortRow *a, PortRow *b, GVariant *of) {
        for (guint i = 0; i < b->ports->len; i++)
                g_ptr_array_add(a->ports, g_variant_ref(b->ports->pdata[i]));
        if (!of)
                return;
        g_variant_unref(a->of);
        a->of = g_variant_ref(of);
        a->container = lookup_string(of, "container");
        a->protocol = lookup_string(of, "protocol");
}

/* The port of every IPv4 address, and that of every IPv6 address. */
static bool join_pair(PortRow *a, PortRow *b, PortRowsKind kind) {
        if (compare_ports(a, b) != 0 || !a->address || !g_str_equal(a->address, EVERY_IPV4) ||
            !g_str_equal(b->address, EVERY_IPV6))
                return false;
        g_autoptr(GVariant) of = kind == PORT_ROWS_NAMED           ? g_variant_ref(a->of) :
                                 are_same(a->of, b->of, SAME_KEYS) ? join_families(a->of, b->of) :
                                                                     NULL;
        if (!of)
                return false;
        take_in(a, b, of);
        a->address = NULL;
        return true;
}

/* b follows a. */
static bool join_range(PortRow *a, PortRow *b, PortRowsKind kind) {
        if (compare_containers(a, b) != 0 || !g_str_equal(a->protocol, b->protocol) || g_strcmp0(a->address, b->address) != 0 ||
            a->first == 0 || a->inside == 0 || a->last + 1 != b->first || a->inside + (a->last - a->first) + 1 != b->inside ||
            !g_str_equal(lookup_string(a->of, "container-id"), lookup_string(b->of, "container-id")))
                return false;
        if (kind == PORT_ROWS_REACHED && (!are_same(a->of, b->of, SAME_KEYS) || !are_same(a->of, b->of, POLICIES_KEY) ||
                                          !are_same(a->of, b->of, REACH_KEYS)))
                return false;
        take_in(a, b, NULL);
        a->last = b->last;
        return true;
}

/* Joins what is side by side. Takes the rows. */
static GPtrArray *join(GPtrArray *rows, bool (*join_two)(PortRow *, PortRow *, PortRowsKind), PortRowsKind kind) {
        GPtrArray *joined = g_ptr_array_new_with_free_func(row_free);
        PortRow *last = NULL;

        g_ptr_array_set_free_func(rows, NULL);
        for (guint i = 0; i < rows->len; i++) {
                PortRow *row = rows->pdata[i];

                if (last && join_two(last, row, kind))
                        row_free(row);
                else
                        g_ptr_array_add(joined, last = row);
        }
        g_ptr_array_unref(rows);
        return joined;
}

GPtrArray *port_rows_new(GPtrArray *ports, PortRowsKind kind) {
        GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);

        for (guint i = 0; i < ports->len; i++)
                g_ptr_array_add(rows, row_new(ports->pdata[i]));
        g_ptr_array_sort(rows, compare_pairs);
        rows = join(rows, join_pair, kind);
        g_ptr_array_sort(rows, compare_ranges);
        rows = join(rows, join_range, kind);
        g_ptr_array_sort(rows, compare_shown);
        return rows;
}

static char *format_range(guint first, guint last) {
        return first == 0 ? g_strdup("") : first == last ? g_strdup_printf("%u", first) : g_strdup_printf("%u-%u", first, last);
}

char *port_row_name(const PortRow *row) {
        g_autofree char *numbers = format_range(row->first, row->last);
        const char *shown = *numbers ? numbers : "?";

        if (!*row->protocol)
                return g_strdup("");
        if (!row->address)
                return g_strdup_printf("%s/%s", shown, row->protocol);
        return g_strdup_printf(strchr(row->address, ':') ? "[%s]:%s/%s" : "%s:%s/%s", row->address, shown, row->protocol);
}

char *port_row_inside(const PortRow *row) {
        return format_range(row->inside, row->inside + (row->last - row->first));
}
