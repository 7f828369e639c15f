/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the one table that maps the project's errors to their names on the bus. */

#include <glib.h>
#include <systemd/sd-bus.h>

/* Its name without the prefix; static. */
const char *errors_code(const GError *error);

/* Replies to a call with the error. Returns a negative errno if that cannot be sent. */
int errors_reply(sd_bus_message *call, const GError *error);
