/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* agent: polkit's question on a terminal without a desktop. Owns the pkttyagent process, as systemctl does. */
#pragma once

#include <glib.h>

typedef struct Agent Agent;

/* Starts pkttyagent as the agent of last resort and waits until it is registered. NULL where it is not needed (root)
 * or not there: the service then answers for itself. */
Agent *agent_start(void);

/* Ends it; NULL is fine. */
void agent_stop(Agent *agent);
