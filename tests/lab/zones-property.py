#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A port that Docker publishes and one of the host obey the same zones of firewalld, with real packets.

zones-property.py ROUNDS CONNECTIONS [SEED]
    Runs in the lab, beside quaywalld with a policy "obey-zones" for everything, with servers on the ports PORTS of OWN, and
    containers published on the same ports of PUBLISHED (lab/t/36-zones). Each round changes firewalld's configuration at random
    and lets CONNECTIONS random clients try both addresses: they must see the same. Prints a line for each disagreement, and the
    seed. Exit status 1 if there was one, or if the draws were too one-sided to prove anything.
"""
import random
import sys

import dbus

from world import CLIENTS, COMES_IN_BY, Prober, family

PORTS = [8100, 8101, 8102]
OWN = {4: "192.168.1.99", 6: "fd01::99"}
PUBLISHED = {4: "192.168.1.98", 6: "fd01::98"}
ZONES = ["public", "home", "trusted", "drop", "block", "shut", "lab"]
INTERFACES = list(COMES_IN_BY.values())
SOURCES = ["192.168.1.1", "192.168.1.0/30", "192.168.1.0/24", "10.1.2.50", "10.1.2.0/24", "10.9.0.0/16", "fd01::1", "fd01::/120", "fd02::/64",
           "fd09::50"]
SETS = {4: "some4", 6: "some6"}
NAME = "org.fedoraproject.FirewallD1"


class Firewalld:
    def __init__(self, dice):
        self.dice = dice
        self.proxy = dbus.SystemBus().get_object(NAME, "/org/fedoraproject/FirewallD1", introspect=False)
        self.log = []
        version = self.proxy.Get(NAME, "version", dbus_interface="org.freedesktop.DBus.Properties")
        # 2.5 loses its zones when it is reloaded while there are timeouts (RuntimeError in its fw_policy.py)
        self.timeouts = [0] if tuple(map(int, version.split(".")[:2])) >= (2, 4) else [0, 0, 600]

    def call(self, interface, method, *arguments):
        """What firewalld refuses (a thing that is there already, or a rule that makes no sense) does not happen."""
        try:
            self.proxy.get_dbus_method(method, NAME + interface)(*arguments, timeout=60)
        except dbus.DBusException:
            return
        self.log.append(" ".join(map(str, (method, *arguments))))

    def port(self):
        return self.dice.choice([str(self.dice.choice(PORTS)), "8100-8101", "8101-8110", "1-65535"])

    def protocol(self):
        return self.dice.choice(["tcp", "udp"])

    # both connections of a client have ports of their own, so a range has all of them or none
    def source_port(self):
        return self.dice.choice(["1-1023", "1024-65535"])

    def rich_rule(self):
        dice = self.dice
        words = ["rule"]
        if dice.random() < 0.5:
            words.append(f'priority="{dice.choice([-20, -1, 1, 20])}"')
        of = dice.choice([4, 6, None])
        if of:
            words.append(f'family="ipv{of}"')
            if dice.random() < 0.8:
                source = dice.choice([f'address="{dice.choice([s for s in SOURCES if family(s) == of])}"', f'ipset="{SETS[of]}"'])
                words.append(f'source {dice.choice(["", "", "NOT "])}{source}')
        words.append(dice.choice([
            f'port port="{self.port()}" protocol="{self.protocol()}"', f'port port="{self.port()}" protocol="{self.protocol()}"',
            f'protocol value="{self.protocol()}"', f'source-port port="{self.source_port()}" protocol="{self.protocol()}"', 'service name="lab"', ""]))
        if dice.random() < 0.3:
            words.append('log prefix="jump @here" level="info" limit value="5/m"')
        words.append(dice.choice(["accept", "accept", "drop", "reject"] + (
            [f'reject type="icmp{"6" if of == 6 else ""}-port-unreachable"'] if of else [])))
        return " ".join(word for word in words if word)

    def change(self):
        dice = self.dice
        zone = dice.choice(ZONES)
        change = dice.choice(["add", "add", "remove"])
        timeout = [dbus.Int32(dice.choice(self.timeouts))] if change == "add" else []
        what = dice.randrange(12)
        if what < 2:
            self.call(".zone", change + "Port", zone, self.port(), self.protocol(), *timeout)
        elif what == 2:
            self.call(".zone", change + "SourcePort", zone, self.source_port(), self.protocol(), *timeout)
        elif what == 3:
            self.call(".zone", change + "Protocol", zone, self.protocol(), *timeout)
        elif what == 4:
            self.call(".zone", change + "Service", zone, "lab", *timeout)
        elif what < 8:
            self.call(".zone", change + "RichRule", zone, self.rich_rule(), *timeout)
        elif what == 8:
            self.call(".zone", change + "Source", zone, dice.choice(SOURCES + ["ipset:some4", "ipset:some6"]))
        elif what == 9:
            self.call(".zone", "changeZoneOfInterface", zone, dice.choice(INTERFACES))
        elif what == 10:
            of = dice.choice([4, 6])
            self.call(".ipset", change + "Entry", SETS[of], dice.choice([s for s in SOURCES if family(s) == of]))
        else:
            rules = [self.rich_rule() for _ in range(dice.randrange(3))]
            self.call(".policy", "setPolicySettings", "tohost", dbus.Dictionary({"rich_rules": dbus.Array(rules, "s")}, "sv"))

    def configure(self):
        self.log = []
        kind = self.dice.random()
        if kind < 0.1:
            self.call("", "reload" if kind < 0.07 else "completeReload")
        elif kind < 0.15:
            self.call("", "setDefaultZone", self.dice.choice(["public", "home", "shut", "trusted"]))
        for _ in range(self.dice.randint(2, 8)):
            self.change()


def ask(probers, clients, seconds):
    """What each client (place, source, port, protocol) sees: of the host's own port, and of the published one."""
    jobs, words = {}, {}
    for index, (place, source, port, protocol) in enumerate(clients):
        for number, where in enumerate((OWN, PUBLISHED)):
            jobs.setdefault(place, []).append(f"{2 * index + number} {source} {where[family(source)]} {port} {protocol} {seconds}")
    for place, lines in jobs.items():
        probers[place].send(lines)
    for place in jobs:
        words.update(probers[place].results())
    return [(words[2 * index], words[2 * index + 1]) for index in range(len(clients))]


def main(rounds, connections, seed):
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    firewalld = Firewalld(dice)
    manager = dbus.SystemBus().get_object("org.quaywall1", "/org/quaywall1", introspect=False)
    probers = {place: Prober(place) for place in COMES_IN_BY}
    seen = {}
    wrong = 0
    for number in range(rounds):
        firewalld.configure()
        # quaywalld handles what the kernel told it before it handles this
        manager.Get("org.quaywall1.Manager", "State", dbus_interface="org.freedesktop.DBus.Properties", timeout=60)
        clients = []
        for _ in range(connections):
            place = dice.choice(list(COMES_IN_BY))
            clients.append((place, dice.choice(CLIENTS[place]), dice.choice(PORTS), dice.choice(["tcp", "udp"])))
        for client, words in zip(clients, ask(probers, clients, 2)):
            # on a busy machine an answer may take longer
            if words[0] != words[1] and "silence" in words:
                words = ask(probers, [client], 8)[0]
            seen[words[0]] = seen.get(words[0], 0) + 1
            if words[0] != words[1]:
                wrong += 1
                print(f"round {number}: {client}: the host's own port: {words[0]}, the published one: {words[1]}", flush=True)
                for line in firewalld.log:
                    print("    " + line, flush=True)
    print(f"seed {seed}: {rounds} configurations, {seen}, {wrong} wrong")
    # a run in which nobody gets in, or nobody is kept out, proves nothing
    return 1 if wrong or min(seen.get(word, 0) for word in ("answered", "silence", "refused")) < rounds // 4 else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)))
