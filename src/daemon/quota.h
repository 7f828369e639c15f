/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how much each user may have under way: calls and bytes. By user and not by connection, of which everybody has 256. */

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* What one call takes of it. */
typedef struct Claim {
        uid_t uid;
        gsize bytes; /* of the message; LIMIT_SMALL + 1: more than that */
        bool held;
} Claim;

/* The bytes of the message; LIMIT_SMALL + 1 where they are more. Nothing of it is kept. */
gsize quota_measure(sd_bus_message *call);

/* Measures the message, without keeping anything of it, and takes its share. false: it is too much, and nothing is held. root's
 * calls are counted, and its bytes are not. */
bool quota_claim(Claim *claim, uid_t uid, sd_bus_message *call, GError **error);
void quota_release(Claim *claim);

/* Whether the message is more than LIMIT_SMALL: it is not kept while a person is asked. */
bool quota_is_large(const Claim *claim);
