#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ListPorts and kernel agree: random policies, and random clients of every published port, with real packets.

ports-property.py ROUNDS CLIENTS [SEED]
    Runs in the lab, beside quaywalld. Each round sets random policies, after CheckChange has said which ports other clients will
    reach then, reads ListPorts, lets CLIENTS random clients connect to
    each port of the list, and compares which get an answer. Prints a line for each disagreement, and the seed. Exit status 1 if
    there was one. docker-proxy is behind firewalld's INPUT: the lab opens the ports there.
"""
import ipaddress
import random
import sys

import dbus

from world import CLIENTS, COMES_IN_BY, HOST, Prober, family, random_policies, vardict

EVERYWHERE = ("0.0.0.0", "::")


def is_in(address, ranges):
    """Whether the address is in one of "192.168.1.1", "192.168.1.0/24", "192.168.1.1-192.168.1.3"."""
    address = ipaddress.ip_address(address)
    for text in ranges:
        if "-" in text:
            first, last = map(ipaddress.ip_address, text.split("-"))
            if first <= address <= last:
                return True
        elif address in ipaddress.ip_network(text):
            return True
    return False


def read_list(port, interface, dialled):
    """As a reader uses the list: the last matching exception counts."""
    for exception in reversed(port.get("exceptions", [])):
        if exception.get("interface", interface) == interface and is_in(dialled, [exception.get("destination", dialled)]):
            return exception
    return port


def may_enter(reach, source):
    if reach["reach"] == "sources":
        return is_in(source, reach["sources"])
    return reach["reach"] == "everyone" and not is_in(source, reach.get("except", []))


def draw_client(dice, port):
    """A random client of the port: its place, its address, and the address that it dials."""
    address = port["host-address"]
    place = dice.choice(list(COMES_IN_BY))
    source = dice.choice([a for a in CLIENTS[place] if family(a) == family(address)])
    dialled = dice.choice([a for a in HOST if family(a) == family(address)]) if address in EVERYWHERE else address
    return place, source, dialled


def which(port):
    return tuple(port.get(key) for key in ("container", "protocol", "host-address", "host-port", "container-port", "path"))


def reach_of(port):
    return {key: port[key] for key in ("reach", "sources", "except", "source-count", "exceptions") if key in port}


def set_random(dice, engine, policies):
    """Sets them in place of all others. Returns them, the ports, and what CheckChange foretold wrongly."""
    while True:
        chosen = random_policies(dice)
        gone = [name for name in policies.List() if name not in chosen]
        new = dbus.Dictionary({name: vardict(one) for name, one in chosen.items()}, signature="sa{sv}")
        now = {which(port): port for port in engine.ListPorts()}
        foretold = policies.CheckChange(new, dbus.Array(gone, signature="s"), vardict({"scope": "runtime"}), timeout=60)
        try:
            policies.ReplaceAll(new, vardict({"scope": "runtime"}), timeout=60)
        except dbus.DBusException as error:
            # overlapping addresses or ports: draw again
            name = error.get_dbus_name().rsplit(".", 1)[1]
            if name not in [row[4] for row in foretold["errors"]]:
                raise
            continue
        ports = engine.ListPorts()
        changed = {which(port): port for port in foretold["ports"]}
        wrong = list(foretold["errors"])
        for port in ports:
            row = changed.pop(which(port), None)
            before = now[which(port)]
            if not row and reach_of(before) != reach_of(port):
                wrong.append(("not foretold", before, port))
            elif row and (any(row["after"].get(key) != port.get(key) for key in row["after"]) or
                          any(row["before"].get(key) != before.get(key) for key in row["before"])):
                wrong.append((row, before, port))
        return chosen, ports, wrong + list(changed)


def main(rounds, clients, seed):
    dice = random.Random(seed)
    proxy = dbus.SystemBus().get_object("org.quaywall1", "/org/quaywall1", introspect=False)
    engine = dbus.Interface(proxy, "org.quaywall1.Engine")
    policies = dbus.Interface(proxy, "org.quaywall1.Policies")
    probers = {place: Prober(place) for place in COMES_IN_BY}
    compared = {"dnat": [0, 0], "docker-proxy": [0, 0]}
    exceptional = wrong = 0
    for number in range(rounds):
        chosen, listed, misses = set_random(dice, engine, policies)
        for miss in misses:
            wrong += 1
            print(f"round {number}: CheckChange: {miss}")
        ports = [port for port in listed if port.get("running") and "host-port" in port and
                 not port["host-address"].startswith("127.")]
        asked, jobs = [], {}
        for port in ports:
            for _ in range(clients):
                place, source, dialled = draw_client(dice, port)
                reach = read_list(port, COMES_IN_BY[place], dialled)
                expected = may_enter(reach, source)
                exceptional += reach is not port
                jobs.setdefault(place, []).append(f"{len(asked)} {source} {dialled} {port['host-port']} {port['protocol']} "
                                                  f"{6 if expected else 1}")
                asked.append((port, place, source, dialled, expected))
        for place, lines in jobs.items():
            probers[place].send(lines)
        for place in jobs:
            for index, word in probers[place].results():
                port, place, source, dialled, expected = asked[index]
                compared[port["path"]][expected] += 1
                if (word == "answered") == expected:
                    continue
                wrong += 1
                told = {str(key): port[key] for key in ("host-address", "host-port", "protocol", "path", "reach", "sources", "except",
                                                        "exceptions", "policies") if key in port}
                print(f"round {number}: {source} by {COMES_IN_BY[place]} to {dialled}: {word}, listed as {told}")
                print(f"    policies: {chosen}")
    policies.ReplaceAll(dbus.Dictionary({}, signature="sa{sv}"), vardict({"scope": "runtime"}), timeout=60)
    print(f"seed {seed}: {compared} [kept out, let in], {exceptional} by an exception, {wrong} wrong")
    # a run in which no client gets in, or none is blocked, proves nothing
    return 1 if wrong or not all(map(all, compared.values())) or not exceptional else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)))
