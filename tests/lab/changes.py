#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes policies one after the other. Each change lets 192.168.1.1 and fd01::1 reach the container "web" and blocks
192.168.1.50 and fd01::50, whatever address they dial: the former must never notice a change, and the latter never get in.

changes.py NUMBER [SEED]      NUMBER random changes by one caller; fails if one is refused
changes.py callers SECONDS    two callers at once, for that long and until ENOUGH changes are made: every answer must be true,
                              refusals included
"""
import random
import sys
import threading
import time

import dbus

from world import vardict

ALLOWED = ["192.168.1.1", "fd01::1"]
FORBIDDEN = ["192.168.1.50", "fd01::50"]
OTHERS = ["192.168.1.2", "192.168.1.3", "10.1.2.0/24", "10.9.0.1-10.9.0.9", "fd02::/64", "203.0.113.0/25", "fd09::1"]
PORTS = ["8080/tcp", "8080/udp"]


ENOUGH, PATIENCE = 10, 90  # changes; further seconds on a slow machine


def random_cover(dice):
    """A policy that covers all of web, blocks the forbidden clients and lets in the allowed ones."""
    policy = {"action": "allow-only", "sources": ALLOWED + dice.sample(OTHERS, dice.randint(0, 4))}
    if dice.random() < 0.3:
        policy = {"action": "deny", "sources": FORBIDDEN + dice.sample(OTHERS, dice.randint(0, 2))}
    policy.update(dice.choice([{"ports": PORTS}, {"ports": PORTS + ["8081/tcp"]}, {"ports": ["8000-8100/tcp", "8000-8100/udp"]},
                               {"containers": ["web"]}, {"containers": ["label=shop"]}, {"networks": ["bridge"]}, {}]))
    for key, value in (("interfaces", ["ext0"]), ("reject", True), ("log", True)):
        if dice.random() < 0.25:
            policy[key] = value
    return policy


def random_noise(dice):
    """A policy that affects neither."""
    return dice.choice([
        {"action": "deny", "ports": ["9000/tcp"]}, {"action": "allow-only", "sources": ["192.168.1.2"], "ports": ["8081/tcp"]},
        {"action": "deny", "containers": ["side"]}, {"action": "deny", "interfaces": ["int0"]},
        {"action": "deny", "sources": dice.sample(OTHERS, 2)}, {"action": "allow-only", "sources": ["192.168.1.2"], "networks": ["nowhere"]}])


class Caller:
    """A client that changes policies, with its own connection."""

    def __init__(self):
        bus = dbus.bus.BusConnection(dbus.bus.BusConnection.TYPE_SYSTEM)
        self.policies = dbus.Interface(bus.get_object("org.quaywall1", "/org/quaywall1", introspect=False), "org.quaywall1.Policies")
        self.none = dbus.Dictionary({}, signature="sv")

    def set(self, name, policy):
        self.policies.Set(name, vardict(policy), self.none, timeout=120)

    def remove(self, name):
        self.policies.Remove(name, self.none, timeout=120)

    def replace(self, policies):
        self.policies.ReplaceAll(dbus.Dictionary({name: vardict(one) for name, one in policies.items()}, signature="sa{sv}"), self.none,
                                 timeout=120)

    def get(self, name):
        """The policy, or None if there is none."""
        try:
            return {str(key): [str(one) for one in value] if isinstance(value, dbus.Array) else bool(value) if isinstance(value, dbus.Boolean)
                    else str(value) for key, value in self.policies.Get(name, timeout=120).items()}
        except dbus.DBusException as error:
            if error.get_dbus_name() != "org.quaywall1.Error.NoSuchPolicy":
                raise
            return None


def change(number, seed):
    """One or two policies cover web, under two names."""
    dice = random.Random(seed)
    caller = Caller()
    there = {"one": random_cover(dice)}
    caller.replace(there)
    print("ready", flush=True)
    start = time.monotonic()
    for _ in range(number):
        covers = [name for name in there if name in ("one", "two")]
        kind = dice.choice(["change", "change", "change", "add", "remove", "replace", "noise", "unnoise"])
        if kind == "change":
            name = dice.choice(covers)
            there[name] = random_cover(dice)
        elif kind == "add":
            name = dice.choice(["one", "two"])
            there[name] = random_cover(dice)
        elif kind == "noise":
            name = "noise"
            there[name] = random_noise(dice)
        elif kind == "replace":
            there = {dice.choice(["one", "two"]): random_cover(dice)}
            caller.replace(there)
            continue
        else:
            name = "noise" if kind == "unnoise" else dice.choice(covers)
            if name not in there or (name != "noise" and len(covers) == 1):
                continue
            del there[name]
            caller.remove(name)
            continue
        caller.set(name, there[name])
    print(f"seed {seed}: {number} changes, {(time.monotonic() - start) * 1000 / number:.0f} ms each", flush=True)


def is_as(policy, told):
    return told is None if policy is None else told is not None and all(told.get(key) == value for key, value in policy.items())


def call(index, end, seed, failures, counts, refusals):
    """Changes policies of its own; afterwards each must be as the answer said."""
    dice = random.Random(seed)
    caller = Caller()
    there = {}
    while time.monotonic() < end or (counts[0] < ENOUGH and time.monotonic() < end + PATIENCE):
        name = f"caller{index}-{dice.randint(0, 2)}"
        policy = None if dice.random() < 0.3 else dice.choice([random_cover, random_noise])(dice)
        before = there.get(name)
        try:
            if policy is None:
                caller.remove(name)
            else:
                caller.set(name, policy)
            there[name] = policy
            counts[0] += 1
        except dbus.DBusException as error:
            counts[1] += 1
            refusals.setdefault(str(error)[:160], 0)
            refusals[str(error)[:160]] += 1
            # a missing policy cannot be removed; firewalld may be away, or refuse during its reload
            allowed = ["NoSuchPolicy"] if policy is None and before is None else ["FirewalldNotRunning", "FirewalldFailed"]
            if error.get_dbus_name().rsplit(".", 1)[1] not in allowed:
                failures.append(f"{name}: {error}")
        told = caller.get(name)
        if not is_as(there.get(name), told):
            failures.append(f"{name}: told {told}, but {there.get(name)} was set")


def call_both(seconds):
    end = time.monotonic() + seconds
    failures, counts, refusals = [], [0, 0], {}
    threads = [threading.Thread(target=call, args=(index, end, random.randrange(1 << 32), failures, counts, refusals)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        print(failure)
    for refusal, number in refusals.items():
        print(f"{number} x {refusal}")
    print(f"{counts[0]} changes by two callers, {counts[1]} refused, {len(failures)} untrue answers")
    return 1 if failures or counts[0] < ENOUGH else 0


if __name__ == "__main__":
    if sys.argv[1] == "callers":
        sys.exit(call_both(int(sys.argv[2])))
    change(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32))
