/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the callers that watch the counters: while there are any, the counters are read once a second, and each of the callers gets
 * the signal CountersChanged. A caller's watch ends with its connection. Must not know what is counted. */

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

typedef struct Watch Watch;

/* Called in a fiber. name -> Count *; NULL: they cannot be read now. */
typedef GHashTable *(*WatchReadFunc)(gpointer userdata);

/* bus: the connection that asks the bus about callers; service: the one that they called, whose object at path sends the signals.
 * All are borrowed. */
Watch *watch_new(sd_event *event, sd_bus *bus, sd_bus *service, const char *path, WatchReadFunc read, gpointer userdata);
void watch_free(Watch *watch);

/* In a fiber: the call's sender watches from now on, if it does not already. counts: what it is told now. Fails if it has left the
 * bus, or if too many connections of this user watch. */
bool watch_begin(Watch *watch, sd_bus_message *call, uid_t uid, GHashTable *counts, GError **error);

/* The sender's watch is over, if there was one. */
void watch_end(Watch *watch, const char *sender);
