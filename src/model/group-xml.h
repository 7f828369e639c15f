/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the XML form of groups: quaywall.policy(5). */

#include "group.h"

/* The error begins with the line, "2: ". text: any bytes. */
Group *group_from_xml(const char *text, gsize length, GError **error);

/* Free with g_free(). */
char *group_to_xml(const Group *group);
