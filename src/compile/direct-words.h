/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which words a rule of Direct.AddRule may have: one table of the options of matches and targets. firewalld writes the
 * words verbatim into the input of iptables-restore, among everybody's rules, so any word not known to be of a match or a
 * target is refused. Must not know who calls, nor what is stored already. */

#include <stdbool.h>

#include "model/address.h"

/* Whether the words are matches and one target, each option written in full and apart from its value, with nothing in them that
 * firewalld or iptables-restore would read differently. The error names the word and what would be right. */
bool direct_words_check(Family family, const char *const *args, GError **error);

/* The target (borrowed) of any words, valid or not; NULL: there is none. */
const char *direct_words_target(const char *const *args);

/* Whether the target is a user-defined chain, not one of iptables' own targets. */
bool direct_words_target_is_chain(const char *target);
