#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who can reach the published ports of this host: ports.c in Python. Needs python3-gi and gir1.2-quaywall-1.0.

ports.py               lists the ports, and follows what changes
ports.py close PORT    lets nobody in, as in "ports.py close 8080/tcp"; may ask for a password
ports.py open PORT     takes that back
"""
import sys

import gi

gi.require_version("Quaywall", "1.0")
from gi.repository import Gio, GLib, Quaywall  # noqa: E402

ASK = (Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION, -1)  # polkit may ask the user, for as long as it takes


def who(port):
    """The clients in words. A front end shows port["exceptions"] and port["notes"] as well."""
    if port["reach"] in ("sources", "zones"):
        return ", ".join(["firewalld's zones"] * (port["reach"] == "zones") + port.get("sources", []))
    return port["reach"] + (" except " + ", ".join(port["except"]) if "except" in port else "")


def show(engine):
    for port in engine.call_list_ports_sync(*ASK, None).unpack():
        print(f"{port.get('host-address', '')} port {port.get('host-port', 0)}/{port.get('protocol', '')} "
              f"of {port.get('container', 'unknown')}: {who(port)}", flush=True)


def on_ports_changed(engine):
    print("--", flush=True)
    try:
        show(engine)
    except GLib.Error as error:
        print(error.message, file=sys.stderr)


def on_state(manager, *_):  # also when quaywalld ends, which has no state then, and when it is back
    print(f"quaywalld: {manager.get_property('state') or 'not running'}", flush=True)


def follow(client):
    manager, engine = client.get_manager(), client.get_engine()
    manager.connect("notify::state", on_state)
    engine.connect("ports-changed", on_ports_changed)
    on_state(manager)
    show(engine)
    print("-- following", flush=True)
    GLib.MainLoop().run()


def close_port(policies, name, port):
    policy = {"action": GLib.Variant("s", "deny"), "ports": GLib.Variant("as", [port])}
    policies.call_set_sync(name, GLib.Variant("a{sv}", policy), GLib.Variant("a{sv}", {"create": GLib.Variant("b", True)}), *ASK, None)


def open_port(policies, name):
    policies.call_remove_sync(name, GLib.Variant("a{sv}", {}), *ASK, None)


def explain(error, port):
    """The sentence for the user. What has no code here is quaywalld's own sentence, a refusal too."""
    if error.matches(Quaywall.error_quark(), Quaywall.Error.POLICY_EXISTS):
        return f"{port} is closed already"
    if error.matches(Quaywall.error_quark(), Quaywall.Error.NO_SUCH_POLICY):
        return f"{port} was not closed by this program"
    # Gio.DBusError.strip_remote_error() would change a copy of the error
    return error.message.removeprefix(f"GDBus.Error:{Gio.DBusError.get_remote_error(error)}: ")


def main(verb=None, port=""):
    name = "closed-" + port.replace("/", "-")
    try:
        client = Quaywall.Client.new_sync(None)
        if verb == "close":
            close_port(client.get_policies(), name, port)
        elif verb == "open":
            open_port(client.get_policies(), name)
        else:
            follow(client)
    except GLib.Error as error:
        return explain(error, port)
    return 0


if __name__ == "__main__":
    if not (len(sys.argv) == 1 or len(sys.argv) == 3 and sys.argv[1] in ("close", "open")):
        print("usage: ports.py [close PORT | open PORT]", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
