/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-cmd.h"

#include <glib-unix.h>
#include <string.h>

#include "ctl/json-out.h"
#include "ctl/text.h"

typedef struct Monitor {
        Ctl *ctl;
        GMainLoop *loop;
        GError *error; /* why the loop ended; NULL: it was interrupted */
        char *owner;   /* quaywalld's unique name; NULL: it is not running */
} Monitor;

static void monitor_clear(Monitor *monitor) {
        g_clear_error(&monitor->error);
        g_clear_pointer(&monitor->owner, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Monitor, monitor_clear)

/* One event, one line: the event as JSON, or the time and the words. Takes the floating event. */
static void monitor_print(Monitor *monitor, GVariant *event, const char *words) {
        g_autoptr(GVariant) sunk = g_variant_ref_sink(event);
        g_autofree char *line = NULL;

        if (monitor->error)
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
        return text_value(value);
}

/* "Zone" of "org.quaywall1.Zone". Borrowed. */
static const char *monitor_short_name(const char *interface) {
        const char *dot = strrchr(interface, '.');

        return dot ? dot + 1 : interface;
}

/* One line for each property, so that a script can look for the one it wants. */
static void monitor_print_property(Monitor *monitor, const char *interface, const char *name, GVariant *value) {
        GVariantBuilder event = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_autofree char *shown = monitor_value_words(value);
        g_autofree char *words = g_strdup_printf("%s.%s: %s", monitor_short_name(interface), name, shown);
        GVariant *json = g_variant_is_of_type(value, G_VARIANT_TYPE("a(ssa{sv})")) ? json_out_problems(value) : value;

        g_variant_builder_add(&event, "{sv}", "event", g_variant_new_string("property"));
        g_variant_builder_add(&event, "{sv}", "interface", g_variant_new_string(interface));
        g_variant_builder_add(&event, "{sv}", "property", g_variant_new_string(name));
        g_variant_builder_add(&event, "{sv}", "value", json);
        monitor_print(monitor, g_variant_builder_end(&event), words);
}

static void monitor_print_properties(Monitor *monitor, GVariant *parameters) {
        g_autoptr(GVariant) changed = g_variant_get_child_value(parameters, 1);
        g_autoptr(GVariant) invalidated = g_variant_get_child_value(parameters, 2);
        g_autoptr(GVariant) unknown = g_variant_ref_sink(g_variant_new_string("(changed)"));
        g_auto(GStrv) names = json_out_sorted_keys(changed);
        g_autofree const char **invalid = g_variant_get_strv(invalidated, NULL);
        const char *interface;

        g_variant_get_child(parameters, 0, "&s", &interface);
        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(changed, names[i], NULL);

                monitor_print_property(monitor, interface, names[i], value);
        }
        for (guint i = 0; invalid[i]; i++)
                monitor_print_property(monitor, interface, invalid[i], unknown);
}

static void monitor_on_signal(G_GNUC_UNUSED GDBusConnection *connection, const char *sender, G_GNUC_UNUSED const char *path,
                              const char *interface, const char *signal, GVariant *parameters, gpointer userdata) {
        Monitor *monitor = userdata;

        /* Before 2.80.1 and the security updates for older releases (CVE-2024-34397) GLib takes a signal that any client sends to this
         * connection for one of the well-known name that was subscribed to; but never for the bus's own NameOwnerChanged. */
        if (g_strcmp0(sender, monitor->owner) != 0)
                return;
        if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")) && g_str_equal(signal, "PropertiesChanged")) {
                monitor_print_properties(monitor, parameters);
                return;
        }

        /* Policies.Changed, Manager.Repaired, and any signal of a later version of the service. */
        GVariantBuilder event = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_autoptr(GVariant) first =
                g_variant_n_children(parameters) == 1 ? g_variant_get_child_value(parameters, 0) : g_variant_ref(parameters);
        g_autofree char *shown = monitor_value_words(first);
        g_autofree char *words = g_strdup_printf("%s.%s: %s", monitor_short_name(interface), signal, shown);

        g_variant_builder_add(&event, "{sv}", "event", g_variant_new_string("signal"));
        g_variant_builder_add(&event, "{sv}", "interface", g_variant_new_string(interface));
        g_variant_builder_add(&event, "{sv}", "signal", g_variant_new_string(signal));
        g_variant_builder_add(&event, "{sv}", "value", first);
        monitor_print(monitor, g_variant_builder_end(&event), words);
}

static void monitor_set_owner(Monitor *monitor, const char *owner) {
        if (!monitor->owner && owner)
                monitor_print(monitor, monitor_event("appeared"), "quaywalld is running");
        else if (monitor->owner && !owner)
                monitor_print(monitor, monitor_event("vanished"), "quaywalld is gone; what it put in place stays");
        g_free(monitor->owner);
        monitor->owner = g_strdup(owner);
}

static void monitor_on_appeared(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name, const char *owner,
                                gpointer userdata) {
        monitor_set_owner(userdata, owner);
}

static void monitor_on_vanished(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name, gpointer userdata) {
        monitor_set_owner(userdata, NULL);
}

static void monitor_on_closed(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED gboolean remote, GError *error,
                              gpointer userdata) {
        Monitor *monitor = userdata;

        if (!monitor->error)
                g_set_error(&monitor->error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the system bus is gone%s%s", error ? ": " : "",
                            error ? error->message : "");
        g_main_loop_quit(monitor->loop);
}

static gboolean monitor_on_interrupt(gpointer userdata) {
        g_main_loop_quit(((Monitor *) userdata)->loop);
        return G_SOURCE_CONTINUE;
}

/* Prints the state at the start. monitor_run() has subscribed before, so that no change is missed in between. */
static bool monitor_start(Monitor *monitor, Client *client, GError **error) {
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Manager", error);

        if (!properties || !(monitor->owner = client_get_owner(client, error)))
                return false;
        g_autoptr(GVariant) state = g_variant_lookup_value(properties, "State", G_VARIANT_TYPE_STRING);
        if (state)
                monitor_print_property(monitor, CLIENT_SERVICE ".Manager", "State", state);
        return true;
}

/* Until it is interrupted, or monitor->error is set. */
static void monitor_loop(Monitor *monitor, GDBusConnection *connection) {
        const guint watch = g_bus_watch_name_on_connection(connection, CLIENT_SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                           monitor_on_appeared, monitor_on_vanished, monitor, NULL);
        const guint interrupt = g_unix_signal_add(SIGINT, monitor_on_interrupt, monitor);
        const guint terminate = g_unix_signal_add(SIGTERM, monitor_on_interrupt, monitor);

        if (!monitor->error)
                g_main_loop_run(monitor->loop);
        g_source_remove(terminate);
        g_source_remove(interrupt);
        g_bus_unwatch_name(watch);
}

static bool monitor_run(Ctl *ctl, Client *client, GError **error) {
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_auto(Monitor) monitor = { .ctl = ctl, .loop = loop };
        GDBusConnection *connection = client_connection(client);
        const guint signals = g_dbus_connection_signal_subscribe(connection, CLIENT_SERVICE, NULL, NULL, CLIENT_PATH, NULL,
                                                                 G_DBUS_SIGNAL_FLAGS_NONE, monitor_on_signal, &monitor, NULL);
        const gulong closed = g_signal_connect(connection, "closed", G_CALLBACK(monitor_on_closed), &monitor);
        const bool started = monitor_start(&monitor, client, error);

        if (started)
                monitor_loop(&monitor, connection);
        g_signal_handler_disconnect(connection, closed);
        g_dbus_connection_signal_unsubscribe(connection, signals);

        if (!started || !monitor.error)
                return started;
        g_propagate_error(error, g_steal_pointer(&monitor.error));
        return false;
}

bool monitor_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "monitor",
                .summary = "Prints signals and property changes of quaywalld, one a line, until it is interrupted. "
                           "The first line is the state at the start. With --json each line is one JSON object.",
                .examples = "quaywallctl monitor\n"
                            "quaywallctl monitor --json",
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        Client *client = ctl_connect(ctl, error);
        return client && monitor_run(ctl, client, error);
}
