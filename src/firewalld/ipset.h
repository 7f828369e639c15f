/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's ipsets of the type hash:net,iface, which with its nftables backend are sets of nftables, and need no ipset(8).
 * Calls wait. */

#include "firewalld/client.h"
#include "model/address.h"

/* Names of all ipsets, also of others and of other types; free with g_strfreev(). */
GStrv ipset_list_runtime(Firewalld *firewalld, GError **error);
GStrv ipset_list_permanent(Firewalld *firewalld, GError **error);

/* Makes it permanently, or gives it these entries ("0.0.0.0/1,eth0") where it has others. It is there after a reload: firewalld
 * has no runtime call that makes one. */
bool ipset_put_permanent(Firewalld *firewalld, bool is_there, const char *name, Family family, const char *const *entries,
                         GError **error);
/* One of ipset_list_permanent(). */
bool ipset_remove_permanent(Firewalld *firewalld, const char *name, GError **error);

/* The entries of one of ipset_list_runtime(), in the order of strcmp(); free with g_strfreev(). */
GStrv ipset_entries_runtime(Firewalld *firewalld, const char *name, GError **error);
GStrv ipset_entries_permanent(Firewalld *firewalld, const char *name, GError **error);
bool ipset_set_entries_runtime(Firewalld *firewalld, const char *name, const char *const *entries, GError **error);
