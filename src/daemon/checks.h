/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what can be wrong around the rules: firewalld's zones and its panic mode, Docker's own rules, rules that nft does
 * not see. Waits; the caller holds the mutex. */

#include "compile/kernel-rules.h"
#include "daemon/context.h"

/* firewalld drops every packet, or is failed. */
void check_firewalld(Context *context, GPtrArray *problems);

/* firewalld's policies of "forward". */
void check_forwards(Context *context, GPtrArray *problems);

/* In a fiber: reloads firewalld where its own table is gone. */
bool check_repair_firewalld(Context *context, GError **error);

/* The zone "docker" and Docker's bridges in zones, from what apply_read_zone() read. */
void check_zone(Context *context, GPtrArray *problems);

/* Docker writes its rules in dozens of steps, when firewalld or it begins anew and when a network comes or goes. Where they do not
 * stand as they should meanwhile, that is Docker's doing, is over soon, and is no reason to alarm anybody. */
void check_docker_begins(Context *context);
void check_note_docker(Context *context, Family family, const KernelTable *filter); /* what it has at this look */
bool check_docker_writes(const Context *context);
void check_docker_later(Context *context); /* plans a look for when it has ended */

/* Whether Docker's rules are there, and how long they have not been: reads the tables. */
void check_look_at_docker(Context *context);

/* They were not there at the last look, and Docker still has its time to write them. */
bool check_awaits_docker(const Context *context);

/* Docker runs, but its rules were not there at the last look, and it had its time. */
void check_docker(Context *context, GPtrArray *problems);

/* A Docker that makes no rules here, is Podman, or cannot be asked: what of the policies does not hold, and why. */
void check_engine(Context *context, GPtrArray *problems);

/* Ways into containers that go past the policies. */
/* Bridges of Docker's that others are on as well, where policies do not hold for these. */
void check_outlets(Context *context, GPtrArray *problems);

/* What is open as a policy's words mean something else than one would think. */
void check_meaning(Context *context, GPtrArray *problems);
void check_ports(Context *context, GPtrArray *problems);

/* Rules of iptables-legacy, which judge packets as well and are seen by nobody here: the names of the tables that are loaded, "filter,
 * nat" (NULL: none; free with g_free()), and the problem. */
char *check_legacy_tables(Family family);
void check_legacy(Context *context, GPtrArray *problems);

/* Docker's nftables backend while nothing but DOCKER-USER is to enforce. */
void check_backend(Context *context, GPtrArray *problems);

/* Whether Docker filters with nftables itself, so that there is no DOCKER-USER. */
bool check_docker_uses_nft(Context *context);

/* Whether dockerd is there; whether it makes rules in this host's network, when it is. */
bool check_docker_runs(Context *context);
bool check_docker_makes_rules(Context *context);

/* Puts Docker's bridges that are in no zone into "docker", at runtime, as Docker does, if they are so for some time; all:
 * at once, though Docker may be about to do so. */
bool check_repair_zone(Context *context, bool all, GError **error);

/* Reloads firewalld if Docker's rules are not there, and waits for Docker to write them. */
bool check_repair_docker(Context *context, GError **error);

/* Takes bridges that are gone out of the permanent zone. */
bool check_repair_stale(Context *context, GError **error);
