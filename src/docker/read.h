/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the requests of a session and what their answers say: Docker's facts. Must not know who connects. */

#include "docker/session.h"

/* The answer to GET /vAPI + path. */
GBytes *read_get(Docker *docker, const char *path, gsize max, long *ret_status, GError **error);
const char *read_text(GBytes *answer, gsize *ret_length);

/* Inspects a container ("c" and its id) or network ("n") soon; again if it is being inspected now. Takes the name. */
void read_want(Docker *docker, char *name);
/* Inspect all that are listed or known. In a fiber. */
bool read_want_networks(Docker *docker, GError **error);
bool read_want_containers(Docker *docker, GError **error);
/* Inspects the objects whose last answer could not be used. */
void read_want_broken(Docker *docker);
/* Inspects all containers soon: an event was too large to be read, and the list shows which one it was about. */
void read_list(Docker *docker);
/* Adds a container that Docker has just created, until Docker answers about it. Takes it. */
void read_created(Docker *docker, DockerContainer *container);
/* Marks what is known of the container (id), or of all (NULL), as doubtful. */
void read_doubt(Docker *docker, const char *id);
/* Starts workers. */
void read_work(Docker *docker);

/* Reports changed facts, and has them saved. */
void read_announce(Docker *docker, bool at_once);
void read_save(Docker *docker);
