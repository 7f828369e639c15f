/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns random facts of Docker for the unit tests, connections that fit them, and the reference of what a policy covers by
 * name. Must not know how names are resolved. */

#include "model/facts.h"
#include "world.h"

/* "web" publishes 8080 everywhere and 8443 at one address, and has no IPv6 of its own; "db" will publish 5432 when it runs;
 * "old" stands still while "web" has its port; "cache" publishes nothing and has the address next to that of "web". */
DockerFacts *example_facts(void);

/* A few containers and networks; no two that run publish the same port. */
DockerFacts *random_facts(void);

/* One of random_connection(), or one to a container of the facts: by a published port or to its own address. */
Connection random_connection_to(const char *const *bridges, DockerFacts *facts);

/* Now and then, where a port of the host was dialled that Docker does not publish: what leads it to a container by somebody's rule. */
Connection translated_by_others(Connection connection, DockerFacts *facts);

/* Whether a policy that names containers, networks or ports covers the connection for what Docker told; facts may be
 * NULL. The policy's interfaces were asked already. */
bool reference_covers_by_facts(const Policy *policy, DockerFacts *facts, const Connection *c);
