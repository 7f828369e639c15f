/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading policies, and what people see of them: list, names, show and counters, and what of them is in force but not permanent,
 * or the other way round. Must not know how policies are changed. */

#include "ctl/ctl.h"

/* The policies of the scope that is read, a{sa{sv}}; NULL and the error. Unref. */
GVariant *policy_read_all(Ctl *ctl, GError **error);

/* One of them, a{sv}; NULL and the error when there is none. Unref. */
GVariant *policy_read(Ctl *ctl, const char *name, GError **error);

/* Sets the error that there is none of this name; returns false. */
bool policy_read_none(const char *name, bool permanent, GError **error);

/* { "policies": { NAME: POLICY } }, which "policy import" reads. */
bool policy_read_print_json(GVariant *policies, GError **error);

/* Verbs of "policy". argv: the words, without options. */
bool policy_read_list(Ctl *ctl, GStrv argv, GError **error);
bool policy_read_names(Ctl *ctl, GStrv argv, GError **error);
bool policy_read_show(Ctl *ctl, GStrv argv, GError **error);
bool policy_read_counters(Ctl *ctl, GStrv argv, GError **error);
