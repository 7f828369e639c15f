/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The policies whose rules are kept in tests/unit/golden: at least one of each kind. */

static const char *const GOLDEN_BRIDGES[] = { "br-a", "docker0", NULL };
/* Unused where the guard is not rendered. */
G_GNUC_UNUSED static const char *const GOLDEN_SPARED[] = { "br-lan", NULL };

/* Compiled with example_facts(), which matter only to names and published ports. */
static const struct {
        const char *name, *policies[8];
} GOLDENS[] = {
        { "seed-address", { "web: allow-only interfaces=ext_if sources=192.168.1.1" } },
        { "seed-subnet", { "web: allow-only interfaces=ext_if sources=192.168.1.0/24" } },
        { "seed-range", { "web: allow-only interfaces=ext_if sources=192.168.1.1-192.168.1.3" } },
        { "seed-destination", { "web: allow-only interfaces=ext_if sources=192.168.1.0/24 destinations=10.1.2.3" } },
        { "seed-router", { "router: forward interfaces=src_if out-interfaces=dst_if" } },
        { "families", { "web: allow-only sources=192.168.1.1,192.168.1.8/30,fd01::1 ports=8080/tcp" } },
        { "ports", { "web: deny interfaces=eth0,eth1 ports=80/tcp,5000-5010/udp,9/sctp destinations=10.0.0.1,fd10::/64" } },
        { "port-sets",
          { "mail: allow-only interfaces=eth0 sources=10.0.0.0/8 ports=25/tcp,53/udp,587/tcp,143/tcp",
            "web: deny sources=192.0.2.1 ports=81/tcp,443/tcp,80/tcp,8000-8010/tcp,53/udp" } },
        { "reject-log",
          { "a-name-longer-than-log-prefixes-can-be: allow-only sources=192.168.1.1 ports=80/tcp reject log",
            "out: deny sources=10.9.9.9 reject log" } },
        { "bridge", { "inner: deny interfaces=docker0 ports=5432/tcp", "outer: allow-only sources=192.168.1.1" } },
        { "names",
          { "a: allow-only containers=web sources=192.168.1.1", "b: deny containers=label=app=data interfaces=eth0",
            "c: deny networks=front sources=10.9.9.9", "d: allow-only containers=web ports=8443/tcp sources=192.168.1.2 reject",
            "e: deny containers=web destinations=10.0.0.2 sources=10.9.9.9" } },
        { "neighbours", { "a: deny containers=web,cache" } },
        { "many",
          { "a: allow-only ports=8080/tcp,8443/tcp sources=192.168.1.1", "b: allow-only containers=web sources=192.168.1.2",
            "c: allow-only ports=5432/tcp sources=192.168.1.3 reject log", "d: allow-only ports=53/udp sources=192.168.1.4",
            "e: allow-only ports=9000-9100/tcp sources=192.168.1.5", "f: deny ports=8080/tcp sources=192.168.1.66" } },
        { "behind-port", { "web: allow-only ports=8080/tcp sources=192.168.1.1" } },
        { "for-a-time",
          { "a: allow-only ports=80/tcp sources=192.168.1.1,192.168.1.2@2026-11-30T18:00:00Z,fd01::2@2026-11-30T18:00:00Z",
            "b: allow-only ports=80/tcp sources=192.168.1.3,192.168.1.4@2026-12-24T00:00:00Z until=2026-11-30T19:00:00Z",
            "c: deny ports=80/tcp sources=192.168.1.66@2026-11-30T18:00:00Z until=2026-11-30T19:00:00Z",
            "d: allow-only ports=81/tcp sources=192.168.1.2@2600-01-01T00:00:00Z" } },
        { "mixed",
          { "a: allow-only sources=192.168.1.1 ports=80/tcp", "b: deny sources=192.168.1.66", "c: allow-only sources=fd01::/64",
            "r: forward interfaces=eth0 out-interfaces=eth1" } },
};
