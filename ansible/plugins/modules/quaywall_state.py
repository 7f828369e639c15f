#!/usr/bin/python
# SPDX-License-Identifier: LGPL-2.1-or-later

DOCUMENTATION = r"""
---
module: quaywall_state
short_description: Verify that all policies of quaywalld are in force, and repair what is not
description:
  - Has quaywalld compare the kernel and firewalld with the policies, and repair what differs.
  - Fails with quaywalld's sentences, which say what is wrong and what to do, if problems remain.
  - quaywalld repairs most of what others do to its rules at once, by itself. This task is for what it repairs only on request, and to
    end a playbook with what was verified.
version_added: 0.1.0
author: The quaywall developers (@quaywall)
requirements:
  - quaywalld, running on the managed host
  - python3-gi on the managed host, which firewalld needs itself
options:
  repair:
    description: Repair what differs. Without it, a problem is a failure at once.
    type: bool
    default: true
  ignore:
    description: Codes of problems, as org.quaywall1(5) lists them, with which the task does not fail.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Verifies, and repairs nothing. It fails only with I(repair=false), since a repair may help.
    support: full
  diff_mode:
    description: Shows the problems before and after.
    support: full
"""

EXAMPLES = r"""
- name: All policies are in force
  quaywall.quaywall.quaywall_state:
"""

RETURN = r"""
state:
  description: C(enforcing), C(degraded), or C(idle), which means that there is no policy.
  returned: always
  type: str
problems:
  description: What is wrong, each with I(code), I(sentence) and I(details).
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quaywall.quaywall.plugins.module_utils import meaning, quaywalld


def main(module, daemon):
    params = module.params
    before = after = daemon.call("Manager.Verify")[0]
    is_predicted = module.check_mode and params["repair"]
    if before and params["repair"] and not module.check_mode:
        after = daemon.call("Manager.Repair")[0]
    bad = [problem for problem in after if problem[0] not in params["ignore"]]
    result = {
        "changed": bool(bad) if is_predicted else after != before,
        "state": daemon.properties("Manager")["State"],
        "problems": [dict(zip(("code", "sentence", "details"), problem)) for problem in after],
        "diff": {
            "before": meaning.problem_sentences(before) + "\n",
            "after": ("" if is_predicted else meaning.problem_sentences(after)) + "\n",
        },
    }
    if bad and not is_predicted:
        module.fail_json(msg="not all policies are in force:\n" + meaning.problem_sentences(bad), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    quaywalld.run(
        AnsibleModule(
            argument_spec={
                "repair": {"type": "bool", "default": True},
                "ignore": {"type": "list", "elements": "str", "default": []},
            },
            supports_check_mode=True,
        ),
        main,
    )
