/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* client: the connection to quaywalld: proxies made from dbus/org.quaywall1.xml, call flags, and what an error of the
 * bus means for the caller (sentence and exit status). Must not know any command. */
#pragma once

#include <gio/gio.h>

#include "ctl-error.h"
#include "quaywall-generated.h"

#define CLIENT_SERVICE "org.quaywall1"
#define CLIENT_PATH "/org/quaywall1"

typedef struct Client Client;

/* Connects to the system bus (DBUS_SYSTEM_BUS_ADDRESS is honoured). interactive: polkit may ask the person at the
 * terminal, and calls then wait for the answer without a limit. */
Client *client_new(gboolean interactive, GError **error);
void client_free(Client *client);

GDBusConnection *client_connection(Client *client);
GDBusCallFlags client_flags(Client *client);
int client_timeout(Client *client);

/* Call flags and timeout, the two arguments after the in arguments of a generated ..._sync() function. */
#define CLIENT_CALL(client) client_flags(client), client_timeout(client)

/* Proxies, made on first use, owned by the client; NULL and the error when there is no bus. */
QuaywallManager *client_manager(Client *client, GError **error);
QuaywallZone *client_zone(Client *client, GError **error);
QuaywallPolicies *client_policies(Client *client, GError **error);
QuaywallDirect *client_direct(Client *client, GError **error);
QuaywallEngine *client_engine(Client *client, GError **error);

/* All properties of one interface ("org.quaywall1.Zone"), a{sv}. Not the proxy's cache: a refusal must be seen. */
GVariant *client_get_properties(Client *client, const char *interface, GError **error);

/* quaywalld's unique name, to be freed. */
char *client_get_owner(Client *client, GError **error);

/* The exit status for an error from here, from GIO or from ctl-error.h. */
CtlExit client_exit_status(const GError *error);

/* The sentence for a person: without GIO's D-Bus prefix, and for a service that is not there what to do about it. */
char *client_error_sentence(const GError *error);
