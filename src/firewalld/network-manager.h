/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what NetworkManager must be told: an interface that one of its connections manages has its zone there, and gets it
 * back at the next activation, whatever firewalld was told (firewall-cmd does the same). Waits. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* Sets the zone ("": none) of the saved connection that is active on the interface. NetworkManager away, an interface
 * that it does not manage, or one of its connections that it only found and did not make: nothing to do; nor where it has another
 * zone than instead_of (NULL: whatever it has). */
bool network_manager_set_zone(sd_bus *bus, const char *interface, const char *zone, const char *instead_of,
                              GError **error);
