/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns mock-docker beside a fixture: its process and its commands. */

#include "fixture.h"

typedef struct {
        GPid pid;
        int in, out;
} MockDocker;

/* At the socket that the fixture's quaywalld watches; returns once it listens. */
void mock_docker_start(MockDocker *docker, Fixture *f);

/* One command of mock-docker, which must succeed. */
void mock_docker_tell(MockDocker *docker, const char *command);

void mock_docker_kill(MockDocker *docker);

/* Waits until Manager.DockerState is this one. */
void mock_docker_wait(Fixture *f, const char *state);

/* Waits until quaywalld knows a published port: a Docker runs before it has said what there is. */
void mock_docker_wait_port(Fixture *f);
