/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* define-cmd: the commands allow-only, deny and forward, and what the service says of a policy: what it would do, what its
 * names mean. */
#pragma once

#include "ctl.h"

/* argv[0] is the action. */
gboolean define_cmd_run(Ctl *ctl, GStrv argv, GError **error);

/* Prints what Check says of one policy. */
gboolean define_check(Ctl *ctl, const char *name, GVariant *policy, GError **error);

/* A mistyped name covers nothing, and nobody would notice: what Check says of names is said where a policy is made or shown,
 * too. Whoever may not ask for it, or would have to give a password for it, goes without. */
void define_warn_of_names(Client *client, QuaywallPolicies *policies, const char *name, GVariant *policy);
