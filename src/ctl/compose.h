/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how a project of Compose, and one of its services, are named: as the two labels that Compose puts on its containers, and as
 * people say it ("shop/web"). Must not know what a policy is. Pure. */

#include <stdbool.h>

#include <glib.h>

/* "PROJECT" or "PROJECT/SERVICE" as entries of a policy's containers; free with g_strfreev(). NULL and CTL_ERROR_USAGE, which names
 * the option, when it is neither. */
GStrv compose_to_entries(const char *text, const char *option, GError **error);

/* Entries of containers for people: the labels of one project and service become "compose shop/web" in the place of the first of
 * them, everything else stays. Free with g_strfreev(). */
GStrv compose_show(const char *const *entries);

/* Whether a word of compose_show() is such a project; it needs no "container" before it. */
bool compose_is_shown(const char *word);
