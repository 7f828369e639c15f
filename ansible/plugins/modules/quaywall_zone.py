#!/usr/bin/python
# SPDX-License-Identifier: LGPL-2.1-or-later

DOCUMENTATION = r"""
---
module: quaywall_zone
short_description: Interfaces in firewalld's zone for Docker, and in other zones
description:
  - Puts interfaces into a zone of firewalld, or removes them from it, now and permanently.
  - The zone C(docker), unless I(state=absent), is also made or corrected (its target is C(ACCEPT)), with docker0 in it. Making it
    reloads firewalld once.
  - If one interface is refused, those that the task has moved before are put back.
version_added: 0.1.0
author: The quaywall developers (@quaywall)
requirements:
  - quaywalld, running on the managed host
  - python3-gi on the managed host, which firewalld needs itself
options:
  zone:
    description: The zone. C(docker) accepts everything, so only bridges of Docker's can be put into it.
    type: str
    default: docker
  interfaces:
    description: Names of interfaces, which need not exist yet.
    type: list
    elements: str
    default: []
  state:
    description: Whether the interfaces are to be in the zone.
    type: str
    choices: [present, absent]
    default: present
  replace:
    description: Move an interface that is in another zone. Without it, that is the error C(ZoneConflict).
    type: bool
    default: false
attributes:
  check_mode:
    description: Predicts what would change. Whether quaywalld takes an interface for one of Docker's, shows only when it is added.
    support: full
  diff_mode:
    description: Shows the zones of the interfaces that move, before and after.
    support: full
"""

EXAMPLES = r"""
- name: firewalld's zone for Docker is there and has docker0
  quaywall.quaywall.quaywall_zone:

- name: A bridge of Docker's that somebody had put into another zone
  quaywall.quaywall.quaywall_zone:
    interfaces: [br-shop]
    replace: true
"""

RETURN = r"""
interfaces:
  description: The interfaces that were moved; in check mode, that would be.
  returned: success
  type: list
  elements: str
error:
  description: The name of quaywalld's error, for example C(ZoneConflict).
  returned: when quaywalld refuses the change
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quaywall.quaywall.plugins.module_utils import quaywalld

DOCKER = "docker"
SCOPES = ("runtime", "permanent")


def zones_of(daemon):
    """Interface to its zones, now and permanently; None: in no zone."""
    zones = {}
    for interface, zone, now, later in daemon.call("Zone.ListInterfaces")[0]:
        there = zones.setdefault(interface, [None, None])
        for i, is_in in enumerate((now, later)):
            if is_in:
                there[i] = zone
    return zones


def options_of(**options):
    return {key: quaywalld.variant(value) for key, value in options.items()}


def add(daemon, interface, **options):
    daemon.call("Zone.AddInterface", "(sa{sv})", interface, options_of(**options))


def remove(daemon, interface, **options):
    daemon.call("Zone.RemoveInterface", "(sa{sv})", interface, options_of(**options))


def put_back(daemon, interface, before):
    now = zones_of(daemon).get(interface, [None, None])
    for scope, zone, there in zip(SCOPES, before, now):
        if zone == there:
            continue
        if zone:
            add(daemon, interface, zone=zone, scope=scope, replace=True)
        else:
            remove(daemon, interface, zone=there, scope=scope)


def move(daemon, interface, zone, before, present, replace):
    if present:
        add(daemon, interface, zone=zone, replace=replace)
        return
    for scope, there in zip(SCOPES, before):
        if there == zone:
            remove(daemon, interface, zone=zone, scope=scope)


def change(daemon, moves, zone, before, present, replace):
    done = []
    try:
        for interface in moves:
            done.append(interface)
            move(daemon, interface, zone, before.get(interface, [None, None]), present, replace)
    except quaywalld.BusError:
        for interface in done:
            put_back(daemon, interface, before.get(interface, [None, None]))
        raise


def conflict(moves, zone, before):
    """What would be refused without "replace"."""
    for interface in moves:
        for there in before.get(interface, []):
            if there not in (None, zone):
                raise quaywalld.BusError(
                    "ZoneConflict", '%s is in the zone "%s"; "replace: true" moves it' % (interface, there)
                )


def picture(zones, interfaces, target):
    result = {
        interface: dict(zip(SCOPES, zones.get(interface, [None, None]))) for interface in interfaces
    }
    if target is not None:
        result["target of the zone docker"] = target
    return result


def main(module, daemon):
    params = module.params
    zone, present = params["zone"], params["state"] == "present"
    before = zones_of(daemon)
    wanted = [zone, zone] if present else [None, None]
    moves = [
        interface
        for interface in dict.fromkeys(params["interfaces"])
        if (before.get(interface) != wanted if present else zone in before.get(interface, []))
    ]
    target = daemon.properties("Zone")["Target"] if present and zone == DOCKER else None
    corrects = target not in (None, "ACCEPT")
    lacks_docker0 = target is not None and before.get("docker0") != [DOCKER, DOCKER]
    ensure = corrects or lacks_docker0
    shown = moves + ["docker0"] if lacks_docker0 and "docker0" not in moves else moves
    changed = bool(moves or ensure)
    if changed and module.check_mode:
        if present and not params["replace"]:
            conflict(shown, zone, before)
        after = dict(before)
        for interface in shown:
            after[interface] = wanted if present else [None if there == zone else there for there in before[interface]]
    elif changed:
        if ensure:
            daemon.call("Zone.Ensure", "(a{sv})", options_of(replace=params["replace"]))
        change(daemon, moves, zone, before, present, params["replace"])
        after = zones_of(daemon)
        # where daemon.json has another bridge, there is no docker0 that Zone.Ensure could add
        changed = corrects or after != before
    else:
        after = before
    module.exit_json(
        changed=changed,
        interfaces=shown,
        diff={
            "before": picture(before, shown, target if corrects else None),
            "after": picture(after, shown, "ACCEPT" if corrects else None),
        },
    )


if __name__ == "__main__":
    quaywalld.run(
        AnsibleModule(
            argument_spec={
                "zone": {"type": "str", "default": "docker"},
                "interfaces": {"type": "list", "elements": "str", "default": []},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "replace": {"type": "bool", "default": False},
            },
            supports_check_mode=True,
        ),
        main,
    )
