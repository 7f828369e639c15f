# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables "ip docker-bridges" and "ip6 docker-bridges" that Docker 29 makes with "firewall-backend": "nftables", as commands
for nft. Docker 29 is in no release of Debian yet, so this follows what its source says (github.com/moby/moby, folder
daemon/libnetwork/drivers/bridge/internal/nftabler: nftabler.go, network.go, endpoint.go, port.go, and the tables that its own
tests expect), for bridges without swarm, links, trusted interfaces, marks or WSL. There is no DOCKER-USER, and nothing of
firewalld's is used but its zone "docker"."""
from dataclasses import dataclass, field

TABLE = "docker-bridges"
FAMILIES = {"ip": 4, "ip6": 6}
ICMP = {"ip": "ip protocol icmp", "ip6": "meta l4proto ipv6-icmp"}
LOOPBACK = {"ip": "127.0.0.0/8", "ip6": "::1"}
ANYWHERE = {"ip": "0.0.0.0", "ip6": "::"}
HOST = "nat-prerouting-and-output"


@dataclass
class Port:
    protocol: str
    inside: int
    address: str  # of the host
    host: int  # 0: not translated, as in the mode "routed"


@dataclass
class Endpoint:
    addresses: dict  # by family: "ip", "ip6"
    ports: dict = field(default_factory=dict)  # by family: [Port]


@dataclass
class Network:
    bridge: str
    subnets: dict  # by family
    internal: bool = False
    icc: bool = True
    mode: str = "nat"  # or "nat-unprotected", "routed"
    endpoints: list = field(default_factory=list)


@dataclass
class Daemon:
    proxy: bool = True  # "userland-proxy"
    direct: bool = False  # "allow-direct-routing"
    # What the source has since 29.0: published ports are open within a network without icc, and nobody from outside may send to
    # any address of a network, rather than to those of its containers.
    later: bool = False


MAPS = ("filter-forward-in", "filter-forward-out", "nat-postrouting-in", "nat-postrouting-out")


def table(daemon, family):
    """A new, empty table, instead of the one before."""
    skip = "%s daddr != %s " % (family, LOOPBACK[family]) if daemon.proxy else ""
    lines = ["add table %s %s" % (family, TABLE), "delete table %s %s" % (family, TABLE), "add table %s %s" % (family, TABLE)]
    add = lambda text: lines.append("add " + text.replace("@@", "%s %s" % (family, TABLE)))
    for name in MAPS:
        add("map @@ %s-jumps { type ifname : verdict; }" % name)
    add("chain @@ filter-FORWARD { type filter hook forward priority filter; policy accept; }")
    add("rule @@ filter-FORWARD oifname vmap @filter-forward-in-jumps")
    add("rule @@ filter-FORWARD iifname vmap @filter-forward-out-jumps")
    add("chain @@ nat-POSTROUTING { type nat hook postrouting priority srcnat; policy accept; }")
    add("rule @@ nat-POSTROUTING iifname vmap @nat-postrouting-out-jumps")
    add("rule @@ nat-POSTROUTING oifname vmap @nat-postrouting-in-jumps")
    add("chain @@ %s" % HOST)
    add("chain @@ nat-PREROUTING { type nat hook prerouting priority dstnat; policy accept; }")
    add("rule @@ nat-PREROUTING fib daddr type local counter jump %s" % HOST)
    add("chain @@ nat-OUTPUT { type nat hook output priority -100; policy accept; }")
    add("rule @@ nat-OUTPUT %sfib daddr type local counter jump %s" % (skip, HOST))
    add("chain @@ raw-PREROUTING { type filter hook prerouting priority raw; policy accept; }")
    return lines


def ports_of(network, family):
    return [(endpoint.addresses[family], port) for endpoint in network.endpoints for port in endpoint.ports.get(family, [])]


def unique(lines):
    return list(dict.fromkeys(lines))


def forward_in(daemon, network, family):
    """What goes to the network's containers. Docker keeps these rules in groups, in this order."""
    within = 'iifname "%s"' % network.bridge
    verdict = "accept" if network.icc else "drop"
    yield "ct state established,related counter accept"
    if network.internal:
        yield 'iifname != "%s" counter drop comment "INTERNAL NETWORK INGRESS"' % network.bridge
        yield 'counter %s comment "ICC"' % verdict
        return
    if network.mode == "routed":
        yield ICMP[family] + ' counter accept comment "ICMP"'
    ports = ports_of(network, family)
    if daemon.later and not network.icc:
        yield from unique("%s %s daddr %s %s dport %d ct original %s daddr != %s counter accept" % (
            within, family, address, port.protocol, port.inside, family, address) for address, port in ports if port.host)
    yield '%s counter %s comment "ICC"' % (within, verdict)
    if network.mode == "nat-unprotected":
        yield 'counter accept comment "UNPROTECTED"'
        return
    yield from unique("%s daddr %s %s dport %d counter accept" % (family, address, port.protocol, port.inside)
                      for address, port in ports)
    yield 'counter drop comment "UNPUBLISHED PORT DROP"'


def forward_out(_daemon, network, _family):
    yield "ct state established,related counter accept"
    if network.internal:
        yield 'oifname != "%s" counter drop comment "INTERNAL NETWORK EGRESS"' % network.bridge
    else:
        yield 'counter accept comment "OUTGOING"'


def postrouting_in(daemon, network, family):
    if network.internal or daemon.proxy:
        return
    yield 'fib saddr type local counter masquerade comment "MASQUERADE FROM HOST"'
    yield from unique('%s saddr %s %s daddr %s %s dport %d counter masquerade comment "MASQ TO OWN PORT"' % (
        family, address, family, address, port.protocol, port.inside) for address, port in ports_of(network, family) if port.host)


def postrouting_out(_daemon, network, family):
    if not network.internal and network.mode != "routed":
        yield 'oifname != "%s" %s saddr %s counter masquerade comment "MASQUERADE"' % (
            network.bridge, family, network.subnets[family])


def host_ports(daemon, networks, family):
    for network in networks:
        for address, port in ports_of(network, family):
            if not port.host or network.internal:
                continue
            target = "[%s]:%d" if family == "ip6" else "%s:%d"
            yield "%s%s%s%s dport %d counter dnat to %s comment \"DNAT\"" % (
                'iifname != "%s" ' % network.bridge if daemon.proxy else "",
                "ip6 saddr != fe80::/10 " if family == "ip6" else "",
                "" if port.address == ANYWHERE[family] else "%s daddr %s " % (family, port.address),
                port.protocol, port.host, target % (address, port.inside))


def raw(daemon, networks, family):
    """What nobody outside may send: to containers' own addresses, or to what is published on a loopback address."""
    for network in networks:
        if network.internal or daemon.direct or family not in network.subnets:
            continue
        if network.mode == "nat" and daemon.later:
            yield '%s daddr %s iifname != { "%s", "lo" } counter drop comment "SUBNET DROP EXTERNAL"' % (
                family, network.subnets[family], network.bridge)
        elif network.mode == "nat":
            for endpoint in network.endpoints:
                if family in endpoint.addresses:
                    yield '%s daddr %s iifname != "%s" counter drop comment "DROP DIRECT ACCESS"' % (
                        family, endpoint.addresses[family], network.bridge)
    for network in networks:
        for _, port in ports_of(network, family):
            if port.host and family == "ip" and port.address.startswith("127."):
                yield 'iifname != "lo" ip daddr %s %s dport %d counter drop comment "DROP REMOTE LOOPBACK"' % (
                    port.address, port.protocol, port.host)


RULES = dict(zip(MAPS, (forward_in, forward_out, postrouting_in, postrouting_out)))


def fill(chain, rules, family):
    return ["flush chain %s %s %s" % (family, TABLE, chain)] + ["add rule %s %s %s %s" % (family, TABLE, chain, r) for r in rules]


def update(daemon, networks, family, of=(), new=False):
    """The rules of the networks "of", and those that all networks share. Docker adds and deletes single rules; a transaction
    ends with the same ones."""
    lines = []
    for network in of:
        if family not in network.subnets:
            continue
        for name, rules in RULES.items():
            chain = "%s__%s" % (name, network.bridge)
            if new:
                lines.append("add chain %s %s %s" % (family, TABLE, chain))
                lines.append('add element %s %s %s-jumps { "%s" : jump %s }' % (family, TABLE, name, network.bridge, chain))
            lines += fill(chain, rules(daemon, network, family), family)
    return lines + fill(HOST, host_ports(daemon, networks, family), family) + fill(
        "raw-PREROUTING", raw(daemon, networks, family), family)


def delete(network, family):
    lines = []
    for name in RULES if family in network.subnets else ():
        chain = "%s__%s" % (name, network.bridge)
        lines.append('delete element %s %s %s-jumps { "%s" : jump %s }' % (family, TABLE, name, network.bridge, chain))
        lines += ["flush chain %s %s %s" % (family, TABLE, chain), "delete chain %s %s %s" % (family, TABLE, chain)]
    return lines
