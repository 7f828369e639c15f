/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a policy is: its keys, their types and limits, and which combinations make sense. Must not know where a
 * policy comes from (bus, file) nor what becomes of it (rules). */

#include <stdbool.h>

#include <glib.h>

#include "address.h"
#include "port.h"

typedef enum {
        POLICY_ALLOW_ONLY, /* whoever is not in sources is kept out of what the policy covers */
        POLICY_DENY,       /* sources (none: everybody) are kept out of what the policy covers */
        POLICY_FORWARD,    /* the host routes from interfaces to out-interfaces */
        _POLICY_ACTION_MAX,
} PolicyAction;

/* Immutable once it was checked. Every array may be empty, which restricts nothing. */
typedef struct Policy {
        PolicyAction action;
        GPtrArray *interfaces;     /* char *: where packets come in; empty: every interface that is not Docker's */
        GPtrArray *out_interfaces; /* char *: forward only */
        GPtrArray *containers;     /* char * */
        GPtrArray *networks;       /* char * */
        GArray *sources;           /* AddressRange, as given */
        GArray *destinations;      /* AddressRange: addresses of the host as the client dialled them */
        GArray *ports;             /* PortRange: published host ports as the client dialled them */
        bool reject;               /* answer with an ICMP error instead of silence */
        bool log;                  /* log what is kept out, rate-limited */
        bool enabled;
        char *description;
} Policy;

typedef enum {
        POLICY_KEY_UNKNOWN,
        POLICY_KEY_STRING,
        POLICY_KEY_STRINGS,
        POLICY_KEY_BOOLEAN,
} PolicyKeyType;

/* All keys in the order of the contract, ended by NULL, and their types. */
extern const char *const POLICY_KEYS[];
PolicyKeyType policy_key_type(const char *key);

/* A policy without action and with nothing set but enabled; reference counted. */
Policy *policy_new(void);
Policy *policy_ref(Policy *policy);
void policy_unref(Policy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Policy, policy_unref)
Policy *policy_copy(const Policy *policy);

/* Set one key. The key must be known and of the function's type. The error names key and value. */
bool policy_set_string(Policy *policy, const char *key, const char *value, GError **error);
bool policy_add_string(Policy *policy, const char *key, const char *value, GError **error);
void policy_set_boolean(Policy *policy, const char *key, bool value);

/* The reverse; NULL or an empty list when the key is not set. policy_get_strings() returns a list of its own. */
const char *policy_get_string(const Policy *policy, const char *key);
GStrv policy_get_strings(const Policy *policy, const char *key);
bool policy_get_boolean(const Policy *policy, const char *key);

/* Whether the keys make sense together. To be called once all are set and before the policy is used. */
bool policy_check(const Policy *policy, GError **error);

bool policy_equal(const Policy *a, const Policy *b);

/* Whether it keeps anybody out: it is enabled and no forward. */
bool policy_judges(const Policy *policy);

bool policy_name_check(const char *name, GError **error);
bool interface_name_check(const char *key, const char *name, GError **error);
