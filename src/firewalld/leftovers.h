/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the files that stay in firewalld's folder when quaywall's entries are gone: firewalld keeps a backup of each file that it
 * changes, and an empty direct.xml. For the removal of quaywall; firewalld itself has no call for them. */

#include <stdbool.h>

#include <glib.h>

/* Removes backups of quaywall's own files, backups that hold rules of quaywall's or one of these interfaces of the zone "docker", and a
 * direct.xml without content. Adds the paths of those that it removed (char *), and of those that it could not remove. */
void leftovers_remove(const char *const *interfaces, GPtrArray *removed, GPtrArray *left);

/* Whether firewalld's files, which it reads at its next start, hold rules of quaywall's, or name one of these interfaces in the zone
 * "docker". For when firewalld cannot be asked. */
bool leftovers_hold_rules(void);
bool leftovers_hold_interfaces(const char *const *interfaces);
