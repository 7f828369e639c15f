# SPDX-License-Identifier: LGPL-2.1-or-later
"""direct.py SECONDS SEED: words for Direct.AddRule as root. An accepted rule must be in the kernel once, with the target
that was given, and nothing else may have changed; a refused one must have changed nothing. Prints a report, with "bad
SENTENCE" for each violation."""
import collections
import random
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

import wire
from hostile import NAME, PATH

TARGETS = ["ACCEPT", "DROP", "RETURN", "REJECT"]
MATCHES = [["-s", "192.0.2.1"], ["-s", "192.0.2.0/24"], ["-d", "172.17.0.9"], ["-i", "ext1"], ["-o", "docker0"], ["-p", "tcp", "--dport", "81"],
           ["-p", "udp", "--sport", "53"], ["-p", "tcp", "-m", "multiport", "--dports", "80,81"], ["-m", "conntrack", "--ctstate", "NEW"],
           ["-m", "comment", "--comment", "rack-19"], ["-m", "limit", "--limit", "5/min"], ["-m", "mark", "--mark", "7"],
           ["-m", "iprange", "--src-range", "192.0.2.1-192.0.2.9"], ["-p", "icmp"], ["!", "-s", "192.0.2.7"], ["-m", "addrtype", "--dst-type", "LOCAL"],
           ["-p", "tcp", "--syn"], ["-m", "set", "--match-set", "nosuchset", "src"], ["-m", "string", "--string", "x", "--algo", "bm"]]
# Words that do not match packets: help, version, counters, modules, commands, tables, chains, files, and incomplete options.
TRICKS = [["-V"], ["-h"], ["--help"], ["--version"], ["-c", "1", "2"], ["--set-counters", "1", "2"], ["--modprobe=/x"], ["-M/x"], ["-M", "/x"],
          ["-v"], ["-n"], ["-x"], ["-w"], ["-w5"], ["-W", "1"], ["--line-numbers"], ["-t", "nat"], ["-tnat"], ["--table=nat"], ["-A", "INPUT"], ["-F"],
          ["-FDOCKER"], ["--flush"], ["-X"], ["-P", "INPUT", "DROP"], ["-I", "INPUT"], ["-D", "INPUT", "1"], ["-Z"], ["-N", "x"], ["-4"], ["-6"], ["--ipv6"],
          ["-f"], ["--fragment"], ["-g", "DOCKER"], ["--goto=DOCKER"], ["-jACCEPT"], ["--jump=ACCEPT"], ["--jum", "DROP"], ["--sour", "192.0.2.3"],
          ["-s192.0.2.3"], ["--src=192.0.2.3"], ["-m", "hel"], ["-mcomment"], ["--comment", "x"], ["-mV"], ["-ptcp"], ["--proto", "tcp"], ["-p", "all"],
          ["-j", "LOG", "--log-prefix", "x"], ["-j", "MARK", "--set-mark", "1"], ["-j", "DOCKER"], ["-j", "QUAYWALL"], ["-j", "nosuch"], ["-j"], ["--"], ["-"], [""],
          ["!"], ["!", "!"], ["-s", "example.invalid"], ["-s", "0/0"], ["-s", "192.0.2.1,192.0.2.2"], ["-i", "+"], ["COMMIT"], ["*nat"], ["# x"],
          ["-m", "comment", "--comment", "rack-19\""], ["-m", "comment", "--comment", "a b"], ["-m", "comment", "--comment", "a'b"],
          ["-m", "comment", "--comment", "a\\"], ["-m", "comment", "--comment", "a\\\" -j ACCEPT"], ["-m", "comment", "--comment", "\"\""],
          ["-m", "comment", "--comment", ""], ["-m", "comment", "--comment", "%%REJECT%%"], ["%%LOGTYPE%%"], ["%%ICMP%%"], ["-p", "%%ICMP%%"],
          ["-m", "comment", "--comment", "\u00e9\u202e"], ["-m", "comment", "--comment", "x" * 255], ["-m", "comment", "--comment", "quaywall:web"],
          ["-m", "comment", "--comment", "-j"], ["-m", "comment", "--comment", "]]>"], ["-m", "comment", "--comment", "<rule>&amp;"]]
CHARACTERS = ["\"", "'", "\\", " ", "\t", "\n", ";", "|", "#", "*", "%", "=", ",", "!", "-", "\u00e9", "<", "&", "\x01", "\x7f"]


class Words(random.Random):
    def rule(self):
        words = [word for match in self.sample(MATCHES, self.choice([0, 1, 1, 2])) for word in match]
        words += ["-j", self.choice(TARGETS)] if self.random() < 0.95 else []
        for _ in range(self.choice([0, 1, 1, 1, 2])):
            trick = self.choice(TRICKS)
            at = self.choice([0, len(words), self.randint(0, len(words))])
            words[at:at] = trick
        if words and self.random() < 0.25:
            at = self.randrange(len(words))
            words[at] = self.mangled(words[at])
        return words

    def mangled(self, word):
        at = self.randint(0, len(word))
        return self.choice([word[:at] + self.choice(CHARACTERS) + word[at:], word[:at], word * 2, word.upper(), word + "=" + self.choice(TARGETS)])


def rules(family):
    tool = "iptables" if family == "ipv4" else "ip6tables"
    return [line for table in ("filter", "nat") for line in
            subprocess.run([tool, "-w", "-t", table, "-S"], capture_output=True, text=True, check=True).stdout.splitlines()]


def has(family, words):
    """Asks iptables itself, with the same words."""
    tool = "iptables" if family == "ipv4" else "ip6tables"
    return subprocess.run([tool, "-w", "-C", "DOCKER-USER", *words], capture_output=True, check=False).returncode == 0


def target(words):
    for at, word in enumerate(words[:-1]):
        if word in ("-j", "--jump"):
            return words[at + 1]
    return None


class Attack:
    def __init__(self, seed):
        self.words, self.bus, self.counts = Words(seed), wire.Connection(timeout=120), collections.Counter()
        self.kept = []

    def bad(self, sentence, *what):
        self.counts["bad"] += 1
        print("bad", sentence, *what, flush=True)

    def call(self, member, family, words):
        try:
            self.bus.call(NAME, PATH, NAME + ".Direct", member, "siasa{sv}", family, self.words.priority, words, [])
        except wire.Refused as error:
            self.counts[error.args[0]] += 1
            return False
        return True

    def step(self):
        family = self.words.choice(["ipv4", "ipv4", "ipv4", "ipv6"])
        self.words.priority = self.words.choice([0, 0, -10, 5])
        words = self.words.rule()
        before = rules(family)
        taken = self.call("AddRule", family, words)
        after = rules(family)
        self.counts["taken" if taken else "refused"] += 1
        more = list((collections.Counter(after) - collections.Counter(before)).elements())
        less = list((collections.Counter(before) - collections.Counter(after)).elements())
        # the first rule of a family creates the chain in the kernel, and Docker's jump is moved to the top
        more = [line for line in more if not re.match(r"-N DOCKER-USER|-A DOCKER-USER -j RETURN|-A FORWARD ", line)]
        less = [line for line in less if not line.startswith("-A FORWARD ")]
        # iptables itself makes a rule of each address in a list
        several = any("," in word for flag, word in zip(words, words[1:]) if flag in ("-s", "-d", "--source", "--destination", "--src", "--dst"))
        if less or (more and not taken) or (len(more) > 1 and not several):
            self.bad("changed other rules:", family, words, "taken" if taken else "refused", "more", more, "less", less)
        if not taken:
            return
        again = not more  # it existed already, which is no error
        if not has(family, words):
            self.bad("is not in the kernel as it was asked for:", family, words)
        for line in more:
            if not line.startswith("-A DOCKER-USER "):
                self.bad("went to another chain:", family, words, line)
            if target(words) is None or not re.search(rf" -j {re.escape(target(words))}( |$)", line):
                self.bad("has not its target:", family, words, line)
        # with the same or other words: "-p all -j DROP" is "-j DROP", and removing it would remove the rule that is kept
        if again:
            return
        if self.words.random() < 0.2 and len(self.kept) < 8:
            self.kept.append((family, self.words.priority, words))
            return
        if not self.call("RemoveRule", family, words):
            self.bad("cannot be removed again:", family, words)
        elif collections.Counter(rules(family)) != collections.Counter(before) and not less:
            left = list((collections.Counter(rules(family)) - collections.Counter(before)).elements())
            left = [line for line in left if not re.match(r"-N DOCKER-USER|-A DOCKER-USER -j RETURN|-A FORWARD ", line)]
            if left:
                self.bad("left behind:", family, words, left)

    def reload(self):
        """An accepted permanent rule exists after firewalld's reload, and so does the administrator's own rule."""
        subprocess.run(["firewall-cmd", "-q", "--reload"], check=False)
        self.counts["reloads"] += 1
        self.settle()
        state = subprocess.run(["firewall-cmd", "--state"], capture_output=True, text=True, check=False)
        if "running" not in (state.stdout + state.stderr).split():
            self.bad("firewalld is not running after:", [words for _, _, words in self.kept], state.stderr)
        try:
            xml.etree.ElementTree.parse("/etc/firewalld/direct.xml")
        except xml.etree.ElementTree.ParseError as error:
            self.bad("direct.xml cannot be read after:", [words for _, _, words in self.kept], error)
        if not any("203.0.113.77" in line and line.endswith("-j DROP") for line in rules("ipv4")):
            self.bad("the administrator's own rule is gone after:", [words for _, _, words in self.kept])
        for family, priority, words in self.kept:
            if not has(family, words):
                self.bad("is gone after a reload:", family, words)
            self.words.priority = priority
            if not self.call("RemoveRule", family, words):
                self.bad("cannot be removed after a reload:", family, words)
        self.kept = []

    def settle(self):
        """Waits while Docker rewrites its rules for some seconds, so that it is not mistaken for somebody else."""
        same, last, end = 0, None, time.monotonic() + 30
        while same < 4 and time.monotonic() < end:
            time.sleep(0.5)
            now = rules("ipv4") + rules("ipv6")
            same, last = (same + 1 if now == last else 0), now

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.counts["bad"] < 200:
            self.step()
            self.counts["rules"] += 1
            if self.counts["rules"] % 150 == 0 or len(self.kept) >= 8:
                self.reload()
        self.reload()
        for key, value in self.counts.most_common():
            print(f"# {key}: {value}")
        print("rules", self.counts["rules"], flush=True)


Attack(int(sys.argv[2])).run(float(sys.argv[1]))
