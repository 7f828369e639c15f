/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import-scope: where an imported rule holds: interface, destination and port, compared with another's. Pure. */
#pragma once

#include "import-line.h"

/* Whether some connection is in both; sources are not looked at. */
gboolean import_scope_overlaps(const ImportRule *a, const ImportRule *b);

/* Whether every connection of b is in a. */
gboolean import_scope_contains(const ImportRule *a, const ImportRule *b);

/* The keys of a policy that say it. */
void import_scope_insert(const ImportRule *rule, GVariantDict *policy);
