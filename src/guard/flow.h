/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what an open connection is. */

#include "model/address.h"

/* A connection that has not ended. Each address range holds a single address. NAT makes the two directions differ. */
typedef struct Flow {
        AddressRange source, destination; /* as the client sent it; the destination is the one dialled */
        AddressRange answerer, asker;     /* the reply direction: who answers, perhaps a container, and where the answers go */
        const char *protocol;             /* as in PortRange */
        guint16 source_port, port, answerer_port, asker_port;
        guint16 zone; /* conntrack's */
        guint32 id;
} Flow;
