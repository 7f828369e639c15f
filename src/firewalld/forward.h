/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's policy "quaywall-forward" and the ipsets "quaywall-XXXXXXXX-4" and "-6" that it names: from ANY to ANY, one
 * rule for each pair of interfaces between which a "forward" leads. DOCKER-USER is one gate, firewalld's own forward chain of
 * its nftables backend the second (FACTS section 2), and its zones would open more than a pair: all interfaces of a zone, and
 * both directions where one zone has both. Calls wait.
 *
 * crossed: firewalld before 2.3 asks the interface by which a packet leaves where a rule says "source", and the one by which it
 * came where it says "destination" (mended by its pull request 1406). */

#include "firewalld/client.h"

/* Makes them what these pairs of interfaces need, and takes away what is needed no longer. pairs: char *, in and out in turn. What
 * firewalld has no runtime call for is in force after a reload (*ret_must_reload). New ipsets are empty until then and filled
 * by the call after it, so that nothing is open before it can be seen in the kernel how firewalld reads the rules. */
bool forward_apply(Firewalld *firewalld, GPtrArray *pairs, bool crossed, bool *ret_must_reload, GError **error);

/* Whether they are what forward_apply() makes of them; *ret_altered is the name of one that is not, or NULL. */
bool forward_check(Firewalld *firewalld, GPtrArray *pairs, bool crossed, char **ret_altered, GError **error);

/* How firewalld has read the rules, by its table as nft prints it. False: it does not show there. */
bool forward_read_crossed(const char *table, bool *ret_crossed);
