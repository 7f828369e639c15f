/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the kernel's notifications of changed rulesets (nftables, also what iptables-nft changes). Needs CAP_NET_ADMIN. */

#include <stdbool.h>

#include <glib.h>

typedef struct Monitor Monitor;

/* Who committed a change, as the kernel tells it: the process may be gone. */
typedef struct MonitorAuthor {
        guint32 pid;   /* as the first PID namespace counts; 0: not known */
        char name[16]; /* what the kernel calls the process, cut; "": not known */
} MonitorAuthor;

/* What was changed since the last time. */
typedef struct MonitorNews {
        bool guard;    /* the table "inet quaywall" */
        bool elements; /* elements of its sets, by another process */
        bool others;   /* any other table */
        bool nat;      /* one of them is "nat", of IPv4 or IPv6 */
        guint guard_commits; /* how many times */
        bool lost;     /* there was more than the kernel kept: it may have been anything */
        MonitorAuthor guard_author, others_author; /* the last one that is not this process; kept when there is none */
} MonitorNews;

/* Subscribes; NULL with an error when the kernel refuses. */
Monitor *monitor_new(GError **error);
void monitor_free(Monitor *monitor);

/* To wait for with the event loop; readable when something changed. */
int monitor_fd(const Monitor *monitor);

/* Takes all notifications that are there, and tells whether there were any; also after an overrun, which means that
 * something changed, too. Adds to the news. */
bool monitor_drain(Monitor *monitor, MonitorNews *news);

/* The notifications of one buffer; for monitor_drain() and its test. commit: what the commit that did not end yet has
 * changed so far; all false before the first. */
typedef struct MonitorCommit {
        bool guard, elements, others;
} MonitorCommit;
void monitor_parse(const void *buffer, gsize length, MonitorCommit *commit, MonitorNews *news);
