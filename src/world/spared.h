/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the bridges that are spared while packets to unknown containers are held: bridges that are not Docker's, and Docker's
 * bridges that also lead to something other than containers. */

#include "world/world.h"

/* Loads what an earlier quaywalld spared, which counts until Docker has reported its networks, and notes that the existing
 * bridges are not new. */
void spared_open(World *world);

/* To be called when the links or Docker's networks may have changed. Returns for how long some bridge cannot be judged yet, in
 * microseconds; 0: there is none. */
guint64 spared_update(World *world);

/* What was spared last, without Docker's own bridges: for the boot, when neither the links nor Docker can be asked. Free with
 * g_strfreev(). */
GStrv spared_recall(const Settings *settings, DockerFacts *facts);
