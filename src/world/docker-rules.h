/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the state of Docker's own rules: whether Docker makes any on this host, whether they are present, and whether Docker is
 * writing them right now. Docker sends no event when it is done. */

#include "world/world.h"

/* Docker rebuilds its rules after firewalld's signal; measured: within 1 s, after several reloads in a row 5 s. It starts and
 * adds networks in less. */
#define DOCKER_GRACE_USEC ((gint64) (5 * G_USEC_PER_SEC))

/* The longest gap between two steps of Docker's writing that quaywalld notices; it checks once a second. */
#define DOCKER_STEP_USEC ((gint64) (3 * G_USEC_PER_SEC))

/* Whether dockerd runs; whether it makes rules in this host's network when it runs; whether it filters with nftables itself, so
 * that there is no DOCKER-USER. */
bool docker_rules_runs(const World *world);
bool docker_rules_are_made(const World *world);
bool docker_rules_use_nft(const World *world);

/* firewalld signalled everybody to make their rules again. */
void docker_rules_asked(World *world);

/* Docker writes its rules in dozens of steps, when firewalld or Docker starts afresh and when a network comes or goes. Rules
 * that are out of place meanwhile are Docker's doing, are soon right again and no reason for an alarm. */
void docker_rules_begin(World *world);
void docker_rules_note(World *world, Family family, const KernelTable *filter); /* the table as just read */
bool docker_rules_are_written(const World *world, gint64 now);

/* In a fiber: checks whether Docker's rules are present, and how long they have been missing. Returns when to check again
 * (monotonic); 0: not needed. */
gint64 docker_rules_look(World *world, gint64 now);

/* In a fiber: whether Docker's rules are present now; *ret_known: whether they could be read. */
bool docker_rules_are_there(World *world, bool *ret_known);

/* Docker's rules were missing at the last check, and Docker still has time to write them. */
bool docker_rules_are_awaited(const World *world);
