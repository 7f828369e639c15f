# SPDX-License-Identifier: LGPL-2.1-or-later
"""quaywalld as the soak test sees it: its D-Bus contract, and what the kernel reports of its process."""
import os
import time

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

NAME, PATH = "org.quaywall1", "/org/quaywall1"
PROPERTIES = "org.freedesktop.DBus.Properties"
LISTS = ("interfaces", "out-interfaces", "sources", "destinations", "ports", "containers", "networks")


def to_bus(policy):
    typed = {}
    for key, value in policy.items():
        if key in LISTS:
            typed[key] = dbus.Array(value, signature="s")
        else:
            typed[key] = dbus.Boolean(value) if isinstance(value, bool) else dbus.String(value)
    return dbus.Dictionary(typed, signature="sv")


def all_to_bus(policies):
    return dbus.Dictionary({name: to_bus(policy) for name, policy in policies.items()}, signature="sa{sv}")


def from_bus(policy):
    plain = {}
    for key, value in policy.items():
        if isinstance(value, dbus.Array):
            plain[str(key)] = [str(item) for item in value]
        else:
            plain[str(key)] = bool(value) if isinstance(value, dbus.Boolean) else str(value)
    return plain


def options(**wanted):
    typed = {key.replace("_", "-"): dbus.UInt32(value) if isinstance(value, int) and not isinstance(value, bool) else value
             for key, value in wanted.items() if value is not None}
    return dbus.Dictionary(typed, signature="sv")


class Failed(Exception):
    """A method returned an error; name is the last part of its D-Bus name."""

    def __init__(self, error):
        super().__init__(error.get_dbus_message())
        self.name = error.get_dbus_name().rpartition(".")[2]


class Call:
    """A pending call. Others may be made meanwhile."""

    def __init__(self, service, interface, method, arguments):
        self.loop, self.reply, self.error, self.over = service.loop, None, None, False
        service.proxy().get_dbus_method(method, f"{NAME}.{interface}")(
            *arguments, reply_handler=self.answered, error_handler=self.failed, timeout=120)

    def answered(self, *reply):
        self.reply, self.over = reply[0] if reply else None, True

    def failed(self, error):
        self.error, self.over = error, True

    def wait(self):
        while not self.over:
            self.loop.iteration(True)
        if self.error:
            raise Failed(self.error)
        return self.reply


class Service:
    def __init__(self):
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.loop = GLib.MainContext.default()
        self.bus = dbus.SystemBus()
        self.changes = 0
        self.bus.add_signal_receiver(self.seen, "PropertiesChanged", PROPERTIES, path=PATH)
        self.bus.add_signal_receiver(self.seen, "Changed", f"{NAME}.Policies", path=PATH)
        self.bus.add_signal_receiver(self.seen, "NameOwnerChanged", "org.freedesktop.DBus", arg0=NAME)

    def seen(self, *_):
        self.changes += 1

    def proxy(self):
        # by name, since a restarted process answers to it
        return self.bus.get_object(NAME, PATH, introspect=False)

    def start(self, interface, method, *arguments):
        return Call(self, interface, method, arguments)

    def call(self, interface, method, *arguments):
        return self.start(interface, method, *arguments).wait()

    def get(self, name):
        try:
            return self.proxy().Get(f"{NAME}.Manager", name, dbus_interface=PROPERTIES, timeout=60)
        except dbus.DBusException as error:
            raise Failed(error) from error

    def wait_until(self, condition, seconds):
        """Checks after each signal and at least every 500 ms. An error means not yet: a new process may be about to take the
        name."""
        end = time.monotonic() + seconds
        while True:
            before = self.changes
            try:
                if condition():
                    return True
            except Failed:
                pass
            timer = GLib.timeout_add(max(1, min(500, int(1000 * (end - time.monotonic())))), self.tick)
            self.ticked = False
            while self.changes == before and not self.ticked:
                self.loop.iteration(True)
            if not self.ticked:
                GLib.source_remove(timer)
            if time.monotonic() >= end:
                return False

    def tick(self):
        self.ticked = True
        return False

    def policies(self):
        return {str(name): from_bus(policy) for name, policy in self.call("Policies", "List").items()}

    def pid(self):
        try:
            return int(self.bus.call_blocking("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s",
                                              (NAME,)))
        except dbus.DBusException:
            return None

    def memory(self):
        """Resident KiB and number of open files."""
        pid = self.pid()
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                resident = [int(line.split()[1]) for line in status if line.startswith("VmRSS:")][0]
            return resident, len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            return None
