/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the rules of the whole kernel as they are: the tables and chains of nftables as libnftables tells them, and of
 * iptables' tables, whose matches nftables cannot tell, what iptables itself prints. Must not know what a packet is. */

#include <json-glib/json-glib.h>

#include "model/address.h"

typedef struct ChainRule {
        char *text;      /* for a person */
        GStrv args;      /* of iptables; NULL: of nftables */
        JsonArray *expr; /* of nftables, borrowed */
} ChainRule;

typedef struct Chain {
        char *family, *table, *name; /* "inet", "firewalld", "filter_INPUT" */
        char *hook, *type;           /* "prerouting", "filter"; NULL: not a base chain */
        int priority;
        bool drops;                  /* the policy of a base chain */
        GPtrArray *rules;            /* ChainRule * */
} Chain;

typedef struct Ruleset {
        GPtrArray *parsers;  /* JsonParser *; own what is borrowed */
        GHashTable *chains;  /* "inet firewalld filter_INPUT" -> Chain * */
        GHashTable *sets;    /* "inet quaywall docker_bridges" -> JsonArray * of its elements, borrowed */
        GPtrArray *ordered;  /* Chain *, as they were listed; borrowed from chains */
        GHashTable *opaque;  /* char * "ip filter": of which there are rules that could not be read */
} Ruleset;

Ruleset *ruleset_new(void);
void ruleset_free(Ruleset *ruleset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ruleset, ruleset_free)

/* Adds what is in json, of "nft -j list ...": chains that are there already keep their rules and get more. text: the same
 * by "nft -s -t -a list ...", for how the rules read, or NULL. The error is QUAYWALL_ERROR_IO. */
bool ruleset_add_json(Ruleset *ruleset, const char *json, const char *text, GError **error);

/* "inet firewalld", each table that has a chain (char *, sorted; unref the array). */
GPtrArray *ruleset_tables(const Ruleset *ruleset);

/* Whether the table, "ip nat", has the name of one of iptables'. */
bool ruleset_is_iptables(const char *table, Family *ret_family, const char **ret_name);

/* The rules of one of iptables' tables from what "iptables -t TABLE -S" printed; its base chains are known from JSON. */
void ruleset_set_iptables(Ruleset *ruleset, Family family, const char *table, const char *text);

/* "ip" or "ip6", of that table; what packets of the family meet is also in "inet". */
const char *ruleset_family(Family family);

/* The base chains at a hook that packets of this family meet, in that order (Chain *; unref the array). */
GPtrArray *ruleset_base_chains(const Ruleset *ruleset, Family family, const char *hook);

/* A chain of the same table; NULL: there is none. */
const Chain *ruleset_find(const Ruleset *ruleset, const Chain *of, const char *name);

/* The elements of a set or map of the same table (borrowed); NULL: there is none. */
JsonArray *ruleset_find_set(const Ruleset *ruleset, const Chain *of, const char *name);
