/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ports-cmd.h"

#include <string.h>

#include "ctl/json-out.h"
#include "ctl/text.h"

/* So many sources of a row are shown; --json has more. */
#define SHOWN_SOURCES 3

static char *ports_number(GVariant *dictionary, const char *key) {
        guint16 value = 0;

        g_variant_lookup(dictionary, key, "q", &value);
        return value != 0 ? g_strdup_printf("%u", value) : g_strdup("");
}

static char *ports_list(GVariant *dictionary, const char *key, guint limit) {
        g_autofree const char **words = NULL;

        g_variant_lookup(dictionary, key, "^a&s", &words);
        return words ? text_list(words, limit) : g_strdup("");
}

/* "0.0.0.0:8080/tcp", "[::]:8080/tcp"; "" for a port that has no address, as of a container with the host's network. */
char *ports_name(GVariant *port) {
        const char *address = ctl_lookup_string(port, "host-address"), *protocol = ctl_lookup_string(port, "protocol");
        g_autofree char *number = ports_number(port, "host-port");

        if (!*protocol)
                return g_strdup("");
        return g_strdup_printf(strchr(address, ':') ? "[%s]:%s/%s" : "%s:%s/%s", address, *number ? number : "?", protocol);
}

/* The list of this key, whose length is count though the service may send less of it: "a, b, c +98". NULL: there is no such list. */
static char *ports_sources(GVariant *of, const char *key, guint32 count) {
        g_autofree const char **words = NULL;

        if (!g_variant_lookup(of, key, "^a&s", &words))
                return NULL;
        if (count <= SHOWN_SOURCES)
                return text_list(words, 0);
        if (g_strv_length((GStrv) words) > SHOWN_SOURCES)
                words[SHOWN_SOURCES] = NULL;
        g_autofree char *some = text_list(words, 0);
        return g_strdup_printf("%s +%u", some, count - SHOWN_SOURCES);
}

/* "firewalld's zones home, work (some)"; of an exception, which has no list of its own: "firewalld's zones". */
static char *ports_zones(GVariant *of) {
        g_autofree char *all = ports_list(of, "zones", 0), *some = ports_list(of, "zones-partly", 0);
        const bool known = g_variant_lookup(of, "policies", "^a&s", NULL);

        if (!*all && !*some)
                return g_strdup(known ? "no zone of firewalld's" : "firewalld's zones");
        return g_strdup_printf("firewalld's zones %s%s%s%s", all, *all && *some ? ", " : "", some, *some ? " (some)" : "");
}

/* Who can reach it; of: a row of ListPorts or one of its exceptions. NULL when the service names sources and has none. */
static char *ports_reach(GVariant *of) {
        const char *reach = ctl_lookup_string(of, "reach");
        guint32 count = 0;

        g_variant_lookup(of, "source-count", "u", &count);
        if (g_str_equal(reach, "sources"))
                return ports_sources(of, "sources", count);
        if (g_str_equal(reach, "everyone")) {
                g_autofree char *except = ports_sources(of, "except", count);

                return except ? g_strdup_printf("everyone but %s", except) : g_strdup("everyone");
        }
        if (g_str_equal(reach, "zones")) {
                g_autofree char *zones = ports_zones(of), *sources = ports_sources(of, "sources", count);

                return sources ? g_strdup_printf("%s, %s", zones, sources) : g_steal_pointer(&zones);
        }
        return g_strdup(g_str_equal(reach, "host")       ? "this host only" :
                        g_str_equal(reach, "neighbours") ? "hosts on the same link" :
                        g_str_equal(reach, "unknown")    ? "not known" :
                                                           reach);
}

char *ports_reach_all(GVariant *port) {
        g_autofree char *reach = ports_reach(port);
        g_autoptr(GString) text = g_string_new(reach ? reach : "");
        g_autoptr(GVariant) exceptions = g_variant_lookup_value(port, "exceptions", G_VARIANT_TYPE("aa{sv}"));

        for (gsize i = 0; exceptions && i < g_variant_n_children(exceptions); i++) {
                g_autoptr(GVariant) exception = g_variant_get_child_value(exceptions, i);
                const char *interface = ctl_lookup_string(exception, "interface");
                const char *destination = ctl_lookup_string(exception, "destination");
                g_autofree char *other = ports_reach(exception);

                g_string_append(text, "; ");
                if (*interface)
                        g_string_append_printf(text, "on %s ", interface);
                if (*destination)
                        g_string_append_printf(text, "to %s ", destination);
                g_string_append(text, other ? other : "");
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Adds what is said of one port: about has for each sentence the names of its ports (GPtrArray), sentences the order. */
static void ports_collect_notes(GVariant *port, GPtrArray *sentences, GHashTable *about) {
        g_autoptr(GVariant) notes = g_variant_lookup_value(port, "notes", G_VARIANT_TYPE("a(ss)"));
        g_autofree char *name = ports_name(port);
        GVariantIter iter;
        const char *sentence;

        if (!notes)
                return;
        g_variant_iter_init(&iter, notes);
        while (g_variant_iter_loop(&iter, "(s&s)", NULL, &sentence)) {
                GPtrArray *names = g_hash_table_lookup(about, sentence);

                if (!names) {
                        char *key = g_strdup(sentence);

                        names = g_ptr_array_new_with_free_func(g_free);
                        g_ptr_array_add(sentences, key);
                        g_hash_table_insert(about, key, names);
                }
                g_ptr_array_add(names, g_strdup(*name ? name : ctl_lookup_string(port, "container")));
        }
}

/* Each sentence once, with the ports that it is about. */
static void ports_append_notes(GString *text, GVariant *ports) {
        g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) about = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);

        for (gsize i = 0; i < g_variant_n_children(ports); i++) {
                g_autoptr(GVariant) port = g_variant_get_child_value(ports, i);

                ports_collect_notes(port, sentences, about);
        }
        for (guint i = 0; i < sentences->len; i++) {
                GPtrArray *names = g_hash_table_lookup(about, sentences->pdata[i]);

                g_ptr_array_add(names, NULL);
                g_autofree char *list = text_list((const char *const *) names->pdata, 4);
                g_autofree char *shown = text_printable(list), *sentence = text_printable(sentences->pdata[i]);
                g_string_append_printf(text, "\n%s:\n    %s\n", shown, sentence);
        }
}

char *ports_format(GVariant *ports, bool colour) {
        g_autoptr(TextTable) table =
                text_table_new((const char *const[]){ "PORT", "CONTAINER", "TO", "REACHED BY", "POLICIES", NULL });

        for (gsize i = 0; i < g_variant_n_children(ports); i++) {
                g_autoptr(GVariant) port = g_variant_get_child_value(ports, i);
                g_autofree char *name = ports_name(port), *inside = ports_number(port, "container-port");
                g_autofree char *reach = ports_reach_all(port), *policies = ports_list(port, "policies", 4);

                text_table_add(table, (const char *const[]){ name, ctl_lookup_string(port, "container"), inside, reach,
                                                             policies, NULL });
        }
        return text_table_format(table, colour);
}

static bool ports_print(Ctl *ctl, GVariant *ports, GError **error) {
        if (ctl->json)
                return ctl_print_json_member("ports", json_out_ports(ports), error);
        if (g_variant_n_children(ports) == 0)
                return ctl_print("No port is published.\n", error);
        g_autofree char *lines = ports_format(ports, ctl_use_colour());
        g_autoptr(GString) text = g_string_new(lines);

        ports_append_notes(text, ports);
        return ctl_print(text->str, error);
}

bool ports_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "ports",
                .summary = "Every port that Docker publishes, who can reach it, the policies that cover it, and why\n"
                           "none does."
        };
        g_auto(GStrv) argv = g_strdupv(words);
        g_autoptr(GVariant) ports = NULL;

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        Client *client = ctl_connect(ctl, error);
        QuaywallEngine *engine = client_engine(client, error);
        return engine && quaywall_engine_call_list_ports_sync(engine, CLIENT_CALL(client), &ports, NULL, error) &&
               ports_print(ctl, ports, error);
}

GStrv ports_everywhere(GVariant *ports) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        for (gsize i = 0; i < g_variant_n_children(ports); i++) {
                g_autoptr(GVariant) port = g_variant_get_child_value(ports, i);
                const char *address = ctl_lookup_string(port, "host-address");

                if (g_str_equal(address, "0.0.0.0") || g_str_equal(address, "::")) {
                        const char *container = ctl_lookup_string(port, "container");
                        g_autofree char *name = ports_name(port);
                        g_autofree char *entry = *container ? g_strdup_printf("%s (%s)", name, container) : g_strdup(name);

                        g_strv_builder_add(builder, entry);
                }
        }
        return g_strv_builder_end(builder);
}

bool ports_show_networks(Ctl *ctl, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallEngine *engine = client_engine(client, error);
        g_autoptr(GVariant) networks = NULL;

        if (!engine || !quaywall_engine_call_list_networks_sync(engine, CLIENT_CALL(client), &networks, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json_member("networks", networks, error);
        g_autoptr(TextTable) table = text_table_new(
                (const char *const[]){ "NETWORK", "DRIVER", "BRIDGE", "SUBNETS", "DEFAULT ADDRESS", "CONTAINERS", NULL });
        for (gsize i = 0; i < g_variant_n_children(networks); i++) {
                g_autoptr(GVariant) network = g_variant_get_child_value(networks, i);
                g_autofree char *subnets = ports_list(network, "subnets", 4),
                                *containers = ports_list(network, "containers", 8);

                text_table_add(table,
                               (const char *const[]){ ctl_lookup_string(network, "name"), ctl_lookup_string(network, "driver"),
                                                      ctl_lookup_string(network, "bridge"), subnets,
                                                      ctl_lookup_string(network, "default-address"), containers, NULL });
        }
        g_autofree char *lines = text_table_format(table, ctl_use_colour());
        return ctl_print(lines, error);
}
