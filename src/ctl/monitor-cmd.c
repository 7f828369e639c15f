/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-cmd.h"

#include <glib-unix.h>
#include <string.h>

#include "json-out.h"
#include "text.h"

typedef struct Monitor {
        Ctl *ctl;
        GMainLoop *loop;
        GError *error; /* why the loop ended; NULL: somebody wanted it to */
        char *owner; /* quaywalld's unique name; NULL: it is not there */
} Monitor;

/* One event, one line: JSON as it is, or the time and the words. Takes the floating event. */
static void monitor_print(Monitor *monitor, GVariant *event, const char *words) {
        g_autoptr(GVariant) sunk = g_variant_ref_sink(event);
        g_autofree char *line = NULL;

        if (monitor->error != NULL)
                return;
        if (monitor->ctl->json) {
                g_autofree char *json = json_out_line(sunk);
                line = g_strconcat(json, "\n", NULL);
        } else {
                g_autoptr(GDateTime) now = g_date_time_new_now_local();
                g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
                g_autofree char *printable = text_printable(words);
                line = g_strdup_printf("%s  %s\n", time, printable);
        }
        if (!ctl_print(line, &monitor->error))
                g_main_loop_quit(monitor->loop);
}

static GVariant *monitor_event(const char *name) {
        GVariantBuilder event = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        g_variant_builder_add(&event, "{sv}", "event", g_variant_new_string(name));
        return g_variant_builder_end(&event);
}

/* "rules-missing, zone-missing" of Problems. */
static char *monitor_problem_codes(GVariant *problems) {
        g_autoptr(GString) codes = g_string_new(NULL);
        const char *code;
        GVariantIter iter;

        g_variant_iter_init(&iter, problems);
        while (g_variant_iter_loop(&iter, "(&ssa{sv})", &code, NULL, NULL))
                g_string_append_printf(codes, "%s%s", codes->len > 0 ? ", " : "", code);
        return codes->len > 0 ? g_string_free(g_steal_pointer(&codes), FALSE) : g_strdup("none");
}

static char *monitor_value_words(GVariant *value) {
        if (g_variant_is_of_type(value, G_VARIANT_TYPE("(ss)"))) { /* Manager.Repaired */
                const char *code, *sentence;

                g_variant_get(value, "(&s&s)", &code, &sentence);
                return g_strdup_printf("%s: %s", code, sentence);
        }
        if (g_variant_is_of_type(value, G_VARIANT_TYPE("a(ssa{sv})")))
                return monitor_problem_codes(value);
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
                return g_variant_dup_string(value, NULL);
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
                g_autofree const char **words = g_variant_get_strv(value, NULL);
                return text_list(words, 0);
        }
        return g_variant_print(value, FALSE);
}

/* One line a property, so that a script can look for the one it wants. */
static void monitor_print_property(Monitor *monitor, const char *interface, const char *name, GVariant *value) {
        GVariantBuilder event = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_autofree char *shown = monitor_value_words(value);
        const char *short_name = strrchr(interface, '.') != NULL ? strrchr(interface, '.') + 1 : interface;
        g_autofree char *words = g_strdup_printf("%s.%s: %s", short_name, name, shown);
        GVariant *json = g_variant_is_of_type(value, G_VARIANT_TYPE("a(ssa{sv})")) ? json_out_problems(value) : value;

        g_variant_builder_add(&event, "{sv}", "event", g_variant_new_string("property"));
        g_variant_builder_add(&event, "{sv}", "interface", g_variant_new_string(interface));
        g_variant_builder_add(&event, "{sv}", "property", g_variant_new_string(name));
        g_variant_builder_add(&event, "{sv}", "value", json);
        monitor_print(monitor, g_variant_builder_end(&event), words);
}

static void monitor_print_invalidated(Monitor *monitor, const char *interface, const char *name) {
        g_autoptr(GVariant) unknown = g_variant_ref_sink(g_variant_new_string("(changed)"));

        monitor_print_property(monitor, interface, name, unknown);
}

static void monitor_on_signal(G_GNUC_UNUSED GDBusConnection *connection, const char *sender,
                              G_GNUC_UNUSED const char *path, const char *interface, const char *signal,
                              GVariant *parameters, gpointer user_data) {
        Monitor *monitor = user_data;

        /* Before 2.80.1 and the security updates for older releases (CVE-2024-34397) GLib takes what anybody sends to us for a
         * signal of the well-known name that was asked for. It never did so for the bus's own NameOwnerChanged. */
        if (g_strcmp0(sender, monitor->owner) != 0)
                return;
        if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")) &&
            g_str_equal(signal, "PropertiesChanged")) {
                g_autoptr(GVariant) changed = g_variant_get_child_value(parameters, 1);
                g_autoptr(GVariant) invalidated = g_variant_get_child_value(parameters, 2);
                g_auto(GStrv) names = json_out_sorted_keys(changed);
                g_autofree const char **invalid = g_variant_get_strv(invalidated, NULL);
                const char *owner;

                g_variant_get_child(parameters, 0, "&s", &owner);
                for (guint i = 0; names[i] != NULL; i++) {
                        g_autoptr(GVariant) value = g_variant_lookup_value(changed, names[i], NULL);
                        monitor_print_property(monitor, owner, names[i], value);
                }
                for (guint i = 0; invalid[i] != NULL; i++)
                        monitor_print_invalidated(monitor, owner, invalid[i]);
                return;
        }

        /* Policies.Changed, Manager.Repaired, and whatever signal a later service may have. */
        GVariantBuilder event = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        const char *short_name = strrchr(interface, '.') != NULL ? strrchr(interface, '.') + 1 : interface;
        g_autoptr(GVariant) first = g_variant_n_children(parameters) == 1 ? g_variant_get_child_value(parameters, 0)
                                                                          : g_variant_ref(parameters);
        g_autofree char *shown = monitor_value_words(first);
        g_autofree char *words = g_strdup_printf("%s.%s: %s", short_name, signal, shown);

        g_variant_builder_add(&event, "{sv}", "event", g_variant_new_string("signal"));
        g_variant_builder_add(&event, "{sv}", "interface", g_variant_new_string(interface));
        g_variant_builder_add(&event, "{sv}", "signal", g_variant_new_string(signal));
        g_variant_builder_add(&event, "{sv}", "value", first);
        monitor_print(monitor, g_variant_builder_end(&event), words);
}

static void monitor_set_owner(Monitor *monitor, const char *owner) {
        if (monitor->owner == NULL && owner != NULL)
                monitor_print(monitor, monitor_event("appeared"), "quaywalld is there");
        else if (monitor->owner != NULL && owner == NULL)
                monitor_print(monitor, monitor_event("vanished"), "quaywalld is gone; what it put in place stays");
        g_free(monitor->owner);
        monitor->owner = g_strdup(owner);
}

static void monitor_on_appeared(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name,
                                const char *owner, gpointer user_data) {
        monitor_set_owner(user_data, owner);
}

static void monitor_on_vanished(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name,
                                gpointer user_data) {
        monitor_set_owner(user_data, NULL);
}

static void monitor_on_closed(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED gboolean remote, GError *error,
                              gpointer user_data) {
        Monitor *monitor = user_data;

        if (monitor->error == NULL)
                g_set_error(&monitor->error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the system bus is gone%s%s",
                            error != NULL ? ": " : "", error != NULL ? error->message : "");
        g_main_loop_quit(monitor->loop);
}

static gboolean monitor_on_interrupt(gpointer user_data) {
        g_main_loop_quit(((Monitor *) user_data)->loop);
        return G_SOURCE_CONTINUE;
}

/* Subscribed first, then asked: no change can fall in between. The state that it starts from is the first line. */
static gboolean monitor_start(Monitor *monitor, Client *client, GError **error) {
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Manager", error);
        g_autoptr(GVariant) state = NULL;

        if (properties == NULL || (monitor->owner = client_get_owner(client, error)) == NULL)
                return FALSE;
        state = g_variant_lookup_value(properties, "State", G_VARIANT_TYPE_STRING);
        if (state != NULL)
                monitor_print_property(monitor, CLIENT_SERVICE ".Manager", "State", state);
        return TRUE;
}

gboolean monitor_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "monitor",
                .summary = "Prints signals and property changes of quaywalld, one a line, until it is interrupted.\n"
                           "The first line is the state at the start. With --json each line is one JSON object.",
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return FALSE;
        if (argv[1] != NULL)
                return ctl_usage_error(error, "unexpected word '%s'", argv[1]);
        Client *client = ctl_connect(ctl, error);
        if (client == NULL)
                return FALSE;

        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        Monitor monitor = { .ctl = ctl, .loop = loop };
        GDBusConnection *connection = client_connection(client);

        const guint signals =
                g_dbus_connection_signal_subscribe(connection, CLIENT_SERVICE, NULL, NULL, CLIENT_PATH, NULL,
                                                   G_DBUS_SIGNAL_FLAGS_NONE, monitor_on_signal, &monitor, NULL);
        const gulong closed = g_signal_connect(connection, "closed", G_CALLBACK(monitor_on_closed), &monitor);
        const gboolean started = monitor_start(&monitor, client, error);

        if (started) {
                const guint watch =
                        g_bus_watch_name_on_connection(connection, CLIENT_SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                       monitor_on_appeared, monitor_on_vanished, &monitor, NULL);
                const guint interrupt = g_unix_signal_add(SIGINT, monitor_on_interrupt, &monitor);
                const guint terminate = g_unix_signal_add(SIGTERM, monitor_on_interrupt, &monitor);

                if (monitor.error == NULL)
                        g_main_loop_run(loop);
                g_source_remove(terminate);
                g_source_remove(interrupt);
                g_bus_unwatch_name(watch);
        }
        g_signal_handler_disconnect(connection, closed);
        g_dbus_connection_signal_unsubscribe(connection, signals);
        g_free(monitor.owner);

        if (!started) {
                g_clear_error(&monitor.error);
                return FALSE;
        }
        if (monitor.error != NULL) {
                g_propagate_error(error, monitor.error);
                return FALSE;
        }
        return TRUE;
}
