/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the question to polkit. Waits: call it in a fiber. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#define AUTH_ACTION_READ "org.quaywall1.read"

/* Listens to polkit: what it once said is forgotten when its answers may have changed. Once, at start. */
int auth_init(sd_bus *bus);

typedef enum {
        AUTH_NO,
        AUTH_YES,
        AUTH_ASK, /* a person's password would do, and the call allows to ask for it */
} AuthAnswer;

/* Whether the sender of the call may do this action, without asking anybody: it needs no word of what the call says, so it comes
 * before that is read. No polkit, or no answer of it, is a no; so is a sender that goes away meanwhile. That a sender may read is
 * remembered until polkit signals "Changed". The error is set with AUTH_NO. */
AuthAnswer auth_check(sd_bus *bus, sd_bus_message *call, const char *action, GError **error);

/* Asks the person after AUTH_ASK; prompt (NULL: the action's own words) says what is approved. When the sender goes away polkit is
 * told to stop asking. */
bool auth_ask(sd_bus *bus, sd_bus_message *call, const char *action, const char *prompt, GError **error);
