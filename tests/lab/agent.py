#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A polkit agent for a session, as a desktop has one, that follows a script.

agent.py ANSWER CMD...    registers for the session in which it runs, runs CMD, and answers each prompt of polkit's with the password
                          ANSWER, or closes it if ANSWER is "". Prints "ACTION asks: MESSAGE" for each of them, and how CMD ended:
                          "status N".

The password goes through libpolkit-agent, which knows each release's helper. It is called by ctypes: the lab has no introspection
data for it.
"""
import ctypes
import os
import sys

from gi.repository import Gio, GLib

POLKIT = "org.freedesktop.PolicyKit1"
PATH = "/org/quaywall/agent"
INTERFACE = Gio.DBusNodeInfo.new_for_xml(f"""<node><interface name='{POLKIT}.AuthenticationAgent'>
<method name='BeginAuthentication'><arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>
<arg type='a{{ss}}' direction='in'/><arg type='s' direction='in'/><arg type='a(sa{{sv}})' direction='in'/></method>
<method name='CancelAuthentication'><arg type='s' direction='in'/></method></interface></node>""").interfaces[0]

agent_library = ctypes.CDLL("libpolkit-agent-1.so.0")
polkit_library = ctypes.CDLL("libpolkit-gobject-1.so.0")
gobject = ctypes.CDLL("libgobject-2.0.so.0")
ON_REQUEST = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
ON_COMPLETED = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
for function in (polkit_library.polkit_unix_user_new, agent_library.polkit_agent_session_new):
    function.restype = ctypes.c_void_p
kept = []  # callbacks that C knows

answer, command = sys.argv[1], sys.argv[2:]
loop = GLib.MainLoop()
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)


def enter_password(uid, cookie, invocation):
    identity = ctypes.c_void_p(polkit_library.polkit_unix_user_new(uid))
    session = ctypes.c_void_p(agent_library.polkit_agent_session_new(identity, cookie.encode()))

    def on_request(_session, _request, _echo, _data):
        agent_library.polkit_agent_session_response(session, answer.encode())

    def on_completed(_session, _gained, _data):
        invocation.return_value(None)  # polkit's helper has told polkit itself whether the password was right

    for name, callback in ((b"request", ON_REQUEST(on_request)), (b"completed", ON_COMPLETED(on_completed))):
        kept.append(callback)
        gobject.g_signal_connect_data(session, name, callback, None, None, 0)
    agent_library.polkit_agent_session_initiate(session)


def on_call(_bus, _sender, _path, _interface, method, arguments, invocation):
    if method == "CancelAuthentication":
        invocation.return_value(None)
        return
    action, message, _icon, _details, cookie, identities = arguments.unpack()
    print(f"{action} asks: {message}", flush=True)
    if answer:
        enter_password(identities[0][1]["uid"], cookie, invocation)
    else:
        invocation.return_dbus_error(POLKIT + ".Error.Cancelled", "the user closed the prompt")


def on_end(_pid, status):
    print("status", os.waitstatus_to_exitcode(status), flush=True)
    loop.quit()


bus.register_object(PATH, INTERFACE, on_call, None, None)
session_of_user = ("unix-session", {"session-id": GLib.Variant("s", os.environ["XDG_SESSION_ID"])})
bus.call_sync(POLKIT, f"/{POLKIT.replace('.', '/')}/Authority", POLKIT + ".Authority", "RegisterAuthenticationAgent",
              GLib.Variant("((sa{sv})ss)", (session_of_user, "C", PATH)), None, 0, 10000)
child = os.spawnvp(os.P_NOWAIT, command[0], command)
GLib.child_watch_add(GLib.PRIORITY_DEFAULT, child, on_end)
loop.run()
