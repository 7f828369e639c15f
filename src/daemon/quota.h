/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how much each user may have in progress: calls and bytes. Counted per user and not per connection, of which a user may
 * have 256. */

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* One call's share. */
typedef struct Claim {
        uid_t uid;
        gsize bytes; /* of the message; LIMIT_SMALL + 1: more than that */
        bool held;
} Claim;

/* The size of the message in bytes, or LIMIT_SMALL + 1 if it is larger. Nothing of it is kept. */
gsize quota_measure(sd_bus_message *call);

/* Measures the message, without keeping anything of it, and takes its share. false: the quota is exceeded, and nothing is held.
 * root's calls are counted, its bytes are not. */
bool quota_claim(Claim *claim, uid_t uid, sd_bus_message *call, GError **error);
void quota_release(Claim *claim);

/* Whether the message is larger than LIMIT_SMALL; such a message is not kept while polkit asks for a password. */
bool quota_is_large(const Claim *claim);
