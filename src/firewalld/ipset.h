/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's ipsets: those of type hash:net,iface, which quaywall makes for its forwards, and others, which it reads. With
 * the nftables backend they are nftables sets and need no ipset(8). Calls wait. */

#include "firewalld/client.h"
#include "model/address.h"

/* Names of all ipsets, of any owner and type; free with g_strfreev(). */
GStrv ipset_list_runtime(Firewalld *firewalld, GError **error);
GStrv ipset_list_permanent(Firewalld *firewalld, GError **error);

/* Creates the permanent ipset, or replaces its entries ("0.0.0.0/1,eth0") where they differ. A new one exists after a reload:
 * firewalld has no runtime call to create one. */
bool ipset_put_permanent(Firewalld *firewalld, bool is_there, const char *name, Family family, const char *const *entries,
                         GError **error);
/* Appends the commands of firewall-cmd (firewall-cmd.h) that create such an ipset. */
void ipset_list_commands(GPtrArray *commands, const char *name, Family family, const char *const *entries);
/* One of ipset_list_permanent(). */
bool ipset_remove_permanent(Firewalld *firewalld, const char *name, GError **error);

/* The entries of an ipset from ipset_list_runtime(), in the order of strcmp(); free with g_strfreev(). */
GStrv ipset_entries_runtime(Firewalld *firewalld, const char *name, GError **error);
GStrv ipset_entries_permanent(Firewalld *firewalld, const char *name, GError **error);
bool ipset_set_entries_runtime(Firewalld *firewalld, const char *name, const char *const *entries, GError **error);

/* The type ("hash:net") and entries of any ipset, as it is now or permanently. Ask the list first: firewalld logs an error for a
 * name that it does not know. */
bool ipset_read(Firewalld *firewalld, bool permanent, const char *name, char **ret_type, GStrv *ret_entries, GError **error);
