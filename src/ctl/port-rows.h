/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the published ports as people read them: ListPorts reports each port of each family, and here those that say the same are
 * one row. Must not know words for who reaches a port. Pure. */

#include <stdbool.h>

#include <glib.h>

typedef struct PortRow {
        const char *container; /* "": none, as for a swarm's; borrowed from of, like the others */
        const char *protocol;  /* "": not known, as of a container with the host's network */
        const char *address;   /* NULL: every address of both families */
        guint16 first, last;   /* of the host; 0: Docker has not chosen it yet */
        guint16 inside;        /* of the container, the one behind first; 0: not known */
        GVariant *of;          /* what is so for all of them, as in ListPorts */
        GPtrArray *ports;      /* GVariant *, those that it was made of */
} PortRow;

/* What two ports must have in common to be one row: their names follow each other, or they are reached by the same clients, too. */
typedef enum { PORT_ROWS_NAMED, PORT_ROWS_REACHED } PortRowsKind;

/* ports: GVariant *, a{sv} of ListPorts. By container in natural order, then by port (PortRow *; unref the array). */
GPtrArray *port_rows_new(GPtrArray *ports, PortRowsKind kind);

/* "8080-8090/tcp" on every address, else "192.168.1.99:8080/tcp", "[::]:8080/tcp"; "" without a protocol. Free with g_free(). */
char *port_row_name(const PortRow *row);

/* The container's ports, "80", "80-90"; "" when they are not known. Free with g_free(). */
char *port_row_inside(const PortRow *row);
