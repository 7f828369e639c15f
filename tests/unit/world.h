/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the unit tests share: policies from one line of text, golden files, random policies and connections, and the
 * reference: what a set of policies means, implemented a second time and as plainly as possible. Must not know how rules are
 * rendered; of verdict.h it takes only the types. */

#include "compile/verdict.h"
#include "model/change-record.h"
#include "model/facts.h"
#include "model/policy-set.h"

/* "allow-only interfaces=eth0,eth1 sources=1.1.1.1 ports=80/tcp reject log": keys with values, and flags; "disabled" clears
 * enabled. Returns NULL and sets error if the line is refused. */
Policy *policy_from_line(const char *line, GError **error);

/* "group:office 1.1.1.1,fd01::1": the group, which must be valid. */
Group *group_from_line(const char *line, char **ret_name);

/* "NAME: LINE" for each policy, and lines as above for groups, which must all be valid. */
PolicySet *policy_set_from_lines(const char *const *lines);

/* Fails unless the text equals the file tests/unit/golden/NAME; writes the file if UPDATE_GOLDEN=1. */
void golden_check(const char *name, const char *text);

/* "ipv4 192.168.1.1; ipv6 nobody": the sources of each rule (Rule *). */
char *rules_sources_to_string(const GPtrArray *rules);

/* The record's text, of at most LIMIT_HISTORY_CHANGE bytes. */
char *change_record_text(const ChangeRecord *record);

guint count_occurrences(const char *text, const char *needle);

/* The processor time of this test so far, for bounds that also hold on a busy machine. */
double processor_seconds(void);

/* PASS: Docker's rules decide. facts: of Docker; may be NULL. */
Verdict reference_verdict(PolicySet *set, const char *const *bridges, DockerFacts *facts, const Connection *connection);

/* Whether the policies drawn below may be "obey-zones"; false at first. */
extern bool random_zones;

/* Whom firewalld's zones let in, of those who dial a port of the host; NULL: everybody. */
extern bool (*reference_zones)(const Connection *connection);

/* All draws use g_test_rand, so a failure names its seed. They choose from a few interfaces, addresses and ports. */
PolicySet *random_policies(guint at_most);
GStrv random_bridges(void);
Connection random_connection(const char *const *bridges);
char *connection_to_string(const Connection *connection);
char *policy_set_to_string(PolicySet *set);
