/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns when callers are notified that a list changed which takes a call to read: soon after the change, with one notification for
 * a burst of them, and at most once a second. Must not know what is in the lists. */

#include <systemd/sd-event.h>

typedef enum ListKind {
        LIST_PORTS = 1 << 0,
        LIST_NETWORKS = 1 << 1,
        LIST_CONTAINERS = 1 << 2,
        LIST_INTERFACES = 1 << 3,
} ListKind;

typedef struct Lists Lists;

/* Called from the event loop with all kinds that were noted. */
typedef void (*ListsFunc)(ListKind kinds, void *userdata);
Lists *lists_new(sd_event *event, ListsFunc notify, void *userdata);
void lists_free(Lists *lists);

/* These may have changed. */
void lists_note(Lists *lists, ListKind kinds);
