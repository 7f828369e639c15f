/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the elements of the guard's sets that stay while elements come and go: Docker's bridges and published ports, and which
 * containers are known. Must not know what the elements stand for. */

#include "compile/guard-state.h"

/* A command "add element" or "delete element" makes libnftables (1.0.6 to 1.1) read all elements of every set with ranges before it:
 * 170 ms for 2,000 sets. So elements alone are sent without it (elements_run() in src/guard), and where rules change as well they are
 * added by the command that adds their set ("add set", which keeps what is there). No command deletes one without that reading,
 * and "flush set" with the others added anew would hide these for a moment (kernels before 6.17). */
typedef enum GuardElementsMode {
        GUARD_ELEMENTS_ALONE, /* "add element", "delete element" */
        GUARD_ELEMENTS_MIXED, /* "add set", "delete element" */
} GuardElementsMode;

/* Only differences: Docker may have thousands of elements, and reports each that comes or goes. */
void guard_elements_render(GString *out, GuardElementsMode mode, const GuardState *previous, const GuardState *state);
