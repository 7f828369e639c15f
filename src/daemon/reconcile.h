/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the response to everything that changes around quaywall: one reconciliation puts in force what the policies mean, finds
 * what is wrong, has it repaired, and reports it. Changes of policies are change.h's. */

#include "daemon/reconciler.h"

/* Sets up everything but the world, which comes later because it reports to the reconciler. */
void reconciler_init(Reconciler *r, sd_event *event, Intent *intent, InForce *in_force, Announcer announcer);
void reconciler_set_world(Reconciler *r, World *world);
void reconciler_clear(Reconciler *r);

/* In a fiber: puts in force what the policies mean, and verifies it. Failures become problems. reconcile_begin(): the first time;
 * events count from then on. */
void reconcile_begin(Reconciler *r);
void reconcile(Reconciler *r);

/* On a request, in a fiber that already holds the mutex. reconcile_repair(): as reconcile(), and also repairs what Docker may be
 * about to repair itself, and what costs a reload. reconcile_verify(): compares, changes nothing. */
void reconcile_repair(Reconciler *r);
void reconcile_verify(Reconciler *r);

/* Called by the world, outside of fibers, when something changed. The guard is updated at once, DOCKER-USER a moment later. */
void reconcile_changed(Reconciler *r, WorldChange what);

/* The agenda's callback; userdata: the Reconciler. */
void reconcile_due(AgendaReason reason, gpointer userdata);
