#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A front end for quaywall in a hundred lines: what a dialog or a page would do, in a terminal. Needs python3-gi.

front-end.py                     lists the published ports and who can reach them, and follows what changes
front-end.py NAME KEY=VALUE...   creates or edits the policy NAME: a list as KEY=A,B; KEY= unsets one
"""
import sys

from gi.repository import Gio, GLib

SECONDS = 30  # to say that one can still reach the machine
TYPES = {str: "s", bool: "b", int: "t", list: "as"}
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)


def call(method, types=None, *args):
    """All that is returned. polkit may ask for a password meanwhile."""
    interface, member = method.split(".")
    answer = bus.call_sync("org.quaywall1", "/org/quaywall1", "org.quaywall1." + interface, member,
                           types and GLib.Variant(types, args), None, Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION, 120000)
    return answer.unpack()


def typed(values):
    return {key: GLib.Variant(TYPES[type(value)], value) for key, value in values.items()}


def who(port):
    """The clients in words. A front end shows port["exceptions"] and port["notes"] as well."""
    if port["reach"] in ("sources", "zones"):
        words = ["firewalld's zones"] * (port["reach"] == "zones") + port.get("sources", [])
        more = port.get("source-count", 0) - len(port.get("sources", []))
        return ", ".join(words) + (f" and {more} more" if more > 0 else "")
    return port["reach"] + (" except " + ", ".join(port["except"]) if "except" in port else "")


def label(port):
    address = port.get("host-address", "")
    address = f"[{address}]" if ":" in address else address
    return f"{address}:{port.get('host-port', '?')}/{port.get('protocol', '?')} of {port.get('container', 'unknown')}"


def follow():
    shown, due = {}, []

    def show():
        due.clear()
        now = {label(port): who(port) for port in call("Engine.ListPorts")[0]}
        for name in sorted(shown.keys() | now.keys()):
            if shown.get(name) != now.get(name):
                print(f"{name}: {now.get(name, 'gone')}", flush=True)
        shown.clear()
        shown.update(now)

    def on_signal(*_):
        if not due:  # signals come in groups
            due.append(GLib.timeout_add(100, show))

    bus.signal_subscribe("org.quaywall1", None, None, "/org/quaywall1", None, Gio.DBusSignalFlags.NONE, on_signal)
    show()
    print("-- following", flush=True)
    GLib.MainLoop().run()


def edit(name, changes):
    try:
        policy, = call("Policies.Get", "(s)", name)
        options = {"if-revision": policy.pop("revision")}  # if somebody else changes it meanwhile: Conflict
    except GLib.Error as error:
        if Gio.DBusError.get_remote_error(error) != "org.quaywall1.Error.NoSuchPolicy":
            raise
        policy, options = {}, {"create": True}
    for change in changes:
        key, _, value = change.partition("=")
        if value == "":
            policy.pop(key, None)
        elif key in ("reject", "log", "enabled"):
            policy[key] = value in ("yes", "true")
        else:
            policy[key] = value if key in ("action", "description") else value.split(",")
    options["confirm-within"] = SECONDS
    result, = call("Policies.CheckChange", "(a{sa{sv}}asa{sv})", {name: typed(policy)}, [], typed(options))
    for _, key, index, value, code, sentence in result["errors"]:
        place = key + (f", entry {index + 1}" if index >= 0 else "")  # the field to mark
        print(f"{place or 'the change'} ({code}): {sentence}")
    if result["errors"]:
        return 1
    for _, code, sentence in result["warnings"]:
        print(f"warning ({code}): {sentence}")
    for port in result.get("ports", []):
        print(f"{label(port)}: {who(port['before'])} -> {who(port['after'])}")
    token, = call("Policies.Set", "(sa{sv}a{sv})", name, typed(policy), typed(options))
    print(f"in force for {SECONDS} seconds; keep it? [y/N] ", end="", flush=True)
    keep = sys.stdin.readline().strip() == "y"
    call("Policies.Confirm" if keep else "Policies.Rollback", "(s)", token)
    print("kept" if keep else "undone")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(edit(sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else follow())
    except GLib.Error as failure:
        name = Gio.DBusError.get_remote_error(failure) or ""
        Gio.DBusError.strip_remote_error(failure)
        sys.exit(f"{name.rsplit('.', 1)[-1]}: {failure.message}")
