/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's policy "quaywall-forward" and the ipsets "quaywall-XXXXXXXX-4" and "-6" that it names: from ANY to ANY, one
 * rule for each pair of interfaces that a "forward" connects. A packet must pass two gates: DOCKER-USER, and the forward chain
 * of firewalld's nftables backend (FACTS section 2). firewalld's zones would open more than a pair: all interfaces of a zone,
 * and both directions where both interfaces are in one zone. Calls wait.
 *
 * crossed: firewalld before 2.3 matches a rule's "source" against the outgoing interface, and its "destination" against the
 * incoming one (fixed by its pull request 1406). */

#include "firewalld/client.h"

/* Makes the policy and its ipsets match these pairs of interfaces, and removes what is no longer needed. pairs: char *, in and
 * out in turn. Changes without a runtime call in firewalld take effect after a reload (*ret_must_reload). New ipsets are empty
 * until then, and the next call fills them: nothing is open before the kernel's rules show how firewalld reads them. */
bool forward_apply(Firewalld *firewalld, GPtrArray *pairs, bool crossed, bool *ret_must_reload, GError **error);

/* Whether they are as forward_apply() makes them; *ret_altered is the name of one that is not, or NULL. */
bool forward_check(Firewalld *firewalld, GPtrArray *pairs, bool crossed, char **ret_altered, GError **error);

/* Appends the commands of firewall-cmd (firewall-cmd.h) that make the permanent ones so; they take effect with a reload, and
 * *ret_homes are the commands after it. */
bool forward_list_commands(Firewalld *firewalld, GPtrArray *pairs, bool crossed, GPtrArray *commands, GPtrArray *ret_homes,
                           GError **error);

/* Whether a policy or an ipset of firewalld's has a name of quaywall's; and whether there are any, now or permanently. */
bool forward_is_ours(const char *name);
bool forward_is_there(Firewalld *firewalld, bool *ret, GError **error);

/* How firewalld has read the rules, judged by its table as nft prints it. False: the table does not show it. */
bool forward_read_crossed(const char *table, bool *ret_crossed);
