/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the kernel's notifications of ruleset changes (nftables, including iptables-nft). Needs CAP_NET_ADMIN. */

#include <stdbool.h>

#include <glib.h>

typedef struct Monitor Monitor;

/* Who committed a change, as the kernel reports it: the process may have exited. */
typedef struct MonitorAuthor {
        guint32 pid;   /* as the initial PID namespace counts; 0: not known */
        char name[16]; /* the process's name in the kernel, truncated; "": not known */
} MonitorAuthor;

/* What changed since the last time. */
typedef struct MonitorNews {
        bool guard;                                /* the table "inet quaywall" */
        bool guard_gone;                           /* it was deleted, and not made again since */
        bool elements;                             /* elements of its sets, by another process */
        bool others;                               /* any other table */
        bool nat;                                  /* one of them is "nat" or DOCKER_NFT_TABLE, of IPv4 or IPv6 */
        bool zones;                                /* one of them is firewalld's */
        guint guard_commits;                       /* number of commits to the table "inet quaywall" */
        bool lost;                                 /* the kernel's queue overflowed: anything may have changed */
        MonitorAuthor guard_author, others_author; /* the last author that is not this process; kept when there is no new one */
} MonitorNews;

/* Subscribes; NULL with an error when the kernel refuses. */
Monitor *monitor_new(GError **error);
void monitor_free(Monitor *monitor);

/* For the event loop; readable when something changed. */
int monitor_fd(const Monitor *monitor);

/* Takes all pending notifications and adds them to the news. Returns whether there were any; also true after an overrun, which
 * means that something changed, too. */
bool monitor_drain(Monitor *monitor, MonitorNews *news);

/* Parses the notifications of one buffer; for monitor_drain() and its test. commit: the changes so far of a commit that has not
 * ended; all false before the first. */
typedef struct MonitorCommit {
        bool guard, elements, others;
} MonitorCommit;
void monitor_parse(const void *buffer, gsize length, MonitorCommit *commit, MonitorNews *news);
