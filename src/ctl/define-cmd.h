/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the commands allow-only, deny, obey-zones and forward, and printing what the service's Check says of a policy: its rules and its warnings.
 * Must not know the rest of "policy". */

#include "ctl/ctl.h"

/* words[0] is the action. */
bool define_cmd_run(Ctl *ctl, GStrv words, GError **error);

/* Prints the rules and warnings of one policy. */
bool define_check(Ctl *ctl, const char *name, GVariant *policy, GError **error);

/* The policy of this name in the scope that changes; unref it. NULL: there is none, or the user may not read it without a
 * password. */
GVariant *define_get(Ctl *ctl, Client *client, QuaywallPolicies *policies, const char *name);

/* Prints warnings of the service, a(ss), on stderr; is_shown: by their code; NULL: all. */
void define_print_warnings(const Ctl *ctl, GVariant *warnings, bool (*is_shown)(const char *code));

/* Warns on stderr of containers and networks that Docker does not have, and of groups that do not exist: a policy with a mistyped
 * name covers nothing, or lists nobody. Says nothing to a
 * user who may not ask, or would have to give a password for it. */
void define_warn_of_names(Ctl *ctl, QuaywallPolicies *policies, const char *name, GVariant *policy);

/* The same after a change that was made while firewalld is away. SetChecked warns of that itself. */
void define_warn_of_firewalld(Client *client);
