/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the unit tests share: policies from one line of text, golden files, random policies and connections, and
 * the reference: "What a set of policies means" of the design, written down a second time and as plainly as possible.
 * Must not know how rules are rendered; of verdict.h it takes the types only. */

#include "compile/verdict.h"
#include "model/facts.h"
#include "model/policy-set.h"

/* "allow-only interfaces=eth0,eth1 sources=1.1.1.1 ports=80/tcp reject log": a key and its values, or a flag; "disabled"
 * clears enabled. NULL and the error when it is refused. */
Policy *policy_from_line(const char *line, GError **error);

/* "NAME: LINE" for each policy, which must all be good. */
PolicySet *policy_set_from_lines(const char *const *lines);

/* Fails the test unless the text is what the file tests/unit/golden/NAME holds; with UPDATE_GOLDEN=1 writes it. */
void golden_check(const char *name, const char *text);

/* PASS: left to Docker. facts: what Docker told; NULL: nothing. */
Verdict reference_verdict(PolicySet *set, const char *const *bridges, DockerFacts *facts, const Connection *connection);

/* All draws are from g_test_rand: a failure names its seed. They are from the same few interfaces, addresses and ports. */
PolicySet *random_policies(guint at_most);
GStrv random_bridges(void);
Connection random_connection(const char *const *bridges);
char *connection_to_string(const Connection *connection);
char *policy_set_to_string(PolicySet *set);
