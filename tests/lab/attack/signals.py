# SPDX-License-Identifier: LGPL-2.1-or-later
"""signals.py SECONDS SEED: forged signals, as the user who runs it, broadcast and to quaywalld alone, and answers to no
call. Prints a report."""
import collections
import sys
import time

import wire
from hostile import NAME, PATH, PROPERTIES, Hostile
from wire import BUS, Variant

BUS_PATH = "/org/freedesktop/DBus"
FIREWALLD, FIREWALLD_PATH = "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1"
POLKIT, NM, SYSTEMD = "org.freedesktop.PolicyKit1", "org.freedesktop.NetworkManager", "org.freedesktop.systemd1"
A_SECOND = 400  # signals; more would prove no more


class Forger:
    def __init__(self, seed):
        self.chance = Hostile(seed)
        self.counts = collections.Counter()
        self.bus = wire.Connection()
        self.owners, self.known = [], {}

    def learn(self):
        """The current names and their owners, which anybody may list. Former owners are of interest, too."""
        names = self.bus.call(BUS, BUS_PATH, BUS, "ListNames")[0]
        self.owners = [name for name in names if name.startswith(":")] + [":1.99999", ""]
        self.known = {name: self.bus.call(BUS, BUS_PATH, BUS, "GetNameOwner", "s", name)[0] for name in names if name[0] != ":" and name != BUS}
        return self.known.get(NAME)

    def name_owner_changed(self):
        chance = self.chance
        name = chance.choice([FIREWALLD, FIREWALLD, POLKIT, NM, SYSTEMD, NAME, BUS, "com.docker.Docker", *self.owners])
        now = self.known.get(name, name)
        old, new = chance.choice([(now, ""), ("", now), (now, chance.choice(self.owners)), ("", self.bus.name), ("", ""), (now, now)])
        return BUS_PATH, BUS, "NameOwnerChanged", "sss", [name, old, new]

    def of_the_bus(self):
        member = self.chance.choice(["NameAcquired", "NameLost"])
        return BUS_PATH, BUS, member, "s", [self.chance.choice([NAME, FIREWALLD, *self.owners])]

    def local(self):
        """What sd-bus sends to itself; the bus must not deliver it."""
        return "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", self.chance.choice(["Disconnected", "Connected"]), "", []

    def of_firewalld(self):
        members = [("", "Reloaded", "", []), ("", "PanicModeEnabled", "", []), ("", "PanicModeDisabled", "", []), ("", "DefaultZoneChanged", "s", ["drop"]),
                   ("", "LogDeniedChanged", "s", ["all"]), (".zone", "InterfaceAdded", "ss", ["trusted", "ext0"]),
                   (".zone", "InterfaceRemoved", "ss", ["docker", "docker0"]), (".zone", "ZoneOfInterfaceChanged", "ss", ["trusted", "docker0"]),
                   (".zone", "ZoneChanged", "ss", ["trusted", "docker0"]), (".zone", "ZoneUpdated2", "sa{sv}", ["docker", []]),
                   (".direct", "RuleRemoved", "sssias", ["ipv4", "filter", "DOCKER-USER", 0, ["-j", "DROP"]]),
                   (".direct", "ChainRemoved", "sss", ["ipv4", "filter", "QUAYWALL"]), (".config", "ZoneAdded", "s", ["docker"]),
                   (".policy", "PolicyUpdated", "sa{sv}", ["quaywall", []])]
        suffix, member, signature, body = self.chance.choice(members)
        return FIREWALLD_PATH + ("/config" if suffix == ".config" else ""), FIREWALLD + suffix, member, signature, body

    def of_others(self):
        return self.chance.choice([
            ("/org/freedesktop/PolicyKit1/Authority", POLKIT + ".Authority", "Changed", "", []),
            ("/org/freedesktop/NetworkManager", NM, "StateChanged", "u", [20]),
            ("/org/freedesktop/NetworkManager", NM, "DeviceAdded", "o", ["/org/freedesktop/NetworkManager/Devices/1"]),
            ("/org/freedesktop/systemd1", SYSTEMD + ".Manager", "JobRemoved", "uoss",
             [7, "/org/freedesktop/systemd1/job/7", "docker.service", "done"]),
            ("/org/freedesktop/systemd1", SYSTEMD + ".Manager", "Reloading", "b", [1]),
            ("/org/freedesktop/systemd1/unit/docker_2eservice", PROPERTIES, "PropertiesChanged", "sa{sv}as",
             [SYSTEMD + ".Unit", [("ActiveState", Variant("s", "inactive"))], []])])

    def of_properties(self):
        """From firewalld and from quaywalld, for their listeners."""
        path, interface, changed = self.chance.choice([
            (FIREWALLD_PATH, FIREWALLD, [("state", Variant("s", "FAILED"))]), (FIREWALLD_PATH, FIREWALLD, [("state", Variant("s", "INIT"))]),
            (PATH, NAME + ".Manager", [("State", Variant("s", "degraded"))])])
        return path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, []]

    def of_quaywall(self):
        return self.chance.choice([(PATH, NAME + ".Policies", "Changed", "as", [["web"]]), (PATH, NAME + ".Manager", "Repaired", "ss", ["x", "y"])])

    def random(self):
        """One of them with a body that does not fit."""
        path, interface, member, _, _ = self.drawn(without_random=True)
        signature = "".join(self.chance.signature() for _ in range(self.chance.randint(0, 3)))
        return path, interface, member, signature, [self.chance.value(part) for part in wire.split(signature)]

    def drawn(self, without_random=False):
        kinds = [self.name_owner_changed] * 5 + [self.of_the_bus, self.local, self.of_firewalld, self.of_firewalld, self.of_others,
                                                 self.of_properties, self.of_quaywall] + ([] if without_random else [self.random])
        return self.chance.choice(kinds)()

    def send(self, target):
        path, interface, member, signature, body = self.drawn()
        kind, more = wire.SIGNAL, {}
        if self.chance.random() < 0.05:
            kind, more = self.chance.choice([wire.RETURN, wire.ERROR]), {"reply_serial": self.chance.randint(1, 20000)}
            if kind == wire.ERROR:
                more["error_name"] = "org.freedesktop.DBus.Error.NoReply"
        if self.chance.random() < 0.05:
            more["sender"] = self.chance.choice([BUS, FIREWALLD, POLKIT])  # the bus overwrites it with the true one
        self.bus.send(kind, signature, body, wire.NO_REPLY, path=path, interface=interface, member=member,
                      destination=self.chance.choice([target, target, target, NAME, None]), **more)
        self.counts[member] += 1

    def run(self, seconds):
        end, target = time.monotonic() + seconds, None
        while time.monotonic() < end:
            try:
                target = self.learn() or target
                for _ in range(A_SECOND // 10):
                    self.send(target)
            except OSError:
                self.counts["closed by the bus"] += 1
                self.bus.close()
                self.bus = wire.Connection()
            time.sleep(0.1)
        for member, count in self.counts.most_common():
            print(f"# {member}: {count}")
        print("messages", sum(self.counts.values()), flush=True)


Forger(int(sys.argv[2])).run(float(sys.argv[1]))
