/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the option "cut": which open connections policies forbid, and the end of these. Policies judge new connections only,
 * so without it whoever is in when he is shut out stays until he leaves. Call these
 * functions in a fiber. */

#include "daemon/context.h"

/* Whether connections can be found at all, to be asked before anything is changed. */
bool cut_check(Context *context, GError **error);

/* How many open connections stay that would be cut if this policy were set with "cut", as a sentence; NULL when there are none
 * or there is no telling. Free with g_free(). */
char *cut_describe(Context *context, const char *name, Policy *policy);

/* Ends what the policies in force forbid. They are in force in any case, so what fails is logged. Waits; the caller holds
 * the mutex. */
void cut_forbidden(Context *context);

/* Forgets the connections that were cut, when there is no policy any more that could forbid them. */
void cut_forget(Context *context);
