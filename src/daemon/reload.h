/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reloads of firewalld, and the wait until Docker has rebuilt its rules. Waits; the caller holds the mutex. */

#include "daemon/agenda.h"
#include "world/world.h"

/* Reloads firewalld and, if Docker had its rules in place, waits until it has written them again, at most some seconds. */
bool reload_firewalld(World *world, Agenda *agenda, GError **error);
