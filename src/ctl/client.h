/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the connection to quaywalld: the proxies generated from dbus/org.quaywall1.xml, the flags of calls, and what an error of the
 * bus means for the user (sentence and exit status). Must not know any command. */

#include <stdbool.h>

#include <gio/gio.h>

#include "ctl/ctl-error.h"
#include "glib/quaywall-generated.h"

#define CLIENT_SERVICE "org.quaywall1"
#define CLIENT_PATH "/org/quaywall1"

typedef struct Client Client;

/* Connects to the system bus (DBUS_SYSTEM_BUS_ADDRESS is honoured). interactive: polkit may ask for a password at the terminal, and
 * calls then wait for the answer without a limit. */
Client *client_new(bool interactive, GError **error);
void client_free(Client *client);

/* Borrowed. */
GDBusConnection *client_connection(Client *client);

/* Call flags and timeout, the two arguments after the in arguments of a generated ..._sync() function. */
#define CLIENT_CALL(client) client_flags(client), client_timeout(client)
/* The same for a call that asks for no password: what it would answer is left out then. */
#define CLIENT_CALL_SILENT(client) G_DBUS_CALL_FLAGS_NO_AUTO_START, client_timeout(client)
GDBusCallFlags client_flags(const Client *client);
int client_timeout(const Client *client);

/* The proxy of each interface, made on first use, owned by the client; NULL and the error when there is no bus. client: NULL gives
 * NULL without touching the error, so that they can be asked of what ctl_connect() returned. */
QuaywallManager *client_manager(Client *client, GError **error);
QuaywallZone *client_zone(Client *client, GError **error);
QuaywallPolicies *client_policies(Client *client, GError **error);
QuaywallGroups *client_groups(Client *client, GError **error);
QuaywallDirect *client_direct(Client *client, GError **error);
QuaywallEngine *client_engine(Client *client, GError **error);

/* All properties of one interface ("org.quaywall1.Zone"), a{sv}, asked of the service: a proxy's cache would hide that it refuses.
 * NULL and the error when it fails; client: NULL gives NULL. Unref. */
GVariant *client_get_properties(Client *client, const char *interface, GError **error);

/* All policies, or groups, a{sa{sv}}: the runtime ones or the permanent ones. NULL and the error when it fails; client: NULL gives
 * NULL. Unref. */
GVariant *client_get_policies(Client *client, bool permanent, GError **error);
GVariant *client_get_groups(Client *client, bool permanent, GError **error);

/* Whether one of them is carried by a container in a label: no method changes it. */
bool client_is_carried(GVariant *policies, const char *name);

/* What Manager.ListNames has of that kind ("policies", "groups"), without asking for a password; empty when they are not known. Free with g_strfreev(). */
GStrv client_get_names(Client *client, const char *kind);

/* quaywalld's unique name on the bus; NULL and the error when it is not running. Free with g_free(). */
char *client_get_owner(Client *client, GError **error);

/* The exit status for an error of GIO's or of ctl-error.h; others are CTL_EXIT_FAILED. */
CtlExit client_exit_status(const GError *error);

/* The sentence for the user, without GIO's D-Bus prefix; of a service that cannot be reached it says what to do. Free with
 * g_free(). */
char *client_error_sentence(const GError *error);
