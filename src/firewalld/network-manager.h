/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the zones of NetworkManager's connections: an interface that one of them manages has its zone there, and gets it back at
 * the next activation, whatever firewalld was told (firewall-cmd does the same). Waits. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* Sets the zone ("": none) of the saved connection that is active on the interface. Does nothing if NetworkManager is not
 * running, does not manage the interface, or only found the connection and did not make it; nor if the connection's zone is not
 * instead_of (NULL: any zone). */
bool network_manager_set_zone(sd_bus *bus, const char *interface, const char *zone, const char *instead_of, GError **error);
