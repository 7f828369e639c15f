# SPDX-License-Identifier: LGPL-2.1-or-later
"""quaywalld on the system bus, for the modules of this collection.

Through GIO: python3-gi is there on every host with firewalld, which itself needs it. Unlike quaywallctl it passes on the names of errors
and takes "if-change"; unlike busctl it has no limit on the size of a call, which a group of 65,536 addresses would exceed.
"""

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.respawn import has_respawned, probe_interpreters_for_module, respawn_module

from ansible_collections.quaywall.quaywall.plugins.module_utils import meaning

try:
    import gi

    gi.require_version("Gio", "2.0")
    from gi.repository import Gio, GLib

    HAS_GI = True
except (ImportError, ValueError):
    HAS_GI = False

BUS_NAME = "org.quaywall1"
OBJECT = "/org/quaywall1"
ERRORS = BUS_NAME + ".Error."
# A change may have to wait for a reload of firewalld, and for Docker after it.
TIMEOUT_MS = 180000
NOT_RUNNING = (
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
)


class BusError(Exception):
    def __init__(self, name, sentence):
        super().__init__(sentence)
        self.name = name[len(ERRORS):] if name.startswith(ERRORS) else name


def variant(value):
    """As YAML has it: what has the wrong type is quaywalld's to refuse, which names it and says what would be right."""
    if isinstance(value, bool):
        return GLib.Variant("b", value)
    if isinstance(value, int):
        return GLib.Variant("x", value)
    if isinstance(value, float):
        return GLib.Variant("d", value)
    if isinstance(value, dict):
        return GLib.Variant("a{sv}", {str(key): variant(each) for key, each in value.items()})
    if isinstance(value, list):
        return GLib.Variant("as", [str(each) for each in value])
    return GLib.Variant("s", str(value))


def table(items):
    return {name: {key: variant(value) for key, value in item.items()} for name, item in items.items()}


class Quaywalld:
    def __init__(self, module):
        self.module = module
        if not HAS_GI:
            self._find_gi()
        try:
            self.bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
        except GLib.Error as error:
            module.fail_json(msg="the system bus cannot be reached: %s" % error.message)

    def _find_gi(self):
        """Ansible may run in a Python of its own, which does not have the system's modules."""
        interpreter = None if has_respawned() else probe_interpreters_for_module(
            ["/usr/bin/python3", "/usr/libexec/platform-python"], "gi"
        )
        if interpreter:
            respawn_module(interpreter)
        self.module.fail_json(msg=missing_required_lib("gi (package python3-gi or python3-gobject-base)"))

    def _call(self, interface, method, signature, *args):
        parameters = GLib.Variant(signature, args) if signature else None
        try:
            reply = self.bus.call_sync(
                BUS_NAME, OBJECT, interface, method, parameters, None, Gio.DBusCallFlags.NO_AUTO_START, TIMEOUT_MS, None
            )
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error) or ""
            if name in NOT_RUNNING:
                raise BusError("NotRunning", "quaywalld is not running; systemctl start quaywalld")
            # strip_remote_error() works on a copy in Python
            prefix = "GDBus.Error:%s: " % name
            sentence = error.message[len(prefix):] if error.message.startswith(prefix) else error.message
            raise BusError(name, sentence)
        return reply.unpack()

    def call(self, method, signature="", *args):
        """method: as "Policies.List". Returns the tuple of what it returns."""
        interface, name = method.split(".")
        return self._call(BUS_NAME + "." + interface, name, signature, *args)

    def properties(self, interface):
        return self._call("org.freedesktop.DBus.Properties", "GetAll", "(s)", BUS_NAME + "." + interface)[0]

    def newest_change(self):
        """The number for "if-change". To be asked before policies and groups are read: then none of them can change unnoticed."""
        history = self.call("Policies.History")[0]
        if not history:
            return 0
        if history[-1].get("state") == "pending":
            raise BusError(
                "ChangePending",
                "change %d waits to be confirmed, and would be undone otherwise; confirm it or roll it back first, see "
                '"quaywallctl status"' % history[-1]["change"],
            )
        return history[-1]["change"]

    def policies(self):
        """(now, later), each name to policy."""
        return tuple(meaning.without_labels(self.call("Policies." + method)[0]) for method in ("List", "ListPermanent"))

    def groups(self):
        return tuple(self.call("Groups." + method)[0] for method in ("List", "ListPermanent"))

    def check_change(self, policies, remove, newest, groups=None):
        """quaywalld's own dry run. Fails if anything is wrong, with all that is wrong."""
        options = options_of(newest, groups)
        result = self.call("Policies.CheckChange", "(a{sa{sv}}asa{sv})", table(policies), remove, options)[0]
        if result["errors"]:
            self.module.fail_json(
                msg=meaning.error_sentences(result["errors"]),
                error=result["errors"][0][4],
                errors=[
                    dict(zip(("policy", "key", "index", "value", "code", "sentence"), error)) for error in result["errors"]
                ],
            )
        return result

    def set_many(self, policies, newest, groups=None):
        self.call("Policies.SetMany", "(a{sa{sv}}a{sv})", table(policies), options_of(newest, groups))

    def replace_all(self, policies, newest, scope="both"):
        options = dict(options_of(newest), scope=GLib.Variant("s", scope))
        self.call("Policies.ReplaceAll", "(a{sa{sv}}a{sv})", table(policies), options)

    def delete_group(self, name, newest):
        self.call("Groups.Delete", "(sa{sv})", name, options_of(newest))


def options_of(newest, groups=None):
    options = {"if-change": GLib.Variant("t", newest)}
    if groups is not None:
        options["groups"] = GLib.Variant("a{sa{sv}}", table(groups))
    return options


def run(module, main):
    """Runs main(module, quaywalld): what quaywalld refuses ends the task with quaywalld's sentence."""
    try:
        main(module, Quaywalld(module))
    except BusError as error:
        module.fail_json(msg=str(error), error=error.name)
