/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the construction of the world, part by part, and where each part's events go. */

#include "world/world.h"

/* Starts to listen; logs the sources that it cannot listen to. */
World *world_new(sd_event *event, sd_bus *bus, const Settings *settings, FiberMutex *mutex, WorldFunc changed,
                 gpointer userdata);

/* Starts to ask Docker. */
void world_start(World *world);
void world_free(World *world);
