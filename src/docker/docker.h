/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns watching Docker: whether it runs, what it is, and its facts, kept up to date by its events. It sends GET requests only,
 * never starts a Docker, and never blocks; facts stay known while Docker is away, even across a reboot. Must not know what the
 * facts are for. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "docker/state.h"

/* Loads the facts of the last run. bus: to ask systemd whether Docker is being stopped; NULL: systemd is not asked. pid_file:
 * NULL for the one beside the socket. facts_file: NULL for none. Borrows loop and bus. */
Docker *docker_new(sd_event *event, sd_bus *bus, const char *socket, const char *pid_file, const char *facts_file,
                   const DockerTimeouts *timeouts, DockerHandler handler, gpointer userdata);

/* The handler may be called from here on. */
void docker_start(Docker *docker);

/* In a fiber: pings a running Docker, and waits at most 2 s for the answer. Nothing else notices a hung Docker that has no
 * events to send. false: docker is being freed and must not be touched any more. */
bool docker_probe(Docker *docker);

/* Whether a dockerd exists that has not answered yet; it has 15 s to do so, while it restores its networks and containers and
 * writes the rules of each. Its answer is reported as DOCKER_STATE_CHANGED. */
bool docker_is_starting(const Docker *docker);

/* Whether the facts have every network that Docker has reported so far, and up to date. */
typedef enum { NETWORKS_KNOWN, NETWORKS_SOON, NETWORKS_UNKNOWN } DockerNetworks;
DockerNetworks docker_networks(const Docker *docker);
void docker_free(Docker *docker);
