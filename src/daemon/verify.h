/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the properties State and Problems: runs the diagnoses, and publishes what they find. Waits; the caller holds the
 * mutex. */

#include "daemon/reconciler.h"

typedef enum VerifyFlags {
        VERIFY_DOCKER = 1 << 0,    /* also check Docker's own rules, which costs a call; no change of quaywall's touches them */
        VERIFY_IMPATIENT = 1 << 1, /* also report what others may be about to repair themselves */
        VERIFY_OWN = 1 << 2,       /* after quaywall's own change: what the kernel reported of it so far needs no check */
        VERIFY_ARMED = 1 << 3,     /* with VERIFY_OWN: a check was already planned before the change */
} VerifyFlags;

/* Returns everything that is wrong (Problem *; unref the array). failure: an earlier error, which becomes a problem; NULL:
 * none. */
GPtrArray *verify_find(Reconciler *r, VerifyFlags flags, GError *failure);

/* Publishes these problems and the state that follows from them. */
void verify_publish(Reconciler *r, GPtrArray *problems);

/* Whether firewalld has the rules that it was given last: the last verification found nothing wrong, and nothing was reported since
 * but what Docker tells of its containers. */
bool verify_holds(Reconciler *r);

/* When the next reconciliation is planned, monotonic; 0: none is. doubts: one that is not about Docker's containers alone. */
guint64 verify_planned(const Reconciler *r, bool doubts);

/* verify_find() and verify_publish() in one. */
void verify_state(Reconciler *r, VerifyFlags flags, GError *failure);
