/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns random facts of Docker for the unit tests, connections that fit them, and the reference of what a policy covers by name.
 * Must not know how names are resolved. */

#include "model/facts.h"
#include "world.h"

/* "web" publishes 8080 everywhere and 8443 at one address, and has no IPv6 address; "db" will publish 5432 once it runs; "old"
 * is stopped while "web" has its port; "cache" publishes nothing and has the address next to that of "web". */
DockerFacts *example_facts(void);

/* A few containers and networks. No two running containers publish the same port. */
DockerFacts *random_facts(void);

/* A random_connection(), or a connection to one of the containers, by a published port or its own address. */
Connection random_connection_to(const char *const *bridges, DockerFacts *facts);

/* Sometimes turns a connection to a host port into one that somebody else's DNAT rule leads to a container. */
Connection translated_by_others(Connection connection, DockerFacts *facts);

/* Whether a policy that names containers, networks or ports covers the connection by Docker's facts, which may be NULL. The
 * caller has checked the policy's interfaces. */
bool reference_covers_by_facts(const Policy *policy, DockerFacts *facts, const Connection *c);
