/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the XML form of one policy, schema/policy.xsd. Must not know files or folders. */

#include "policy.h"

/* Parses a policy, and checks it. Documents with a DTD are refused, entities are never expanded, nothing is fetched. Errors
 * begin with the line number: "3: sources: ...". */
Policy *policy_from_xml(const char *text, gsize length, GError **error);

/* Free with g_free(). */
char *policy_to_xml(const Policy *policy);
