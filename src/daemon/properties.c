/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "properties.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "bus/cleanup.h"

struct Properties {
        sd_bus *service;
        const char *path;
        void *userdata;
        GHashTable *vtables; /* interface -> const sd_bus_vtable * */
        GHashTable *known;   /* "interface property" -> checksum of its value */
};

Properties *properties_new(sd_bus *service, const char *path, void *userdata) {
        Properties *p = g_new(Properties, 1);
        *p = (Properties){ .service = service,
                           .path = path,
                           .userdata = userdata,
                           .vtables = g_hash_table_new(g_str_hash, g_str_equal),
                           .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
        return p;
}

void properties_free(Properties *p) {
        if (!p)
                return;
        g_hash_table_unref(p->vtables);
        g_hash_table_unref(p->known);
        g_free(p);
}

void properties_add(Properties *p, const char *interface, const sd_bus_vtable *vtable) {
        g_hash_table_insert(p->vtables, (gpointer) interface, (gpointer) vtable);
}

/* What the getter writes, as a checksum; NULL: it failed. */
static char *measure(const Properties *p, const char *interface, const sd_bus_vtable *property) {
        g_autoptr(SdBusMessage) m = NULL;
        char *text = NULL;
        size_t length;
        if (sd_bus_message_new_signal(p->service, &m, p->path, interface, "Value") < 0 ||
            property->x.property.get(p->service, p->path, interface, property->x.property.member, m, p->userdata, NULL) < 0 ||
            sd_bus_message_seal(m, 1, 0) < 0)
                return NULL;
        FILE *stream = open_memstream(&text, &length);
        if (!stream)
                return NULL;
        const int r = sd_bus_message_dump(m, stream, SD_BUS_MESSAGE_DUMP_SUBTREE_ONLY);
        const bool whole = fclose(stream) == 0;
        char *sum = r >= 0 && whole ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) text, length) : NULL;
        free(text);
        return sum;
}

/* Whether the value differs from the known one; it is known from now on. */
static bool is_news(Properties *p, const char *interface, const sd_bus_vtable *property) {
        g_autofree char *key = g_strconcat(interface, " ", property->x.property.member, NULL);
        g_autofree char *sum = measure(p, interface, property);
        if (sum && g_strcmp0(g_hash_table_lookup(p->known, key), sum) == 0)
                return false;
        if (sum)
                g_hash_table_replace(p->known, g_steal_pointer(&key), g_steal_pointer(&sum));
        else
                g_hash_table_remove(p->known, key);
        return true;
}

static const uint64_t EMITS = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION;

void properties_note(Properties *p) {
        GHashTableIter iter;
        gpointer interface, vtable;
        g_hash_table_iter_init(&iter, p->vtables);
        while (g_hash_table_iter_next(&iter, &interface, &vtable))
                for (const sd_bus_vtable *entry = vtable; entry->type != _SD_BUS_VTABLE_END; entry++)
                        if (entry->type == _SD_BUS_VTABLE_PROPERTY && (entry->flags & EMITS))
                                (void) is_news(p, interface, entry);
}

static const sd_bus_vtable *find(const Properties *p, const char *interface, const char *name) {
        const sd_bus_vtable *entry = g_hash_table_lookup(p->vtables, interface);
        while (entry->type != _SD_BUS_VTABLE_PROPERTY || !g_str_equal(entry->x.property.member, name)) {
                g_assert(entry->type != _SD_BUS_VTABLE_END);
                entry++;
        }
        return entry;
}

void properties_emit(Properties *p, const char *interface, ...) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        va_list list;
        va_start(list, interface);
        for (const char *name; (name = va_arg(list, const char *));)
                if (is_news(p, interface, find(p, interface, name)))
                        g_ptr_array_add(names, (gpointer) name);
        va_end(list);
        if (names->len == 0)
                return;
        g_ptr_array_add(names, NULL);
        (void) sd_bus_emit_properties_changed_strv(p->service, p->path, interface, (char **) names->pdata);
}
