/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a group is: addresses that policies name together, as "group:office" among their sources. Must not know policies. */

#include <stdbool.h>

#include "address.h"

/* Immutable once it is in a set; reference counted. */
typedef struct Group {
        GArray *addresses; /* AddressRange, as given; once it is done, no two share an address */
        char *description; /* NULL: none */
        guint merged;      /* addresses that repeated or overlapped others, and are not kept */
} Group;

Group *group_new(void);
Group *group_ref(Group *group);
void group_unref(Group *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Group, group_unref)

/* The error names the value. A group holds addresses only, so there are no groups of groups. */
bool group_add_address(Group *group, const char *text, GError **error);
bool group_set_description(Group *group, const char *text, GError **error);

/* Joins addresses that overlap or are repeated. Call it once all are added. */
void group_finish(Group *group);

/* NULL, no group, equals only itself. */
bool group_equal(const Group *a, const Group *b);

/* As given; free with g_strfreev(). */
GStrv group_format_addresses(const Group *group);

/* Another group, with these addresses (AddressRange) as well, or without them; an error if it has too many then. */
Group *group_with(const Group *group, GArray *addresses, GError **error);
Group *group_without(const Group *group, GArray *addresses, GError **error);
