/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which user calls. The bus says so when it is asked, and nothing waits for its answer in the midst of the loop
 * (sd_bus_query_sender_creds does). */

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#define CALLER_UNKNOWN ((uid_t) -1)

/* uid: CALLER_UNKNOWN when the bus does not say: the sender is gone. */
typedef void (*CallerFunc)(uid_t uid, gpointer userdata);

/* Asks on bus, which may be another connection than the call's. Calls func with the uid of the call's sender: at once when it is known, else later, in the order of the calls. On an error,
 * also when LIMIT_REQUESTS calls of the sender wait already, func is not called. */
bool caller_identify(sd_bus *bus, sd_bus_message *call, CallerFunc func, gpointer userdata, GError **error);

/* Whether caller_identify() would answer at once. */
bool caller_is_known(sd_bus_message *call);
