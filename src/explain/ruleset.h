/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns all of the kernel's rules as they are: the tables and chains of nftables as libnftables lists them, and for iptables'
 * tables, whose matches nftables cannot show, what iptables itself prints. Must not know what a packet is. */

#include <json-glib/json-glib.h>

#include "model/address.h"

typedef struct ChainRule {
        char *text;      /* for people to read */
        GStrv args;      /* of iptables; NULL: of nftables */
        JsonArray *expr; /* of nftables, borrowed */
        char *policy;    /* whose rule it is; NULL: no policy's */
        bool holds;      /* the guard's, for containers that Docker has not reported */
} ChainRule;

typedef struct Chain {
        char *family, *table, *name; /* "inet", "firewalld", "filter_INPUT" */
        char *hook, *type;           /* "prerouting", "filter"; NULL: not a base chain */
        int priority;
        bool drops;       /* the policy of a base chain */
        GPtrArray *rules; /* ChainRule * */
} Chain;

typedef struct Ruleset {
        GPtrArray *parsers; /* JsonParser *; own what is borrowed */
        GHashTable *chains; /* "inet firewalld filter_INPUT" -> Chain * */
        GHashTable *sets;   /* "inet quaywall docker_bridges" -> JsonArray * of its elements, borrowed */
        GPtrArray *ordered; /* Chain *, in the order of the listing; borrowed from chains */
        GHashTable *opaque; /* char * "ip filter": tables with rules that could not be read */
} Ruleset;

Ruleset *ruleset_new(void);
void ruleset_free(Ruleset *ruleset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ruleset, ruleset_free)

/* Adds the content of json, from "nft -j list ...": existing chains keep their rules and get more. text: the same from "nft -s
 * -t -a list ...", for the rules' texts, or NULL. The error is QUAYWALL_ERROR_IO. */
bool ruleset_add_json(Ruleset *ruleset, const char *json, const char *text, GError **error);

/* Each table that has a chain, as "inet firewalld" (char *, sorted; unref the array). */
GPtrArray *ruleset_tables(const Ruleset *ruleset);

/* Whether the table, "ip nat", has the name of an iptables table. */
bool ruleset_is_iptables(const char *table, Family *ret_family, const char **ret_name);

/* Adds the rules of an iptables table from the output of "iptables -t TABLE -S"; its base chains are known from JSON. */
void ruleset_set_iptables(Ruleset *ruleset, Family family, const char *table, const char *text);

/* The nftables family, "ip" or "ip6"; packets of the family also meet tables of "inet". */
const char *ruleset_family(Family family);

/* The base chains at a hook that packets of this family meet, in order (Chain *; unref the array). */
GPtrArray *ruleset_base_chains(const Ruleset *ruleset, Family family, const char *hook);

/* A chain of the same table; NULL: no such chain. */
const Chain *ruleset_find(const Ruleset *ruleset, const Chain *of, const char *name);

/* The elements of a set or map of the same table (borrowed); NULL: no such set, or no elements. */
JsonArray *ruleset_find_set(const Ruleset *ruleset, const Chain *of, const char *name);
