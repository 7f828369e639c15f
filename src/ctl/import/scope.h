/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns where an imported rule holds: interface, destination and port. Must not know sources, nor the order of rules. Pure. */

#include "ctl/import/line.h"

/* Whether some connection is in both. Of rules for different families the caller must know it already: families are compared by their
 * destinations only. */
bool import_scope_overlaps(const ImportRule *a, const ImportRule *b);

/* Whether every connection of b is in a. */
bool import_scope_contains(const ImportRule *a, const ImportRule *b);

/* Adds the keys of a policy with this scope. */
void import_scope_insert(const ImportRule *rule, GVariantDict *policy);
