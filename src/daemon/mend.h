/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how each problem is repaired: the table from problem codes to repairs. Finds nothing itself. Waits; the caller holds the
 * mutex. */

#include "compile/desired.h"
#include "daemon/repair.h"
#include "world/world.h"

typedef struct Mending {
        World *world;
        const Repairs *repairs;
        Desired *desired; /* what should be in force */
        bool is_asked; /* a caller asked: also repair what costs a reload of firewalld or changes its permanent configuration */
        bool any;      /* something was repaired, so the world has changed */
} Mending;

/* Repairs those of these problems that can be repaired and are due, safest first. */
bool mend(Mending *mending, GPtrArray *problems, GError **error);
