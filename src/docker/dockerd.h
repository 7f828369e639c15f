/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what can be seen of the running dockerd from outside: its process and its command line. The API tells neither
 * whether it makes firewall rules nor where it publishes ports. Must not know what daemon.json says. */

#include <sys/stat.h>
#include <sys/types.h>

#include "docker/daemon-json.h"

typedef struct DockerdFlags {
        DaemonSettings settings; /* what the command line says of them */
        char *config_file;       /* --config-file; NULL: the usual one, or another user says it */
        GPtrArray *given;        /* char *, the flags among them as they were given: "--ip=192.168.1.1"; ended by NULL */
} DockerdFlags;

/* argv: as of /proc/PID/cmdline. Flags are read as dockerd does: "--ip ADDRESS", "--ip=ADDRESS", "--iptables",
 * "--iptables=false"; the last one counts. */
void dockerd_flags_parse(DockerdFlags *flags, const char *const *argv);
void dockerd_flags_clear(DockerdFlags *flags);

typedef struct Dockerd {
        pid_t pid;
        guint64 start;  /* clock ticks after the boot */
        gint64 started; /* the same, microseconds of the wall clock; as exact as a clock tick (10 ms) */
        DockerdFlags flags;
} Dockerd;

/* The process id in a file that may be another user's; 0: none is. */
pid_t dockerd_read_pid(const char *pid_file, struct stat *ret_status);

/* false: what has this process id now is another program, or has ended. Where /proc does not tell, it may be dockerd. */
bool dockerd_may_be(pid_t pid);

/* The dockerd whose process id is in the file; NULL when there is none: no file, or one that was left behind. */
Dockerd *dockerd_find(const char *pid_file);
void dockerd_free(Dockerd *dockerd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dockerd, dockerd_free)

/* Whether Docker of this version ("20.10.24+dfsg1", "" when not known) filters IPv6 when nothing is said. */
bool dockerd_filters_ipv6(const char *version);

/* Whether it drops, before everything else, what is routed from outside to a container's own address (FACTS: from 28 on in raw
 * PREROUTING), unless the network's gateway mode is "routed". */
bool dockerd_drops_routed(const char *version);
