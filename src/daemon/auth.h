/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the question to polkit. Waits: call it in a fiber. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#define AUTH_ACTION_READ "org.quaywall1.read"

/* Listens to polkit: what it once said is forgotten when its answers may have changed. Once, at start. */
int auth_init(sd_bus *bus);

/* Whether the sender of the call may do this action; prompt (may be NULL) is shown to whom polkit asks. Honours the
 * message's interactive flag. No polkit, or no answer of it, is a no; so is a sender that goes away meanwhile, and then
 * polkit is told to stop asking. That a sender may read is remembered until polkit signals "Changed". */
bool auth_check(sd_bus *bus, sd_bus_message *call, const char *action, const char *prompt, GError **error);
