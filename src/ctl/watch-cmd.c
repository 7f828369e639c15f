/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch-cmd.h"

#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/terminal.h"
#include "ctl/watch-state.h"

#define WATCH_PROPERTIES "org.freedesktop.DBus.Properties"

/* A burst of signals is drawn once. */
#define WATCH_DRAW_MSEC 50

/* What the page shows, each read with one call, and again when the service says that it changed. */
typedef enum WatchPart { WATCH_MANAGER, WATCH_PENDING, WATCH_POLICIES, WATCH_PORTS, WATCH_COUNTERS, _WATCH_MAX } WatchPart;

typedef struct Watch {
        Client *client;
        GMainLoop *loop;
        GCancellable *cancellable; /* of the calls under way */
        GError *error;             /* why the loop ended; NULL: the user wanted it */
        char *owner;               /* quaywalld's unique name; NULL: it is not running */
        bool is_reading[_WATCH_MAX], is_stale[_WATCH_MAX];

        char *troubles[_WATCH_MAX]; /* why a part is not up to date; NULL: it is */
        WatchState state;

        GString *keys;
        guint offset, draw, clock; /* sources; 0: none */
        bool colour;
} Watch;

static void watch_clear(Watch *watch) {
        g_clear_error(&watch->error);
        g_clear_object(&watch->cancellable);
        g_clear_pointer(&watch->owner, g_free);
        watch_state_clear(&watch->state);
        for (WatchPart part = 0; part < _WATCH_MAX; part++)
                g_free(watch->troubles[part]);
        if (watch->keys)
                g_string_free(watch->keys, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

/* --- the page --------------------------------------------------------------------------------------------------------- */

static const char *watch_trouble(const Watch *watch) {
        if (!watch->owner)
                return _("quaywalld is not running. What it put in place stays; all below is as it was last.");
        for (WatchPart part = 0; part < _WATCH_MAX; part++)
                if (watch->troubles[part])
                        return watch->troubles[part];
        return NULL;
}

static gboolean watch_draw(gpointer userdata) {
        Watch *watch = userdata;
        guint width, height;

        watch->draw = 0;
        terminal_get_size(&width, &height);
        g_autoptr(GPtrArray) lines = watch_page(&watch->state, watch_trouble(watch), width);
        watch->offset = MIN(watch->offset, page_last_offset(lines, height));
        g_autofree char *frame = page_frame(lines, watch->offset, width, height, watch->colour);
        if (!terminal_draw(frame))
                g_main_loop_quit(watch->loop);
        return G_SOURCE_REMOVE;
}

static void watch_draw_soon(Watch *watch) {
        if (watch->draw == 0)
                watch->draw = g_timeout_add(WATCH_DRAW_MSEC, watch_draw, watch);
}

static gboolean watch_on_clock(gpointer userdata) {
        watch_draw_soon(userdata);
        return G_SOURCE_CONTINUE;
}

/* The seconds that are left are shown only while a change waits. */
static void watch_set_clock(Watch *watch) {
        const bool waits = watch_is_pending(&watch->state);

        if (waits && watch->clock == 0)
                watch->clock = g_timeout_add_seconds(1, watch_on_clock, watch);
        if (!waits && watch->clock != 0)
                g_clear_handle_id(&watch->clock, g_source_remove);
}

/* --- what is read ----------------------------------------------------------------------------------------------------- */

static const struct {
        const char *interface, *member, *argument; /* argument: GVariant text; NULL: none */
        const char *reply;
        void (*take)(WatchState *state, GVariant *reply);
} WATCH_PARTS[_WATCH_MAX] = {
        [WATCH_MANAGER] = { WATCH_PROPERTIES, "GetAll", "('" CLIENT_SERVICE ".Manager',)", "(a{sv})", watch_take_manager },
        [WATCH_PENDING] = { WATCH_PROPERTIES, "GetAll", "('" CLIENT_SERVICE ".Policies',)", "(a{sv})", watch_take_pending },
        [WATCH_POLICIES] = { CLIENT_SERVICE ".Policies", "List", NULL, "(a{sa{sv}})", watch_take_policies },
        [WATCH_PORTS] = { CLIENT_SERVICE ".Engine", "ListPorts", NULL, "(aa{sv})", watch_take_ports },
        [WATCH_COUNTERS] = { CLIENT_SERVICE ".Policies", "WatchCounters", "(@a{sv} {},)", "(a{s(tt)})", watch_take_counters },
};

static GVariant *watch_arguments(WatchPart part) {
        return WATCH_PARTS[part].argument ? g_variant_new_parsed(WATCH_PARTS[part].argument) : NULL;
}

/* Without Docker there are no ports: the rest is shown all the same. Takes the error. */
static void watch_take_failure(Watch *watch, WatchPart part, GError *failure) {
        g_autoptr(GError) error = failure;
        g_autofree char *sentence = client_error_sentence(error);

        if (part == WATCH_PORTS) {
                g_free(watch->state.ports);
                watch->state.ports = g_strdup_printf(_("Ports are not known: %s\n"), sentence);
        } else
                watch->troubles[part] = g_steal_pointer(&sentence);
}

static void watch_read(Watch *watch, WatchPart part);

typedef struct WatchCall {
        Watch *watch;
        WatchPart part;
} WatchCall;

static void watch_on_reply(GObject *connection, GAsyncResult *result, gpointer userdata) {
        g_autofree WatchCall *call = userdata;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(connection), result, &error);

        /* Then the watch is gone. */
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        Watch *watch = call->watch;
        watch->is_reading[call->part] = false;
        g_clear_pointer(&watch->troubles[call->part], g_free);
        if (reply)
                WATCH_PARTS[call->part].take(&watch->state, reply);
        else if (watch->owner)
                watch_take_failure(watch, call->part, g_steal_pointer(&error));
        watch_set_clock(watch);
        watch_draw_soon(watch);
        if (watch->is_stale[call->part])
                watch_read(watch, call->part);
}

/* One call at a time for each part; what changes meanwhile is read by another one. Nobody is asked for a password: the page is in the
 * way, and was allowed when it began. */
static void watch_read(Watch *watch, WatchPart part) {
        watch->is_stale[part] = watch->is_reading[part];
        if (watch->is_reading[part])
                return;
        watch->is_reading[part] = true;
        WatchCall *call = g_new(WatchCall, 1);
        *call = (WatchCall){ watch, part };
        g_dbus_connection_call(client_connection(watch->client), CLIENT_SERVICE, CLIENT_PATH, WATCH_PARTS[part].interface,
                               WATCH_PARTS[part].member, watch_arguments(part), G_VARIANT_TYPE(WATCH_PARTS[part].reply),
                               G_DBUS_CALL_FLAGS_NO_AUTO_START, client_timeout(watch->client), watch->cancellable,
                               watch_on_reply, call);
}

/* Before the page is shown: polkit may ask, and without an answer there is no page. */
static bool watch_read_first(Watch *watch, GError **error) {
        for (WatchPart part = 0; part < _WATCH_MAX; part++) {
                g_autoptr(GError) failure = NULL;
                g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
                        client_connection(watch->client), CLIENT_SERVICE, CLIENT_PATH, WATCH_PARTS[part].interface,
                        WATCH_PARTS[part].member, watch_arguments(part), G_VARIANT_TYPE(WATCH_PARTS[part].reply),
                        CLIENT_CALL(watch->client), NULL, &failure);
                if (reply)
                        WATCH_PARTS[part].take(&watch->state, reply);
                else if (part == WATCH_PORTS && client_exit_status(failure) == CTL_EXIT_FAILED)
                        watch_take_failure(watch, part, g_steal_pointer(&failure));
                else {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
        }
        return true;
}

/* --- signals ---------------------------------------------------------------------------------------------------------- */

static void watch_on_signal(G_GNUC_UNUSED GDBusConnection *connection, const char *sender, G_GNUC_UNUSED const char *path,
                            const char *interface, const char *signal, GVariant *parameters, gpointer userdata) {
        Watch *watch = userdata;

        /* As in monitor-cmd.c: older GLibs take signals of any sender for quaywalld's. */
        if (g_strcmp0(sender, watch->owner) != 0)
                return;
        if (g_str_equal(signal, "PropertiesChanged") && g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
                watch_take_properties(&watch->state, parameters);
        else if (g_str_equal(signal, "CountersChanged") && g_variant_is_of_type(parameters, G_VARIANT_TYPE("(a{s(tt)}t)")))
                watch_take_changed_counters(&watch->state, parameters);
        else if (g_str_equal(interface, CLIENT_SERVICE ".Policies") && g_str_equal(signal, "Changed")) {
                /* New ones are counted, too. */
                watch_read(watch, WATCH_POLICIES);
                watch_read(watch, WATCH_COUNTERS);
        } else if (g_str_equal(signal, "PortsChanged"))
                watch_read(watch, WATCH_PORTS);
        else
                return;
        watch_set_clock(watch);
        watch_draw_soon(watch);
}

static void watch_on_appeared(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name, const char *owner,
                              gpointer userdata) {
        Watch *watch = userdata;

        if (g_strcmp0(watch->owner, owner) == 0)
                return;
        g_free(watch->owner);
        watch->owner = g_strdup(owner);
        for (WatchPart part = 0; part < _WATCH_MAX; part++)
                watch_read(watch, part);
}

static void watch_on_vanished(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name, gpointer userdata) {
        Watch *watch = userdata;

        g_clear_pointer(&watch->owner, g_free);
        watch_forget_counters(&watch->state);
        watch_draw_soon(watch);
}

static void watch_on_closed(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED gboolean remote, GError *error,
                            gpointer userdata) {
        Watch *watch = userdata;

        if (!watch->error)
                g_set_error(&watch->error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("the system bus is gone%s%s"), error ? ": " : "",
                            error ? error->message : "");
        g_main_loop_quit(watch->loop);
}

/* --- the terminal ----------------------------------------------------------------------------------------------------- */

static gboolean watch_on_end(gpointer userdata) {
        g_main_loop_quit(((Watch *) userdata)->loop);
        return G_SOURCE_CONTINUE;
}

static gboolean watch_on_resize(gpointer userdata) {
        watch_draw_soon(userdata);
        return G_SOURCE_CONTINUE;
}

/* Until the shell has it continue. */
static void watch_suspend(void) {
        terminal_leave();
        raise(SIGTSTP);
        terminal_enter();
}

static void watch_press(Watch *watch, TerminalKey key) {
        guint width, height;

        terminal_get_size(&width, &height);
        const guint page = height > 3 ? height - 3 : 1;

        switch (key) {
        case TERMINAL_NONE:
                return;
        case TERMINAL_QUIT:
                g_main_loop_quit(watch->loop);
                return;
        case TERMINAL_SUSPEND:
                watch_suspend();
                break;
        case TERMINAL_REDRAW:
                break;
        case TERMINAL_UP:
                watch->offset -= MIN(watch->offset, 1);
                break;
        case TERMINAL_DOWN:
                watch->offset++;
                break;
        case TERMINAL_PAGE_UP:
                watch->offset -= MIN(watch->offset, page);
                break;
        case TERMINAL_PAGE_DOWN:
                watch->offset += page;
                break;
        case TERMINAL_HOME:
                watch->offset = 0;
                break;
        case TERMINAL_END:
                watch->offset = G_MAXUINT / 2;
                break;
        }
        if (watch->draw != 0)
                g_source_remove(watch->draw);
        (void) watch_draw(watch);
}

static gboolean watch_on_input(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition condition, gpointer userdata) {
        Watch *watch = userdata;

        if (!terminal_read(watch->keys)) {
                g_main_loop_quit(watch->loop);
                return G_SOURCE_REMOVE;
        }
        while (watch->keys->len > 0)
                watch_press(watch, terminal_next_key(watch->keys));
        return G_SOURCE_CONTINUE;
}

/* Until the user or the bus ends it. */
static void watch_loop(Watch *watch) {
        static const int ENDS[] = { SIGINT, SIGTERM, SIGHUP, 0 };
        g_autoptr(GArray) sources = g_array_new(FALSE, FALSE, sizeof(guint));
        guint source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, watch_on_input, watch);

        g_array_append_val(sources, source);
        source = g_unix_signal_add(SIGWINCH, watch_on_resize, watch);
        g_array_append_val(sources, source);
        for (const int *end = ENDS; *end; end++) {
                source = g_unix_signal_add(*end, watch_on_end, watch);
                g_array_append_val(sources, source);
        }
        terminal_enter();
        watch_set_clock(watch);
        (void) watch_draw(watch);
        if (!watch->error)
                g_main_loop_run(watch->loop);
        terminal_leave();
        for (guint i = 0; i < sources->len; i++) {
                GSource *found = g_main_context_find_source_by_id(NULL, g_array_index(sources, guint, i));
                if (found)
                        g_source_destroy(found);
        }
}

static bool watch_run(Ctl *ctl, Client *client, GError **error) {
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_auto(Watch) watch = { .client = client,
                                .loop = loop,
                                .cancellable = g_cancellable_new(),
                                .keys = g_string_new(NULL),
                                .colour = ctl_use_colour() };
        GDBusConnection *connection = client_connection(client);
        watch_state_init(&watch.state);
        /* Before the first reading, so that no change is missed in between. */
        const guint signals = g_dbus_connection_signal_subscribe(connection, CLIENT_SERVICE, NULL, NULL, CLIENT_PATH, NULL,
                                                                 G_DBUS_SIGNAL_FLAGS_NONE, watch_on_signal, &watch, NULL);
        const gulong closed = g_signal_connect(connection, "closed", G_CALLBACK(watch_on_closed), &watch);
        bool done = watch_read_first(&watch, error) && (watch.owner = client_get_owner(client, error));

        if (done) {
                const guint name = g_bus_watch_name_on_connection(connection, CLIENT_SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                                  watch_on_appeared, watch_on_vanished, &watch, NULL);
                watch_loop(&watch);
                g_bus_unwatch_name(name);
        }
        g_cancellable_cancel(watch.cancellable);
        g_signal_handler_disconnect(connection, closed);
        g_dbus_connection_signal_unsubscribe(connection, signals);
        if (watch.draw != 0)
                g_source_remove(watch.draw);
        if (watch.clock != 0)
                g_source_remove(watch.clock);
        if (watch.error) {
                g_propagate_error(error, g_steal_pointer(&watch.error));
                done = false;
        }
        return done;
}

bool watch_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "watch",
                .summary = _(
                        "A page that one leaves open: the state, problems, what each policy blocks, and the published ports, as "
                        "they change. q quits; arrows, Page Up and Page Down scroll."),
                .examples = "quaywallctl watch",
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        if (ctl->json)
                return ctl_usage_error(error, _("'watch' is for people; 'monitor --json' prints changes for programs"));
        if (!terminal_check(error))
                return false;
        Client *client = ctl_connect(ctl, error);
        return client && watch_run(ctl, client, error);
}
