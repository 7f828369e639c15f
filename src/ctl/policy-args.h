/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how the options of allow-only, deny and forward become a policy for org.quaywall1.Policies. Must not know which addresses,
 * ports and names are right: the service checks them. Pure. */

#include <stdbool.h>

#include <glib.h>

/* The options as they were given; every array may be NULL. Free with policy_args_clear(). */
typedef struct PolicyArgs {
        GStrv interfaces; /* --on, for forward --in */
        GStrv out_interfaces;
        GStrv sources;
        GStrv destinations;
        GStrv ports;
        GStrv containers;
        GStrv compose; /* no more than one makes sense */
        GStrv networks;
        char *description;
        char *lasts; /* --for */
        char *until; /* --until; after policy_args_set_end() when it ends, as quaywalld takes it */
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

/* Makes --for and --until one time; CTL_ERROR_USAGE if both are given or one is none. */
bool policy_args_set_end(PolicyArgs *args, GDateTime *now, GError **error);

/* The keys that were given as a{sv}; unref it. prefix: of the options, for the error: "--", "--add-". NULL and CTL_ERROR_USAGE when
 * an entry is empty. */
GVariant *policy_args_to_keys(const PolicyArgs *args, const char *prefix, GError **error);

/* The policy as a{sv}, floating, with only the keys that were given. action: "allow-only", "deny" or "forward". NULL and
 * CTL_ERROR_USAGE when an option is missing or empty. */
GVariant *policy_args_to_policy(const PolicyArgs *args, const char *action, GError **error);
