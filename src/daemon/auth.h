/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the authorization by polkit. Waits: call it in a fiber. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#define AUTH_ACTION_READ "org.quaywall1.read"

/* Subscribes to polkit, so that cached answers are dropped when they may have changed. Call once, at start. */
int auth_init(sd_bus *bus);

typedef enum {
        AUTH_NO,
        AUTH_YES,
        AUTH_ASK, /* polkit wants a password */
} AuthAnswer;

/* Whether the sender may perform this action, without interaction. This does not depend on the call's arguments, so it is
 * checked before they are read. If polkit is not running or does not answer, or the sender disconnects meanwhile, the answer is
 * no. Permission to read is cached until polkit signals "Changed". The error is set with AUTH_NO. */
AuthAnswer auth_check(sd_bus *bus, sd_bus_message *call, const char *action, GError **error);

/* Whether the call allows asking for a password; else QUAYWALL_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED. */
bool auth_may_ask(sd_bus_message *call, const char *action, GError **error);

/* After AUTH_ASK: polkit asks the user; prompt (NULL: the action's own message) says what is approved. When the sender
 * disconnects, polkit is told to stop asking. */
bool auth_ask(sd_bus *bus, sd_bus_message *call, const char *action, const char *prompt, GError **error);
