# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages to quaywalld from one seed: valid, nearly valid, and arbitrary ones."""
import random
import xml.etree.ElementTree

import wire
from wire import Variant

NAME, PATH = "org.quaywall1", "/org/quaywall1"
PROPERTIES = "org.freedesktop.DBus.Properties"
CONTRACT = "/usr/share/dbus-1/interfaces/org.quaywall1.xml"

ADDRESSES = ["192.168.1.1", "192.168.1.0/24", "192.168.1.1-192.168.1.3", "10.1.2.0/24", "fd01::1", "fd01::/64",
             "fd01::2-fd01::4f", "0.0.0.0/0", "::/0", "255.255.255.255", "192.168.1.7/24", "10.0.0.9-10.0.0.1", "192.168.1.300"]
# What else may be a source.
REFERENCES = ["group:p0", "group:nobody", "zone:public", "zone:nowhere", "ipset:office", "203.0.113.9 until 2999-01-01T00:00:00Z",
              "203.0.113.9 until 2020-01-01T00:00:00Z", "group:"]
PORTS = ["8080/tcp", "8080/udp", "8081/tcp", "1-65535/tcp", "0/tcp", "70000/udp", "90-80/tcp", "80", "http/tcp", "80/sctp"]
INTERFACES = ["dummy0", "ext1", "docker0", "lo", "br-+", "eth*", "..", "an-interface-name-of-32-characters"]
NAMES = ["p0", "p1", "p2", "p3", "a" * 64, "a" * 65, "..", "-x", "a/b"]
CONTAINERS = ["web", "label=tier=db", "label=", "label==", "nobody", "label=com.docker.compose.project=shop"]
KEYS = {"action": ["allow-only", "allow-only", "deny", "deny", "forward", "obey-zones", "permit"], "interfaces": INTERFACES,
        "out-interfaces": INTERFACES, "sources": ADDRESSES * 2 + REFERENCES, "until": ["2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z", "soon"],
        "destinations": ADDRESSES, "ports": PORTS, "containers": CONTAINERS,
        "networks": ["bridge", "front", "nowhere"], "description": ["why not"], "reject": None, "log": None, "enabled": None}
# A comment or rule, a line of the journal, an escape sequence, a format, a path that the attacker would like to inject.
STINGS = ["\n<2>quaywalld: FORGED", "\r\n", "\x1b[2J", "\x1b]0;FORGED\x07", "%s%n%s%n", "\"", "'", "\\", "`id`", "$(id)", ";", "#", "*",
          "\u202e", "\u00e9", "\U0001f433", "\x01", "\x7f", "\x9b31m", "../../etc/passwd", "-j ACCEPT", "\" -j ACCEPT", "quaywall:web", " "]
WORDS = ["-s", "192.168.1.50", "-p", "tcp", "--dport", "8080", "-m", "comment", "--comment", "conntrack", "--ctstate", "NEW", "-j", "DROP",
         "ACCEPT", "RETURN", "-V", "-h", "--help", "-c", "1", "2", "!", "-i", "ext0", "--modprobe=/x", "-A", "FORWARD", "-F", "-t", "nat"]


def contract():
    """Returns [(interface, member, [(argument, type)])] of every method."""
    tree = xml.etree.ElementTree.parse(CONTRACT)
    return [(interface.get("name"), method.get("name"),
             [(a.get("name"), a.get("type")) for a in method.findall("arg") if a.get("direction") == "in"])
            for interface in tree.findall("interface") for method in interface.findall("method")]


def properties():
    tree = xml.etree.ElementTree.parse(CONTRACT)
    return [(i.get("name"), p.get("name")) for i in tree.findall("interface") for p in i.findall("property")]


class Hostile(random.Random):
    def __init__(self, seed):
        super().__init__(seed)
        self.methods, self.properties = contract(), properties()
        self.tokens = []  # of changes that wait to be confirmed

    def size(self, most):
        """A size: small ones as often as large ones."""
        return int(2 ** self.uniform(0, most.bit_length())) - 1

    def text(self, choices=("web",)):
        text, kind = self.choice(choices), self.random()
        if kind < 0.75:
            return text
        if kind < 0.9:
            at = self.randint(0, len(text))
            return text[:at] + self.choice(STINGS) + text[at:]
        if kind < 0.95:
            return self.choice([text[:self.randint(0, len(text))], text * 2, text.upper(), ""])
        return (text + self.choice(STINGS)) * (1 + self.size(4096) // (len(text) + 1))

    def signature(self, depth=0):
        kind = self.random()
        if depth > 4 or kind < 0.6:
            return self.choice("ybnqiuxtdsogv")
        if kind < 0.8:
            return "a" + self.signature(depth + 1)
        if kind < 0.9:
            return "(" + "".join(self.signature(depth + 1) for _ in range(self.randint(1, 3))) + ")"
        return "a{" + self.choice("ybnqiuxtdsog") + self.signature(depth + 1) + "}"

    def deep(self):
        """As deep as the bus allows: 32 arrays and 32 structs in a type, 64 levels in all."""
        kind = self.randrange(3)
        if kind == 0:
            return Variant("a" * 31 + "y", [])
        if kind == 1:
            return Variant("(" * 31 + "y" + ")" * 31, self.nested(31))
        value = Variant("s", "end")
        for _ in range(self.choice([5, 30, 61])):
            value = Variant("v", value)
        return value

    def nested(self, depth):
        return (self.nested(depth - 1),) if depth else 7

    def value(self, signature, depth=0):
        code = signature[0]
        if code == "b":
            return self.randrange(2)
        if code == "d":
            return self.choice([0.0, -1.5, float("inf"), float("nan"), 1e308])
        if code in wire.FIXED:
            size = 8 * wire.FIXED[code][1]
            low, high = (-(1 << size - 1), (1 << size - 1) - 1) if code in "nix" else (0, (1 << size) - 1)
            return self.choice([0, 1, 7, low, high, self.randint(low, high)])
        if code == "s":
            return self.text(self.choice([ADDRESSES, PORTS, INTERFACES, NAMES, CONTAINERS, WORDS, STINGS]))
        if code == "o":
            return self.choice(["/", PATH, "/a" * self.randint(1, 40), PATH + "/policies/web"])
        if code == "g":
            return self.choice(["", "a{sv}", "s", "a" * 31 + "y"])
        if code == "v":
            if depth == 0 and self.random() < 0.05:
                return self.deep()
            inner = self.signature(depth + 1) if depth < 4 else "y"
            return Variant(inner, self.value(inner, depth + 1))
        if code == "a":
            most = 6 if depth < 3 else 2
            return [self.value(signature[1:], depth + 1) for _ in range(self.randint(0, most))]
        return tuple(self.value(part, depth + 1) for part in wire.split(signature[1:-1]))

    def policy(self):
        keys = [key for key in KEYS if key == "action" or self.random() < 0.25]
        if self.random() < 0.7:
            keys.append("sources")
        policy = []
        for key in keys:
            if self.random() < 0.03:
                policy.append((self.text([key]), self.value("v")))
            elif KEYS[key] is None:
                policy.append((key, Variant("b", self.randrange(2))))
            elif key in ("action", "description", "until"):
                policy.append((key, Variant("s", self.text(KEYS[key]))))
            else:
                policy.append((key, Variant("as", [self.text(KEYS[key]) for _ in range(self.choice([1, 1, 1, 2, 5, 70]))])))
        return policy

    def options(self):
        """Without times of confirm-within for which the test would have to wait."""
        all_of_them = [("scope", Variant("s", self.text(["runtime", "permanent", "both", "never"]))),
                       ("confirm-within", Variant("u", self.choice([0, 1, 2, 3601, 4294967295]))), ("cut", Variant("b", 1)),
                       ("replace", Variant("b", self.randrange(2))), ("zone", Variant("s", self.text(["docker", "lab-attack"]))),
                       ("i-understand", Variant("b", self.randrange(2))), ("create", Variant("b", self.randrange(2))),
                       ("if-revision", Variant("t", self.value("t"))), ("if-change", Variant("t", self.randrange(50))),
                       ("groups", Variant("a{sa{sv}}", self.groups(self.choice([0, 1, 3])))), (self.text(["colour"]), self.value("v"))]
        return [option for option in all_of_them if self.random() < 0.12]

    def policies(self, number):
        return {self.text([f"p{n}"]): self.policy() for n in range(number)}

    def group(self):
        group = [("addresses", Variant("as", [self.text(ADDRESSES) for _ in range(self.choice([1, 2, 5, 70]))]))]
        if self.random() < 0.3:
            group.append((self.text(["description"]), Variant("s", self.text(["the office"]))))
        return group

    def groups(self, number):
        return {self.text([f"p{n}"]): self.group() for n in range(number)}

    def commands(self):
        """The arguments of ListFirewallCmd: a method, and what that one takes."""
        interface, member, arguments = self.choice([method for method in self.methods if method[1] != "ListFirewallCmd" and method[2]])
        return [self.text([interface.rpartition(".")[2] + "." + member]),
                Variant("(" + "".join(kind for _, kind in arguments) + ")", tuple(self.argument(*argument) for argument in arguments))]

    def argument(self, name, kind):
        """A valid one, mostly."""
        if name == "group":
            return self.group()
        if name == "change":
            return self.randrange(50)
        if name == "token" and self.tokens:
            return self.choice(self.tokens)
        if name in ("addresses", "remove") and kind == "as":
            return [self.text(ADDRESSES if name == "addresses" else NAMES) for _ in range(self.choice([0, 1, 2, 5, 70]))]
        if kind == "a{sv}":
            if name == "options":
                return self.options()
            if name == "connection":
                return [("source", Variant("s", self.text(ADDRESSES))), ("destination", Variant("s", self.text(ADDRESSES))),
                        ("port", Variant("s", self.text(PORTS))), ("interface", Variant("s", self.text(INTERFACES)))]
            return self.policy()
        if kind == "a{sa{sv}}":
            return self.policies(self.choice([0, 1, 2, 5, 40]))
        if name == "family":
            return self.text(["ipv4", "ipv6", "eb"])
        if name == "args":
            return [self.text(WORDS) for _ in range(self.choice([2, 4, 6, 8, 70]))]
        if kind == "s":
            return self.text({"interface": INTERFACES, "address": ADDRESSES}.get(name, NAMES))
        return self.value(kind)

    def call(self):
        """Returns (signature, body, fields) of a method call."""
        kind = self.random()
        if kind < 0.15:
            return self.standard()
        interface, member, arguments = self.choice(self.methods)
        fields = {"path": PATH, "interface": interface, "member": member}
        if kind > 0.97:
            fields.update(self.choice([{"interface": None}, {"path": PATH + "/x"}, {"path": "/"}, {"member": "Nothing"},
                                       {"interface": "org.quaywall1"}, {"interface": self.choice(self.methods)[0]}]))
        if self.random() < 0.15:
            signature = "".join(self.signature() for _ in range(self.randint(0, 4)))
            return signature, [self.value(part) for part in wire.split(signature)], fields
        likely = self.random() < 0.85
        if likely and member == "ListFirewallCmd":
            return "sv", self.commands(), fields
        return ("".join(kind for _, kind in arguments),
                [self.argument(name, kind) if likely else self.value(kind) for name, kind in arguments], fields)

    def standard(self):
        interface, name = self.choice(self.properties)
        if self.random() < 0.1:
            interface, name = self.text([interface]), self.text([name])
        member, signature, body = self.choice([("Get", "ss", [interface, name]), ("GetAll", "s", [interface]),
                                               ("Set", "ssv", [interface, name, self.value("v")]), ("Ping", "", []),
                                               ("GetMachineId", "", []), ("Introspect", "", []), ("GetManagedObjects", "", [])])
        fields = {"path": PATH, "member": member, "interface": PROPERTIES}
        if member in ("Ping", "GetMachineId"):
            fields["interface"] = "org.freedesktop.DBus.Peer"
        elif member == "Introspect":
            fields["interface"] = "org.freedesktop.DBus.Introspectable"
        elif member == "GetManagedObjects":
            fields["interface"] = "org.freedesktop.DBus.ObjectManager"
        return signature, body, fields

    def large(self, size):
        """A call of about SIZE bytes, large in one of several ways."""
        kind = self.randrange(7)
        fields = {"path": PATH, "interface": "org.quaywall1.Policies", "member": self.choice(["Set", "Check"])}
        if kind <= 1:
            # valid addresses, as many as a policy may have or more; one policy or many
            each = 65536 if kind else 300
            number = max(1, size // (20 * each))
            sources = wire.Writer()
            sources.put("as", [f"10.{n >> 15 & 255}.{n >> 7 & 255}.{n << 1 & 255}" for n in range(min(each, size // 20 + 1))])
            sources = bytes(sources.bytes[4:])
            policies = {f"p{n}": [("action", Variant("s", "allow-only")), ("sources", Variant("as", sources))] for n in range(number)}
            fields["member"] = self.choice(["ReplaceAll", "SetMany"])
            return "a{sa{sv}}a{sv}", [policies, []], fields
        if kind == 2:
            return "sa{sv}a{sv}", ["p0", [("action", Variant("s", "deny")), ("description", Variant("s", "x" * size))], []], fields
        if kind == 3:
            return "sa{sv}a{sv}", ["x" * size, [("action", Variant("s", "deny"))], []], fields
        if kind == 4:
            keys = b"".join(b"\x08\0\0\0k%07d\0\x01y\0\x01" % n + bytes(7) for n in range(size // 24))
            return "sa{sv}a{sv}", ["p0", keys, []], fields
        if kind == 5:
            fields.update(interface="org.quaywall1.Direct", member="AddRule")
            return "siasa{sv}", ["ipv4", 0, b"\x02\0\0\0-s\0\0" * (size // 8), []], fields
        return "ay", [bytes(size)], fields
