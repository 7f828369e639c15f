/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a policy is: its keys, their types and limits. Must not know where a policy comes from (bus, file) nor how it is used
 * (rules). */

#include <stdbool.h>

#include <glib.h>

#include "address.h"
#include "policy-names.h"
#include "port.h"

typedef enum {
        POLICY_ALLOW_ONLY, /* clients that are not in sources are blocked from what the policy covers */
        POLICY_DENY,       /* sources (none: everybody) are blocked from what the policy covers */
        POLICY_FORWARD,    /* the host routes from interfaces to out-interfaces */
        POLICY_OBEY_ZONES, /* whom firewalld's zones would keep out of a port of the host is blocked from what the policy covers */
        _POLICY_ACTION_MAX,
} PolicyAction;

/* Immutable once it was checked (policy-check.h). Every array may be empty, which restricts nothing. */
typedef struct Policy {
        PolicyAction action;
        GPtrArray *interfaces;     /* char *: where packets come in; empty: every interface that is not Docker's */
        GPtrArray *out_interfaces; /* char *: forward only */
        GPtrArray *containers;     /* char * */
        GPtrArray *networks;       /* char * */
        GArray *sources;           /* AddressRange, as given */
        GArray *brief;             /* BriefSource: sources that are listed for a time */
        GPtrArray *ipsets;         /* char *: names of firewalld's ipsets, whose entries are sources, too */
        GPtrArray *zones;          /* char *: names of firewalld's zones, whose clients are sources, too */
        GPtrArray *groups;         /* char *: names of groups (group.h), whose addresses are sources, too */
        GArray *destinations;      /* AddressRange: addresses of the host as the client dialled them */
        GArray *ports;             /* PortRange: published host ports as the client dialled them */
        bool reject;               /* answer with an ICMP error instead of silence */
        bool log;                  /* log what is blocked, rate-limited */
        bool enabled;
        char *description;
        char *until_text;                          /* when the policy ends, in UTC; NULL: never */
        gint64 until;                              /* the same in seconds since 1970; 0: never */
        guint sources_merged, destinations_merged; /* entries that repeated or overlapped others, and are not kept */
        guint64 revision;                          /* of policy_revision(); 0: not computed yet */
        char *origin;        /* who made it, for people: "label of container web"; NULL: an administrator */
        GPtrArray *carriers; /* char *, ids of the containers whose labels it is of, which are all that it covers; NULL: none */
} Policy;

typedef enum {
        POLICY_FIELD_ACTION,     /* PolicyAction */
        POLICY_FIELD_TEXT,       /* char * */
        POLICY_FIELD_BOOLEAN,    /* bool */
        POLICY_FIELD_INTERFACES, /* GPtrArray *, as are the next two */
        POLICY_FIELD_CONTAINERS,
        POLICY_FIELD_NETWORKS,
        POLICY_FIELD_ADDRESSES, /* GArray * of AddressRange */
        POLICY_FIELD_SOURCES,   /* the same, and POLICY_REFERENCES */
        POLICY_FIELD_PORTS,     /* GArray * of PortRange */
} PolicyFieldType;

/* A member of Policy, and its key in the D-Bus contract. */
typedef struct PolicyField {
        const char *name;
        PolicyFieldType type;
        gsize offset;
        guint limit; /* the number of entries that a list may have */
} PolicyField;

/* All fields in the order of the contract, ended by one without a name. */
extern const PolicyField POLICY_FIELDS[];

/* Sources that are no addresses but the name of something that has some. */
typedef struct PolicyReference {
        const char *prefix; /* among the sources: "ipset:" */
        const char *noun;   /* "ipset", as in a file */
        gsize offset;       /* in Policy: GPtrArray * of the names */
        bool (*check)(const char *key, const char *name, GError **error);
} PolicyReference;

/* All kinds, ended by one without a prefix. */
extern const PolicyReference POLICY_REFERENCES[];

#define ITERATE_REFERENCES(r) for (const PolicyReference *r = POLICY_REFERENCES; r->prefix; r++)

/* The kind of a source as callers write it; NULL: it is an address. */
const PolicyReference *policy_reference_of(const char *source);

/* The names of that kind that the policy has (char *), without the prefix. */
GPtrArray *policy_get_names(const Policy *policy, const PolicyReference *reference);

/* The type of a key as callers see it. */
typedef enum {
        POLICY_KEY_UNKNOWN,
        POLICY_KEY_STRING,
        POLICY_KEY_STRINGS,
        POLICY_KEY_BOOLEAN,
} PolicyKeyType;

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

/* Get one key; NULL or an empty list if it is not set. Free policy_get_strings()'s result with g_strfreev(). */
const char *policy_get_string(const Policy *policy, const char *key);
GStrv policy_get_strings(const Policy *policy, const char *key);
bool policy_get_boolean(const Policy *policy, const char *key);

/* NULL, no policy, equals only itself. */
bool policy_equal(const Policy *a, const Policy *b);

/* How many groups, ipsets and zones its sources name. */
static inline guint policy_count_references(const Policy *policy) {
        guint n = 0;
        ITERATE_REFERENCES(reference)
        n += policy_get_names(policy, reference)->len;
        return n;
}

/* Whether it names any sources. Without, everybody is meant; what is named and lists nobody means nobody. */
bool policy_has_sources(const Policy *policy);

/* Whether all sources of a are among those of b, whomever the ipsets, zones and groups list. */
bool policy_sources_are_within(const Policy *a, const Policy *b);

/* Whether all names of a are among those of b. */
bool policy_names_are_within(GPtrArray *a, GPtrArray *b);

/* Whether clients in a list pass it, whatever other lists say: "allow-only", "obey-zones". */
bool policy_has_list(const Policy *policy);

/* Whether it is enabled and leaves the decision to firewalld's zones; or has zones among its sources; or one of the two. */
bool policy_obeys(const Policy *policy);
bool policy_lists_zones(const Policy *policy);
bool policy_asks_zones(const Policy *policy);

/* What of firewalld's it is made with: "forward", "obey-zones", "zones", "ipsets"; NULL: nothing. Static. */
const char *policy_part_of_firewalld(const Policy *policy);

/* Whether it blocks anybody: it is enabled and not a forward. */
bool policy_judges(const Policy *policy);
