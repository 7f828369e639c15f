/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which bridges are spared while what leads to unknown containers is held: those that are not Docker's, and those of Docker's
 * where others are as well. */

#include "daemon/context.h"

/* What an earlier quaywalld spared, until Docker has told of its networks; and the bridges that are there, which are not new. */
void spared_open(Context *context);

/* The links, or what Docker has, may have changed. */
void spared_update(Context *context);

/* What was spared last but is one of Docker's: at boot, when neither can be asked. Free with g_strfreev(). */
GStrv spared_recall(const Settings *settings, DockerFacts *facts);
