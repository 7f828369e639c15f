/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the D-Bus form of policies (a{sv}) and of options. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "daemon/findings.h"
#include "model/policy-delta.h"
#include "model/policy-set.h"
#include "model/scope.h"

/* Reads one a{sv} and validates the policy; errors name unknown keys and wrong types. All readers here fail without an error if
 * the message is malformed. */
Policy *policy_bus_read(sd_bus_message *m, GError **error);

/* Reads two a{sv}, what an edit adds and what it removes. */
PolicyDelta *policy_bus_read_delta(sd_bus_message *m, GError **error);

/* Reads a{sa{sv}}, at most LIMIT_POLICIES. In a fiber: yields to the event loop now and then. */
PolicySet *policy_bus_read_set(sd_bus_message *m, sd_event *event, GError **error);

/* The same, also if policies are wrong: they are in the set, without what was wrong, and must not be used. NULL: the message is
 * malformed, or findings have ended. */
PolicySet *policy_bus_read_all(sd_bus_message *m, sd_event *event, Findings *findings);

/* Appends a{sv} of a Policy *, and adds about as many bytes as that takes. With its revision and origin, which policy_bus_read() ignores, so
 * that a policy can be given back as it was got. */
int policy_bus_append(sd_bus_message *m, gconstpointer item, gsize *bytes);

/* The options of a method; an unknown one is an error, which names it. */
typedef struct Options {
        Scope scope;
        char *zone;               /* NULL unless given */
        bool replace, no_replace; /* given as true, as false; the method knows the default */
        bool create;
        bool cut;
        bool i_understand;
        guint64 confirm_within; /* seconds; 0: not given */
        guint64 if_revision;    /* 0: not given */
        guint64 if_change;      /* 0: the history is empty */
        bool has_if_change;
        GHashTable *groups; /* char * -> Group *; NULL: not given */
} Options;

/* Reads one a{sv}. allowed: option names, ended by NULL. Clear with options_clear(). In a fiber, see group_bus_read_table(). */
bool options_read(sd_bus_message *m, const char *const *allowed, Options *ret, GError **error);
/* False: the message is malformed, or findings have ended. */
bool options_read_all(sd_bus_message *m, const char *const *allowed, Options *ret, Findings *findings);
void options_clear(Options *options);
