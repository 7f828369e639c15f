/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the kernel reports: changed rulesets and links. */

#include "world/world.h"

/* Starts to listen. Without notices the state is still verified after each change and each firewalld event; the log says why
 * they are missing. */
void notices_open(World *world);

/* Takes the pending notices of ruleset changes and reports them. Returns whether there were any. */
bool notices_take(World *world);

/* When there is nothing else to do: closes what the guard's changes needed, and lists it, so that it can be compared when another
 * process has changed it. */
void notices_rest(World *world);

/* In a fiber: waits until done() returns true, calling it after each ruleset change; at most usec microseconds. */
typedef bool (*NoticesDoneFunc)(World *world, gpointer userdata);
void notices_wait(World *world, NoticesDoneFunc done, gpointer userdata, guint64 usec);
