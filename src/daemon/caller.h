/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which user is calling. Asks the bus asynchronously, since sd_bus_query_sender_creds would block the loop. */

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#define CALLER_UNKNOWN ((uid_t) -1)

/* uid: CALLER_UNKNOWN if the bus does not know the sender, because it has disconnected. */
typedef void (*CallerFunc)(uid_t uid, gpointer userdata);

/* Asks the bus, on this connection (which may be another than the call's), for the uid of the call's sender, and calls func
 * with it: at once if it is known, else later, in the order of the calls. On an error, which includes that LIMIT_REQUESTS calls
 * of the sender are waiting already, func is not called. */
bool caller_identify(sd_bus *bus, sd_bus_message *call, CallerFunc func, gpointer userdata, GError **error);

/* Whether caller_identify() would answer at once. */
bool caller_is_known(sd_bus_message *call);

/* In a fiber: asks the bus whether the call's sender is still connected; true if the bus does not say. */
bool caller_is_there(sd_bus *bus, sd_bus_message *call);
