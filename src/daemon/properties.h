/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the signal PropertiesChanged: which values were signalled last, so that only those that differ are sent. Must not know what
 * a property means. */

#include <systemd/sd-bus.h>

typedef struct Properties Properties;

/* service: the connection that owns the object at path; userdata: what the getters get. All are borrowed. */
Properties *properties_new(sd_bus *service, const char *path, void *userdata);
void properties_free(Properties *properties);

/* Takes the properties of this interface in. Both are borrowed. */
void properties_add(Properties *properties, const char *interface, const sd_bus_vtable *vtable);

/* Takes the values of all properties as known, because clients can read them from now on. */
void properties_note(Properties *properties);

/* Signals those of these properties (ended by NULL) that differ from what was signalled, or noted, last. */
void properties_emit(Properties *properties, const char *interface, ...) __attribute__((sentinel));
