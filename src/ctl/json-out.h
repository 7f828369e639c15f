/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what quaywallctl prints with --json: rows of the bus become objects whose members have names, since a row "ssbb" is no use to a
 * script. Must not know how the values were obtained. Pure. */

#include <glib.h>

/* The whole value as JSON over several lines, without a final newline; variants are unpacked. Takes a floating value; free with
 * g_free(). */
char *json_out_pretty(GVariant *value);

/* The same on one line. */
char *json_out_line(GVariant *value);

/* a(ssa{sv}) of Problems to an array of { "code", "message", "details" }; floating. */
GVariant *json_out_problems(GVariant *problems);

/* a{sa{sv}} to { "NAME": POLICY }, names sorted, keys in the order of json_out_policy_keys(); floating. */
GVariant *json_out_policies(GVariant *policies);

/* a(sas) and a(ss) of Check to { "rules": [ { "family", "args" } ], "warnings": [ { "code", "message" } ] }; floating. */
GVariant *json_out_check(GVariant *rules, GVariant *warnings);

/* aas and a(ss) of ListFirewallCmd to { "commands": [ [ WORD... ] ], "notes": [ { "code", "message" } ] }; floating. */
GVariant *json_out_commands(GVariant *commands, GVariant *notes);

/* aa{sv} of ListPorts, the notes a(ss) as an array of { "code", "message" }; floating. */
GVariant *json_out_ports(GVariant *ports);

/* a(siass) of ListRules to an array of { "family", "priority", "args", "owner" }; floating. */
GVariant *json_out_direct_rules(GVariant *rules);

/* a(ssbb) of ListInterfaces to an array of { "interface", "zone", "runtime", "permanent" }; floating. */
GVariant *json_out_interfaces(GVariant *interfaces);

/* a{s(tt)} of Counters to { "NAME": { "packets", "bytes" } }, names sorted; floating. */
GVariant *json_out_counters(GVariant *counters);

/* a{sv} of ExplainConnection to { "verdict", "sentence", "policy", "layer", "trace": [ { "where", "rule", "effect" } ] }; floating. */
GVariant *json_out_explanation(GVariant *explanation);

/* The keys of a dictionary (a{s*}), sorted; free with g_strfreev(). */
GStrv json_out_sorted_keys(GVariant *dictionary);

/* The same for people: "customer-2" before "customer-10". */
GStrv json_out_natural_keys(GVariant *dictionary);

/* The keys of one policy as people think of them, the action first; free with g_strfreev(). */
GStrv json_out_policy_keys(GVariant *policy);
