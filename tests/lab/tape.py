#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tape of lib.sh: every signal of quaywalld, one per line, as it arrives.

"State degraded" and so on for a changed property, "Problems CODE..." with only the codes, "Repaired CODE" and "Changed ..."
for signals, and "mark TEXT" for the lab's own.
"""
import dbus
import dbus.mainloop.glib
from gi.repository import GLib


def changed(interface, properties, invalidated):
    for name, value in properties.items():
        if name == "Problems":
            value = " ".join(problem[0] for problem in value)
        print(f"{name} {value}".rstrip())
    for name in invalidated:
        print(f"{name} invalidated")


def signalled(*values, member):
    print(" ".join([member, *(str(value) for value in values)]))


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
bus.add_signal_receiver(changed, "PropertiesChanged", dbus.PROPERTIES_IFACE, path="/org/quaywall1")
for name in ("Manager", "Policies", "Zone", "Direct", "Engine"):
    bus.add_signal_receiver(signalled, dbus_interface=f"org.quaywall1.{name}", path="/org/quaywall1", member_keyword="member")
bus.add_signal_receiver(lambda text: print("mark", text), "Mark", "org.quaywall1.Lab")
GLib.MainLoop().run()
