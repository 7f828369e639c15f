/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the difference between two renderings of the guard's rules, chain by chain. Must not know what the rules mean, nor sets. */

/* before, after: commands of guard_render(), "add chain inet quaywall NAME..." and "add rule inet quaywall NAME...". Returns the
 * commands that lead from the one to the other in one transaction: chains that are new, and the rules of those that have others
 * than before. Chains that are no longer there are emptied, and not deleted. Free with g_free(). */
char *guard_delta(const char *before, const char *after);
