# SPDX-License-Identifier: LGPL-2.1-or-later
"""labels.py SECONDS SEED: containers with hostile labels, names and ports, created with Docker's API, beside the policy
"deny --container label=tier=db", and policies that they carry in labels (Labels=yes). A container with the label, or with one of
quaywall's that keeps the client out or cannot be used, cannot be reached from outside, whatever else it has; any other is reached
as if there were no policy. Prints a report, with "bad SENTENCE" for each violation."""
import collections
import http.client
import json
import random
import socket
import subprocess
import sys
import time

NOISE = ["\n", "\r", "\t", "\u0000", "\u001f", "\x7f", "\"", "\\", "'", "}", "{", "]", ",", ":", "=", "label=", "tier", "db", "\u00e9", "\u202e",
         "\U0001f433", "\ufeff", "\uffff", "%s", "<2>", "\x1b[2J", "\\u0000", "\\ud800", "]]>", "&lt;", "../", " ", "null", "true", "0"]
DECOYS = [("tier", "dbx"), ("tier", "DB"), ("tier", ""), ("tier", "db "), ("tier", "db\n"), (" tier", "db"), ("Tier", "db"), ("tier=db", ""), ("tier=db", "tier=db"),
          ("label=tier", "db"), ("xtier", "db"), ("tier\u200b", "db"), ("tier", "d\u0431"), ("tier", "\"db\""), ("tier", "db,tier=db")]
OURS = "org.quaywall."
CLOSES = [("deny", ""), ("deny", "true"), ("deny", "192.168.1.0/24, fd01::/64"), ("allow-only", "10.0.0.1"), ("allow-only", ""),
          ("allow-only", "192.168.1.50,fd01::50,"), ("allow-only", "192.168.1.50," * 9000 + "fd01::50"), ("obey-zones", "no"), ("Deny", ""),
          ("allow-only", "192.168.1.50;fd01::50"), ("allow-only", "192.168.1.50\x00,fd01::50"), ("allow-only ", "192.168.1.50,fd01::50"), ("", "")]
OPENS = [("allow-only", "192.168.1.50,fd01::50"), ("allow-only", " 0.0.0.0/0 , ::/0"), ("deny", "10.0.0.1"), ("deny", "fd09::/64,10.1.2.0/24")]
PORTS = range(8200, 8299)
LIVING = 12


class DockerConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect("/run/docker.sock")


class Refused(Exception):
    pass


def docker(method, path, body=None):
    connection = DockerConnection("docker")
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        raise Refused(f"{method} {path}: {answer.status} {text[:200]!r}")
    return json.loads(text) if text.startswith((b"{", b"[")) else None


class Clients:
    """Clients that the policy denies, of both families: many at a time."""

    def __init__(self):
        self.process = subprocess.Popen(["ip", "netns", "exec", "outside", "python3", "/lab/netprobe.py", "batch"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, ports, seconds):
        """Returns {(port, family): "answered", "silence" or "refused"}."""
        tried = [(port, family) for port in ports for family in (4, 6)]
        for number, (port, family) in enumerate(tried):
            hosts = "192.168.1.50 192.168.1.99" if family == 4 else "fd01::50 fd01::99"
            print(f"{number} {hosts} {port} tcp {seconds}", file=self.process.stdin)
        print(file=self.process.stdin, flush=True)
        found = {}
        while (line := self.process.stdout.readline().split())[:1] not in (["done"], []):
            found[tried[int(line[0])]] = line[1]
        return found


class Attack:
    def __init__(self, seed):
        self.chance, self.counts, self.clients = random.Random(seed), collections.Counter(), Clients()
        self.living = []  # (id, port, covered, description)
        self.number = 0

    def bad(self, sentence, *what):
        self.counts["bad"] += 1
        print("bad", sentence, *what, flush=True)

    def word(self):
        return "".join(self.chance.choice(NOISE) for _ in range(self.chance.randint(0, 6)))

    def labels(self, covered, carried):
        chance, labels = self.chance, {}
        number = chance.choice([0, 0, 1, 5, 60, 1100, 3000])
        for n in range(number):
            labels[f"{self.word()}{n}"] = self.word()
        if chance.random() < 0.3:
            labels["long" + self.word()] = "x" * chance.choice([255, 4095, 4097, 70000])
        if chance.random() < 0.2:
            labels["k" * chance.choice([255, 4095, 4097, 70000])] = "db"
        if not covered or chance.random() < 0.4:
            key, value = chance.choice(DECOYS)
            labels[key] = value
        labels = list(labels.items())
        if carried:
            labels.insert(chance.randint(0, len(labels)), (OURS + carried[0], carried[1]))
        if covered:
            labels = [(key, value) for key, value in labels if key != "tier"]
            labels.insert(chance.randint(0, len(labels)), ("tier", "db"))
        return dict(labels)

    def config(self, port, covered, carried):
        chance = self.chance
        binding = chance.choice([{"HostPort": str(port)}, {"HostPort": str(port), "HostIp": "0.0.0.0"}, {"HostPort": str(port), "HostIp": ""},
                                 {"HostPort": f"{port}-{port}"}])
        bindings = {"80/tcp": [binding]}
        exposed = {"80/tcp": {}}
        for _ in range(chance.choice([0, 0, 0, 3, 200])):
            exposed[f"{chance.randint(1, 65535)}/{chance.choice(['tcp', 'udp', 'sctp'])}"] = {}
        config = {"Image": "bb:1", "Cmd": ["/usr/bin/python3", "/lab/netprobe.py", "serve", "both", "80"], "StopSignal": "KILL",
                  "Labels": self.labels(covered, carried), "ExposedPorts": exposed,
                  "HostConfig": {"Binds": ["/usr:/usr:ro", "/lab:/lab:ro"], "PortBindings": bindings}}
        if chance.random() < 0.3:
            config["Env"] = [f"X={'tier=db' * chance.choice([1, 100])}"]
        if chance.random() < 0.3:
            config["Hostname"] = chance.choice(["web", "tier", "a" * 60])
        return config

    def name(self):
        self.number += 1
        stem = self.chance.choice(["c", "web", "tier", "label", "db", "a" * 200, "0", "Z.-_"])
        return f"{stem}{self.number}"

    def start(self):
        free = sorted(set(PORTS) - {port for _, port, _, _ in self.living})
        port, covered = self.chance.choice(free), self.chance.random() < 0.6
        closes = self.chance.choice(CLOSES + [("deny" + self.word(), ""), ("allow-only", self.word())])
        carried = self.chance.choice([None, closes, self.chance.choice(OPENS)])
        config = self.config(port, covered, carried)
        covered |= carried is closes
        what = f"{len(config['Labels'])} labels, {json.dumps([p for p in config['Labels'].items() if 'tier' in p[0]][:4])}, {str(carried)[:80]}"
        try:
            made = docker("POST", f"/containers/create?name={self.name()}", config)["Id"]
            docker("POST", f"/containers/{made}/start")
        except Refused as error:
            self.counts["refused by Docker"] += 1
            print(f"# {str(error)[:200]}", flush=True)
            return
        self.counts["containers"] += 1
        self.living.append((made, port, covered, what))

    def stop(self):
        made = self.living.pop(self.chance.randrange(len(self.living)))[0]
        docker("DELETE", f"/containers/{made}?force=1")

    def forbidden(self):
        """Checks, without waiting, that no covered container answers."""
        covered = {port: what for _, port, is_covered, what in self.living if is_covered}
        for (port, family), found in self.clients.ask(covered, 0.3).items():
            self.counts["probes of forbidden ones"] += 1
            if found == "answered":
                self.bad(f"IPv{family} got in at {port}:", covered[port])

    def allowed(self):
        """Checks that a container that no policy names answers, after some time."""
        others = {port: what for _, port, is_covered, what in self.living if not is_covered}
        end = time.monotonic() + 20
        while others and time.monotonic() < end:
            for (port, family), found in self.clients.ask(others, 2).items():
                if found == "answered" and family == 4:
                    self.counts["probes of allowed ones"] += 1
                    others.pop(port, None)
        for port, what in others.items():
            self.bad(f"not covered, and nobody gets in at {port}:", what)

    def run(self, seconds):
        end = time.monotonic() + seconds
        step = 0
        while time.monotonic() < end and self.counts["bad"] < 50:
            step += 1
            if len(self.living) >= LIVING or (self.living and self.chance.random() < 0.3):
                self.stop()
            else:
                self.start()
            self.forbidden()
            if step % 8 == 0:
                self.allowed()
        self.forbidden()
        self.allowed()
        for made, _, _, _ in self.living:
            docker("DELETE", f"/containers/{made}?force=1")
        for key, value in self.counts.most_common():
            print(f"# {key}: {value}")
        print("containers", self.counts["containers"], flush=True)


Attack(int(sys.argv[2])).run(float(sys.argv[1]))
