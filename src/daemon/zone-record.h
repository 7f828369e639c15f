/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the record of the interfaces that callers had quaywalld put into firewalld's zone "docker" permanently: firewalld does not say
 * who did, and a removal of quaywall takes these out again, and no others. Must not know firewalld. */

#include "world/settings.h"

/* The interface is in the zone by a caller's wish, or not any more. Failures are logged: the change itself was made. */
void zone_record_note(const Settings *settings, const char *interface, bool is_in);

/* Free with g_strfreev(). */
GStrv zone_record_list(const Settings *settings);
