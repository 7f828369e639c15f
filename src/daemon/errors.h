/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the one table between the project's errors and their names on the bus. */

#include <glib.h>
#include <systemd/sd-bus.h>

/* Answers a call with the error. Returns a negative errno when that cannot be sent. */
int errors_reply(sd_bus_message *call, const GError *error);
