#!/usr/bin/python
# SPDX-License-Identifier: LGPL-2.1-or-later

DOCUMENTATION = r"""
---
module: quaywall_groups
short_description: Groups of addresses that policies of quaywalld name
description:
  - Makes groups of addresses, changes and deletes them. A policy lists the addresses of a group by the source C(group:NAME), and
    follows it. When the task has returned, the groups are in force and permanent.
  - All groups that are made or changed, are so in one step. They are deleted one by one, and a group that a policy names is not
    deleted, which quaywalld says with the error C(GroupInUse). Check mode does not predict that, since a task in between may
    change the policy.
  - If somebody else changes a policy or a group meanwhile, the task fails with the error C(Conflict).
version_added: 0.1.0
author: The quaywall developers (@quaywall)
requirements:
  - quaywalld, running on the managed host
  - python3-gi on the managed host, which firewalld needs itself
options:
  groups:
    description:
      - Groups by their names, for I(state=present). The form of a group is the one that C(quaywallctl --json group list) prints.
      - C(addresses) is a list of strings, each an address, a network or a range, IPv4 or IPv6; C(description) is a string.
    type: dict
  names:
    description: The names of the groups to delete, for I(state=absent).
    type: list
    elements: str
  state:
    description: Whether the groups are to be there.
    type: str
    choices: [present, absent]
    default: present
  exact:
    description: With I(state=present), make these the only groups. All others are deleted.
    type: bool
    default: false
attributes:
  check_mode:
    description: Predicts what would change, with quaywalld's own dry run, and changes nothing.
    support: full
  diff_mode:
    description: Shows the groups that change, before and after.
    support: full
seealso:
  - module: quaywall.quaywall.quaywall_policies
"""

EXAMPLES = r"""
- name: Who is in the office
  quaywall.quaywall.quaywall_groups:
    groups:
      office:
        addresses: [192.168.1.0/24, "2001:db8::/64"]
        description: All desks

- name: Delete a group that no policy names any more
  quaywall.quaywall.quaywall_groups:
    names: [partners]
    state: absent
"""

RETURN = r"""
groups:
  description: The groups as they are after the task; in check mode, as they would be.
  returned: success
  type: dict
  sample: {"office": {"addresses": ["192.168.1.0/24"]}}
set:
  description: The names of the groups that were made or changed.
  returned: success
  type: list
  elements: str
removed:
  description: The names of the groups that were deleted.
  returned: success
  type: list
  elements: str
error:
  description: The name of quaywalld's error, for example C(InvalidAddress), or C(Conflict).
  returned: when quaywalld refuses the change
  type: str
errors:
  description: All that is wrong, each with I(policy), I(key), I(index), I(value), I(code) and I(sentence).
  returned: when groups are wrong
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quaywall.quaywall.plugins.module_utils import meaning, quaywalld


def main(module, daemon):
    params = module.params
    present = params["state"] == "present"
    wanted = meaning.cleaned(params["groups"]) if present else {}
    newest = daemon.newest_change()
    now, later = daemon.groups()
    plan = meaning.Plan(now, later, wanted, None if present and params["exact"] else () if present else params["names"])
    daemon.check_change({}, [], newest, wanted)
    result = plan.result("groups")
    if plan and not module.check_mode:
        if plan.set:
            daemon.set_many({}, newest, {name: wanted[name] for name in plan.set})
            newest += 1
        for name in plan.remove:
            daemon.delete_group(name, newest)
            newest += 1
        result = plan.result("groups", daemon.groups())
    module.exit_json(**result)


if __name__ == "__main__":
    quaywalld.run(
        AnsibleModule(
            argument_spec={
                "groups": {"type": "dict"},
                "names": {"type": "list", "elements": "str"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "exact": {"type": "bool", "default": False},
            },
            required_if=[("state", "present", ("groups",)), ("state", "absent", ("names",))],
            mutually_exclusive=[("groups", "names")],
            supports_check_mode=True,
        ),
        main,
    )
