/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-args: the options of allow-only, deny and forward as a policy for org.quaywall1.Policies. Whether addresses,
 * ports and names are right is for the service to say: one place, one sentence. Pure. */
#pragma once

#include <glib.h>

/* Raw values of the options; every array may be NULL. Free with policy_args_clear(). */
typedef struct PolicyArgs {
        GStrv interfaces; /* --on, for forward --in */
        GStrv out_interfaces;
        GStrv sources;
        GStrv destinations;
        GStrv ports;
        GStrv containers;
        GStrv networks;
        char *description;
        gboolean reject;
        gboolean log;
        gboolean disabled;
        gboolean check;
        gboolean replace;
} PolicyArgs;

void policy_args_clear(PolicyArgs *args);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PolicyArgs, policy_args_clear)

/* Long names of the options that take several words: for CtlUsage.list_options. */
extern const char *const policy_args_list_options[];

/* The policy as a{sv}, floating: only keys that were asked for. action: "allow-only", "deny" or "forward". */
GVariant *policy_args_to_policy(const PolicyArgs *args, const char *action, GError **error);
