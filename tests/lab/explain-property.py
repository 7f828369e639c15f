#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Explanation and kernel agree: random policies, random connections, real packets; and so do an explanation's own parts.

explain-property.py WHAT ROUNDS CONNECTIONS [SEED]
    Runs in the lab, beside quaywalld. Each round asks Manager.ExplainConnection about random connections, opens each of them, and
    compares. Before that it sets random policies (WHAT is "policies"), adds random rules of others to them (WHAT is "others"),
    or leaves the rules as they are (WHAT is "still"). Prints a line for each disagreement with the whole trace, and the seed.
    Exit status 1 if there was one.
"""
import ipaddress
import random
import re
import subprocess
import sys

import dbus

from world import CLIENTS, COMES_IN_BY, DIALLED, HOST, SOURCES, Prober, containers, family, set_random_policies, vardict

LAYERS = ("guard", "docker-user", "docker", "firewalld", "netfilter", "routing")
COMMENT = "-m comment --comment somebody's"


def random_match(dice, version):
    """An iptables match."""
    maybe = dice.choice(["", "", "! "])
    sources = [source for source in SOURCES if family(source) == version and "-" not in source]
    return dice.choice([
        f"{maybe}-s {dice.choice(sources)}",
        f"{maybe}-d {dice.choice([a for a in HOST if family(a) == version])}",
        f"{maybe}-i {dice.choice(['ext0', 'ext1', 'ext+', 'docker0', 'int0'])}",
        f"-p tcp {maybe}--dport {dice.choice(['80', '8080', '8080:8081', '1:1023'])}",
        f"-p udp -m multiport {maybe}--dports {dice.choice(['80,8080', '8080:8082', '9100,9999'])}",
        f"-p tcp --sport {dice.choice(['80', '8080:8082', '9100'])}",
        "-p tcp --syn", "-p tcp ! --syn", "-p udp",
        f"-m conntrack --ctstate {dice.choice(['NEW', 'ESTABLISHED', 'NEW,RELATED'])}",
        f"-m conntrack {maybe}--ctorigdstport {dice.choice(['8080', '8081:8082'])} -p tcp",
        f"-m conntrack --ctdir {dice.choice(['ORIGINAL', 'REPLY'])} -p udp",
        "-m conntrack --ctstate DNAT", "-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL",
        "-m mark --mark 0x10/0xf0", COMMENT,
    ])


def random_iptables(dice):
    version = dice.choice([4, 4, 6])
    table, chain, targets = dice.choice([
        ("filter", "DOCKER-USER", ["DROP", "REJECT", "RETURN", "ACCEPT", "LOG", "DROP"]),
        ("filter", "FORWARD", ["DROP", "REJECT", "LOG"]),
        ("filter", "INPUT", ["DROP", "REJECT", "ACCEPT"]),
        ("mangle", "PREROUTING", ["DROP", "ACCEPT", "MARK --set-xmark 0x10/0xf0"]),
        ("raw", "PREROUTING", ["DROP", "ACCEPT", "LOG"]),
        ("nat", "PREROUTING", ["REDIRECT"]), ("nat", "OUTPUT", ["REDIRECT"]),
    ])
    matches = " ".join(random_match(dice, version) for _ in range(dice.choice([1, 2, 2, 3])))
    # a rule without a real match ends DOCKER-USER before the policies (rules-dead): quaywalld would reload firewalld, and all
    # of these would be lost
    if chain == "DOCKER-USER" and not matches.replace(COMMENT, "").strip():
        targets = ["LOG"]
    return f"{'iptables' if version == 4 else 'ip6tables'} -w -t {table} -I {chain} {matches} -m comment --comment foreign -j {dice.choice(targets)}"


def random_nft(dice):
    """An nftables rule."""
    matches = [
        "ip saddr 192.168.1.0/30", "ip saddr != 192.168.1.0/24", "ip6 saddr { fd01::1, fd02::/64 }", "ip saddr @known",
        "ip daddr { 192.168.1.98, 172.17.0.0-172.17.0.2 }", "tcp dport 8080-8081", "tcp dport { 80, 8082 }", "udp dport != 8080",
        "iifname { ext0, docker0 }", 'iifname "ext*"', "oifname docker0", "ct status dnat", "ct state new", "ct state { established, related }",
        "meta l4proto . th dport { tcp . 8080, udp . 8082 }", "ip saddr . tcp dport { 192.168.1.0/24 . 8080-8081, 10.1.2.1 . 80 }",
        "fib daddr type local", "meta nfproto ipv6", "meta mark 0x10", "ct direction original", "ct original proto-dst 8080 meta l4proto tcp",
        "meta l4proto tcp ct original proto-dst 8081-8082", "tcp flags & (fin | syn | rst | ack) == syn", "tcp sport 80",
        "meta l4proto { tcp, udp }",
        # the connections of a round exceed no limit
        "limit rate over 1000/second burst 1000 packets", "limit rate 1000/second burst 1000 packets", "ct count over 5000",
        "add @flood { ip saddr limit rate over 1000/second burst 1000 packets }",
        "update @flood { ip saddr limit rate 1000/second burst 1000 packets }", "meta mark set 0x10",
    ]
    chosen = " ".join(dice.sample(matches, dice.choice([1, 1, 2])))
    return dice.choice([
        f"{chosen} {dice.choice(['drop', 'reject', 'accept', 'return', 'counter drop', 'jump other'])}",
        "tcp dport vmap { 8080 : jump other, 8081-8082 : accept }",
        "ct state vmap { new : jump other, established : accept }",
        "iifname . meta l4proto vmap { ext0 . tcp : jump other, ext1 . udp : drop }",
        "ip saddr vmap @verdicts",
    ])


class Others:
    """Rules of somebody else."""

    def __init__(self, dice):
        self.undo = []
        self.rules = [random_iptables(dice) for _ in range(dice.randint(0, 3))]
        for rule in self.rules:
            # two matches of one kind can be an error
            if subprocess.run(rule.split(), capture_output=True).returncode == 0:
                self.undo.append(rule.replace(" -I ", " -D "))
        hook, priority = dice.choice([("prerouting", -310), ("prerouting", -160), ("prerouting", -90), ("forward", -5), ("forward", 20),
                                      ("input", 5), ("postrouting", 50)])
        words = ["table inet foreign {", "set known { type ipv4_addr; flags interval; elements = { 192.168.1.1-192.168.1.2, 10.9.0.0/16 }; }",
                 "set flood { type ipv4_addr; flags dynamic; timeout 1m; size 1000; }",
                 "map verdicts { type ipv4_addr : verdict; elements = { 192.168.1.50 : drop, 10.1.2.1 : jump other }; }",
                 "chain other { " + dice.choice(["tcp dport 80 drop", "udp dport 8080 accept; drop", "iifname ext0 return; reject"]) + "; }"]
        rules = []
        for _ in range(dice.randint(0, 3)):
            one = random_nft(dice)
            if hook in ("prerouting", "input") and "oifname" in one or hook in ("prerouting", "postrouting") and "reject" in one:
                continue
            trial = "\n".join(words + [f"chain base {{ type filter hook {hook} priority {priority}; {one}; }}", "}"])
            if subprocess.run(["nft", "-c", "-f", "-"], input=trial, text=True, capture_output=True).returncode == 0:
                rules.append(one)
        text = "\n".join(words + [f"chain base {{ type filter hook {hook} priority {priority};"] + rules + ["}", "}"])
        # not every hook may reject, and "other" may contain it
        if subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True).returncode == 0:
            self.undo.append("nft delete table inet foreign")
            self.rules.append(text)

    def remove(self):
        for command in reversed(self.undo):
            subprocess.run(command.split(), check=True)


def random_connection(dice):
    place = dice.choice(list(CLIENTS) * 3 + list(containers))
    source = dice.choice(containers[place] if place in containers else CLIENTS[place])
    targets = dice.choice([HOST, HOST, [a for addresses in containers.values() for a in addresses],
                           [a for other in CLIENTS for a in CLIENTS[other] if other not in (place, "lab")]])
    targets = [a for a in targets if family(a) == family(source) and a != source]
    # only the host itself has these sources, and Linux does not answer ::1 from another of its addresses
    if source in ("127.0.0.1", "::1"):
        targets = [a for a in HOST if family(a) == 4] + [source] if source == "127.0.0.1" else [source]
    if not targets:
        return None
    connection = {"source": source, "destination": dice.choice(targets),
                  "port": f"{dice.choice(DIALLED)}/{dice.choice(['tcp', 'tcp', 'udp'])}"}
    if place in COMES_IN_BY and dice.random() < 0.5:
        connection["interface"] = COMES_IN_BY[place]
    return place, connection


def keeps_errors(rules):
    """Whether a foreign rule may block an ICMP error, which is neither TCP nor UDP, and was not asked about."""
    words = [line for rule in rules for line in re.split("[\n;]", rule) if not line.startswith(("map ", "set "))]
    return any(re.search("drop|reject|@verdicts", line, re.I) and not re.search("tcp|udp|l4proto", line) for line in words)


def expectation(place, verdict, trace, others):
    """What the client may see: one of these words."""
    decision = trace[-1][2]
    is_proxied = any("docker-proxy takes it" in effect for _, _, effect in trace)
    is_udp = trace[-1][1].endswith("/udp")
    rejection = ("refused", "silence") if others and keeps_errors(others.rules) else ("refused",)
    # a TCP port where nobody listens is refused by TCP
    refusal = rejection if is_udp else ("refused",)
    if verdict == "blocked" and (place == "lab" or is_proxied):
        # the host, and so docker-proxy, gets an error at once for its own packets
        return ("silence", "refused")
    if verdict == "blocked" and "no answer" in decision:
        # the answer of a port where nobody listens would be an ICMP error, which was not asked about
        return ("silence", "refused")
    if verdict == "blocked" and "second packet" in decision:
        # after the handshake an ICMP error has no effect
        return ("silence", "refused")
    if verdict == "blocked" and trace[-1][0].split()[0] in ("guard", "mangle") and others and any("mangle" in rule for rule in others.rules):
        # chains of equal priority: the older one comes first, which is unknown here
        return ("silence", "refused")
    if verdict == "blocked":
        return ("silence",) if "dropped here" in decision else rejection if "rejected here" in decision else ("silence", "refused")
    if "nobody listens" in decision:
        # docker-proxy sees that a datagram is refused, but does not pass that on
        return ("silence",) if is_proxied and is_udp else refusal
    if trace[-1][0] == "host":
        return ("answered",)
    # "172.17.0.2:80/tcp" or "[fd00::2]:80/tcp": the host cannot know who listens there, but this script does
    address, port = trace[-1][1].split("/")[0].rsplit(":", 1)
    is_container = any(address.strip("[]") in addresses for addresses in containers.values())
    return ("answered",) if int(port) in ([80] if is_container else [8080, 9100]) else refusal


def lists(source, address):
    """Whether an entry of a policy's sources has this address."""
    if "-" in source:
        first, last = (ipaddress.ip_address(one) for one in source.split("-"))
        return first.version == address.version and first <= address <= last
    return address in ipaddress.ip_network(source, strict=False)


def contradiction(connection, explanation, chosen):
    """What does not fit together in an explanation; "": nothing."""
    verdict, policy = explanation["verdict"], explanation.get("policy")
    if not re.match(rf"{verdict}( by |: )", explanation["sentence"]):
        return "the sentence has another verdict"
    if "layer" in explanation and explanation["layer"] not in LAYERS or policy and "layer" not in explanation:
        return "the layer"
    if verdict == "uncertain" or not policy or not chosen:
        return ""
    if policy not in chosen or f"policy {policy}: " not in explanation["sentence"]:
        return "the policy"
    one = chosen[policy]
    address = ipaddress.ip_address(connection["source"])
    listed = any(lists(source, address) for source in one.get("sources", []))
    # a policy with ports lets in those whom it lists by ports of this host only
    own = connection["destination"] in [a for addresses in containers.values() for a in addresses] and "own address" in explanation["sentence"]
    fits = {("allow-only", "allowed"): listed, ("allow-only", "blocked"): listed == own, ("forward", "allowed"): True,
            ("deny", "blocked"): listed or not one.get("sources")}
    return "" if fits.get((one["action"], verdict)) else "the policy does not say so"


def main(what, rounds, connections, seed):
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    proxy = dbus.SystemBus().get_object("org.quaywall1", "/org/quaywall1", introspect=False)
    manager = dbus.Interface(proxy, "org.quaywall1.Manager")
    policies = dbus.Interface(proxy, "org.quaywall1.Policies")
    probers = {place: Prober(place) for place in list(CLIENTS) + list(containers)}
    compared = {"allowed": 0, "blocked": 0}
    wrong = doubts = 0
    for number in range(rounds):
        chosen = {}
        others = None
        if what in ("policies", "others"):
            chosen = set_random_policies(dice, policies)
        if what == "others":
            others = Others(dice)
        asked = []
        while len(asked) < connections:
            drawn = random_connection(dice)
            if drawn:
                explanation = manager.ExplainConnection(vardict(drawn[1]), timeout=60)
                asked.append((*drawn, str(explanation["verdict"]), [tuple(map(str, row)) for row in explanation["trace"]]))
                fault = contradiction(drawn[1], explanation, chosen)
                if fault:
                    wrong += 1
                    print(f"round {number}: {drawn}: {fault}: {explanation['sentence']}, layer {explanation.get('layer')}, "
                          f"policy {explanation.get('policy')}, of {chosen}")
        jobs = {}
        for index, (place, connection, verdict, trace) in enumerate(asked):
            if verdict == "uncertain":
                doubts += 1
                continue
            port, protocol = connection["port"].split("/")
            seconds = 1 if "silence" in expectation(place, verdict, trace, others) else 6
            jobs.setdefault(place, []).append(f"{index} {connection['source']} {connection['destination']} {port} {protocol} {seconds}")
        for place, lines in jobs.items():
            probers[place].send(lines)
        for place in jobs:
            for index, word in probers[place].results():
                _, connection, verdict, trace = asked[index]
                compared[verdict] += 1
                if word in expectation(place, verdict, trace, others):
                    continue
                wrong += 1
                print(f"round {number}: {place} {connection}: explained as {verdict}, but the client saw: {word}")
                print(f"    policies: {chosen}")
                for rule in others.rules if others else []:
                    print("    others: " + rule)
                for row in trace:
                    print("    " + " | ".join(row))
        if others:
            others.remove()
    print(f"seed {seed}: {compared['allowed']} allowed, {compared['blocked']} blocked, {wrong} wrong, {doubts} not certain")
    # a run in which nothing was allowed, or nothing blocked, proves nothing
    return 1 if wrong or not compared["allowed"] or not compared["blocked"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 32)))
