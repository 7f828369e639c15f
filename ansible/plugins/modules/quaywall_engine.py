#!/usr/bin/python
# SPDX-License-Identifier: LGPL-2.1-or-later

DOCUMENTATION = r"""
---
module: quaywall_engine
short_description: Docker's own settings that decide who may reach its ports
description:
  - Changes the keys C(iptables) and C(ip) of Docker's configuration file, through quaywalld, which keeps every other byte of it and
    refuses what would keep dockerd from starting.
  - Docker is never restarted. I(restart_required) says whether it has to be.
version_added: 0.1.0
author: The quaywall developers (@quaywall)
requirements:
  - quaywalld, running on the managed host
  - python3-gi on the managed host, which firewalld needs itself
options:
  iptables:
    description: Whether Docker makes firewall rules. Without it, the key stays as it is.
    type: bool
  i_understand:
    description:
      - Must be true for I(iptables=false). Ports are not mapped to containers then, containers most likely reach nothing, and policies
        have no effect in DOCKER-USER.
    type: bool
    default: false
  default_address:
    description:
      - The address of the host on which ports of Docker's default bridge are published that specify none. An empty string removes the
        key. Without this option, it stays as it is.
    type: str
attributes:
  check_mode:
    description: Predicts what would change. What quaywalld would refuse shows only when it is set.
    support: full
  diff_mode:
    description: Shows the settings that change, before and after.
    support: full
"""

EXAMPLES = r"""
- name: Ports that specify no address are published on the inner network only
  quaywall.quaywall.quaywall_engine:
    default_address: 10.9.0.99
  register: engine

- name: Restart Docker, if it does not use that yet
  ansible.builtin.service:
    name: docker
    state: restarted
  when: engine.restart_required
"""

RETURN = r"""
restart_required:
  description: Whether the running dockerd was started with other settings; in check mode, before the task.
  returned: success
  type: bool
config_file:
  description: Docker's configuration file.
  returned: success
  type: str
error:
  description: The name of quaywalld's error, for example C(InvalidAddress).
  returned: when quaywalld refuses the change
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quaywall.quaywall.plugins.module_utils import quaywalld


def set_address(daemon, address):
    daemon.call("Engine.SetDefaultAddress", "(sa{sv})", address, {})


def set_iptables(daemon, enabled, understood):
    options = {"i-understand": quaywalld.variant(True)} if understood else {}
    daemon.call("Engine.SetIptables", "(ba{sv})", enabled, options)


def main(module, daemon):
    params = module.params
    before = daemon.properties("Engine")
    if before["ConfigError"]:
        raise quaywalld.BusError("Io", before["ConfigError"])
    wanted = {"DefaultAddress": params["default_address"], "Iptables": params["iptables"]}
    changes = {key: value for key, value in wanted.items() if value is not None and value != before[key]}
    if not module.check_mode and "DefaultAddress" in changes:
        set_address(daemon, changes["DefaultAddress"])
    if not module.check_mode and "Iptables" in changes:
        try:
            set_iptables(daemon, changes["Iptables"], params["i_understand"])
        except quaywalld.BusError:
            if "DefaultAddress" in changes:
                set_address(daemon, before["DefaultAddress"])
            raise
    after = daemon.properties("Engine")
    module.exit_json(
        changed=bool(changes),
        diff={"before": {key: before[key] for key in changes}, "after": changes},
        restart_required=after["RestartRequired"],
        config_file=after["ConfigFile"],
    )


if __name__ == "__main__":
    quaywalld.run(
        AnsibleModule(
            argument_spec={
                "iptables": {"type": "bool"},
                "i_understand": {"type": "bool", "default": False},
                "default_address": {"type": "str"},
            },
            required_one_of=[("iptables", "default_address")],
            supports_check_mode=True,
        ),
        main,
    )
