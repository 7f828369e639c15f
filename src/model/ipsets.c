/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipsets.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bounds.h"
#include "sort.h"

static Ipset *ipset_new(const char *flaw) {
        Ipset *ipset = g_new0(Ipset, 1);
        ipset->entries = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        ipset->flaw = g_strdup(flaw);
        return ipset;
}

static void ipset_free(gpointer p) {
        Ipset *ipset = p;
        g_array_unref(ipset->entries);
        g_free(ipset->flaw);
        g_free(ipset);
}

Ipsets *ipsets_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, ipset_free);
}

void ipsets_unref(Ipsets *ipsets) {
        g_hash_table_unref(ipsets);
}

void ipsets_put_flaw(Ipsets *ipsets, const char *name, IpsetState state, const char *flaw) {
        Ipset *ipset = ipset_new(flaw);
        ipset->state = state;
        g_hash_table_insert(ipsets, g_strdup(name), ipset);
}

void ipsets_put(Ipsets *ipsets, const char *name, const char *const *entries) {
        Ipset *ipset = ipset_new(NULL);
        g_hash_table_insert(ipsets, g_strdup(name), ipset);
        for (; *entries && !ipset->flaw; entries++) {
                AddressRange range;
                g_autoptr(GError) error = NULL;
                if (!address_range_parse(*entries, &range, &error))
                        ipset->flaw = g_strdup_printf(_("has an entry that is not understood: %s"), error->message);
                else if (ipset->entries->len == LIMIT_ADDRESSES)
                        ipset->flaw = g_strdup_printf(_("has more than %u entries"), LIMIT_ADDRESSES);
                else
                        g_array_append_val(ipset->entries, range);
        }
        if (ipset->flaw) {
                ipset->state = IPSET_UNUSABLE;
                g_array_set_size(ipset->entries, 0);
        }
}

const Ipset *ipsets_find(Ipsets *ipsets, const char *name) {
        return g_hash_table_lookup(ipsets, name);
}

static bool ipset_equal(const Ipset *a, const Ipset *b) {
        return a && b && g_strcmp0(a->flaw, b->flaw) == 0 && a->entries->len == b->entries->len &&
               (a->entries->len == 0 ||
                memcmp(a->entries->data, b->entries->data, a->entries->len * sizeof(AddressRange)) == 0);
}

bool ipsets_equal(Ipsets *a, Ipsets *b) {
        GHashTableIter iter;
        gpointer name, ipset;
        g_hash_table_iter_init(&iter, a);
        while (g_hash_table_iter_next(&iter, &name, &ipset))
                if (!ipset_equal(ipset, ipsets_find(b, name)))
                        return false;
        return g_hash_table_size(a) == g_hash_table_size(b);
}

static void add_names(GPtrArray *names, PolicySet *set) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                for (guint i = 0; i < policy->ipsets->len; i++)
                        if (!g_ptr_array_find_with_equal_func(names, policy->ipsets->pdata[i], g_str_equal, NULL))
                                g_ptr_array_add(names, policy->ipsets->pdata[i]);
        }
}

GPtrArray *ipsets_named(PolicySet *const *sets) {
        GPtrArray *names = g_ptr_array_new();
        for (; *sets; sets++)
                add_names(names, *sets);
        g_ptr_array_sort(names, compare_strings);
        return names;
}

/* The sources that the policies of the set get from ipsets, and the ipset that gives most of them. */
static guint64 count_entries(Ipsets *ipsets, PolicySet *set, const char **ret_most) {
        g_autoptr(GHashTable) uses = g_hash_table_new(g_str_hash, g_str_equal);
        GHashTableIter iter;
        gpointer value, name, count;
        guint64 all = 0, most = 0;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                for (guint i = 0; i < policy->ipsets->len; i++) {
                        name = policy->ipsets->pdata[i];
                        count = g_hash_table_lookup(uses, name);
                        g_hash_table_insert(uses, name, GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
                }
        }
        g_hash_table_iter_init(&iter, uses);
        while (g_hash_table_iter_next(&iter, &name, &count)) {
                const Ipset *ipset = ipsets_find(ipsets, name);
                const guint64 entries = ipset ? (guint64) ipset->entries->len * GPOINTER_TO_UINT(count) : 0;
                all += entries;
                if (entries > most) {
                        most = entries;
                        *ret_most = name;
                }
        }
        return all;
}

void ipsets_bound(Ipsets *ipsets, PolicySet *const *sets) {
        for (; *sets; sets++) {
                const char *most = NULL;
                while (count_entries(ipsets, *sets, &most) > LIMIT_ADDRESSES_ALL) {
                        g_autofree char *flaw = g_strdup_printf(_("would give the policies more than %u sources together"),
                                                                LIMIT_ADDRESSES_ALL);
                        ipsets_put_flaw(ipsets, most, IPSET_UNUSABLE, flaw);
                }
        }
}

GArray *ipsets_sources(PolicySet *set, const Policy *policy, Ipsets *ipsets) {
        g_autoptr(GArray) addresses = policy_set_lasting_addresses(set, policy);
        if (policy->ipsets->len == 0)
                return g_steal_pointer(&addresses);
        GArray *sources = g_array_copy(addresses);
        for (guint i = 0; ipsets && i < policy->ipsets->len; i++) {
                const Ipset *ipset = ipsets_find(ipsets, policy->ipsets->pdata[i]);
                if (ipset && ipset->entries->len > 0)
                        g_array_append_vals(sources, ipset->entries->data, ipset->entries->len);
        }
        return sources;
}

/* A line for each ipset, and one for each entry. */
char *ipsets_to_text(Ipsets *ipsets) {
        GString *text = g_string_new(NULL);
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(ipsets), (GCompareFunc) strcmp);
        for (GList *name = names; name; name = name->next) {
                const Ipset *ipset = ipsets_find(ipsets, name->data);
                g_string_append_printf(text, "%s\n", (char *) name->data);
                for (guint i = 0; i < ipset->entries->len; i++) {
                        g_autofree char *entry = address_range_format(&g_array_index(ipset->entries, AddressRange, i));
                        g_string_append_printf(text, "%s %s\n", (char *) name->data, entry);
                }
        }
        return g_string_free(text, FALSE);
}

Ipsets *ipsets_from_text(const char *text) {
        Ipsets *ipsets = ipsets_new();
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                char *space = strchr(*line, ' ');
                AddressRange range;
                if (space)
                        *space = '\0';
                Ipset *ipset = g_hash_table_lookup(ipsets, *line);
                if (!ipset && **line) {
                        ipset = ipset_new(NULL);
                        g_hash_table_insert(ipsets, g_strdup(*line), ipset);
                }
                if (ipset && space && ipset->entries->len < LIMIT_ADDRESSES && address_range_parse(space + 1, &range, NULL))
                        g_array_append_val(ipset->entries, range);
        }
        return ipsets;
}
