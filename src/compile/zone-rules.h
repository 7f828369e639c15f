/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's own rules for connections to this host, as its nftables backend writes them, and their copy for the guard.
 * Must not know how they are read, nor when they change. */

#include <stdbool.h>

#include <glib.h>

#include "model/port.h"

/* The table of firewalld's that has them. */
#define ZONE_TABLE "firewalld"

/* The chain of the guard's table that has the final word on a new connection: it accepts, drops or rejects. */
#define ZONE_RULES_CHAIN "firewalld_filter_INPUT"

/* Chains of the guard's table with this prefix are copies, and so are its sets whose names begin with 'z'. */
#define ZONE_RULES_PREFIX "firewalld_"

typedef struct ZoneChain {
        char *name;       /* in the guard's table */
        GPtrArray *rules; /* char *, as nft spells them, with the names in the guard's table */
} ZoneChain;

typedef struct ZoneSet {
        char *name;       /* in the guard's table; derives from the content */
        char *definition; /* in one line: "type ipv4_addr; elements = { 10.0.0.1 }" */
} ZoneSet;

typedef struct ZoneRules {
        GPtrArray *chains; /* ZoneChain *, in firewalld's order */
        GPtrArray *sets;   /* ZoneSet * */
        char *text;        /* what they were parsed from */
        char *flaw;        /* why they cannot be copied, for people; then there are no chains and sets. NULL: nothing */
        guint ref_count;
} ZoneRules;

/* text: "list table inet firewalld", with all elements, without the values of counters. What firewalld accepts because it
 * belongs to a connection that is open is left out, since the guard has decided that before; so is what only assigns a conntrack
 * helper, which firewalld does itself. Everything else is copied, and a construct that is not known to decide the same before
 * DNAT is a flaw. */
ZoneRules *zone_rules_parse(const char *text);
/* Without chains and sets; takes ownership of flaw. For one that parsing does not find. */
ZoneRules *zone_rules_new(const char *text, char *flaw);
ZoneRules *zone_rules_ref(ZoneRules *zones);
void zone_rules_unref(ZoneRules *zones);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZoneRules, zone_rules_unref)

/* The name of a set with this content, whose lines may be separated by line breaks. Free with g_free(). */
char *zone_rules_set_name(const char *definition);
