/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the kernel's notifications of changed rulesets (nftables, also what iptables-nft changes). Needs CAP_NET_ADMIN. */

#include <stdbool.h>

#include <glib.h>

typedef struct Monitor Monitor;

/* Subscribes; NULL with an error when the kernel refuses. */
Monitor *monitor_new(GError **error);
void monitor_free(Monitor *monitor);

/* To wait for with the event loop; readable when something changed. */
int monitor_fd(const Monitor *monitor);

/* Takes all notifications that are there, and tells whether there were any; also after an overrun, which means that something changed, too. */
bool monitor_drain(Monitor *monitor);
