/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns that policies, and sources of policies, that hold for a time end when it is over: now, permanently, and in their files. */

#include "daemon/reconciler.h"

typedef struct Lapse Lapse;

Lapse *lapse_new(sd_event *event, Reconciler *reconciler);
void lapse_free(Lapse *lapse);

/* Sets the timer to what ends next. Call it when policies changed. */
void lapse_arm(Lapse *lapse);
