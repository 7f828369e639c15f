/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-firewalld: the part of org.fedoraproject.FirewallD1 that quaywalld uses, on top of a model of iptables, with a Docker
 * that writes its rules at the start and after each Reloaded. firewalld-contract checks it and the real firewalld with the same
 * assertions. Tests control it through org.quaywall.Mock on the object /org/quaywall/Mock: see mock_methods. */
#include "mock-faults.h"
#include "mock-methods.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOCK_PATH "/org/quaywall/Mock"

static gboolean hung;
static GQueue waiting = G_QUEUE_INIT; /* GDBusMethodInvocation, while hung */
static GHashTable *objects;           /* path -> registration id */
static GPtrArray *infos;              /* keeps the parsed interfaces alive */

static char *version = NULL;
static gboolean no_docker, no_docker_zone;
static GOptionEntry options[] = {
        { "version", 0, 0, G_OPTION_ARG_STRING, &version, "Behave as this release of firewalld", "1.3.3" },
        { "no-docker", 0, 0, G_OPTION_ARG_NONE, &no_docker, "Docker is not there", NULL },
        { "docker-ipv6", 0, 0, G_OPTION_ARG_NONE, &fw.docker_ipv6, "Docker makes its rules for IPv6 too", NULL },
        { "no-docker-zone", 0, 0, G_OPTION_ARG_NONE, &no_docker_zone, "Docker made no zone", NULL },
        { 0 }
};

/* ---- org.quaywall.Mock ----------------------------------------------------------------------------------------- */

static GVariant *mock_plan(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        static const char *const names[] = { "", "fail", "hang", "die-before", "die-after", "silent", "strange" };
        g_autoptr(GVariant) nth = g_variant_get_child_value(args, 1);

        for (gsize kind = 1; kind < G_N_ELEMENTS(names); kind++)
                if (g_str_equal(names[kind], arg_text(args, 2))) {
                        faults_clear_calls();
                        faults_plan(arg_text(args, 0), g_variant_get_uint32(nth), kind, arg_text(args, 3));
                        return NULL;
                }
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no such fault: %s", arg_text(args, 2));
        return NULL;
}

static GVariant *mock_get_calls(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a(ss))", faults_calls());
}

static GVariant *mock_clear(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        faults_clear_calls();
        faults_clear();
        return NULL;
}

static GVariant *mock_iptables(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_auto(GStrv) argv = arg_strv(args, 1);
        g_autofree char *out = NULL;

        if (!mock_iptables_run(fw.kernel, arg_text(args, 0), (const char *const *) argv, &out, error))
                return NULL;
        return g_variant_new("(s)", out);
}

static GVariant *mock_set_counters(GVariant *args, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        guint64 packets, bytes;

        g_variant_get(args, "(&s&s&stt)", NULL, NULL, NULL, &packets, &bytes);
        return g_variant_new(
                "(u)", mock_iptables_count(fw.kernel, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2), packets, bytes));
}

static int compare_lines(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void dump_list(GString *dump, const char *title, GVariant *list, gboolean sorted) {
        g_autoptr(GVariant) owned = g_variant_ref_sink(list);
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        gsize n = g_variant_n_children(list);

        for (gsize i = 0; i < n; i++) {
                g_autoptr(GVariant) item = g_variant_get_child_value(list, i);

                g_ptr_array_add(lines, g_variant_print(item, FALSE));
        }
        if (sorted)
                g_ptr_array_sort(lines, compare_lines);
        g_string_append_printf(dump, "[%s]\n", title);
        for (guint i = 0; i < lines->len; i++)
                g_string_append_printf(dump, "%s %s\n", title, (char *) lines->pdata[i]);
}

/* Everything that a failed change must restore. firewalld's runtime lists are sorted, since their order only matters in the
 * kernel; the permanent ones are not, since their order decides what the next reload does. */
static GVariant *mock_dump(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        static const char *const families[] = { "ipv4", "ipv6" };
        static const char *const tables[] = { "filter", "nat" };
        static const char *const parts[] = { "permanent chain", "permanent rule", "permanent passthrough" };
        g_autoptr(GString) dump = g_string_new(NULL);
        g_autoptr(GVariant) permanent = mock_direct_permanent(fw.direct);
        g_autofree char *zones = mock_zones_dump(fw.zones);

        g_string_append_printf(dump, "state: %s\n", fw.state);
        for (gsize f = 0; f < G_N_ELEMENTS(families); f++)
                for (gsize t = 0; t < G_N_ELEMENTS(tables); t++) {
                        const char *argv[] = { "-t", tables[t], "-S", NULL };
                        g_autofree char *out = NULL;

                        mock_iptables_run(fw.kernel, families[f], argv, &out, NULL);
                        g_string_append_printf(dump, "[%s %s]\n%s", families[f], tables[t], out);
                }
        dump_list(dump, "chain", mock_direct_chains(fw.direct), TRUE);
        dump_list(dump, "rule", mock_direct_rules(fw.direct), TRUE);
        for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
                dump_list(dump, parts[i], g_variant_get_child_value(permanent, i), FALSE);
        g_string_append_printf(dump, "[zones]\n%s", zones);
        return g_variant_new("(s)", dump->str);
}

static GVariant *mock_docker(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        docker_rebuild();
        return NULL;
}

static void dispatch(GDBusMethodInvocation *invocation);

static GVariant *mock_release(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        GDBusMethodInvocation *invocation;

        hung = FALSE;
        while ((invocation = g_queue_pop_head(&waiting)))
                dispatch(invocation);
        return NULL;
}

static const Method mock_methods[] = {
        /* Plan (pattern, nth, "fail" | "hang" | "die-before" | "die-after" | "silent", message); the calls are recorded anew, so
         * when NTH of PATTERN are in the record the fault was met */
        { "mock", "Plan", "suss", "", mock_plan },
        { "mock", "Release", "", "", mock_release },
        { "mock", "GetCalls", "", "a(ss)", mock_get_calls },
        { "mock", "Clear", "", "", mock_clear },
        /* Iptables (family, argv): called by another program than firewalld */
        { "mock", "Iptables", "s|as", "s", mock_iptables },
        { "mock", "SetCounters", "ssstt", "u", mock_set_counters },
        { "mock", "Dump", "", "s", mock_dump },
        /* Docker: dockerd restarts */
        { "mock", "Docker", "", "", mock_docker },
        { 0 },
};

/* ---- the bus --------------------------------------------------------------------------------------------------- */

static char *interface_name(const char *interface) {
        if (g_str_equal(interface, "mock"))
                return g_strdup("org.quaywall.Mock");
        return *interface ? g_strconcat(NAME ".", interface, NULL) : g_strdup(NAME);
}

static const Method *methods_of(const char *interface) {
        return g_str_has_prefix(interface, NAME) ? firewalld_methods : mock_methods;
}

/* GDBus would not send it as the answer of this method: it knows its type. */
static void answer_strangely(GDBusMethodInvocation *invocation) {
        g_autoptr(GDBusMessage) reply = g_dbus_message_new_method_reply(g_dbus_method_invocation_get_message(invocation));

        g_dbus_message_set_body(reply, g_variant_new("(d)", 1.5));
        g_dbus_connection_send_message(fw.bus, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
        g_object_unref(invocation);
}

static void dispatch(GDBusMethodInvocation *invocation) {
        const char *interface = g_dbus_method_invocation_get_interface_name(invocation);
        const char *method = g_dbus_method_invocation_get_method_name(invocation);
        const char *path = g_dbus_method_invocation_get_object_path(invocation);
        GVariant *args = g_dbus_method_invocation_get_parameters(invocation);
        const Method *found = NULL;
        g_autofree char *name = NULL, *message = NULL;
        g_autoptr(GError) error = NULL;
        FaultKind fault = FAULT_NONE;
        GVariant *answer;

        for (const Method *m = methods_of(interface); m->method && !found; m++) {
                g_autofree char *full = interface_name(m->interface);

                if (g_str_equal(full, interface) && g_str_equal(m->method, method))
                        found = m;
        }
        g_assert(found);
        if (!g_str_equal(found->interface, "mock")) {
                if (hung) {
                        g_queue_push_tail(&waiting, invocation);
                        return;
                }
                name = *found->interface ? g_strdup_printf("%s.%s", found->interface, method) : g_strdup(method);
                fault = faults_meet(name, args, &message);
        }
        if (fault == FAULT_DIE_BEFORE)
                _exit(3);
        if (fault == FAULT_HANG) {
                /* Single-threaded, as the real one: no call is answered until Release. */
                hung = TRUE;
                g_queue_push_tail(&waiting, invocation);
                return;
        }
        if (fault == FAULT_SILENT) {
                /* What sd-bus reports for a call without an answer, but without waiting half a minute. */
                g_dbus_method_invocation_return_dbus_error(invocation, "org.freedesktop.DBus.Error.NoReply", "no answer");
                return;
        }
        if (fault == FAULT_FAIL) {
                g_dbus_method_invocation_return_dbus_error(invocation, NAME ".Exception", message);
                return;
        }
        answer = found->handler(args, atoi(strrchr(path, '/') + 1), &error);
        if (fault == FAULT_DIE_AFTER) {
                g_dbus_connection_flush_sync(fw.bus, NULL, NULL);
                _exit(3);
        }
        if (error)
                g_dbus_method_invocation_return_dbus_error(invocation, NAME ".Exception", error->message);
        else if (fault == FAULT_STRANGE) {
                if (answer)
                        g_variant_unref(g_variant_ref_sink(answer));
                answer_strangely(invocation);
        } else
                g_dbus_method_invocation_return_value(invocation, answer);
}

static void on_call(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                    const char *interface G_GNUC_UNUSED, const char *method G_GNUC_UNUSED, GVariant *args G_GNUC_UNUSED,
                    GDBusMethodInvocation *invocation, gpointer unused G_GNUC_UNUSED) {
        dispatch(invocation);
}

static GVariant *on_get(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                        const char *interface G_GNUC_UNUSED, const char *property, GError **error G_GNUC_UNUSED,
                        gpointer unused G_GNUC_UNUSED) {
        if (g_str_equal(property, "state"))
                return g_variant_new_string(fw.state);
        if (g_str_equal(property, "FirewallBackend"))
                return g_variant_new_string("nftables");
        if (g_str_equal(property, "StrictForwardPorts"))
                return g_variant_new_string("no");
        return g_variant_new_string(g_str_equal(property, "version") ? version : "1.15");
}

static void append_args(GString *xml, const char *signature, const char *direction) {
        const char *at = signature, *end;

        while (*at) {
                if (*at == '|') { /* ignored, see Method */
                        at++;
                        continue;
                }
                g_assert(g_variant_type_string_scan(at, NULL, &end));
                g_string_append_printf(xml, "<arg type='%.*s' direction='%s'/>", (int) (end - at), at, direction);
                at = end;
        }
}

static guint register_interface(const char *path, const char *interface) {
        static const GDBusInterfaceVTable vtable = { .method_call = on_call, .get_property = on_get };
        g_autoptr(GString) xml = g_string_new(NULL);
        g_autofree char *full = interface_name(interface);
        g_autoptr(GError) error = NULL;
        GDBusNodeInfo *info;
        guint id;

        g_string_append_printf(xml, "<node><interface name='%s'>", full);
        for (const Method *m = methods_of(full); m->method; m++) {
                if (!g_str_equal(m->interface, interface))
                        continue;
                g_string_append_printf(xml, "<method name='%s'>", m->method);
                append_args(xml, m->in, "in");
                append_args(xml, m->out, "out");
                g_string_append(xml, "</method>");
        }
        if (!*interface)
                g_string_append(xml, "<property name='version' type='s' access='read'/><property name='state' type='s' "
                                     "access='read'/><property name='interface_version' type='s' access='read'/>"
                                     "<signal name='Reloaded'/>");
        if (g_str_equal(interface, "config"))
                g_string_append(xml, "<property name='FirewallBackend' type='s' access='read'/>"
                                     "<property name='StrictForwardPorts' type='s' access='read'/>");
        g_string_append(xml, "</interface></node>");
        info = g_dbus_node_info_new_for_xml(xml->str, &error);
        g_assert_no_error(error);
        g_ptr_array_add(infos, info);
        id = g_dbus_connection_register_object(fw.bus, path, info->interfaces[0], &vtable, NULL, NULL, &error);
        g_assert_no_error(error);
        return id;
}

void register_object(MockKind kind, int number) {
        char *path = object_path(kind, number);
        guint id = register_interface(path, kind == MOCK_ZONE   ? "config.zone" :
                                            kind == MOCK_POLICY ? "config.policy" :
                                                                  "config.ipset");

        g_hash_table_insert(objects, path, GUINT_TO_POINTER(id));
}

void register_objects(void) {
        for (int kind = 0; kind < MOCK_KINDS; kind++) {
                g_autoptr(GArray) numbers = mock_zones_numbers(fw.zones, kind);

                for (guint i = 0; i < numbers->len; i++)
                        register_object(kind, g_array_index(numbers, int, i));
        }
}

void unregister_object(const char *path) {
        g_dbus_connection_unregister_object(fw.bus, GPOINTER_TO_UINT(g_hash_table_lookup(objects, path)));
        g_hash_table_remove(objects, path);
}

void unregister_objects(void) {
        GHashTableIter iter;
        gpointer id;

        g_hash_table_iter_init(&iter, objects);
        while (g_hash_table_iter_next(&iter, NULL, &id))
                g_dbus_connection_unregister_object(fw.bus, GPOINTER_TO_UINT(id));
        g_hash_table_remove_all(objects);
}

static void register_all(void) {
        static const char *const runtime[] = { "", "zone", "policy", "ipset", "direct" };

        for (gsize i = 0; i < G_N_ELEMENTS(runtime); i++)
                register_interface(PATH, runtime[i]);
        register_interface(PATH "/config", "config");
        register_interface(PATH "/config", "config.direct");
        register_interface(MOCK_PATH, "mock");
        register_objects();
}

static void on_name_lost(GDBusConnection *bus G_GNUC_UNUSED, const char *name, gpointer unused G_GNUC_UNUSED) {
        g_error("cannot have the name %s", name);
}

int main(int argc, char **argv) {
        g_autoptr(GOptionContext) context = g_option_context_new("- a firewalld for tests");
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_autoptr(GError) error = NULL;

        g_option_context_add_main_entries(context, options, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error))
                g_error("%s", error->message);
        if (!version)
                version = g_strdup("1.3.3");
        fw.docker = !no_docker;
        fw.kernel = mock_iptables_new();
        fw.direct = mock_direct_new(fw.kernel, atoi(version) >= 2);
        fw.zones = mock_zones_new(atoi(version) >= 2);
        objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        infos = g_ptr_array_new_with_free_func((GDestroyNotify) g_dbus_node_info_unref);
        fw.bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
        if (!fw.bus)
                g_error("%s", error->message);
        if (fw.docker && !no_docker_zone) {
                g_autoptr(GVariant) settings =
                        g_variant_ref_sink(g_variant_new_parsed("{'target': <'ACCEPT'>, 'short': <'docker'>}"));

                mock_zones_add(fw.zones, MOCK_ZONE, "docker", settings, NULL);
                mock_zones_renumber(fw.zones);
                mock_zones_reload(fw.zones);
        }
        register_all();
        if (fw.docker)
                docker_rebuild();
        g_bus_own_name_on_connection(fw.bus, NAME, G_BUS_NAME_OWNER_FLAGS_NONE, NULL, on_name_lost, NULL, NULL);
        g_main_loop_run(loop);
        return 0;
}
