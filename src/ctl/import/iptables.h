/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the rules of DOCKER-USER mean together, as policies. Rules have an order and policies have none, so what depends on the
 * order in a way that no set of policies can express is refused, by file, line and word. Must not know how a line is read. Pure. */

#include "ctl/import/result.h"

/* text: lines of iptables-save, iptables commands, or bare matches and targets; file: its name for errors and notes. The policies are
 * named "imported-1" and so on, but for the names in taken (NULL: none). IMPORT_ERROR_REFUSED when any line cannot be expressed. Free
 * with import_result_free(). */
ImportResult *import_iptables(const char *text, const char *file, const char *const *taken, GError **error);
