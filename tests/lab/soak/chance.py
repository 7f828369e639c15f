# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random policies for the lab's network (lib.sh), from one seed."""
import ipaddress
import random

from model import parse_range

SOURCES = ["192.168.1.1", "192.168.1.2", "192.168.1.3", "192.168.1.50", "192.168.1.0/24", "192.168.1.0/25",
           "192.168.1.1-192.168.1.3", "192.168.1.40-192.168.1.60", "10.1.2.1", "10.1.2.0/24", "10.1.2.50", "fd01::1",
           "fd01::50", "fd01::/64", "fd01::2-fd01::4f", "fd02::/64", "203.0.113.0/24", "2001:db8::/32"]
DESTINATIONS = ["192.168.1.99", "192.168.1.98", "192.168.1.96/30", "10.1.2.3", "fd01::99", "fd01::/64"]
PORTS = ["8080/tcp", "8080/udp", "8081/tcp", "8082/tcp", "9999/tcp", "80/tcp"]
CONTAINERS, NETWORKS = ["web", "side", "nobody"], ["front", "bridge", "nowhere"]
NAMES = [f"p{i}" for i in range(6)]


class Chance(random.Random):
    def some(self, choices, most):
        return self.sample(choices, self.randint(1, most))

    def addresses(self, choices, most):
        """Without overlaps, which quaywalld joins, so that List has what was set."""
        taken = []
        for text in self.some(choices, most):
            first, last = parse_range(text)
            if all(first.version != a.version or last < a or b < first for a, b in map(parse_range, taken)):
                taken.append(text)
        return taken

    def many_addresses(self):
        start = int(ipaddress.ip_address("10.64.0.0"))
        return [str(ipaddress.ip_address(start + 2 * n)) for n in range(self.randint(200, 3000))] + ["192.168.1.1"]

    def policy(self):
        policy = {"action": self.choice(["allow-only", "allow-only", "deny"])}
        if policy["action"] == "allow-only" or self.random() < 0.8:
            policy["sources"] = self.addresses(SOURCES, 4) if self.random() < 0.97 else self.many_addresses()
        if self.random() < 0.5:
            policy["interfaces"] = self.some(["ext0", "ext1"], 2)
        if self.random() < 0.3:
            policy["destinations"] = self.addresses(DESTINATIONS, 2)
        if self.random() < 0.75:
            policy["ports"] = self.some(PORTS, 3) if self.random() < 0.8 else ["8080-8082/tcp", "8080/udp"]
        if self.random() < 0.2:
            policy["containers"] = self.some(CONTAINERS, 2)
        if self.random() < 0.1:
            policy["networks"] = self.some(NETWORKS, 2)
        if self.random() < 0.2:
            policy["reject"] = True
        if self.random() < 0.1:
            policy["enabled"] = False
        return policy

    def wrong_policy(self):
        """Returns (policy, name of the error)."""
        return self.choice([
            ({"action": "allow-only"}, "InvalidPolicy"),
            ({"action": "allow-only", "sources": ["192.168.1.0/33"]}, "InvalidAddress"),
            ({"action": "deny", "sources": ["192.168.1.0/24", "192.168.1.1"]}, "InvalidAddress"),
            ({"action": "deny", "ports": ["8080"]}, "InvalidPort"),
            ({"action": "deny", "interfaces": ["no/slash"]}, "InvalidInterface"),
            ({"action": "deny", "colour": "red"}, "InvalidPolicy"),
        ])
