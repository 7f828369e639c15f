# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab's places and random policies about them, for explain-property.py and ports-property.py.

The containers come from the environment: CONTAINERS "web=172.17.0.2,fd00::2 ...".
"""
import os
import subprocess

import dbus

CLIENTS = {
    "outside": ["192.168.1.1", "192.168.1.2", "192.168.1.3", "192.168.1.50", "fd01::1", "fd01::2", "fd01::50"],
    "outside1": ["10.1.2.1", "10.1.2.50", "fd02::1", "fd02::50"],
    "inside": ["10.9.0.1", "10.9.0.50", "fd09::1", "fd09::50"],
    "lab": ["192.168.1.99", "10.1.2.3", "10.9.0.99", "127.0.0.1", "fd01::99", "fd02::3", "::1"],
}
COMES_IN_BY = {"outside": "ext0", "outside1": "ext1", "inside": "int0"}
HOST = ["192.168.1.99", "192.168.1.98", "10.1.2.3", "10.9.0.99", "172.17.0.1", "fd01::99", "fd01::98", "fd02::3", "fd09::99"]
SOURCES = ["192.168.1.1", "192.168.1.2-192.168.1.3", "192.168.1.0/24", "10.1.2.1", "10.1.2.0/24", "10.9.0.0/16", "fd01::1", "fd01::2",
           "fd01::/64", "fd02::50", "fd02::/64", "fd09::1", "10.0.0.0/8", "192.168.1.50-192.168.1.60"]
DESTINATIONS = ["192.168.1.99", "192.168.1.98", "10.1.2.3", "10.9.0.99", "fd01::99", "fd02::3", "fd01::/64", "192.168.1.0/24"]
PORTS = ["8080/tcp", "8080/udp", "8081/tcp", "8082/tcp", "8082/udp", "8000-8090/tcp", "8081-8082/udp", "80/tcp", "80/udp",
         "1-65535/tcp", "1024-65535/udp"]
DIALLED = [8080, 8081, 8082, 80, 9100, 9999]

containers = {}
for word in os.environ.get("CONTAINERS", "").split():
    name, addresses = word.split("=")
    containers[name] = [address for address in addresses.split(",") if address]


class Prober:
    """Opens connections in one namespace."""

    def __init__(self, place):
        command = ["/usr/bin/python3", "/lab/netprobe.py", "batch"]
        if place in containers:
            command = ["docker", "exec", "-i", place] + command
        elif place != "lab":
            command = ["ip", "netns", "exec", place] + command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, lines):
        self.process.stdin.write("".join(line + "\n" for line in lines) + "\n")
        self.process.stdin.flush()

    def results(self):
        for line in self.process.stdout:
            if line.strip() == "done":
                return
            name, word = line.split(None, 1)
            yield int(name), word.strip()


def family(address):
    return 6 if ":" in address else 4


def some(dice, pool, at_least=0, at_most=3):
    return dice.sample(pool, dice.randint(at_least, min(at_most, len(pool))))


def random_policy(dice):
    policy = {"action": dice.choice(["allow-only", "allow-only", "deny"])}
    if containers and dice.random() < 0.3:
        policy["containers"] = some(dice, list(containers) + ["nobody", "label=shop=front"], 1, 2)
    if dice.random() < 0.15:
        policy["networks"] = [dice.choice(["bridge", "front", "nowhere"])]
    if dice.random() < 0.4:
        policy["interfaces"] = some(dice, ["ext0", "ext1", "int0", "docker0"], 1, 2)
    policy["sources"] = some(dice, SOURCES, 1 if policy["action"] == "allow-only" else 0)
    if dice.random() < 0.4:
        policy["destinations"] = some(dice, DESTINATIONS, 1, 2)
    if dice.random() < 0.7:
        policy["ports"] = some(dice, PORTS, 1, 2)
    for key in ("reject", "log"):
        if dice.random() < 0.3:
            policy[key] = True
    return policy


def of_many(dice, policy):
    """As one of many: found by a single port or by its container."""
    policy.pop("networks", None)
    if "containers" not in policy or dice.random() < 0.5:
        policy["ports"] = some(dice, [port for port in PORTS if "-" not in port], 1, 2)
    else:
        policy.pop("ports", None)
    return policy


def random_policies(dice):
    policies = {f"p{number}": random_policy(dice) for number in range(dice.randint(1, 4))}
    # for these the guard has verdict maps
    if dice.random() < 0.3:
        policies = {f"p{number}": of_many(dice, random_policy(dice)) for number in range(dice.randint(6, 14))}
    if dice.random() < 0.3:
        policies["router"] = {"action": "forward", "interfaces": [dice.choice(["ext0", "ext1"])], "out-interfaces": ["int0"]}
    return policies


def set_random_policies(dice, policies):
    while True:
        chosen = random_policies(dice)
        try:
            policies.ReplaceAll(dbus.Dictionary({name: vardict(one) for name, one in chosen.items()}, signature="sa{sv}"),
                                vardict({"scope": "runtime"}), timeout=60)
            return chosen
        except dbus.DBusException as error:
            # overlapping ports: draw again
            if ".Invalid" not in error.get_dbus_name():
                raise


def variant(value):
    if isinstance(value, bool):
        return dbus.Boolean(value, variant_level=1)
    if isinstance(value, list):
        return dbus.Array(value, signature="s", variant_level=1)
    return dbus.String(value, variant_level=1)


def vardict(values):
    return dbus.Dictionary({key: variant(value) for key, value in values.items()}, signature="sv")
