/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-network-manager: what NetworkManager has about an interface's zone: eth0 with a saved connection, eth1 unmanaged, and no
 * others. Prints "ready" once it owns its name. It uses GDBus like NetworkManager, so calls on unknown objects fail with
 * UnknownMethod here, too. */
#include <gio/gio.h>
#include <stdio.h>
#include <unistd.h>

#define NAME "org.freedesktop.NetworkManager"
#define PATH "/org/freedesktop/NetworkManager"
#define MOCK "org.quaywall.Mock.NetworkManager"

static const char xml[] =
        "<node>"
        "<interface name='" NAME "'><method name='GetDeviceByIpIface'>"
        "<arg type='s' direction='in'/><arg type='o' direction='out'/></method></interface>"
        "<interface name='" NAME ".Device'><property name='ActiveConnection' type='o' access='read'/></interface>"
        "<interface name='" NAME ".Connection.Active'><property name='Connection' type='o' access='read'/></interface>"
        "<interface name='" NAME ".Settings.Connection'><property name='Flags' type='u' access='read'/>"
        "<method name='GetSettings'><arg type='a{sa{sv}}' direction='out'/></method>"
        "<method name='Update'><arg type='a{sa{sv}}' direction='in'/></method></interface>"
        "<interface name='" MOCK "'>"
        /* The connection of eth0, and its flags */
        "<method name='Set'><arg type='a{sa{sv}}' direction='in'/><arg type='u' direction='in'/></method>"
        "<method name='Get'><arg type='a{sa{sv}}' direction='out'/></method>"
        /* What the next Update does: "refuse" or "die" */
        "<method name='Plan'><arg type='s' direction='in'/></method>"
        /* The methods called, in order */
        "<method name='GetCalls'><arg type='as' direction='out'/></method>"
        "</interface></node>";

static GVariant *settings;
static guint32 flags;
static char *plan;
static GPtrArray *calls;

static void get_device(const char *interface, GDBusMethodInvocation *invocation) {
        if (g_str_equal(interface, "eth0"))
                g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", PATH "/Devices/0"));
        else if (g_str_equal(interface, "eth1"))
                g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", PATH "/Devices/1"));
        else
                g_dbus_method_invocation_return_dbus_error(invocation, NAME ".UnknownDevice",
                                                           "No device found for the requested iface.");
}

static void set_settings(GVariant *to) {
        g_clear_pointer(&settings, g_variant_unref);
        settings = to;
}

static void on_call(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                    const char *interface, const char *method, GVariant *args, GDBusMethodInvocation *invocation,
                    gpointer unused G_GNUC_UNUSED) {
        GVariant *answer = NULL;

        if (!g_str_equal(interface, MOCK))
                g_ptr_array_add(calls, g_strdup(method));
        if (g_str_equal(method, "GetDeviceByIpIface")) {
                const char *name;

                g_variant_get(args, "(&s)", &name);
                get_device(name, invocation);
                return;
        }
        if (g_str_equal(method, "GetSettings") || g_str_equal(method, "Get")) {
                answer = g_variant_new("(@a{sa{sv}})", settings);
        } else if (g_str_equal(method, "Set")) {
                g_clear_pointer(&settings, g_variant_unref);
                g_variant_get(args, "(@a{sa{sv}}u)", &settings, &flags);
        } else if (g_str_equal(method, "GetCalls")) {
                answer = g_variant_new("(@as)", g_variant_new_strv((const char *const *) calls->pdata, calls->len));
        } else if (g_str_equal(method, "Plan")) {
                g_variant_get(args, "(s)", &plan);
        } else if (g_strcmp0(plan, "die") == 0) {
                _exit(0);
        } else if (g_strcmp0(plan, "refuse") == 0) {
                g_dbus_method_invocation_return_dbus_error(invocation, NAME ".Settings.PermissionDenied",
                                                           "Insufficient privileges");
                return;
        } else {
                set_settings(g_variant_get_child_value(args, 0));
        }
        g_dbus_method_invocation_return_value(invocation, answer);
}

static GVariant *on_get(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path,
                        const char *interface G_GNUC_UNUSED, const char *property, GError **error G_GNUC_UNUSED,
                        gpointer unused G_GNUC_UNUSED) {
        if (g_str_equal(property, "Flags"))
                return g_variant_new_uint32(flags);
        if (g_str_equal(property, "Connection"))
                return g_variant_new_object_path(PATH "/Settings/0");
        return g_variant_new_object_path(g_str_has_suffix(path, "0") ? PATH "/ActiveConnection/0" : "/");
}

static void on_name(GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, gpointer unused G_GNUC_UNUSED) {
        puts("ready");
        fflush(stdout);
}

static void on_name_lost(GDBusConnection *bus G_GNUC_UNUSED, const char *name, gpointer unused G_GNUC_UNUSED) {
        g_error("cannot have the name %s", name);
}

int main(void) {
        static const GDBusInterfaceVTable vtable = { .method_call = on_call, .get_property = on_get };
        static const struct {
                const char *path, *interface;
        } objects[] = {
                { PATH, NAME },
                { PATH, MOCK },
                { PATH "/Devices/0", NAME ".Device" },
                { PATH "/Devices/1", NAME ".Device" },
                { PATH "/ActiveConnection/0", NAME ".Connection.Active" },
                { PATH "/Settings/0", NAME ".Settings.Connection" },
        };
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, &error);
        g_autoptr(GDBusConnection) bus = NULL;

        g_assert_no_error(error);
        settings = g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE("{sa{sv}}"), NULL, 0));
        calls = g_ptr_array_new_with_free_func(g_free);
        bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
        if (!bus)
                g_error("%s", error->message);
        for (gsize i = 0; i < G_N_ELEMENTS(objects); i++) {
                g_dbus_connection_register_object(bus, objects[i].path,
                                                  g_dbus_node_info_lookup_interface(node, objects[i].interface), &vtable, NULL,
                                                  NULL, &error);
                g_assert_no_error(error);
        }
        g_bus_own_name_on_connection(bus, NAME, G_BUS_NAME_OWNER_FLAGS_NONE, on_name, on_name_lost, NULL, NULL);
        g_main_loop_run(loop);
        return 0;
}
