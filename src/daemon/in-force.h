/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is in force: what the policies were compiled to, and who was given it. Must not know how it got there. */

#include "compile/desired.h"

typedef struct InForce {
        Desired *desired;   /* what the policies were last compiled to; NULL: not yet */
        Desired *applied;   /* what firewalld was last given; NULL: nothing yet */
        PolicySet *guarded; /* of a change in progress that the guard got first; borrowed; NULL: it has the runtime ones */
        bool jump_asked[_FAMILY_MAX]; /* whether anything needed the jump to DOCKER-USER at the last check */
} InForce;

/* Sets what the policies in force mean. Later Docker events wait for the next reconciliation. */
void in_force_set_desired(InForce *in_force, Desired *desired);

/* Records what firewalld was given. */
void in_force_set_applied(InForce *in_force, Desired *desired);

void in_force_clear(InForce *in_force);
