/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/agent.h"

/* Long enough for a reload of firewalld with a thousand rules, and for Docker to write its rules again after it. */
#define CLIENT_TIMEOUT_MSEC (120 * 1000)

struct Client {
        GDBusConnection *connection;
        bool interactive;
        Agent *agent; /* asks for polkit on the terminal; NULL: not needed */
        QuaywallManager *manager;
        QuaywallZone *zone;
        QuaywallPolicies *policies;
        QuaywallGroups *groups;
        QuaywallDirect *direct;
        QuaywallEngine *engine;
};

/* A proxy asks nothing of its own: that quaywalld is away or refuses must show in the call that is wanted. */
#define CLIENT_PROXY_FLAGS                                                                       \
        (G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS | \
         G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION)

Client *client_new(bool interactive, GError **error) {
        g_autoptr(GDBusConnection) connection = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);

        if (!connection) {
                g_prefix_error(error, _("cannot connect to the system bus: "));
                return NULL;
        }
        /* By default GIO ends the process without a message when the bus closes the connection. */
        g_dbus_connection_set_exit_on_close(connection, FALSE);

        Client *client = g_new0(Client, 1);
        client->connection = g_steal_pointer(&connection);
        client->interactive = interactive;
        client->agent = interactive ? agent_start() : NULL;
        return client;
}

void client_free(Client *client) {
        if (!client)
                return;
        g_clear_object(&client->manager);
        g_clear_object(&client->zone);
        g_clear_object(&client->policies);
        g_clear_object(&client->groups);
        g_clear_object(&client->direct);
        g_clear_object(&client->engine);
        g_clear_object(&client->connection);
        agent_stop(client->agent);
        g_free(client);
}

GDBusConnection *client_connection(Client *client) {
        return client->connection;
}

GDBusCallFlags client_flags(const Client *client) {
        /* A quaywalld that its administrator has stopped stays so, even where an older one left a file for the bus to start it. */
        return G_DBUS_CALL_FLAGS_NO_AUTO_START |
               (client->interactive ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION : G_DBUS_CALL_FLAGS_NONE);
}

int client_timeout(const Client *client) {
        return client->interactive ? G_MAXINT : CLIENT_TIMEOUT_MSEC;
}

/* Functions that differ in the type only. */
#define CLIENT_DEFINE_PROXY(Type, name)                                                                            \
        Type *client_##name(Client *client, GError **error) {                                                      \
                if (client && !client->name)                                                                       \
                        client->name = quaywall_##name##_proxy_new_sync(client->connection, CLIENT_PROXY_FLAGS,    \
                                                                        CLIENT_SERVICE, CLIENT_PATH, NULL, error); \
                return client ? client->name : NULL;                                                               \
        }

CLIENT_DEFINE_PROXY(QuaywallManager, manager)
CLIENT_DEFINE_PROXY(QuaywallZone, zone)
CLIENT_DEFINE_PROXY(QuaywallPolicies, policies)
CLIENT_DEFINE_PROXY(QuaywallGroups, groups)
CLIENT_DEFINE_PROXY(QuaywallDirect, direct)
CLIENT_DEFINE_PROXY(QuaywallEngine, engine)

GVariant *client_get_properties(Client *client, const char *interface, GError **error) {
        if (!client)
                return NULL;
        g_autoptr(GVariant) reply =
                g_dbus_connection_call_sync(client->connection, CLIENT_SERVICE, CLIENT_PATH, "org.freedesktop.DBus.Properties",
                                            "GetAll", g_variant_new("(s)", interface), G_VARIANT_TYPE("(a{sv})"),
                                            client_flags(client), client_timeout(client), NULL, error);

        return reply ? g_variant_get_child_value(reply, 0) : NULL;
}

GVariant *client_get_policies(Client *client, bool permanent, GError **error) {
        QuaywallPolicies *policies = client_policies(client, error);
        GVariant *all = NULL;

        if (policies && permanent)
                quaywall_policies_call_list_permanent_sync(policies, CLIENT_CALL(client), &all, NULL, error);
        else if (policies)
                quaywall_policies_call_list_sync(policies, CLIENT_CALL(client), &all, NULL, error);
        return all;
}

bool client_is_carried(GVariant *policies, const char *name) {
        g_autoptr(GVariant) policy = g_variant_lookup_value(policies, name, G_VARIANT_TYPE_VARDICT);
        g_autoptr(GVariant) origin = policy ? g_variant_lookup_value(policy, "origin", NULL) : NULL;

        return origin;
}

GStrv client_get_names(Client *client, const char *kind) {
        QuaywallManager *manager = client_manager(client, NULL);
        g_autoptr(GVariant) names = NULL;
        GStrv list = NULL;

        if (manager && quaywall_manager_call_list_names_sync(manager, CLIENT_CALL_SILENT(client), &names, NULL, NULL))
                g_variant_lookup(names, kind, "^as", &list);
        return list ? list : g_new0(char *, 1);
}

GVariant *client_get_groups(Client *client, bool permanent, GError **error) {
        QuaywallGroups *groups = client_groups(client, error);
        GVariant *all = NULL;

        if (groups && permanent)
                quaywall_groups_call_list_permanent_sync(groups, CLIENT_CALL(client), &all, NULL, error);
        else if (groups)
                quaywall_groups_call_list_sync(groups, CLIENT_CALL(client), &all, NULL, error);
        return all;
}

char *client_get_owner(Client *client, GError **error) {
        g_autoptr(GVariant) reply =
                g_dbus_connection_call_sync(client->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "GetNameOwner", g_variant_new("(s)", CLIENT_SERVICE),
                                            G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, CLIENT_TIMEOUT_MSEC, NULL, error);
        char *owner = NULL;

        if (reply)
                g_variant_get(reply, "(s)", &owner);
        return owner;
}

/* GIO has no code for this error. */
static bool client_asks_for_interaction(const GError *error) {
        g_autofree char *name = g_dbus_error_get_remote_error(error);

        return g_strcmp0(name, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") == 0;
}

/* The service did not answer, or the bus could not start it. */
static bool client_is_away(int code) {
        switch (code) {
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
                return true;
        default:
                return false;
        }
}

CtlExit client_exit_status(const GError *error) {
        if (g_error_matches(error, CTL_ERROR, CTL_ERROR_USAGE))
                return CTL_EXIT_USAGE;
        if (g_error_matches(error, CTL_ERROR, CTL_ERROR_NOT_AUTHORISED) || client_asks_for_interaction(error) ||
            g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) ||
            g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_AUTH_FAILED))
                return CTL_EXIT_NOT_AUTHORISED;
        if (error->domain == G_DBUS_ERROR)
                return client_is_away(error->code) ? CTL_EXIT_UNREACHABLE : CTL_EXIT_FAILED;
        /* GIO's own errors: no bus, a broken connection, a reply that did not come. Those of the service, whose names GIO does not
         * know, are G_IO_ERROR_DBUS_ERROR. */
        return error->domain == G_IO_ERROR && error->code != G_IO_ERROR_DBUS_ERROR ? CTL_EXIT_UNREACHABLE : CTL_EXIT_FAILED;
}

char *client_error_sentence(const GError *error) {
        g_autoptr(GError) copy = g_error_copy(error);

        g_dbus_error_strip_remote_error(copy);
        if (error->domain == G_DBUS_ERROR && client_exit_status(error) == CTL_EXIT_UNREACHABLE) {
                if (error->code == G_DBUS_ERROR_NO_REPLY || error->code == G_DBUS_ERROR_TIMEOUT ||
                    error->code == G_DBUS_ERROR_TIMED_OUT || error->code == G_DBUS_ERROR_DISCONNECTED)
                        return g_strdup_printf(
                                _("quaywalld went away or did not answer, 'quaywallctl verify' shows whether the "
                                  "policies are in force: %s"),
                                copy->message);
                return g_strdup_printf(
                        _("quaywalld is not running; start it with '%ssystemctl start quaywalld'. What it put in place "
                          "stays: %s"),
                        geteuid() == 0 ? "" : "sudo ", copy->message);
        }
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
                return g_strdup_printf(
                        _("quaywalld did not answer, 'quaywallctl verify' shows whether the policies are in force: %s"),
                        copy->message);
        if (client_asks_for_interaction(error))
                return g_strdup_printf(_("this needs authorisation, and nobody could be asked for it: %s"), copy->message);
        return g_strdup(copy->message);
}
