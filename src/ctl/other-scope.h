/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what "list" and "show" say of the scope that they do not read: what is not the same now and after the next reload or boot. Must not
 * know what policies and groups have. */

#include "ctl/ctl.h"

/* The policies, or groups, of the other scope, a{sa{sv}}, if any are not the same; else NULL. interface: "Policies", "Groups". They are
 * only what is told beside: without an error, and nobody is asked for a password a second time. Unref. */
GVariant *other_scope_read(Ctl *ctl, const char *interface);

/* "runtime only", "permanent differs"; "" if the item is the same in the others, or there are none (NULL). Free with g_free(). */
char *other_scope_mark(const Ctl *ctl, const char *name, GVariant *item, GVariant *others);

/* The names that only the others have, as lines below a list of all; "" for none. Free with g_free(). */
char *other_scope_list(const Ctl *ctl, GVariant *all, GVariant *others);

/* What is different there; NULL: nothing. Free with g_free(). */
char *other_scope_difference(const Ctl *ctl, const char *name, GVariant *item, GVariant *others);
