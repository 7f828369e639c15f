/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what sock_diag(7) says about sockets of this host: whether one takes a packet, or still holds some. Must not know what
 * for. Needs no capability. */

#include "guard/flow.h"

typedef enum Listeners {
        LISTENERS_NONE,
        LISTENERS_SOME,
        LISTENERS_UNTOLD, /* the kernel does not say: it lacks inet_diag, or the module of this protocol */
} Listeners;

/* Whether a socket takes the first packet of a connection with these addresses and this port that came in by the interface
 * ("lo": from the host itself). The kernel searches as it does for a packet, so the sockets' bound addresses and interfaces and
 * IPV6_V6ONLY count. protocol: IPPROTO_TCP or IPPROTO_UDP; for SCTP the kernel finds only associations. */
Listeners listeners_find(Family family, guint8 protocol, const guint8 *source, const guint8 *destination, guint16 port,
                         unsigned interface);

/* Removes from the array (Flow) those of which a program of this host will read nothing more: for TCP, the socket is closed or
 * gone; for UDP, the socket of that port has been read empty. For SCTP the kernel does not say. The flow's destination is this
 * host. Returns how many are left. */
guint listeners_wait_for(GArray *flows);
