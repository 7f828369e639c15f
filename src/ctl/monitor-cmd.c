/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-cmd.h"

#include <glib-unix.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/news.h"
#include "ctl/ports-cmd.h"
#include "ctl/service-cmd.h"
#include "ctl/text.h"

typedef struct Monitor {
        GDBusConnection *connection;
        GMainLoop *loop;
        GError *error; /* why the loop ended; NULL: it was interrupted */
        char *owner;   /* quaywalld's unique name; NULL: it is not running */
        News *news;    /* what was known last; NULL with --json, which prints what is signalled */
} Monitor;

static void monitor_clear(Monitor *monitor) {
        g_clear_error(&monitor->error);
        g_clear_pointer(&monitor->owner, g_free);
        g_clear_pointer(&monitor->news, news_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Monitor, monitor_clear)

static void monitor_print(Monitor *monitor, const char *line) {
        if (!monitor->error && !ctl_print(line, &monitor->error))
                g_main_loop_quit(monitor->loop);
}

/* --- as JSON: every signal, one line for each property, so that a script can look for the one it wants ----------------- */

/* Takes the floating event. */
static void monitor_print_event(Monitor *monitor, GVariant *event) {
        g_autoptr(GVariant) sunk = g_variant_ref_sink(event);
        g_autofree char *json = json_out_line(sunk), *line = g_strconcat(json, "\n", NULL);

        monitor_print(monitor, line);
}

/* key: "property" or "signal"; NULL: neither. */
static void monitor_print_json(Monitor *monitor, const char *event, const char *interface, const char *key, const char *name,
                               GVariant *value) {
        GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        g_variant_builder_add(&builder, "{sv}", "event", g_variant_new_string(event));
        if (key) {
                g_variant_builder_add(&builder, "{sv}", "interface", g_variant_new_string(interface));
                g_variant_builder_add(&builder, "{sv}", key, g_variant_new_string(name));
                g_variant_builder_add(&builder, "{sv}", "value", value);
        }
        monitor_print_event(monitor, g_variant_builder_end(&builder));
}

static void monitor_print_json_property(Monitor *monitor, const char *interface, const char *name, GVariant *value) {
        const bool is_problems = g_variant_is_of_type(value, G_VARIANT_TYPE("a(ssa{sv})"));

        monitor_print_json(monitor, "property", interface, "property", name, is_problems ? json_out_problems(value) : value);
}

static void monitor_print_json_properties(Monitor *monitor, const char *interface, GVariant *changed, GVariant *invalidated) {
        g_autoptr(GVariant) unknown = g_variant_ref_sink(g_variant_new_string("(changed)"));
        g_auto(GStrv) names = json_out_sorted_keys(changed);
        g_autofree const char **invalid = g_variant_get_strv(invalidated, NULL);

        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(changed, names[i], NULL);

                monitor_print_json_property(monitor, interface, names[i], value);
        }
        for (guint i = 0; invalid[i]; i++)
                monitor_print_json_property(monitor, interface, invalid[i], unknown);
}

/* --- in words: what is different, once -------------------------------------------------------------------------------- */

/* The columns of the time of day. */
#define MONITOR_INDENT 10

/* A screen has its width. */
static void monitor_print_words(Monitor *monitor, const char *words) {
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        g_autofree char *time = g_date_time_format(now, "%H:%M:%S"), *printable = text_printable(words);
        g_autoptr(GString) line = g_string_new(NULL);

        text_append_padded(line, time, MONITOR_INDENT);
        text_append_folded(line, printable, MONITOR_INDENT, MONITOR_INDENT, ctl_width());
        g_string_append_c(line, '\n');
        monitor_print(monitor, line->str);
}

static void monitor_print_news(Monitor *monitor, GPtrArray *lines) {
        for (guint i = 0; i < lines->len; i++)
                monitor_print_words(monitor, lines->pdata[i]);
}

static GPtrArray *monitor_lines_new(void) {
        return g_ptr_array_new_with_free_func(g_free);
}

/* The first value of the answer; NULL when it cannot be read. Nobody is asked for a password: those who may not read what changed are
 * told less of it. */
static GVariant *monitor_read(const Monitor *monitor, const char *interface, const char *member, GVariant *arguments,
                              const char *type) {
        g_autofree char *reply_type = g_strdup_printf("(%s)", type);
        g_autoptr(GVariant) reply =
                g_dbus_connection_call_sync(monitor->connection, CLIENT_SERVICE, CLIENT_PATH, interface, member, arguments,
                                            G_VARIANT_TYPE(reply_type), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL);

        return reply ? g_variant_get_child_value(reply, 0) : NULL;
}

static GVariant *monitor_read_properties(const Monitor *monitor, const char *interface) {
        return monitor_read(monitor, "org.freedesktop.DBus.Properties", "GetAll", g_variant_new("(s)", interface), "a{sv}");
}

static void monitor_read_policies(Monitor *monitor, const char *const *names, GPtrArray *lines) {
        g_autoptr(GVariant) policies = monitor_read(monitor, CLIENT_SERVICE ".Policies", "List", NULL, "a{sa{sv}}");

        news_take_policies(monitor->news, policies, names, lines);
}

static GHashTable *monitor_new_list(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* A port of both families is one. Two containers may publish the same port, if one of them is stopped. */
static GHashTable *monitor_list_ports(GVariant *ports) {
        GHashTable *list = monitor_new_list();

        for (gsize i = 0; i < g_variant_n_children(ports); i++) {
                g_autoptr(GVariant) port = g_variant_get_child_value(ports, i);
                g_autofree char *name = ports_name(port), *reach = ports_reach_all(port);
                const char *container = ctl_lookup_string(port, "container");
                g_autofree char *key = *container ? g_strdup_printf(_("%s of %s"), name, container) : g_strdup(name);
                g_autofree char *text = g_strdup_printf(_("reached by %s"), reach);
                const char *other = g_hash_table_lookup(list, key);

                g_hash_table_replace(list, g_steal_pointer(&key),
                                     other && !g_str_equal(other, text) ? g_strdup_printf("%s; %s", other, text) :
                                                                          g_steal_pointer(&text));
        }
        return list;
}

static GHashTable *monitor_list_networks(GVariant *networks) {
        GHashTable *list = monitor_new_list();

        for (gsize i = 0; i < g_variant_n_children(networks); i++) {
                g_autoptr(GVariant) network = g_variant_get_child_value(networks, i);

                g_hash_table_replace(list, g_strdup(ctl_lookup_string(network, "name")),
                                     g_strdup(ctl_lookup_string(network, "bridge")));
        }
        return list;
}

static GHashTable *monitor_list_containers(GVariant *containers) {
        GHashTable *list = monitor_new_list();

        for (gsize i = 0; i < g_variant_n_children(containers); i++) {
                g_autoptr(GVariant) container = g_variant_get_child_value(containers, i);
                gboolean running = FALSE;

                g_variant_lookup(container, "running", "b", &running);
                g_hash_table_replace(list, g_strdup(ctl_lookup_string(container, "name")),
                                     g_strdup(running ? _("running") : _("not running")));
        }
        return list;
}

/* Words of a group that are shown; "group show" has all of them. */
#define MONITOR_GROUP_WORDS 4

static GHashTable *monitor_list_groups(GVariant *groups) {
        GHashTable *list = monitor_new_list();
        GVariantIter iter;
        const char *name;
        GVariant *group;

        g_variant_iter_init(&iter, groups);
        while (g_variant_iter_loop(&iter, "{&s@a{sv}}", &name, &group)) {
                g_autofree const char **addresses = NULL;

                g_variant_lookup(group, "addresses", "^a&s", &addresses);
                g_hash_table_replace(list, g_strdup(name),
                                     addresses && addresses[0] ? text_list(addresses, MONITOR_GROUP_WORDS) :
                                                                 g_strdup(_("nobody")));
        }
        return list;
}

static const struct {
        const char *interface, *signal, *member, *type, *kind;
        NewsWords words;
        GHashTable *(*list)(GVariant *answer);
        const char *unread; /* what is said to those who may not read it */
} MONITOR_LISTS[] = {
        { "Engine",
          "NetworksChanged",
          "ListNetworks",
          "aa{sv}",
          "network",
          { N_("network %s is new"), N_("network %s is gone"), N_("network %s") },
          monitor_list_networks,
          N_("Docker's networks have changed") },
        { "Engine",
          "ContainersChanged",
          "ListContainers",
          "aa{sv}",
          "container",
          { N_("container %s is new"), N_("container %s is gone"), N_("container %s") },
          monitor_list_containers,
          N_("Docker's containers have changed") },
        { "Engine",
          "PortsChanged",
          "ListPorts",
          "aa{sv}",
          "port",
          { N_("port %s is published"), N_("port %s is no longer published"), N_("port %s") },
          monitor_list_ports,
          NULL },
        { "Groups",
          "Changed",
          "List",
          "a{sa{sv}}",
          "group",
          { N_("group %s is new"), N_("group %s is gone"), N_("group %s") },
          monitor_list_groups,
          NULL },
};

/* silent: at the start, and when another signal says it. */
static void monitor_read_list(Monitor *monitor, gsize i, bool silent, GPtrArray *lines) {
        g_autofree char *interface = g_strconcat(CLIENT_SERVICE ".", MONITOR_LISTS[i].interface, NULL);
        g_autoptr(GVariant) answer = monitor_read(monitor, interface, MONITOR_LISTS[i].member, NULL, MONITOR_LISTS[i].type);

        if (answer) {
                g_autoptr(GHashTable) list = MONITOR_LISTS[i].list(answer);
                news_take_list(monitor->news, MONITOR_LISTS[i].kind, list, &MONITOR_LISTS[i].words, lines);
        } else if (!silent && MONITOR_LISTS[i].unread)
                g_ptr_array_add(lines, g_strdup(gettext(MONITOR_LISTS[i].unread)));
}

/* Everything: at the start without a word, after quaywalld's restart what is different. */
static void monitor_read_all(Monitor *monitor) {
        static const char *const INTERFACES[] = { "Manager", "Zone", "Policies", "Groups", "Engine" };
        g_autoptr(GPtrArray) lines = monitor_lines_new();

        for (gsize i = 0; i < G_N_ELEMENTS(INTERFACES); i++) {
                g_autofree char *interface = g_strconcat(CLIENT_SERVICE ".", INTERFACES[i], NULL);
                g_autoptr(GVariant) properties = monitor_read_properties(monitor, interface);

                if (properties)
                        news_take_properties(monitor->news, interface, properties, lines);
        }
        monitor_read_policies(monitor, NULL, lines);
        for (gsize i = 0; i < G_N_ELEMENTS(MONITOR_LISTS); i++)
                monitor_read_list(monitor, i, true, lines);
        monitor_print_news(monitor, lines);
}

static void monitor_say_properties(Monitor *monitor, const char *interface, GVariant *changed) {
        g_autoptr(GPtrArray) lines = monitor_lines_new();
        g_autoptr(GVariant) pending = g_variant_lookup_value(changed, "PendingChange", G_VARIANT_TYPE_VARDICT);
        g_autofree char *change = service_pending_text(pending);

        news_take_properties(monitor->news, interface, changed, lines);
        if (*change)
                g_ptr_array_add(lines, g_strdup_printf(_("waits to be confirmed: %s"), change));
        else if (pending)
                g_ptr_array_add(lines, g_strdup(_("no change waits to be confirmed any more")));
        monitor_print_news(monitor, lines);
}

static void monitor_say_other(Monitor *monitor, const char *interface, const char *signal, GVariant *parameters) {
        const char *dot = strrchr(interface, '.');
        g_autofree char *shown = g_variant_print(parameters, FALSE);
        g_autofree char *words = g_strdup_printf("%s.%s: %s", dot ? dot + 1 : interface, signal, shown);

        monitor_print_words(monitor, words);
}

/* The signal of a list. False: it is none of them. */
static bool monitor_say_list(Monitor *monitor, const char *interface, const char *signal, GVariant *parameters,
                             GPtrArray *lines) {
        gsize i = 0;

        while (i < G_N_ELEMENTS(MONITOR_LISTS) &&
               !(g_str_has_suffix(interface, MONITOR_LISTS[i].interface) && g_str_equal(MONITOR_LISTS[i].signal, signal)))
                i++;
        if (i == G_N_ELEMENTS(MONITOR_LISTS))
                return false;
        monitor_read_list(monitor, i, false, lines);
        /* What is not shown of it changed, or it may not be read. */
        if (lines->len == 0 && g_variant_is_of_type(parameters, G_VARIANT_TYPE("(as)"))) {
                g_autofree const char **names = NULL;

                g_variant_get(parameters, "(^a&s)", &names);
                for (const char **name = names; *name; name++)
                        news_say_changed(&MONITOR_LISTS[i].words, *name, lines);
        }
        return true;
}

static void monitor_say_signal(Monitor *monitor, const char *interface, const char *signal, GVariant *parameters) {
        g_autoptr(GPtrArray) lines = monitor_lines_new();

        if (g_str_equal(signal, "Repaired") && g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ss)"))) {
                const char *code, *sentence;
                g_variant_get(parameters, "(&s&s)", &code, &sentence);
                g_ptr_array_add(lines, g_strdup_printf(_("repaired %s: %s"), code, sentence));
        } else if (g_str_equal(interface, CLIENT_SERVICE ".Policies") && g_str_equal(signal, "Changed") &&
                   g_variant_is_of_type(parameters, G_VARIANT_TYPE("(as)"))) {
                g_autofree const char **names = NULL;
                g_variant_get(parameters, "(^a&s)", &names);
                monitor_read_policies(monitor, names, lines);
        } else if (!monitor_say_list(monitor, interface, signal, parameters, lines))
                monitor_say_other(monitor, interface, signal, parameters);
        monitor_print_news(monitor, lines);
}

/* --- signals ---------------------------------------------------------------------------------------------------------- */

static void monitor_on_signal(G_GNUC_UNUSED GDBusConnection *connection, const char *sender, G_GNUC_UNUSED const char *path,
                              const char *interface, const char *signal, GVariant *parameters, gpointer userdata) {
        Monitor *monitor = userdata;

        /* Before 2.80.1 and the security updates for older releases (CVE-2024-34397) GLib takes a signal that any client sends to this
         * connection for one of the well-known name that was subscribed to; but never for the bus's own NameOwnerChanged. */
        if (g_strcmp0(sender, monitor->owner) != 0)
                return;
        if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")) && g_str_equal(signal, "PropertiesChanged")) {
                g_autoptr(GVariant) changed = g_variant_get_child_value(parameters, 1),
                                    invalidated = g_variant_get_child_value(parameters, 2);
                const char *of;

                g_variant_get_child(parameters, 0, "&s", &of);
                if (monitor->news)
                        monitor_say_properties(monitor, of, changed);
                else
                        monitor_print_json_properties(monitor, of, changed, invalidated);
                return;
        }

        /* Policies.Changed, Manager.Repaired, and any signal of a later version of the service. */
        if (monitor->news)
                monitor_say_signal(monitor, interface, signal, parameters);
        else {
                g_autoptr(GVariant) first = g_variant_n_children(parameters) == 1 ? g_variant_get_child_value(parameters, 0) :
                                                                                    g_variant_ref(parameters);
                monitor_print_json(monitor, "signal", interface, "signal", signal, first);
        }
}

static void monitor_say(Monitor *monitor, const char *event, const char *words) {
        if (monitor->news)
                monitor_print_words(monitor, words);
        else
                monitor_print_json(monitor, event, NULL, NULL, NULL, NULL);
}

static void monitor_set_owner(Monitor *monitor, const char *owner) {
        const bool appeared = !monitor->owner && owner;

        if (appeared)
                monitor_say(monitor, "appeared", _("quaywalld is running"));
        else if (monitor->owner && !owner)
                monitor_say(monitor, "vanished", _("quaywalld is gone; what it put in place stays"));
        g_free(monitor->owner);
        monitor->owner = g_strdup(owner);
        if (appeared && monitor->news)
                monitor_read_all(monitor);
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
                g_set_error(&monitor->error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("the system bus is gone%s%s"), error ? ": " : "",
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
        if (monitor->news)
                monitor_read_all(monitor);
        g_autoptr(GVariant) state = g_variant_lookup_value(properties, "State", G_VARIANT_TYPE_STRING);
        g_autofree char *words = state ? g_strdup_printf(_("state: %s"), g_variant_get_string(state, NULL)) : NULL;
        if (words && monitor->news)
                monitor_print_words(monitor, words);
        else if (words)
                monitor_print_json_property(monitor, CLIENT_SERVICE ".Manager", "State", state);
        return true;
}

/* Until it is interrupted, or monitor->error is set. */
static void monitor_loop(Monitor *monitor) {
        const guint watch = g_bus_watch_name_on_connection(monitor->connection, CLIENT_SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE,
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
        GDBusConnection *connection = client_connection(client);
        g_auto(Monitor) monitor = { .connection = connection, .loop = loop, .news = ctl->json ? NULL : news_new() };
        const guint signals = g_dbus_connection_signal_subscribe(connection, CLIENT_SERVICE, NULL, NULL, CLIENT_PATH, NULL,
                                                                 G_DBUS_SIGNAL_FLAGS_NONE, monitor_on_signal, &monitor, NULL);
        const gulong closed = g_signal_connect(connection, "closed", G_CALLBACK(monitor_on_closed), &monitor);
        const bool started = monitor_start(&monitor, client, error);

        if (started)
                monitor_loop(&monitor);
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
                .summary =
                        _("Prints what changes, one change a line, until it is interrupted. The first line is the state at the "
                          "start. With --json each signal and property of quaywalld is one JSON object."),
                .examples = "quaywallctl monitor\n"
                            "quaywallctl monitor --json",
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        Client *client = ctl_connect(ctl, error);
        return client && monitor_run(ctl, client, error);
}
