/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the words in which polkit asks a person to approve a change: what is done, for how long, and what of it cannot be shown.
 * Text of callers is escaped. Must not know how it is asked. All results: free with g_free(). */

#include "daemon/policy-bus.h"

/* Text of others in a question: printable ASCII as it is, but for what agents and polkit itself read in another way (quotes, markup,
 * "$(name)", which polkit replaces, and whose end it looks for up to the end of the question); all else as "\u{202e}". What is
 * beyond the limit is counted: "... [12 more bytes]". */
char *prompt_text(const char *text, gsize limit);

/* "Only 192.168.1.0/24 may reach containers on port 8080/tcp" */
char *prompt_policy(const Policy *policy);

/* before: the policy of that name that is replaced or removed, or NULL; later: the permanent one, when that is another. */
char *prompt_set(const char *name, const Policy *policy, const Policy *before, const Policy *later, const Options *options);
char *prompt_remove(const char *name, const Policy *before, const Policy *later, const Options *options);

/* before: the policies that there are, of those scopes that change. */
char *prompt_set_many(PolicySet *policies, PolicySet *before, const Options *options);
char *prompt_replace_all(PolicySet *policies, PolicySet *before, const Options *options);

/* names: of the policies that the change made, replaced or removed; NULL: it is not known. */
char *prompt_pending(bool keep, const char *const *names);

char *prompt_direct(bool add, Family family, int priority, const char *const *args, const Options *options);

/* "now and permanently": with a comma before it, for what has no sentence of its own here. firewalld: whose reload ends what is
 * for the runtime only. */
char *prompt_when(const Options *options, bool firewalld);
