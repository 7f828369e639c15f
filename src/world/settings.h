/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns quaywalld.conf: where the daemon reads and writes, and which renderings enforce. */

#include <stdbool.h>

#include <glib.h>

typedef struct Settings {
        char *policy_folder;  /* PolicyDirectory=, /etc/quaywall/policies */
        char *group_folder;   /* GroupDirectory=, /etc/quaywall/groups */
        char *vendor_folder;  /* VendorPolicyDirectory=, /usr/lib/quaywall/policies */
        char *runtime_folder; /* RuntimeDirectory=, /run/quaywall: what holds at runtime is in policies/ and groups/ below it */
        char *state_folder;   /* StateDirectory=, /var/lib/quaywall */
        char *zone_file;      /* ZoneFile=, /usr/share/quaywall/docker.xml */
        char *docker_socket;  /* DockerSocket=, /run/docker.sock */
        char *docker_pid_file;    /* DockerPidFile=; NULL: docker.pid beside the socket */
        char *docker_config_file; /* DockerConfigFile=, /etc/docker/daemon.json */
        bool use_direct;          /* Enforce= lists "docker-user" */
        bool use_guard;           /* Enforce= lists "guard" */
        bool hold_unknown;        /* HoldUnknown= */
        bool labels;              /* Labels=: containers may carry policies; only with use_guard */
} Settings;

/* A missing file means the defaults, unless it is required. An unknown key is an error. */
Settings *settings_load(const char *path, bool required, GError **error);
void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)
