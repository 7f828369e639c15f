/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quaywall-client.h"

#define SERVICE "org.quaywall1"
#define OBJECT "/org/quaywall1"

enum { MANAGER, ZONE, POLICIES, GROUPS, DIRECT, ENGINE, N_PROXIES };

/**
 * QuaywallClient:
 *
 * quaywalld on the system bus: a proxy of each of its interfaces, whose properties are loaded and followed. There is one only if
 * quaywalld was running when it was made. If quaywalld ends later, calls fail with %G_DBUS_ERROR_SERVICE_UNKNOWN and the proxies'
 * properties are unset; once it is back they have values again. #GDBusProxy:g-name-owner of any of them tells.
 *
 * For a call that may ask the user for a password, pass %G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION: polkit's agent of the
 * session prompts, with a message of quaywalld's that says what is approved. Calls of these proxies with the timeout -1 wait for as
 * long as quaywalld waits for the user, and then for firewalld; a #GCancellable ends the waiting, not the call.
 *
 * Use it, and the proxies, in the thread-default main context in which it was made.
 */
struct _QuaywallClient {
        GObject parent_instance;
        GDBusProxy *proxies[N_PROXIES];
};

G_DEFINE_FINAL_TYPE(QuaywallClient, quaywall_client, G_TYPE_OBJECT)

static const struct {
        GType (*get_type)(void);
        const char *name;
} INTERFACES[N_PROXIES] = {
        [MANAGER] = { quaywall_manager_proxy_get_type, "org.quaywall1.Manager" },
        [ZONE] = { quaywall_zone_proxy_get_type, "org.quaywall1.Zone" },
        [POLICIES] = { quaywall_policies_proxy_get_type, "org.quaywall1.Policies" },
        [GROUPS] = { quaywall_groups_proxy_get_type, "org.quaywall1.Groups" },
        [DIRECT] = { quaywall_direct_proxy_get_type, "org.quaywall1.Direct" },
        [ENGINE] = { quaywall_engine_proxy_get_type, "org.quaywall1.Engine" },
};

/* Policies.Policies, when it changes, is not sent along but has to be asked for. A quaywalld that its administrator stopped is not
 * started, even where version 0.1.0 left a file for the bus to do so. */
#define PROXY_FLAGS (G_DBUS_PROXY_FLAGS_GET_INVALIDATED_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION)
#define PROXY_PROPERTIES(i)                                                                                         \
        "g-flags", PROXY_FLAGS, "g-name", SERVICE, "g-object-path", OBJECT, "g-interface-name", INTERFACES[i].name, \
                "g-default-timeout", G_MAXINT

#define ASK_OWNER                                                                                \
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner", \
                g_variant_new("(s)", SERVICE), G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, -1

/* The code is that of a call when quaywalld is not running. */
static void explain(GError **error) {
        if (!g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
                return;
        g_clear_error(error);
        g_set_error_literal(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN,
                            "quaywalld is not running; start it with 'systemctl start quaywalld'");
}

/**
 * quaywall_client_new_sync:
 * @cancellable: (nullable): a #GCancellable, or %NULL
 * @error: return location, or %NULL
 *
 * Connects to quaywalld. Waits for the bus and for quaywalld; see quaywall_client_new() for programs with a main loop.
 *
 * Returns: (transfer full): the client; %NULL with %G_DBUS_ERROR_SERVICE_UNKNOWN if quaywalld is not running, or with another error
 *     if there is no system bus
 */
QuaywallClient *quaywall_client_new_sync(GCancellable *cancellable, GError **error) {
        g_autoptr(QuaywallClient) client = g_object_new(QUAYWALL_TYPE_CLIENT, NULL);
        g_autoptr(GError) failure = NULL;
        g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, cancellable, &failure);
        g_autoptr(GVariant) owner = bus ? g_dbus_connection_call_sync(bus, ASK_OWNER, cancellable, &failure) : NULL;

        for (guint i = 0; i < N_PROXIES && !failure; i++)
                client->proxies[i] = g_initable_new(INTERFACES[i].get_type(), cancellable, &failure, "g-connection", bus,
                                                    PROXY_PROPERTIES(i), NULL);
        if (!failure)
                return g_steal_pointer(&client);
        explain(&failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
}

static void connect_next(GTask *task);

static void on_proxy(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GTask) task = data;
        QuaywallClient *client = g_task_get_source_object(task);
        const guint i = GPOINTER_TO_UINT(g_task_get_task_data(task));
        GError *error = NULL;

        client->proxies[i] = (GDBusProxy *) g_async_initable_new_finish(G_ASYNC_INITABLE(source), result, &error);
        g_task_set_task_data(task, GUINT_TO_POINTER(i + 1), NULL);
        if (error)
                g_task_return_error(task, error);
        else if (i + 1 < N_PROXIES)
                connect_next(g_steal_pointer(&task));
        else
                g_task_return_pointer(task, g_object_ref(client), g_object_unref);
}

/* Takes the task, whose data is the number of proxies that there are. */
static void connect_next(GTask *task) {
        const guint i = GPOINTER_TO_UINT(g_task_get_task_data(task));

        g_async_initable_new_async(INTERFACES[i].get_type(), G_PRIORITY_DEFAULT, g_task_get_cancellable(task), on_proxy, task,
                                   "g-bus-type", G_BUS_TYPE_SYSTEM, PROXY_PROPERTIES(i), NULL);
}

static void on_owner(GObject *bus, GAsyncResult *result, gpointer data) {
        g_autoptr(GTask) task = data;
        GError *error = NULL;
        g_autoptr(GVariant) owner = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);

        explain(&error);
        if (error)
                g_task_return_error(task, error);
        else
                connect_next(g_steal_pointer(&task));
}

static void on_bus(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GTask) task = data;
        GError *error = NULL;
        g_autoptr(GDBusConnection) bus = g_bus_get_finish(result, &error);

        (void) source;
        if (error)
                g_task_return_error(task, error);
        else
                g_dbus_connection_call(bus, ASK_OWNER, g_task_get_cancellable(task), on_owner, g_object_ref(task));
}

/**
 * quaywall_client_new:
 * @cancellable: (nullable): a #GCancellable, or %NULL
 * @callback: called when it is connected, or cannot be
 * @user_data: for @callback
 *
 * Connects to quaywalld without blocking. @callback gets the client from quaywall_client_new_finish().
 */
void quaywall_client_new(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data) {
        g_autoptr(QuaywallClient) client = g_object_new(QUAYWALL_TYPE_CLIENT, NULL);
        GTask *task = g_task_new(client, cancellable, callback, user_data);

        g_task_set_source_tag(task, quaywall_client_new);
        g_bus_get(G_BUS_TYPE_SYSTEM, cancellable, on_bus, task);
}

/**
 * quaywall_client_new_finish:
 * @result: what the callback was given
 * @error: return location, or %NULL
 *
 * Returns: (transfer full): as of quaywall_client_new_sync()
 */
QuaywallClient *quaywall_client_new_finish(GAsyncResult *result, GError **error) {
        g_return_val_if_fail(g_async_result_is_tagged(result, quaywall_client_new), NULL);
        return g_task_propagate_pointer(G_TASK(result), error);
}

/**
 * quaywall_client_get_manager:
 * @client: a client
 *
 * Returns: (transfer none): the proxy of org.quaywall1.Manager
 */
QuaywallManager *quaywall_client_get_manager(QuaywallClient *client) {
        return QUAYWALL_MANAGER(client->proxies[MANAGER]);
}

/**
 * quaywall_client_get_zone:
 * @client: a client
 *
 * Returns: (transfer none): the proxy of org.quaywall1.Zone
 */
QuaywallZone *quaywall_client_get_zone(QuaywallClient *client) {
        return QUAYWALL_ZONE(client->proxies[ZONE]);
}

/**
 * quaywall_client_get_policies:
 * @client: a client
 *
 * Returns: (transfer none): the proxy of org.quaywall1.Policies
 */
QuaywallPolicies *quaywall_client_get_policies(QuaywallClient *client) {
        return QUAYWALL_POLICIES(client->proxies[POLICIES]);
}

/**
 * quaywall_client_get_groups:
 * @client: a client
 *
 * Returns: (transfer none): the proxy of org.quaywall1.Groups
 */
QuaywallGroups *quaywall_client_get_groups(QuaywallClient *client) {
        return QUAYWALL_GROUPS(client->proxies[GROUPS]);
}

/**
 * quaywall_client_get_direct:
 * @client: a client
 *
 * Returns: (transfer none): the proxy of org.quaywall1.Direct
 */
QuaywallDirect *quaywall_client_get_direct(QuaywallClient *client) {
        return QUAYWALL_DIRECT(client->proxies[DIRECT]);
}

/**
 * quaywall_client_get_engine:
 * @client: a client
 *
 * Returns: (transfer none): the proxy of org.quaywall1.Engine
 */
QuaywallEngine *quaywall_client_get_engine(QuaywallClient *client) {
        return QUAYWALL_ENGINE(client->proxies[ENGINE]);
}

static void quaywall_client_dispose(GObject *object) {
        QuaywallClient *client = QUAYWALL_CLIENT(object);

        for (guint i = 0; i < N_PROXIES; i++)
                g_clear_object(&client->proxies[i]);
        G_OBJECT_CLASS(quaywall_client_parent_class)->dispose(object);
}

static void quaywall_client_class_init(QuaywallClientClass *klass) {
        G_OBJECT_CLASS(klass)->dispose = quaywall_client_dispose;
}

static void quaywall_client_init(QuaywallClient *self) {
        (void) self;
}
