/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the pkttyagent process, by which polkit asks for a password on a terminal without a desktop, as systemctl does. Must not
 * know the bus. */

#include <glib.h>

typedef struct Agent Agent;

/* Starts pkttyagent as the agent of last resort and waits until it is registered. Returns NULL without an error when none is needed
 * (root) or none can be started; quaywalld then decides without asking. Free with agent_stop(). */
Agent *agent_start(void);

/* Ends the process and frees; NULL is fine. */
void agent_stop(Agent *agent);
