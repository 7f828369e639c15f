/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which words a rule of Direct.AddRule can have: one table of the options of matches and targets. firewalld writes the words
 * as they are into the input of iptables-restore, among the rules of everybody, so what is not known to be a match or a target
 * is refused. Must not know who asks, nor what is stored already. */

#include <stdbool.h>

#include "model/address.h"

/* Whether the words are matches and one target, each written in full and apart from its value, with nothing in them that firewalld
 * or iptables-restore would read in another way. The error names the word and what would be right. */
bool direct_words_check(Family family, const char *const *args, GError **error);

/* The target (borrowed), NULL: there is none. Of any words. */
const char *direct_words_target(const char *const *args);

/* Whether the target is a chain of somebody's and not one of iptables' own targets. */
bool direct_words_target_is_chain(const char *target);
