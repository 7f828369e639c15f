/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the bus form of policies (a{sv}) and of options. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "model/policy-set.h"

/* Reads one a{sv}. The policy was checked; unknown keys and wrong types are refused by name. All of these fail without an
 * error where the message is not well-formed. */
Policy *policy_bus_read(sd_bus_message *m, GError **error);

/* Reads a{sa{sv}}, LIMIT_POLICIES at most. In a fiber: whatever else waits has its turn between large policies. */
PolicySet *policy_bus_read_set(sd_bus_message *m, sd_event *event, GError **error);

int policy_bus_append(sd_bus_message *m, const Policy *policy);

typedef enum {
        SCOPE_RUNTIME = 1,
        SCOPE_PERMANENT = 2,
        SCOPE_BOTH = 3,
} Scope;

/* The options of a method; those that it does not know are refused by name. */
typedef struct Options {
        Scope scope;
        char *zone; /* NULL unless given */
        bool replace, no_replace; /* given as true, as false: what is right where it is not given is for the method to say */
        bool create;
        bool cut;
        bool i_understand;
        guint32 confirm_within; /* seconds; 0: not asked for */
} Options;

/* allowed: names ended by NULL. Reads one a{sv}. Clear with options_clear(). */
bool options_read(sd_bus_message *m, const char *const *allowed, Options *ret, GError **error);
void options_clear(Options *options);
