/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "in-force.h"

static void set_desired(Desired **place, Desired *desired) {
        desired_unref(*place);
        *place = desired_ref(desired);
}

void in_force_set_desired(InForce *in_force, Desired *desired) {
        set_desired(&in_force->desired, desired);
}

void in_force_set_applied(InForce *in_force, Desired *desired) {
        set_desired(&in_force->applied, desired);
}

void in_force_clear(InForce *in_force) {
        g_clear_pointer(&in_force->desired, desired_unref);
        g_clear_pointer(&in_force->applied, desired_unref);
}
