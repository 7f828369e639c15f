/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock-methods.h"

#include <string.h>

Firewalld fw = { .state = "RUNNING", .docker = TRUE };

static void emit(const char *path, const char *interface, const char *signal, GVariant *args) {
        g_dbus_connection_emit_signal(fw.bus, NULL, path, interface, signal, args, NULL);
}

const char *arg_text(GVariant *args, gsize at) {
        g_autoptr(GVariant) value = g_variant_get_child_value(args, at);

        return g_variant_get_string(value, NULL); /* valid as long as ARGS */
}

char **arg_strv(GVariant *args, gsize at) {
        g_autoptr(GVariant) value = g_variant_get_child_value(args, at);

        return g_variant_dup_strv(value, NULL);
}

static int priority_of(GVariant *args) {
        g_autoptr(GVariant) value = g_variant_get_child_value(args, 3);

        return g_variant_get_int32(value);
}

/* In the failed state, changes of the permanent configuration are refused, except for config.direct.update (1.3.3). */
static gboolean access_check(GError **error) {
        if (g_str_equal(fw.state, "RUNNING"))
                return TRUE;
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                            "RUNNING_BUT_FAILED: Changing permanent configuration is not allowed while firewalld is in "
                            "FAILED state.");
        return FALSE;
}

/* ---- Docker ---------------------------------------------------------------------------------------------------- */

static gboolean iptables(const char *family, const char *line) {
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        g_autofree char *out = NULL;

        return mock_iptables_run(fw.kernel, family, (const char *const *) argv, &out, NULL);
}

static void docker_family(const char *family, const char *container) {
        static const char *const forward[] = {
                "-i docker0 -o docker0 -j ACCEPT",
                "-i docker0 ! -o docker0 -j ACCEPT",
                "-o docker0 -j DOCKER",
                "-o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                "-j DOCKER-ISOLATION-STAGE-1",
                "-j DOCKER-USER",
        };
        static const char local[] = "PREROUTING -m addrtype --dst-type LOCAL -j DOCKER";
        g_autofree char *dnat =
                g_strconcat("DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination ", container, NULL);
        const char *const nat[] = { local, dnat };

        iptables(family, "-t nat -N DOCKER");
        for (gsize i = 0; i < G_N_ELEMENTS(nat); i++) {
                g_autofree char *check = g_strconcat("-t nat -C ", nat[i], NULL),
                                *append = g_strconcat("-t nat -A ", nat[i], NULL);

                if (!iptables(family, check))
                        iptables(family, append);
        }
        iptables(family, "-N DOCKER");
        iptables(family, "-N DOCKER-ISOLATION-STAGE-1");
        iptables(family, "-N DOCKER-USER");
        if (!iptables(family, "-C DOCKER-USER -j RETURN"))
                iptables(family, "-A DOCKER-USER -j RETURN");
        for (gsize i = 0; i < G_N_ELEMENTS(forward); i++) {
                g_autofree char *check = g_strconcat("-C FORWARD ", forward[i], NULL);
                g_autofree char *insert = g_strconcat("-I FORWARD ", forward[i], NULL);

                if (!iptables(family, check))
                        iptables(family, insert);
        }
        iptables(family, "-P FORWARD DROP");
}

void docker_rebuild(void) {
        const char *zone;

        docker_family("ipv4", "172.17.0.2:80");
        if (fw.docker_ipv6)
                docker_family("ipv6", "[fd00:17::2]:80");
        if (mock_zones_add_interface(fw.zones, "docker", "docker0", &zone, NULL))
                emit(PATH, NAME ".zone", "InterfaceAdded", g_variant_new("(ss)", "docker", "docker0"));
}

static gboolean on_idle(gpointer unused G_GNUC_UNUSED) {
        docker_rebuild();
        return G_SOURCE_REMOVE;
}

/* ---- org.fedoraproject.FirewallD1 ------------------------------------------------------------------------------ */

static GVariant *reload(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error) {
        mock_zones_reload(fw.zones);
        if (!mock_direct_reload(fw.direct, error)) {
                fw.state = "FAILED"; /* and no Reloaded, so Docker does not learn that its rules are gone */
                return NULL;
        }
        fw.state = "RUNNING";
        unregister_objects();
        mock_zones_renumber(fw.zones);
        register_objects();
        emit(PATH, NAME, "Reloaded", NULL);
        if (fw.docker)
                g_idle_add(on_idle, NULL);
        return NULL;
}

static GVariant *query_panic_mode(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(b)", fw.panic);
}

static GVariant *set_panic(gboolean panic, GError **error) {
        if (fw.panic == panic) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: panic mode %s",
                            panic ? "ALREADY_ENABLED" : "NOT_ENABLED", panic ? "already enabled" : "is not enabled");
                return NULL;
        }
        fw.panic = panic;
        emit(PATH, NAME, panic ? "PanicModeEnabled" : "PanicModeDisabled", NULL);
        return NULL;
}

static GVariant *enable_panic_mode(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error) {
        return set_panic(TRUE, error);
}

static GVariant *disable_panic_mode(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error) {
        return set_panic(FALSE, error);
}

static GVariant *get_default_zone(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(s)", "public");
}

/* ---- .zone and .policy ----------------------------------------------------------------------------------------- */

static GVariant *get_zones(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@as)", mock_zones_names(fw.zones, MOCK_ZONE));
}

static GVariant *get_active_zones(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a{sa{sas}})", mock_zones_active(fw.zones));
}

static GVariant *get_zone_of_interface(GVariant *args, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(s)", mock_zones_of_interface(fw.zones, arg_text(args, 0)));
}

static GVariant *get_interfaces(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_auto(GStrv) interfaces = mock_zones_interfaces(fw.zones, arg_text(args, 0), error);

        return interfaces ? g_variant_new("(^as)", interfaces) : NULL;
}

static GVariant *query_interface(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_auto(GStrv) interfaces = mock_zones_interfaces(fw.zones, arg_text(args, 0), error);

        return interfaces ? g_variant_new("(b)", g_strv_contains((const char *const *) interfaces, arg_text(args, 1))) : NULL;
}

static GVariant *zone_changed(gboolean done, const char *zone, const char *signal, GVariant *args) {
        if (!done)
                return NULL;
        emit(PATH, NAME ".zone", signal, g_variant_new("(ss)", zone, arg_text(args, 1)));
        return g_variant_new("(s)", zone);
}

static GVariant *add_interface(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        const char *zone = NULL;
        gboolean done = mock_zones_add_interface(fw.zones, arg_text(args, 0), arg_text(args, 1), &zone, error);

        return zone_changed(done, zone, "InterfaceAdded", args);
}

static GVariant *change_zone_of_interface(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        const char *zone = NULL;
        gboolean done = mock_zones_change_interface(fw.zones, arg_text(args, 0), arg_text(args, 1), &zone, error);

        return zone_changed(done, zone, "ZoneOfInterfaceChanged", args);
}

static GVariant *remove_interface(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        const char *zone = NULL;
        gboolean done = mock_zones_remove_interface(fw.zones, arg_text(args, 0), arg_text(args, 1), &zone, error);

        return zone_changed(done, zone, "InterfaceRemoved", args);
}

static GVariant *get_policies(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@as)", mock_zones_names(fw.zones, MOCK_POLICY));
}

static GVariant *get_active_policies(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a{sa{sas}})", mock_zones_active_policies(fw.zones));
}

static GVariant *get_policy_settings(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_autoptr(GVariant) settings = mock_zones_runtime_settings(fw.zones, MOCK_POLICY, arg_text(args, 0), error);

        return settings ? g_variant_new("(@a{sv})", settings) : NULL;
}

static GVariant *set_policy_settings(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_autoptr(GVariant) settings = g_variant_get_child_value(args, 1);

        if (mock_zones_set_runtime_settings(fw.zones, MOCK_POLICY, arg_text(args, 0), settings, error))
                emit(PATH, NAME ".policy", "PolicyUpdated", g_variant_new("(s@a{sv})", arg_text(args, 0), settings));
        return NULL;
}

/* ---- .direct --------------------------------------------------------------------------------------------------- */

static GVariant *add_chain(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        if (mock_direct_add_chain(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2), error))
                emit(PATH, NAME ".direct", "ChainAdded", args);
        return NULL;
}

static GVariant *remove_chain(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        if (mock_direct_remove_chain(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2), error))
                emit(PATH, NAME ".direct", "ChainRemoved", args);
        return NULL;
}

static GVariant *query_chain(GVariant *args, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(b)", mock_direct_has_chain(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2)));
}

static GVariant *get_all_chains(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a(sss))", mock_direct_chains(fw.direct));
}

static GVariant *add_rule(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_auto(GStrv) argv = arg_strv(args, 4);

        if (mock_direct_add_rule(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2), priority_of(args),
                                 (const char *const *) argv, error))
                emit(PATH, NAME ".direct", "RuleAdded", args);
        return NULL;
}

static GVariant *remove_rule(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_auto(GStrv) argv = arg_strv(args, 4);

        if (mock_direct_remove_rule(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2), priority_of(args),
                                    (const char *const *) argv, error))
                emit(PATH, NAME ".direct", "RuleRemoved", args);
        return NULL;
}

static GVariant *query_rule(GVariant *args, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        g_auto(GStrv) argv = arg_strv(args, 4);

        return g_variant_new("(b)", mock_direct_has_rule(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2),
                                                         priority_of(args), (const char *const *) argv));
}

static GVariant *remove_rules(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_autoptr(GVariant) rules =
                g_variant_ref_sink(mock_direct_rules_of(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2)));
        GVariantIter iter;
        int priority;
        char **argv;

        g_variant_iter_init(&iter, rules);
        while (g_variant_iter_next(&iter, "(i^as)", &priority, &argv)) {
                g_auto(GStrv) owned = argv;

                if (!mock_direct_remove_rule(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2), priority,
                                             (const char *const *) owned, error))
                        return NULL;
                emit(PATH, NAME ".direct", "RuleRemoved",
                     g_variant_new("(sssi^as)", arg_text(args, 0), arg_text(args, 1), arg_text(args, 2), priority, owned));
        }
        return NULL;
}

static GVariant *get_rules(GVariant *args, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a(ias))",
                             mock_direct_rules_of(fw.direct, arg_text(args, 0), arg_text(args, 1), arg_text(args, 2)));
}

static GVariant *get_all_rules(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a(sssias))", mock_direct_rules(fw.direct));
}

static GVariant *get_all_passthroughs(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a(sas))", mock_direct_passthroughs(fw.direct));
}

static GVariant *add_passthrough(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_auto(GStrv) argv = arg_strv(args, 1);

        mock_direct_add_passthrough(fw.direct, arg_text(args, 0), (const char *const *) argv, error);
        return NULL;
}

/* passthrough is not tracked and, unlike addPassthrough, flushes nothing. */
static GVariant *passthrough(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_auto(GStrv) argv = arg_strv(args, 1);
        g_autofree char *out = NULL, *joined = g_strjoinv(" ", argv);
        g_autoptr(GError) cause = NULL;
        const char *command = g_str_equal(arg_text(args, 0), "ipv6") ? "ip6tables" : "iptables";

        if (mock_iptables_run(fw.kernel, arg_text(args, 0), (const char *const *) argv, &out, &cause))
                return g_variant_new("(s)", out);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "COMMAND_FAILED: '/usr/sbin/%s -w10 %s' failed: %s v1.8.9 (nf_tables): %s\n", command, joined, command,
                    cause->message);
        return NULL;
}

/* ---- .config --------------------------------------------------------------------------------------------------- */

static const char *const kinds[] = { "zone", "policy", "ipset" };

char *object_path(MockKind kind, int number) {
        return g_strdup_printf(PATH "/config/%s/%d", kinds[kind], number);
}

static GVariant *by_name(MockKind kind, const char *name, GError **error) {
        int number = mock_zones_number(fw.zones, kind, name);
        g_autofree char *path = NULL;

        if (number < 0) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s",
                            kind == MOCK_ZONE   ? "INVALID_ZONE" :
                            kind == MOCK_POLICY ? "INVALID_POLICY" :
                                                  "INVALID_IPSET",
                            name);
                return NULL;
        }
        path = object_path(kind, number);
        return g_variant_new("(o)", path);
}

static GVariant *get_zone_by_name(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        return by_name(MOCK_ZONE, arg_text(args, 0), error);
}

static GVariant *get_policy_by_name(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        return by_name(MOCK_POLICY, arg_text(args, 0), error);
}

static GVariant *get_ipset_by_name(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        return by_name(MOCK_IPSET, arg_text(args, 0), error);
}

static GVariant *paths(MockKind kind) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("ao"));
        g_autoptr(GArray) numbers = mock_zones_numbers(fw.zones, kind);

        for (guint i = 0; i < numbers->len; i++) {
                g_autofree char *path = object_path(kind, g_array_index(numbers, int, i));

                g_variant_builder_add(&b, "o", path);
        }
        return g_variant_new("(@ao)", g_variant_builder_end(&b));
}

static GVariant *list_zones(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return paths(MOCK_ZONE);
}

static GVariant *list_policies(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return paths(MOCK_POLICY);
}

static GVariant *get_zone_names(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@as)", mock_zones_permanent_names(fw.zones, MOCK_ZONE));
}

static GVariant *get_policy_names(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@as)", mock_zones_permanent_names(fw.zones, MOCK_POLICY));
}

static GVariant *get_ipset_names(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@as)", mock_zones_permanent_names(fw.zones, MOCK_IPSET));
}

static GVariant *config_zone_of_interface(GVariant *args, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        g_autoptr(GArray) numbers = mock_zones_numbers(fw.zones, MOCK_ZONE);

        for (guint i = 0; i < numbers->len; i++) {
                int n = g_array_index(numbers, int, i);
                g_auto(GStrv) interfaces = mock_zones_permanent_interfaces(fw.zones, n);

                if (g_strv_contains((const char *const *) interfaces, arg_text(args, 0)))
                        return g_variant_new("(s)", mock_zones_name(fw.zones, MOCK_ZONE, n));
        }
        return g_variant_new("(s)", "");
}

static GVariant *add_object(MockKind kind, const char *name, GVariant *settings, GError **error) {
        g_autoptr(GVariant) owned = g_variant_ref_sink(settings);
        static const char *const signals[] = { "ZoneAdded", "PolicyAdded", "IPSetAdded" };
        g_autofree char *path = NULL;
        int number;

        if (!access_check(error))
                return NULL;
        number = mock_zones_add(fw.zones, kind, name, owned, error);
        if (number < 0)
                return NULL;
        register_object(kind, number);
        emit(PATH "/config", NAME ".config", signals[kind], g_variant_new("(s)", name));
        path = object_path(kind, number);
        return g_variant_new("(o)", path);
}

static GVariant *add_zone2(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        return add_object(MOCK_ZONE, arg_text(args, 0), g_variant_get_child_value(args, 1), error);
}

static GVariant *add_policy(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        return add_object(MOCK_POLICY, arg_text(args, 0), g_variant_get_child_value(args, 1), error);
}

static GVariant *add_ipset(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_autoptr(GVariant) options = NULL, entries = NULL;
        const char *name, *type;
        g_auto(GVariantDict) dict;

        g_variant_get(args, "(&s(&s&s&s&s@a{ss}@as))", &name, NULL, NULL, NULL, &type, &options, &entries);
        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, "type", "s", type);
        g_variant_dict_insert_value(&dict, "options", options);
        g_variant_dict_insert_value(&dict, "entries", entries);
        return add_object(MOCK_IPSET, name, g_variant_dict_end(&dict), error);
}

static GVariant *direct_get_settings(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        g_autoptr(GVariant) settings = mock_direct_permanent(fw.direct);

        return g_variant_new("(@(a(sss)a(sssias)a(sas)))", settings);
}

static GVariant *direct_update(GVariant *args, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        g_autoptr(GVariant) settings = g_variant_get_child_value(args, 0);

        mock_direct_set_permanent(fw.direct, settings);
        emit(PATH "/config", NAME ".config.direct", "Updated", NULL);
        return NULL;
}

/* ---- .config.zone, .config.policy and .config.ipset, on objects ------------------------------------------------- */

static const char *const OBJECTS[] = { NAME ".config.zone", NAME ".config.policy", NAME ".config.ipset" };

static GVariant *update(MockKind kind, int number, GVariant *settings, GError **error) {
        g_autoptr(GVariant) owned = g_variant_ref_sink(settings);
        g_autofree char *path = object_path(kind, number);

        if (access_check(error) && mock_zones_update(fw.zones, kind, number, owned, error))
                emit(path, OBJECTS[kind], "Updated", g_variant_new("(s)", mock_zones_name(fw.zones, kind, number)));
        return NULL;
}

static GVariant *zone_get_settings2(GVariant *args G_GNUC_UNUSED, int number, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a{sv})", mock_zones_settings(fw.zones, MOCK_ZONE, number));
}

static GVariant *zone_update2(GVariant *args, int number, GError **error) {
        return update(MOCK_ZONE, number, g_variant_get_child_value(args, 0), error);
}

static GVariant *zone_get_target(GVariant *args G_GNUC_UNUSED, int number, GError **error G_GNUC_UNUSED) {
        g_autoptr(GVariant) settings = g_variant_ref_sink(mock_zones_settings(fw.zones, MOCK_ZONE, number));
        const char *target = "";

        g_variant_lookup(settings, "target", "&s", &target);
        return g_variant_new("(s)", target);
}

static GVariant *zone_set_target(GVariant *args, int number, GError **error) {
        g_auto(GVariantDict) dict;

        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, "target", "s", arg_text(args, 0));
        return update(MOCK_ZONE, number, g_variant_dict_end(&dict), error);
}

static GVariant *zone_get_interfaces(GVariant *args G_GNUC_UNUSED, int number, GError **error G_GNUC_UNUSED) {
        g_auto(GStrv) interfaces = mock_zones_permanent_interfaces(fw.zones, number);

        return g_variant_new("(^as)", interfaces);
}

static GVariant *zone_query_interface(GVariant *args, int number, GError **error G_GNUC_UNUSED) {
        g_auto(GStrv) interfaces = mock_zones_permanent_interfaces(fw.zones, number);

        return g_variant_new("(b)", g_strv_contains((const char *const *) interfaces, arg_text(args, 0)));
}

static GVariant *zone_change_interface(GVariant *args, int number, gboolean add, GError **error) {
        g_auto(GStrv) interfaces = mock_zones_permanent_interfaces(fw.zones, number);
        const char *interface = arg_text(args, 0);
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);
        g_auto(GVariantDict) dict;

        g_variant_dict_init(&dict, NULL);
        if (g_strv_contains((const char *const *) interfaces, interface) == add) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", add ? "ALREADY_ENABLED" : "NOT_ENABLED", interface);
                return NULL;
        }
        for (gsize i = 0; interfaces[i]; i++)
                if (!g_str_equal(interfaces[i], interface))
                        g_variant_builder_add(&b, "s", interfaces[i]);
        if (add)
                g_variant_builder_add(&b, "s", interface);
        g_variant_dict_insert_value(&dict, "interfaces", g_variant_builder_end(&b));
        return update(MOCK_ZONE, number, g_variant_dict_end(&dict), error);
}

static GVariant *zone_add_interface(GVariant *args, int number, GError **error) {
        return zone_change_interface(args, number, TRUE, error);
}

static GVariant *zone_remove_interface(GVariant *args, int number, GError **error) {
        return zone_change_interface(args, number, FALSE, error);
}

static GVariant *policy_get_settings(GVariant *args G_GNUC_UNUSED, int number, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@a{sv})", mock_zones_settings(fw.zones, MOCK_POLICY, number));
}

static GVariant *policy_update(GVariant *args, int number, GError **error) {
        return update(MOCK_POLICY, number, g_variant_get_child_value(args, 0), error);
}

static GVariant *remove_object(MockKind kind, int number, GError **error) {
        g_autofree char *path = object_path(kind, number);
        g_autofree char *name = g_strdup(mock_zones_name(fw.zones, kind, number));

        if (!access_check(error) || !mock_zones_remove(fw.zones, kind, number, error))
                return NULL;
        emit(path, OBJECTS[kind], "Removed", g_variant_new("(s)", name));
        unregister_object(path);
        return NULL;
}

static GVariant *zone_remove(GVariant *args G_GNUC_UNUSED, int number, GError **error) {
        return remove_object(MOCK_ZONE, number, error);
}

static GVariant *policy_remove(GVariant *args G_GNUC_UNUSED, int number, GError **error) {
        return remove_object(MOCK_POLICY, number, error);
}

/* ---- ipsets ---------------------------------------------------------------------------------------------------- */

static GVariant *entries_of(GVariant *settings) {
        GVariant *entries = g_variant_lookup_value(settings, "entries", G_VARIANT_TYPE_STRING_ARRAY);

        if (!entries)
                entries = g_variant_ref_sink(g_variant_new_strv(NULL, 0));
        return g_variant_new("(@as)", entries);
}

/* Checks an entry of hash:net,iface as firewalld 1.3.3 does, as far as quaywall uses it. */
static GVariant *entries_settings(GVariant *args, gsize at, GError **error) {
        g_auto(GStrv) entries = arg_strv(args, at);
        g_auto(GVariantDict) dict;

        for (gsize i = 0; entries[i]; i++) {
                const char *comma = strchr(entries[i], ',');

                if (!comma || g_strrstr_len(entries[i], comma - entries[i], "/0") == comma - 2) {
                        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                                    "INVALID_ENTRY: invalid address in '%s' for hash:net,iface", entries[i]);
                        return NULL;
                }
        }
        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert_value(&dict, "entries", g_variant_new_strv((const char *const *) entries, -1));
        return g_variant_ref_sink(g_variant_dict_end(&dict));
}

static GVariant *ipset_get_entries(GVariant *args G_GNUC_UNUSED, int number, GError **error G_GNUC_UNUSED) {
        g_autoptr(GVariant) settings = g_variant_ref_sink(mock_zones_settings(fw.zones, MOCK_IPSET, number));

        return entries_of(settings);
}

static GVariant *ipset_set_entries(GVariant *args, int number, GError **error) {
        g_autoptr(GVariant) settings = entries_settings(args, 0, error);

        return settings ? update(MOCK_IPSET, number, g_variant_ref(settings), error) : NULL;
}

static GVariant *ipset_remove(GVariant *args G_GNUC_UNUSED, int number, GError **error) {
        return remove_object(MOCK_IPSET, number, error);
}

static GVariant *get_ipsets(GVariant *args G_GNUC_UNUSED, int number G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
        return g_variant_new("(@as)", mock_zones_names(fw.zones, MOCK_IPSET));
}

static GVariant *get_entries(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_autoptr(GVariant) settings = mock_zones_runtime_settings(fw.zones, MOCK_IPSET, arg_text(args, 0), error);

        return settings ? entries_of(settings) : NULL;
}

static GVariant *set_entries(GVariant *args, int number G_GNUC_UNUSED, GError **error) {
        g_autoptr(GVariant) settings = entries_settings(args, 1, error);

        if (settings)
                mock_zones_set_runtime_settings(fw.zones, MOCK_IPSET, arg_text(args, 0), settings, error);
        return NULL;
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

const Method firewalld_methods[] = {
        { "", "reload", "", "", reload },
        { "", "completeReload", "", "", reload },
        { "", "queryPanicMode", "", "b", query_panic_mode },
        { "", "enablePanicMode", "", "", enable_panic_mode },
        { "", "disablePanicMode", "", "", disable_panic_mode },
        { "", "getDefaultZone", "", "s", get_default_zone },
        { "zone", "getZones", "", "as", get_zones },
        { "zone", "getActiveZones", "", "a{sa{sas}}", get_active_zones },
        { "zone", "getZoneOfInterface", "s", "s", get_zone_of_interface },
        { "zone", "getInterfaces", "s", "as", get_interfaces },
        { "zone", "queryInterface", "ss", "b", query_interface },
        { "zone", "addInterface", "ss", "s", add_interface },
        { "zone", "changeZoneOfInterface", "ss", "s", change_zone_of_interface },
        { "zone", "removeInterface", "ss", "s", remove_interface },
        { "policy", "getPolicies", "", "as", get_policies },
        { "policy", "getActivePolicies", "", "a{sa{sas}}", get_active_policies },
        { "policy", "getPolicySettings", "s", "a{sv}", get_policy_settings },
        { "policy", "setPolicySettings", "s|a{sv}", "", set_policy_settings },
        { "ipset", "getIPSets", "", "as", get_ipsets },
        { "ipset", "getEntries", "s", "as", get_entries },
        { "ipset", "setEntries", "s|as", "", set_entries },
        { "direct", "addChain", "sss", "", add_chain },
        { "direct", "removeChain", "sss", "", remove_chain },
        { "direct", "queryChain", "sss", "b", query_chain },
        { "direct", "getAllChains", "", "a(sss)", get_all_chains },
        { "direct", "addRule", "sssi|as", "", add_rule },
        { "direct", "removeRule", "sssi|as", "", remove_rule },
        { "direct", "queryRule", "sssi|as", "b", query_rule },
        { "direct", "removeRules", "sss", "", remove_rules },
        { "direct", "getRules", "sss", "a(ias)", get_rules },
        { "direct", "getAllRules", "", "a(sssias)", get_all_rules },
        { "direct", "getAllPassthroughs", "", "a(sas)", get_all_passthroughs },
        { "direct", "addPassthrough", "s|as", "", add_passthrough },
        { "direct", "passthrough", "s|as", "s", passthrough },
        { "config", "getZoneByName", "s", "o", get_zone_by_name },
        { "config", "getZoneOfInterface", "s", "s", config_zone_of_interface },
        { "config", "listZones", "", "ao", list_zones },
        { "config", "getZoneNames", "", "as", get_zone_names },
        { "config", "addZone2", "s|a{sv}", "o", add_zone2 },
        { "config", "getPolicyByName", "s", "o", get_policy_by_name },
        { "config", "listPolicies", "", "ao", list_policies },
        { "config", "getPolicyNames", "", "as", get_policy_names },
        { "config", "addPolicy", "s|a{sv}", "o", add_policy },
        { "config", "getIPSetByName", "s", "o", get_ipset_by_name },
        { "config", "getIPSetNames", "", "as", get_ipset_names },
        { "config", "addIPSet", "s|(ssssa{ss}as)", "o", add_ipset },
        { "config.direct", "getSettings", "", "(a(sss)a(sssias)a(sas))", direct_get_settings },
        { "config.direct", "update", "(a(sss)a(sssias)a(sas))", "", direct_update },
        { "config.zone", "getSettings2", "", "a{sv}", zone_get_settings2 },
        { "config.zone", "update2", "a{sv}", "", zone_update2 },
        { "config.zone", "getTarget", "", "s", zone_get_target },
        { "config.zone", "setTarget", "s", "", zone_set_target },
        { "config.zone", "getInterfaces", "", "as", zone_get_interfaces },
        { "config.zone", "queryInterface", "s", "b", zone_query_interface },
        { "config.zone", "addInterface", "s", "", zone_add_interface },
        { "config.zone", "removeInterface", "s", "", zone_remove_interface },
        { "config.zone", "remove", "", "", zone_remove },
        { "config.policy", "getSettings", "", "a{sv}", policy_get_settings },
        { "config.policy", "update", "a{sv}", "", policy_update },
        { "config.policy", "remove", "", "", policy_remove },
        { "config.ipset", "getEntries", "", "as", ipset_get_entries },
        { "config.ipset", "setEntries", "as", "", ipset_set_entries },
        { "config.ipset", "remove", "", "", ipset_remove },
        { 0 },
};
