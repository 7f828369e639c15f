/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch-state.h"

#include <glib/gi18n.h>

#include "ctl/ports-cmd.h"
#include "ctl/service-cmd.h"

static GHashTable *watch_counts_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void watch_state_init(WatchState *state) {
        *state = (WatchState){ .counts = watch_counts_new() };
}

void watch_state_clear(WatchState *state) {
        g_clear_pointer(&state->manager, g_variant_unref);
        g_clear_pointer(&state->policies, g_variant_unref);
        g_clear_pointer(&state->pending, g_variant_unref);
        g_clear_pointer(&state->counts, g_hash_table_unref);
        g_clear_pointer(&state->ports, g_free);
}

static void watch_set(GVariant **variable, GVariant *value) {
        g_clear_pointer(variable, g_variant_unref);
        *variable = value;
}

void watch_take_manager(WatchState *state, GVariant *reply) {
        watch_set(&state->manager, g_variant_get_child_value(reply, 0));
}

void watch_take_pending(WatchState *state, GVariant *reply) {
        g_autoptr(GVariant) properties = g_variant_get_child_value(reply, 0);

        watch_set(&state->pending, g_variant_lookup_value(properties, "PendingChange", G_VARIANT_TYPE_VARDICT));
}

void watch_take_policies(WatchState *state, GVariant *reply) {
        watch_set(&state->policies, g_variant_get_child_value(reply, 0));
}

void watch_take_ports(WatchState *state, GVariant *reply) {
        g_autoptr(GVariant) ports = g_variant_get_child_value(reply, 0);

        g_free(state->ports);
        state->ports = g_variant_n_children(ports) > 0 ? ports_format(ports) : g_strdup(_("No port is published.\n"));
}

/* All of them; how fast they change is what was signalled last. */
void watch_take_counters(WatchState *state, GVariant *reply) {
        g_autoptr(GVariant) counters = g_variant_get_child_value(reply, 0);
        g_autoptr(GHashTable) before = g_steal_pointer(&state->counts);
        const char *name;
        guint64 packets;
        GVariantIter iter;

        state->counts = watch_counts_new();
        g_variant_iter_init(&iter, counters);
        while (g_variant_iter_next(&iter, "{&s(tt)}", &name, &packets, NULL)) {
                const PageCount *was = g_hash_table_lookup(before, name);
                PageCount *count = g_new(PageCount, 1);

                *count = (PageCount){ packets, was ? was->rate : 0 };
                g_hash_table_insert(state->counts, g_strdup(name), count);
        }
}

void watch_take_properties(WatchState *state, GVariant *parameters) {
        g_autoptr(GVariant) changed = g_variant_get_child_value(parameters, 1);
        g_autoptr(GVariant) pending = g_variant_lookup_value(changed, "PendingChange", G_VARIANT_TYPE_VARDICT);
        const char *interface;

        g_variant_get_child(parameters, 0, "&s", &interface);
        if (g_str_equal(interface, CLIENT_SERVICE ".Policies") && pending)
                watch_set(&state->pending, g_steal_pointer(&pending));
        if (!g_str_equal(interface, CLIENT_SERVICE ".Manager") || !state->manager)
                return;
        g_auto(GVariantDict) manager = G_VARIANT_DICT_INIT(state->manager);
        GVariantIter iter;
        const char *name;
        GVariant *value;

        g_variant_iter_init(&iter, changed);
        while (g_variant_iter_loop(&iter, "{&sv}", &name, &value))
                g_variant_dict_insert_value(&manager, name, value);
        watch_set(&state->manager, g_variant_ref_sink(g_variant_dict_end(&manager)));
}

void watch_take_changed_counters(WatchState *state, GVariant *parameters) {
        g_autoptr(GVariant) counters = g_variant_get_child_value(parameters, 0);
        const char *name;
        guint64 packets, elapsed;
        GVariantIter iter;
        GHashTableIter counts;
        gpointer value;

        g_variant_get_child(parameters, 1, "t", &elapsed);
        const double seconds = (double) MAX(elapsed, 1) / G_USEC_PER_SEC;
        g_hash_table_iter_init(&counts, state->counts);
        while (g_hash_table_iter_next(&counts, NULL, &value))
                ((PageCount *) value)->rate = 0;
        g_variant_iter_init(&iter, counters);
        while (g_variant_iter_next(&iter, "{&s(tt)}", &name, &packets, NULL)) {
                PageCount *count = g_hash_table_lookup(state->counts, name);

                if (!count) { /* it could not be read before */
                        count = g_new0(PageCount, 1);
                        g_hash_table_insert(state->counts, g_strdup(name), count);
                } else /* they start again when the rules are made anew */
                        count->rate = (double) (packets >= count->packets ? packets - count->packets : packets) / seconds;
                count->packets = packets;
        }
}

void watch_forget_counters(WatchState *state) {
        g_hash_table_remove_all(state->counts);
}

bool watch_is_pending(const WatchState *state) {
        return state->pending && g_variant_n_children(state->pending) > 0;
}

GPtrArray *watch_page(const WatchState *state, const char *trouble, guint width) {
        g_autofree char *change = service_pending_text(state->pending);
        g_autofree char *pending = *change ? g_strdup_printf(_("Waits to be confirmed: %s."), change) : NULL;
        const PageModel model = { .manager = state->manager,
                                  .trouble = trouble,
                                  .pending = pending,
                                  .policies = state->policies,
                                  .counts = state->counts,
                                  .ports = state->ports };

        return page_lines(&model, width);
}
