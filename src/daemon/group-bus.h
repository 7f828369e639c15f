/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the D-Bus form of groups (a{sv}). */

#include <systemd/sd-bus.h>

#include "model/group.h"

/* Reads one a{sv}; errors name unknown keys and wrong types. All readers here fail without an error if the message is malformed. */
Group *group_bus_read(sd_bus_message *m, GError **error);

/* Reads a{sa{sv}}, at most LIMIT_GROUPS (char * -> Group *, both owned). In a fiber: yields to the event loop after each large group. */
GHashTable *group_bus_read_table(sd_bus_message *m, GError **error);

/* Reads an as of addresses (AddressRange; unref), at least one. */
GArray *group_bus_read_addresses(sd_bus_message *m, GError **error);

/* Appends a{sv} of a Group *, and adds about as many bytes as that takes. */
int group_bus_append(sd_bus_message *m, gconstpointer item, gsize *bytes);
