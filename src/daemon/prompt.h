/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the text with which polkit asks a user to approve a change: what is done, for how long, and what of it cannot be shown.
 * Text from callers is escaped. Must not know how polkit asks. All results: free with g_free(). */

#include "daemon/policy-bus.h"
#include "model/change-record.h"

/* A caller's text for a prompt: printable ASCII as it is, except for what agents and polkit itself interpret (quotes, markup,
 * and "$(name)", which polkit expands, and whose end it searches up to the end of the prompt); all else as "\u{202e}". What
 * exceeds the limit is counted: "... [12 more bytes]". */
char *prompt_text(const char *text, gsize limit);

/* "Only 192.168.1.0/24 may reach containers on port 8080/tcp" */
char *prompt_policy(const Policy *policy);

/* before: the policy of that name that is replaced or removed, or NULL; later: the permanent one, if that differs. */
char *prompt_set(const char *name, const Policy *policy, const Policy *before, const Policy *later, const Options *options);
char *prompt_remove(const char *name, const Policy *before, const Policy *later, const Options *options);

/* after: the policy after the edit; NULL: it cannot be edited so, or there is none. */
char *prompt_edit(const char *name, const PolicyDelta *delta, const Policy *after, const Policy *before, const Policy *later,
                  const Options *options);
char *prompt_rename(const char *name, const char *new_name, const Policy *before, const Policy *later, const Options *options);

/* before: the existing policies, in the scopes that change. */
char *prompt_set_many(PolicySet *policies, PolicySet *before, const Options *options);
char *prompt_replace_all(PolicySet *policies, PolicySet *before, const Options *options);

/* before: the permanent policies, which become these. */
char *prompt_adopt(PolicySet *policies, PolicySet *before, const Options *options);

/* set: whose policies name its groups; options: with the scope that changes. */
char *prompt_undo(const ChangeRecord *record, PolicySet *set, const Options *options);

/* names: what the change added, replaced or removed; NULL: unknown. */
char *prompt_pending(bool keep, const char *const *names);

/* before: the group of that name that is replaced or deleted, or NULL; set: whose policies name it. */
char *prompt_group_set(const char *name, const Group *group, const Group *before, PolicySet *set, const Options *options);
char *prompt_group_edit(const char *name, bool is_added, GArray *addresses, PolicySet *set, const Options *options);
char *prompt_group_delete(const char *name, const Group *before, const Options *options);

char *prompt_direct(bool add, Family family, int priority, const char *const *args, const Options *options);

/* When the change holds, with a comma before it (", now and permanently"), for prompts that have no function here. firewalld: a
 * change at runtime ends when firewalld reloads, and not when quaywalld does. */
char *prompt_when(const Options *options, bool firewalld);
