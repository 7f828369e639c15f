/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client.h"

#include "agent.h"

/* Long enough for a firewalld reload with a thousand rules and for Docker to come back after it. */
#define CLIENT_TIMEOUT_MSEC (120 * 1000)

struct Client {
        GDBusConnection *connection;
        gboolean interactive;
        Agent *agent; /* polkit's questions on the terminal, NULL where none is needed */
        QuaywallManager *manager;
        QuaywallZone *zone;
        QuaywallPolicies *policies;
        QuaywallDirect *direct;
        QuaywallEngine *engine;
};

/* Nothing at construction that could hide that the daemon is away or refuses: the calls say that themselves. */
#define CLIENT_PROXY_FLAGS                                                                                             \
        (G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS |                       \
         G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION)

Client *client_new(gboolean interactive, GError **error) {
        g_autoptr(GDBusConnection) connection = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);

        if (connection == NULL) {
                g_prefix_error(error, "cannot connect to the system bus: ");
                return NULL;
        }
        /* By default GIO kills the process without a word when the bus goes. */
        g_dbus_connection_set_exit_on_close(connection, FALSE);

        Client *client = g_new0(Client, 1);
        client->connection = g_steal_pointer(&connection);
        client->interactive = interactive;
        client->agent = interactive ? agent_start() : NULL;
        return client;
}

void client_free(Client *client) {
        if (client == NULL)
                return;
        g_clear_object(&client->manager);
        g_clear_object(&client->zone);
        g_clear_object(&client->policies);
        g_clear_object(&client->direct);
        g_clear_object(&client->engine);
        g_clear_object(&client->connection);
        agent_stop(client->agent);
        g_free(client);
}

GDBusConnection *client_connection(Client *client) {
        return client->connection;
}

GDBusCallFlags client_flags(Client *client) {
        return client->interactive ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION : G_DBUS_CALL_FLAGS_NONE;
}

int client_timeout(Client *client) {
        return client->interactive ? G_MAXINT : CLIENT_TIMEOUT_MSEC;
}

QuaywallManager *client_manager(Client *client, GError **error) {
        if (client->manager == NULL)
                client->manager = quaywall_manager_proxy_new_sync(client->connection, CLIENT_PROXY_FLAGS,
                                                                  CLIENT_SERVICE, CLIENT_PATH, NULL, error);
        return client->manager;
}

QuaywallZone *client_zone(Client *client, GError **error) {
        if (client->zone == NULL)
                client->zone = quaywall_zone_proxy_new_sync(client->connection, CLIENT_PROXY_FLAGS, CLIENT_SERVICE,
                                                            CLIENT_PATH, NULL, error);
        return client->zone;
}

QuaywallPolicies *client_policies(Client *client, GError **error) {
        if (client->policies == NULL)
                client->policies = quaywall_policies_proxy_new_sync(client->connection, CLIENT_PROXY_FLAGS,
                                                                    CLIENT_SERVICE, CLIENT_PATH, NULL, error);
        return client->policies;
}

QuaywallDirect *client_direct(Client *client, GError **error) {
        if (client->direct == NULL)
                client->direct = quaywall_direct_proxy_new_sync(client->connection, CLIENT_PROXY_FLAGS, CLIENT_SERVICE,
                                                                CLIENT_PATH, NULL, error);
        return client->direct;
}

QuaywallEngine *client_engine(Client *client, GError **error) {
        if (client->engine == NULL)
                client->engine = quaywall_engine_proxy_new_sync(client->connection, CLIENT_PROXY_FLAGS, CLIENT_SERVICE,
                                                                CLIENT_PATH, NULL, error);
        return client->engine;
}

GVariant *client_get_properties(Client *client, const char *interface, GError **error) {
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
                client->connection, CLIENT_SERVICE, CLIENT_PATH, "org.freedesktop.DBus.Properties", "GetAll",
                g_variant_new("(s)", interface), G_VARIANT_TYPE("(a{sv})"), client_flags(client),
                client_timeout(client), NULL, error);

        return reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
}

char *client_get_owner(Client *client, GError **error) {
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
                client->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
                g_variant_new("(s)", CLIENT_SERVICE), G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, CLIENT_TIMEOUT_MSEC,
                NULL, error);
        char *owner = NULL;

        if (reply != NULL)
                g_variant_get(reply, "(s)", &owner);
        return owner;
}

/* An error that GIO has no code for. */
static gboolean client_asks_for_interaction(const GError *error) {
        g_autofree char *name = g_dbus_error_get_remote_error(error);

        return g_strcmp0(name, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") == 0;
}

CtlExit client_exit_status(const GError *error) {
        if (g_error_matches(error, CTL_ERROR, CTL_ERROR_USAGE))
                return CTL_EXIT_USAGE;
        if (client_asks_for_interaction(error))
                return CTL_EXIT_NOT_AUTHORISED;
        if (error->domain == G_DBUS_ERROR) {
                switch (error->code) {
                case G_DBUS_ERROR_ACCESS_DENIED:
                case G_DBUS_ERROR_AUTH_FAILED:
                        return CTL_EXIT_NOT_AUTHORISED;
                case G_DBUS_ERROR_SERVICE_UNKNOWN:
                case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
                case G_DBUS_ERROR_NO_REPLY:
                case G_DBUS_ERROR_TIMEOUT:
                case G_DBUS_ERROR_TIMED_OUT:
                case G_DBUS_ERROR_NO_SERVER:
                case G_DBUS_ERROR_DISCONNECTED:
                case G_DBUS_ERROR_SPAWN_EXEC_FAILED:
                case G_DBUS_ERROR_SPAWN_FORK_FAILED:
                case G_DBUS_ERROR_SPAWN_CHILD_EXITED:
                case G_DBUS_ERROR_SPAWN_CHILD_SIGNALED:
                case G_DBUS_ERROR_SPAWN_FAILED:
                case G_DBUS_ERROR_SPAWN_SETUP_FAILED:
                case G_DBUS_ERROR_SPAWN_CONFIG_INVALID:
                case G_DBUS_ERROR_SPAWN_SERVICE_INVALID:
                case G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND:
                case G_DBUS_ERROR_SPAWN_PERMISSIONS_INVALID:
                case G_DBUS_ERROR_SPAWN_FILE_INVALID:
                case G_DBUS_ERROR_SPAWN_NO_MEMORY:
                        return CTL_EXIT_UNREACHABLE;
                default:
                        return CTL_EXIT_FAILED;
                }
        }
        /* GIO's own: no bus, a broken connection, a reply that did not come. The service's errors, which GIO does not
         * know by name, are G_IO_ERROR_DBUS_ERROR. */
        if (error->domain == G_IO_ERROR && error->code != G_IO_ERROR_DBUS_ERROR)
                return CTL_EXIT_UNREACHABLE;
        return CTL_EXIT_FAILED;
}

char *client_error_sentence(const GError *error) {
        g_autoptr(GError) copy = g_error_copy(error);

        g_dbus_error_strip_remote_error(copy);
        if (error->domain == G_DBUS_ERROR && client_exit_status(error) == CTL_EXIT_UNREACHABLE) {
                if (error->code == G_DBUS_ERROR_NO_REPLY || error->code == G_DBUS_ERROR_TIMEOUT ||
                    error->code == G_DBUS_ERROR_TIMED_OUT || error->code == G_DBUS_ERROR_DISCONNECTED)
                        return g_strdup_printf(
                                "quaywalld went away or did not answer, 'quaywallctl verify' tells what is in "
                                "force: %s",
                                copy->message);
                return g_strdup_printf(
                        "quaywalld is not running; what it put in place stays, and 'systemctl start quaywalld' starts "
                        "it: %s",
                        copy->message);
        }
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
                return g_strdup_printf("quaywalld did not answer, 'quaywallctl verify' tells what is in force: %s",
                                       copy->message);
        if (client_asks_for_interaction(error))
                return g_strdup_printf("this needs authorisation, and nobody could be asked for it: %s", copy->message);
        return g_strdup(copy->message);
}
