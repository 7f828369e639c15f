#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""policies.py POLICIES SOURCES CONTAINERS NETWORKS: makes that many policies with that many sources in all the only ones, in one
ReplaceAll: for ports, containers, networks and projects of Compose in turn; and the policy "web", which lets only 192.168.1.1 to
the port 8080."""
import sys

import dbus

policies, sources, containers, networks = map(int, sys.argv[1:])


def strings(items):
    return dbus.Array(items, signature="s")


def policy(number):
    each = sources // policies + (number < sources % policies)
    what = [("ports", "%d/tcp" % (10000 + number)), ("containers", "c%d" % (number % containers)),
            ("networks", "net%d" % (number % networks)), ("containers", "label=com.docker.compose.project=p%d" % (number % 50))]
    key, value = what[number % len(what)]
    return dbus.Dictionary({
        "action": "deny" if number % 8 == 1 else "allow-only", key: strings([value]),
        "sources": strings(["10.%d.%d.%d" % (number // 256, number % 256, i + 1) for i in range(each)])}, signature="sv")


wanted = {"base-%03d" % number: policy(number) for number in range(policies)}
wanted["web"] = dbus.Dictionary({
    "action": "allow-only", "ports": strings(["8080/tcp"]), "sources": strings(["192.168.1.1"])}, signature="sv")
target = dbus.SystemBus().get_object("org.quaywall1", "/org/quaywall1", introspect=False)
target.ReplaceAll(dbus.Dictionary(wanted, signature="sa{sv}"), dbus.Dictionary({}, signature="sv"),
                  dbus_interface="org.quaywall1.Policies", timeout=600)
