/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what can be seen of the running dockerd from outside: its process and its command line. The API reports neither whether
 * it makes firewall rules nor where it publishes ports. Must not know what daemon.json says. */

#include <sys/stat.h>
#include <sys/types.h>

#include "docker/daemon-json.h"

typedef struct DockerdFlags {
        DaemonSettings settings; /* what the command line says about them */
        char *config_file;       /* --config-file; NULL: the default, or the process is another user's */
        GPtrArray *given;        /* char *, the flags for these as given: "--ip=192.168.1.1"; ended by NULL */
} DockerdFlags;

/* argv: from /proc/PID/cmdline. Flags are parsed as dockerd does: "--ip ADDRESS", "--ip=ADDRESS", "--iptables",
 * "--iptables=false"; the last one counts. */
void dockerd_flags_parse(DockerdFlags *flags, const char *const *argv);
void dockerd_flags_clear(DockerdFlags *flags);

typedef struct Dockerd {
        pid_t pid;
        guint64 start;  /* clock ticks since boot */
        gint64 started; /* the same, in microseconds of the wall clock; as exact as a clock tick (10 ms) */
        DockerdFlags flags;
} Dockerd;

/* The process id in a file that may be another user's; 0: none. */
pid_t dockerd_read_pid(const char *pid_file, struct stat *ret_status);

/* false: another program has this process id now, or the process has ended. If /proc gives no answer, it may be dockerd. */
bool dockerd_may_be(pid_t pid);

/* The dockerd whose process id is in the file; NULL: there is no file, or a stale one. */
Dockerd *dockerd_find(const char *pid_file);
void dockerd_free(Dockerd *dockerd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dockerd, dockerd_free)

/* Whether this version of Docker ("20.10.24+dfsg1", "" if not known) filters IPv6 by default. */
bool dockerd_filters_ipv6(const char *version);

/* Whether this version drops, before any other rule, packets that are routed from outside to a container's own address (FACTS:
 * from 28 on in raw PREROUTING), unless the network's gateway mode is "routed". */
bool dockerd_drops_routed(const char *version);
