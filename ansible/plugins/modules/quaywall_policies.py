#!/usr/bin/python
# SPDX-License-Identifier: LGPL-2.1-or-later

DOCUMENTATION = r"""
---
module: quaywall_policies
short_description: Say who may reach Docker's published ports
description:
  - Makes policies of quaywalld, changes and removes them, in one step. When the task has returned, they are in force and permanent.
  - A policy that is another one now than after the next boot, after C(quaywallctl --runtime) or C(--permanent), is one that differs.
  - quaywalld checks all policies before anything is changed, also in check mode, and names everything that is wrong with them.
  - If somebody else changes a policy or a group meanwhile, the task fails with the error C(Conflict), and changes nothing.
version_added: 0.1.0
author: The quaywall developers (@quaywall)
requirements:
  - quaywalld, running on the managed host
  - python3-gi on the managed host, which firewalld needs itself
options:
  policies:
    description:
      - Policies by their names, for I(state=present).
      - The form of a policy is the one that C(quaywallctl --json policy list) and C(policy export) print, and that
        org.quaywall1(5) describes.
      - C(action) is one of C(allow-only), C(deny), C(obey-zones) and C(forward); C(interfaces), C(out-interfaces), C(sources),
        C(destinations), C(ports), C(containers) and C(networks) are lists of strings; C(reject), C(log) and C(enabled) are
        true or false; C(description) and C(until) are strings. A key that is absent restricts nothing.
      - Each policy is all that is given here; what is not given is as if it never was.
    type: dict
  names:
    description: The names of the policies to remove, for I(state=absent).
    type: list
    elements: str
  state:
    description: Whether the policies are to be there.
    type: str
    choices: [present, absent]
    default: present
  exact:
    description:
      - With I(state=present), make these the only policies. All others are removed in the same step.
      - Policies that containers carry in labels stay.
    type: bool
    default: false
attributes:
  check_mode:
    description: Predicts what would change, with quaywalld's own dry run, and changes nothing.
    support: full
  diff_mode:
    description: Shows the policies that change, before and after.
    support: full
seealso:
  - module: quaywall.quaywall.quaywall_groups
"""

EXAMPLES = r"""
- name: Only the office may reach the web server, and nobody the database
  quaywall.quaywall.quaywall_policies:
    policies:
      web:
        action: allow-only
        sources: [192.168.1.0/24, "group:office"]
        ports: [8080/tcp]
        interfaces: [eth0]
        log: true
      db:
        action: deny
        containers: [db]
        description: Only other containers use it

- name: Published ports obey firewalld, and no other policy is left
  quaywall.quaywall.quaywall_policies:
    policies:
      all: {action: obey-zones}
    exact: true

- name: Remove two policies
  quaywall.quaywall.quaywall_policies:
    names: [web, db]
    state: absent
"""

RETURN = r"""
policies:
  description: The policies as they are after the task; in check mode, as they would be.
  returned: success
  type: dict
  sample: {"web": {"action": "allow-only", "sources": ["192.168.1.0/24"], "ports": ["8080/tcp"]}}
set:
  description: The names of the policies that were made or changed.
  returned: success
  type: list
  elements: str
removed:
  description: The names of the policies that were removed.
  returned: success
  type: list
  elements: str
ports:
  description: The published ports that other clients can reach than before, as C(Policies.CheckChange) of org.quaywall1(5) has them.
  returned: when something changes and Docker is known
  type: list
  elements: dict
error:
  description: The name of quaywalld's error, for example C(InvalidPolicy), or C(Conflict).
  returned: when quaywalld refuses the change
  type: str
errors:
  description: All that is wrong, each with I(policy), I(key), I(index), I(value), I(code) and I(sentence).
  returned: when policies are wrong
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quaywall.quaywall.plugins.module_utils import meaning, quaywalld


def apply(daemon, plan, exact, newest):
    if exact:
        daemon.replace_all(plan.wanted, newest)
        return
    if plan.set:
        daemon.set_many({name: plan.wanted[name] for name in plan.set}, newest)
    # The policies beside those that are removed stay what they are, now and permanently.
    kinds = (("both", plan.now),) if meaning.same(plan.now, plan.later) else (("runtime", plan.now), ("permanent", plan.later))
    for scope, before in kinds if plan.remove else ():
        kept = {name: policy for name, policy in before.items() if name not in plan.remove}
        if len(kept) < len(before):
            daemon.replace_all(meaning.cleaned(kept), newest, scope)
            newest += 1


def main(module, daemon):
    params = module.params
    present = params["state"] == "present"
    exact = present and params["exact"]
    wanted = meaning.cleaned(params["policies"]) if present else {}
    newest = daemon.newest_change()
    now, later = daemon.policies()
    plan = meaning.Plan(now, later, wanted, None if exact else () if present else params["names"])
    # also if nothing is to be changed: what is wrong is wrong every time
    checked = daemon.check_change(wanted, plan.remove, newest)
    result = plan.result("policies")
    if plan:
        for policy, code, sentence in checked["warnings"]:
            module.warn('policy "%s": %s' % (policy, sentence) if policy else sentence)
        if not module.check_mode:
            apply(daemon, plan, exact, newest)
            result = plan.result("policies", daemon.policies())
        if "ports" in checked:
            result.update(ports=checked["ports"])
    module.exit_json(**result)


if __name__ == "__main__":
    quaywalld.run(
        AnsibleModule(
            argument_spec={
                "policies": {"type": "dict"},
                "names": {"type": "list", "elements": "str"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "exact": {"type": "bool", "default": False},
            },
            required_if=[("state", "present", ("policies",)), ("state", "absent", ("names",))],
            mutually_exclusive=[("policies", "names")],
            supports_check_mode=True,
        ),
        main,
    )
