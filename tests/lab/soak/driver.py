#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""driver.py SECONDS SEED ASAN [STEP...]: random changes, events and packets, compared with a model of what must pass.

Runs in the lab beside soak.lab, which performs the events on request. The results are in /run/soak.points, a status and a
sentence per line. The same SEED draws the same steps; what they meet depends on timing. With STEPs, only those are drawn.
"""
import collections
import os
import select
import statistics
import subprocess
import sys
import time

import model
import packets
from chance import NAMES, Chance
from service import Failed, Service, all_to_bus, options, to_bus

FOLDER = "/etc/quaywall/policies"
# How long others may take: Docker rewrites its rules, containers start.
PATIENCE = 25
SILENCE = 0.4
# In the second half of the time, once every kind of step was done.
GROWTH_KIB = 1024


class Disagreement(Exception):
    pass


class Soak:
    def __init__(self, seconds, seed, asan, only):
        self.seconds, self.asan, self.only = seconds, asan, only
        # how often packets are tried depends on timing; the steps must not
        self.chance, self.probing = Chance(seed), Chance(seed)
        self.clients = packets.Clients(["outside", "outside1", "inside"])
        self.commands = open("/run/soak.do", "w", buffering=1, encoding="ascii")
        self.statuses = open("/run/soak.done", encoding="ascii")
        self.service = Service()
        self.runtime, self.permanent = {}, {}
        self.direct = set()  # (client, port, protocol) dropped by a rule of Direct
        self.foreign = False  # a foreign rule drops everything from 192.168.1.3
        self.file_is_broken = False
        self.points, self.steps, self.probed = [], collections.Counter(), collections.Counter()
        self.history = collections.deque(maxlen=25)
        self.samples = []
        self.begin = time.monotonic()

    # ---- the lab ----

    def say(self, text):
        line = f"{time.monotonic() - self.begin:7.1f} {text}"
        self.history.append(line)
        print(f"# {line}", flush=True)

    def ask(self, command):
        print(command, file=self.commands)

    def answer(self):
        return int(self.statuses.readline() or 99)

    def do(self, command):
        self.ask(command)
        status = self.answer()
        if status:
            with open("/run/soak.out", encoding="utf-8", errors="replace") as out:
                raise Disagreement(f"the lab: {command}: status {status}: {out.read()[-2000:]}")

    # ---- expectations ----

    def expected_state(self):
        if self.file_is_broken:
            return "degraded"
        return "enforcing" if any(p.get("enabled", True) for p in self.runtime.values()) else "idle"

    def settle(self):
        wanted = self.expected_state()

        def reached():
            problems = self.service.get("Problems")
            return self.service.get("State") == wanted and all(p[0] == "policy-file" for p in problems)
        if not self.service.wait_until(reached, PATIENCE):
            problems = [f"{p[0]}: {p[1]}" for p in self.service.get("Problems")]
            raise Disagreement(f"State is {self.service.get('State')} and not {wanted} after {PATIENCE} s: {problems}")

    def check_list(self):
        listed = {name: model.to_xml(policy) for name, policy in self.service.policies().items()}
        expected = {name: model.to_xml(policy) for name, policy in self.runtime.items()}
        if listed != expected:
            raise Disagreement(f"List says {listed}, the model {expected}")
        files = {name[:-4] for name in os.listdir(FOLDER) if name.endswith(".xml")}
        if files != set(self.permanent) | ({"broken"} if self.file_is_broken else set()):
            raise Disagreement(f"{FOLDER} holds {sorted(files)}, the model {sorted(self.permanent)}")

    def connections(self):
        """(namespace, packet) of every connection that the lab can try."""
        found = []
        ports = [(8080, "tcp", "web", "bridge"), (8080, "udp", "web", "bridge"), (8081, "tcp", "side", "front")]
        for namespace, interface, clients, hosts in (
                ("outside", "ext0", ["192.168.1.1", "192.168.1.2", "192.168.1.3", "192.168.1.50"], ["192.168.1.99", "192.168.1.98"]),
                ("outside", "ext0", ["fd01::1", "fd01::2", "fd01::50"], ["fd01::99"]),
                ("outside1", "ext1", ["10.1.2.1", "10.1.2.50"], ["10.1.2.3", "192.168.1.99"]),
                ("outside1", "ext1", ["fd02::1"], ["fd02::3"])):
            found += [(namespace, model.Packet(client, interface, host, port, protocol, container, network))
                      for client in clients for host in hosts for port, protocol, container, network in ports]
        found += [("outside", model.Packet(client, "ext0", "172.30.0.2", 80, "tcp", "side", "front", published=8081))
                  for client in ("192.168.1.1", "192.168.1.50")]
        return found

    def dropped_by_rule(self, packet):
        """Whether a rule in DOCKER-USER drops it that is no policy's: it may be missing for a while after an event."""
        if ":" in packet.client:
            return False
        if self.foreign and packet.client == "192.168.1.3":
            return True
        return (packet.client, packet.port, packet.protocol) in self.direct

    def try_all(self, tried, seconds):
        return self.clients.ask([(n, p.client, p.host, p.port, p.protocol) for n, p in tried], seconds)

    def sample(self, size):
        sample = []
        for namespace, packet in self.probing.sample(self.connections(), size):
            sample.append((namespace, packet, model.gets_in(self.runtime, packet)))
        return sample

    def probe_forbidden(self, size=16):
        """What policies forbid never gets in, whatever happens: tried once, without waiting."""
        tried = [(n, p) for n, p, expected in self.sample(size) if not expected]
        for (_, packet), answered in zip(tried, self.try_all(tried, SILENCE)):
            self.probed["forbidden, at once"] += 1
            if answered:
                raise Disagreement(f"forbidden, and it got in: {packet}")

    def probe(self, size=20):
        """What is forbidden stays out. What is allowed gets in, and single rules are back, once everything has settled."""
        forbidden, allowed, ruled = [], [], []
        for namespace, packet, expected in self.sample(size):
            kind = forbidden if not expected else ruled if self.dropped_by_rule(packet) else allowed
            kind.append((namespace, packet))
        for (_, packet), answered in zip(forbidden, self.try_all(forbidden, SILENCE)):
            if answered:
                raise Disagreement(f"forbidden, and it got in: {packet}")
        self.until("allowed, and it did not get in", allowed, 2, lambda answered: answered)
        self.until("dropped by a rule, and it got in", ruled, SILENCE, lambda answered: not answered)
        self.probed["forbidden"] += len(forbidden)
        self.probed["allowed"] += len(allowed)
        self.probed["dropped by a single rule"] += len(ruled)
        self.probe_forward()

    def until(self, wrong, tried, seconds, good):
        end = time.monotonic() + PATIENCE
        while tried:
            tried = [one for one, answered in zip(tried, self.try_all(tried, seconds)) if not good(answered)]
            time.sleep(0.1 if tried else 0)  # it was answered at once, but wrongly, and no event tells when that changes
            if tried and time.monotonic() > end:
                raise Disagreement(f"{wrong} for {PATIENCE} s: {', '.join(str(packet) for _, packet in tried)}")

    def probe_forward(self):
        expected = model.forwards(self.runtime, "int0", "ext0")
        one = ("inside", model.Packet("10.9.0.1", "int0", "192.168.1.1", 9000, "tcp"))
        back = ("outside", model.Packet("192.168.1.1", "ext0", "10.9.0.1", 9001, "tcp"))
        if expected:
            self.until("a forward does not let it pass", [one], 2, lambda answered: answered)
        elif self.try_all([one], SILENCE)[0]:
            raise Disagreement(f"no forward, and it passed: {one[1]}")
        if self.try_all([back], SILENCE)[0]:
            raise Disagreement(f"no forward, and it passed: {back[1]}")
        self.probed["forwarded" if expected else "not forwarded"] += 1

    # ---- changes ----

    def change(self, method, arguments, edit, **wanted):
        """Calls method and applies edit to the model. A refused change must change nothing."""
        scope = wanted.get("scope", "both")
        try:
            token = self.service.call("Policies", method, *arguments, options(**wanted))
        except Failed as error:
            raise Disagreement(f"{method} failed: {error.name}: {error}") from error
        for part, policies in (("runtime", self.runtime), ("permanent", self.permanent)):
            if scope in (part, "both"):
                edit(policies)
        return token

    def set(self, name, policy, **wanted):
        return self.change("Set", (name, to_bus(policy)), lambda policies: policies.update({name: policy}), **wanted)

    def remove(self, name, **wanted):
        return self.change("Remove", (name,), lambda policies: policies.pop(name, None), **wanted)

    def refused(self, name, method, *arguments, interface="Policies"):
        try:
            self.service.call(interface, method, *arguments)
        except Failed as error:
            if error.name != name:
                raise Disagreement(f"{method} failed with {error.name} ({error}), expected {name}") from error
            return
        raise Disagreement(f"{method} was accepted, expected {name}")

    def step_set(self):
        self.set(self.chance.choice(NAMES), self.chance.policy())

    def step_set_scope(self):
        self.set(self.chance.choice(NAMES), self.chance.policy(), scope=self.chance.choice(["runtime", "permanent"]))

    def step_remove(self):
        if self.runtime:
            name = self.chance.choice(sorted(self.runtime))
            self.remove(name)
        else:
            self.refused("NoSuchPolicy", "Remove", "nobody", options())

    def step_replace_all(self):
        policies = {name: self.chance.policy() for name in self.chance.sample(NAMES, self.chance.randint(0, 4))}

        def edit(there):
            there.clear()
            there.update(policies)
        self.change("ReplaceAll", (all_to_bus(policies),), edit)

    def step_wrong(self):
        policy, error = self.chance.wrong_policy()
        self.refused(error, "Set", "wrong", to_bus(policy), options())

    def step_confirm(self):
        """A change with a deadline: confirmed, rolled back, or left alone. Other changes are refused meanwhile."""
        before = dict(self.runtime), dict(self.permanent)
        end = self.chance.choice(["Confirm", "Rollback", "silence", "silence, and quaywalld is killed"])
        if end.endswith("killed") and self.is_measured():
            end = "silence"
        self.say(f"... {end}")
        token = self.set(self.chance.choice(NAMES), self.chance.policy(), confirm_within=3 if end[0] == "s" else 600)
        self.probe_forbidden()
        self.refused("ChangePending", "Set", "p0", to_bus(self.chance.policy()), options())
        if end in ("Confirm", "Rollback"):
            self.service.call("Policies", end, token)
        if end != "Confirm":
            self.runtime, self.permanent = before
        if end.endswith("killed"):
            self.do("quaywalld_kill; quaywalld_start")
        if end[0] == "s":
            wanted = sorted(self.runtime)
            names = {name: model.to_xml(policy) for name, policy in self.runtime.items()}
            if not self.service.wait_until(
                    lambda: {n: model.to_xml(p) for n, p in self.service.policies().items()} == names, PATIENCE):
                raise Disagreement(f"silence did not bring back {wanted}")
            self.service.wait_until(lambda: not os.path.exists("/var/lib/quaywall/pending"), 10)
        self.refused("InvalidOption", "Confirm", token)

    def step_edit_files(self):
        """Edits the folder by hand. A file may be broken: Reload reports it, and it affects nothing else."""
        self.file_is_broken = self.chance.random() < 0.3
        broken = f"{FOLDER}/broken.xml"
        if self.file_is_broken:
            with open(broken, "w", encoding="ascii") as file:
                file.write("<policy action='allow-only'><source address='192.168.1.")
        elif os.path.exists(broken):
            os.unlink(broken)
        if self.chance.random() < 0.7:
            name, policy = self.chance.choice(NAMES), self.chance.policy()
            with open(f"{FOLDER}/{name}.xml", "w", encoding="ascii") as file:
                file.write(model.to_xml(policy))
            self.permanent[name] = policy
        if self.file_is_broken:
            self.refused("InvalidPolicy", "Reload", interface="Manager")
        else:
            self.service.call("Manager", "Reload")
        self.runtime = dict(self.permanent)

    def step_direct(self):
        rule = (self.chance.choice(["192.168.1.1", "192.168.1.2", "10.1.2.1"]), *self.chance.choice([(8080, "tcp"), (8080, "udp")]))
        client, port, protocol = rule
        words = f"-s {client} -p {protocol} -m conntrack --ctorigdstport {port} --ctdir ORIGINAL -j DROP".split()
        method = "RemoveRule" if rule in self.direct else "AddRule"
        self.service.call("Direct", method, "ipv4", len(client), words, options())
        self.direct ^= {rule}

    def step_zone(self):
        """Only Docker's bridges may be in the zone "docker"; other interfaces may be moved between the other zones."""
        self.service.call("Zone", "Ensure", options())
        self.refused("InvalidInterface", "AddInterface", "dummy0", options(zone="docker", replace=True), interface="Zone")
        self.service.call("Zone", "AddInterface", "dummy0", options(zone="work", replace=True))
        self.service.call("Zone", "ListInterfaces")
        self.service.call("Zone", "RemoveInterface", "dummy0", options(zone="work"))

    def step_forward(self):
        """A forward takes a reload of firewalld, which drops foreign rules that only the kernel has."""
        if "route" in self.runtime:
            self.remove("route")
        else:
            self.set("route", {"action": "forward", "interfaces": ["int0"], "out-interfaces": ["ext0"]})
        self.ask("iptables -w -C DOCKER-USER -s 192.168.1.3 -j DROP")
        self.foreign = self.answer() == 0

    def step_read(self):
        problems = self.service.call("Manager", "Verify")
        if len(problems) != self.file_is_broken:
            raise Disagreement(f"Verify says {problems}")
        counters = self.service.call("Policies", "Counters")
        if set(counters) != {name for name, policy in self.runtime.items() if policy["action"] != "forward"}:
            raise Disagreement(f"Counters says {list(counters)}")
        self.service.call("Policies", "Check", "p0", to_bus(self.chance.policy()))
        self.service.call("Direct", "ListRules")

    def step_repair_changes_nothing(self):
        before = self.ruleset()
        self.service.call("Manager", "Repair")
        if self.ruleset() != before:
            raise Disagreement("Repair changed a ruleset that was verified")

    def ruleset(self):
        self.do("nft -s list ruleset >/run/soak.ruleset")
        with open("/run/soak.ruleset", encoding="utf-8") as file:
            return file.read()

    # ---- events ----

    def event(self, command, clears_foreign=False, strict=True):
        self.ask(command)
        while strict and not self.is_answered():
            self.probe_forbidden(8)
        status = self.answer()
        if status:
            with open("/run/soak.out", encoding="utf-8", errors="replace") as out:
                raise Disagreement(f"the lab: {command}: status {status}: {out.read()[-2000:]}")
        if clears_foreign:
            self.foreign = False

    def is_answered(self):
        return bool(select.select([self.statuses], [], [], 0.1)[0])

    def step_foreign(self):
        """A foreign rule: quaywall leaves it alone, and it keeps its effect until somebody else removes it."""
        if self.foreign:
            self.do("iptables -w -C DOCKER-USER -s 192.168.1.3 -j DROP && iptables -w -D DOCKER-USER -s 192.168.1.3 -j DROP")
        else:
            self.do("iptables -w -I DOCKER-USER -s 192.168.1.3 -j DROP")
        self.foreign = not self.foreign

    def step_race(self):
        """A change while firewalld reloads, or quaywalld is killed: the answer is true, and the state is old or new."""
        kill = self.chance.random() < 0.4 and not self.is_measured()
        command = "quaywalld_kill; quaywalld_start" if kill else self.chance.choice(["event_reload", "event_firewalld_restart"])
        name, policy = self.chance.choice(NAMES), self.chance.policy()
        old, self.foreign = dict(self.runtime), False
        new = {**self.runtime, name: policy}
        self.say(f"... {command}")
        if kill:
            call = self.service.start("Policies", "Set", name, to_bus(policy), options())
            self.ask(command)
        else:
            self.ask(command)
            call = self.service.start("Policies", "Set", name, to_bus(policy), options())
        error = None
        try:
            call.wait()
        except Failed as failure:
            error = failure
            self.say(f"... {error.name}")
        if self.answer():
            raise Disagreement(f"the lab: {command}")
        listed = {n: model.to_xml(p) for n, p in self.service.policies().items()}
        done = listed == {n: model.to_xml(p) for n, p in new.items()}
        if not done and listed != {n: model.to_xml(p) for n, p in old.items()}:
            raise Disagreement(f"List says {listed}: neither the old nor the new policies")
        # a killed quaywalld could not answer; otherwise the answer must be true
        if (error is None and not done) or (error and done and not kill):
            raise Disagreement(f"answered {error.name if error else 'well'}, and the change was{'' if done else ' not'} made")
        if done:
            self.runtime[name] = self.permanent[name] = policy

    def is_measured(self):
        """The second half of the time, in which quaywalld is not restarted and its memory is watched."""
        return time.monotonic() - self.begin > self.seconds / 2

    STEPS = [
        (30, "set"), (6, "set_scope"), (12, "remove"), (5, "replace_all"), (4, "wrong"), (8, "confirm"), (7, "edit_files"),
        (6, "direct"), (3, "zone"), (2, "forward"), (8, "read"), (4, "repair_changes_nothing"), (4, "foreign"), (4, "race"),
    ]
    # (weight, name, removes foreign rules, what policies forbid stays out meanwhile)
    EVENTS = [
        (4, "reload", True, True), (1, "complete_reload", True, True), (2, "firewalld_restart", True, True),
        (1, "firewalld_kill", True, True), (1, "dockerd_restart", False, True), (1, "dockerd_kill", False, True),
        (2, "container_restart", False, True), (2, "network", False, True), (1, "publish", False, False),
        (2, "quaywalld_restart", False, True), (2, "quaywalld_kill", False, True), (2, "flush_docker_user", True, True),
        (2, "delete_guard", False, False), (1, "flush_guard", False, False), (1, "delete_rule", True, True),
        (1, "move_jump", False, True), (1, "alter_permanent", False, True), (1, "flush_filter", True, True),
    ]

    def draw(self):
        events = [event for event in self.EVENTS if not (self.is_measured() and event[1].startswith("quaywalld"))]
        steps = [one for one in self.STEPS + events if not self.only or one[1] in self.only]
        chosen = self.chance.choices(steps, [one[0] for one in steps])[0]
        if len(chosen) == 2:
            return chosen[1], getattr(self, f"step_{chosen[1]}")
        _, name, clears, strict = chosen
        return name, lambda: self.event(f"event_{name}", clears_foreign=clears, strict=strict)

    def one_step(self):
        name, act = self.draw()
        self.say(f"{name} (policies: {' '.join(sorted(self.runtime)) or 'none'})")
        self.steps[name] += 1
        foreign = self.foreign
        act()
        if name == "flush_docker_user" and self.direct:
            # only firewalld restores single rules, when it reloads; quaywall repairs those of policies
            self.event("event_reload", clears_foreign=True)
        if name not in ("delete_guard", "flush_guard", "publish"):
            self.probe_forbidden()
        self.settle()
        if name == "delete_rule" and foreign:
            # repaired rule by rule, foreign rules stay; if that is impossible, firewalld reloads
            rule = ["iptables", "-w", "-C", "DOCKER-USER", "-s", "192.168.1.3", "-j", "DROP"]
            self.foreign = subprocess.run(rule, capture_output=True, check=False).returncode == 0
        self.check_list()
        self.probe()
        self.samples.append((time.monotonic() - self.begin, self.service.pid(), *(self.service.memory() or (0, 0))))

    # ---- the run ----

    def point(self, good, sentence):
        self.points.append((0 if good else 1, sentence))

    def run(self):
        self.do("baseline before")
        try:
            while time.monotonic() - self.begin < self.seconds:
                self.one_step()
            self.point(True, f"{sum(self.steps.values())} steps and their packets are as the model says")
        except (Disagreement, Failed) as wrong:
            print(f"# DISAGREEMENT: {wrong}\n# runtime: {self.runtime}\n# permanent: {self.permanent}\n# direct: {self.direct}, "
                  f"foreign: {self.foreign}\n# the last steps:", *(f"#   {line}" for line in self.history), sep="\n", flush=True)
            self.point(False, f"the model and the packets agree: {wrong}".splitlines()[0])
            self.do("show_state >$L/soak-state.log")
            return
        print("# steps:", ", ".join(f"{n} x {name}" for name, n in self.steps.most_common()))
        print("# packets:", ", ".join(f"{n} {name}" for name, n in sorted(self.probed.items())))
        self.judge_memory()
        self.leave_nothing()

    def judge_memory(self):
        pid = self.samples[-1][1]
        # once this process has met everything
        half = [s for s in self.samples if s[1] == pid and s[0] > self.seconds / 2]
        if self.asan or len(half) < 20:
            print(f"# memory: not judged ({len(half)} samples of the last process)")
            return
        third = len(half) // 3
        first, last = (statistics.median(s[2] for s in part) for part in (half[:third], half[-third:]))
        files = [s[3] for s in half]
        print(f"# memory: {first:.0f} KiB, then {last:.0f} KiB resident, {max(s[2] for s in half)} KiB at most; "
              f"{files[0]} to {files[-1]} open files, {len(half)} samples")
        self.point(last - first < GROWTH_KIB, f"resident memory grows by less than {GROWTH_KIB} KiB in the second half")
        self.point(files[-1] <= files[0] + 2, "and the open files do not either")

    def leave_nothing(self):
        """Removes everything; then the state must be that before the first step."""
        try:
            if self.file_is_broken:
                os.unlink(f"{FOLDER}/broken.xml")
                self.file_is_broken = False
                self.service.call("Manager", "Reload")
                self.runtime = dict(self.permanent)
            self.change("ReplaceAll", (all_to_bus({}),), lambda policies: policies.clear())
            for client, port, protocol in sorted(self.direct):
                words = f"-s {client} -p {protocol} -m conntrack --ctorigdstport {port} --ctdir ORIGINAL -j DROP".split()
                self.service.call("Direct", "RemoveRule", "ipv4", len(client), words, options())
            if self.foreign:
                self.step_foreign()
            self.direct.clear()
            self.settle()
            self.check_list()
            self.do("baseline after")
            self.probe()
            self.point(True, "all removed, everybody gets in again")
        except (Disagreement, Failed) as wrong:
            print(f"# {wrong}")
            self.point(False, f"all removed, everybody gets in again: {wrong}".splitlines()[0])


def main(arguments):
    soak = Soak(int(arguments[0]), int(arguments[1]), arguments[2] == "1", arguments[3:])
    try:
        soak.run()
    finally:
        with open("/run/soak.points", "w", encoding="utf-8") as file:
            file.writelines(f"{status} {sentence}\n" for status, sentence in soak.points)
    return 0


sys.exit(main(sys.argv[1:]))
