/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The running daemon offers exactly what dbus/org.quaywall1.xml defines: interfaces, methods, argument names and types,
 * properties and their change signals, signals. */
#include "fixture-docker.h"

#include <string.h>

static GString *args_text(GDBusArgInfo **args) {
        GString *text = g_string_new("(");

        for (int i = 0; args && args[i]; i++)
                g_string_append_printf(text, "%s%s %s", i ? ", " : "", args[i]->signature, args[i]->name ? args[i]->name : "-");
        return g_string_append_c(text, ')');
}

static const char *emits_changed(const GDBusPropertyInfo *property) {
        const char *how =
                g_dbus_annotation_info_lookup(property->annotations, "org.freedesktop.DBus.Property.EmitsChangedSignal");

        return how ? how : "true";
}

static int compare_lines(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* One line per member, sorted, since the order in the file does not matter. */
static char *node_text(GDBusNodeInfo *node) {
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        for (int i = 0; node->interfaces && node->interfaces[i]; i++) {
                const GDBusInterfaceInfo *interface = node->interfaces[i];

                if (!g_str_has_prefix(interface->name, "org.quaywall1"))
                        continue;
                for (int m = 0; interface->methods && interface->methods[m]; m++) {
                        g_autoptr(GString) in = args_text(interface->methods[m]->in_args),
                                           out = args_text(interface->methods[m]->out_args);

                        g_ptr_array_add(lines, g_strdup_printf("%s method %s %s -> %s", interface->name,
                                                               interface->methods[m]->name, in->str, out->str));
                }
                for (int p = 0; interface->properties && interface->properties[p]; p++)
                        g_ptr_array_add(lines,
                                        g_strdup_printf("%s property %s %s flags %u emits %s", interface->name,
                                                        interface->properties[p]->name, interface->properties[p]->signature,
                                                        interface->properties[p]->flags,
                                                        emits_changed(interface->properties[p])));
                for (int s = 0; interface->signals && interface->signals[s]; s++) {
                        g_autoptr(GString) args = args_text(interface->signals[s]->args);

                        g_ptr_array_add(lines, g_strdup_printf("%s signal %s %s", interface->name, interface->signals[s]->name,
                                                               args->str));
                }
        }
        g_ptr_array_sort(lines, compare_lines);
        g_ptr_array_add(lines, NULL);
        return g_strjoinv("\n", (char **) lines->pdata);
}

static GDBusNodeInfo *introspect(Fixture *f, const char *path) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer =
                g_dbus_connection_call_sync(f->bus, "org.quaywall1", path, "org.freedesktop.DBus.Introspectable", "Introspect",
                                            NULL, G_VARIANT_TYPE("(s)"), 0, -1, NULL, &error);
        GDBusNodeInfo *node = NULL;
        const char *xml;

        g_assert_no_error(error);
        if (answer) {
                g_variant_get(answer, "(&s)", &xml);
                node = g_dbus_node_info_new_for_xml(xml, &error);
                g_assert_no_error(error);
        }
        return node;
}

static void test_contract(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusNodeInfo) node = introspect(f, "/org/quaywall1");
        g_autofree char *told = node ? node_text(node) : g_strdup(""), *contract = node_text(fixture_node());
        g_auto(GStrv) a = g_strsplit(contract, "\n", -1);
        g_auto(GStrv) b = g_strsplit(told, "\n", -1);

        for (gsize i = 0; a[i]; i++)
                if (!g_strv_contains((const char *const *) b, a[i])) {
                        g_test_message("the daemon lacks:  %s", a[i]);
                        g_test_fail();
                }
        for (gsize i = 0; b[i]; i++)
                if (!g_strv_contains((const char *const *) a, b[i])) {
                        g_test_message("not in the contract: %s", b[i]);
                        g_test_fail();
                }
}

static void test_tree(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusNodeInfo) root = introspect(f, "/"), node = introspect(f, "/org/quaywall1");

        g_assert_nonnull(root);
        /* There is only one object. */
        g_assert_true(!node || !node->nodes || !node->nodes[0]);
}

static gboolean has_changed(Fixture *f G_GNUC_UNUSED, gpointer data) {
        return ((GString *) data)->len > 0;
}

/* data: the text that is waited for, and where to put the signal that has it. */
static void on_changed(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path,
                       const char *interface G_GNUC_UNUSED, const char *signal G_GNUC_UNUSED, GVariant *args, gpointer data) {
        g_autofree char *text = g_variant_print(args, FALSE);
        const char *const *wanted = data;

        if (g_str_equal(path, "/org/quaywall1") && strstr(text, wanted[0]))
                g_string_assign((GString *) wanted[1], text);
}

/* Fails unless PropertiesChanged with this text follows what the function does. */
static void check_announced(Fixture *f, const char *interface, const char *text, void (*act)(Fixture *f)) {
        g_autoptr(GString) seen = g_string_new(NULL);
        const void *wanted[] = { text, seen };
        /* From any sender: for a name, GDBus must first look up the owner, and would miss a signal meanwhile. */
        guint id = g_dbus_connection_signal_subscribe(f->bus, NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                                      NULL, interface, 0, on_changed, wanted, NULL);

        act(f);
        fixture_wait(f, has_changed, seen, text);
        g_dbus_connection_signal_unsubscribe(f->bus, id);
}

static void set_runtime(Fixture *f) {
        g_variant_unref(fixture_works(f, "Policies.Set", "%s", "'brief', {'action': <'deny'>}, {'scope': <'runtime'>}"));
}

static void reload(Fixture *f) {
        g_variant_unref(fixture_works(f, "Manager.Reload", "%s", ""));
}

static void set_runtime_group(Fixture *f) {
        g_variant_unref(fixture_works(f, "Groups.Set", "%s", "'tmp', {'addresses': <['10.0.0.1']>}, {'scope': <'runtime'>}"));
}

static MockDocker docker;

static void begin_docker(Fixture *f) {
        mock_docker_start(&docker, f);
}

static void end_docker(Fixture *f G_GNUC_UNUSED) {
        mock_docker_kill(&docker);
}

static void test_properties_changed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        check_announced(f, "org.quaywall1.Policies", "'RuntimeChanges': <['brief']>", set_runtime);
        check_announced(f, "org.quaywall1.Policies", "'RuntimeChanges': <@as []>", reload);
        check_announced(f, "org.quaywall1.Groups", "'RuntimeChanges': <['tmp']>", set_runtime_group);
        check_announced(f, "org.quaywall1.Manager", "'DockerState': <'running'>", begin_docker);
        check_announced(f, "org.quaywall1.Engine", "'KnownUntil': <uint64 1", end_docker);
        check_announced(f, "org.quaywall1.Engine", "'KnownUntil': <uint64 0>", begin_docker);
        mock_docker_kill(&docker);
        check_announced(f, "org.quaywall1.Manager", "'FirewalldState': <'not-running'>", fixture_stop_firewalld);
}

static void test_read_only(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
                f->bus, "org.quaywall1", "/org/quaywall1", "org.freedesktop.DBus.Properties", "Set",
                g_variant_new("(ssv)", "org.quaywall1.Manager", "State", g_variant_new_string("idle")), NULL, 0, -1, NULL,
                &error);

        g_assert_null(answer);
        g_assert_error(error, G_DBUS_ERROR, G_DBUS_ERROR_PROPERTY_READ_ONLY);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/introspect/contract", test_contract);
        g_test_add_func("/introspect/tree", test_tree);
        g_test_add_func("/introspect/properties-changed", test_properties_changed);
        g_test_add_func("/introspect/read-only", test_read_only);
        return g_test_run();
}
