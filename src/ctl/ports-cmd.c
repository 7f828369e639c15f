/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ports-cmd.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/port-rows.h"
#include "ctl/text.h"

/* So many sources of a row are shown; --json has more. */
#define SHOWN_SOURCES 3

/* So many ports of a note. */
#define SHOWN_PORTS 4

/* Fewer characters of a container's id are not taken for one. */
#define PORTS_ID_SHORT 12

static char *ports_list(GVariant *dictionary, const char *key, guint limit) {
        g_autofree const char **words = NULL;

        g_variant_lookup(dictionary, key, "^a&s", &words);
        return words ? text_list(words, limit) : g_strdup("");
}

/* The same of names, in their natural order. */
static char *ports_sorted(GVariant *dictionary, const char *key, guint limit) {
        g_autofree const char **words = NULL;

        if (!g_variant_lookup(dictionary, key, "^a&s", &words))
                return g_strdup("");
        qsort(words, g_strv_length((GStrv) words), sizeof *words, text_compare_natural);
        return text_list(words, limit);
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
                return g_strdup(known ? _("no zone of firewalld's") : _("firewalld's zones"));
        return g_strdup_printf(_("firewalld's zones %s%s%s%s"), all, *all && *some ? ", " : "", some,
                               *some ? _(" (some)") : "");
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

                return except ? g_strdup_printf(_("everyone but %s"), except) : g_strdup(_("everyone"));
        }
        if (g_str_equal(reach, "zones")) {
                g_autofree char *zones = ports_zones(of), *sources = ports_sources(of, "sources", count);

                return sources ? g_strdup_printf("%s, %s", zones, sources) : g_steal_pointer(&zones);
        }
        return g_strdup(g_str_equal(reach, "host")       ? _("this host only") :
                        g_str_equal(reach, "neighbours") ? _("hosts on the same link") :
                        g_str_equal(reach, "unknown")    ? _("not known") :
                        g_str_equal(reach, "nobody")     ? _("nobody") :
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
                        g_string_append_printf(text, _("on %s "), interface);
                if (*destination)
                        g_string_append_printf(text, _("to %s "), destination);
                g_string_append(text, other ? other : "");
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* --- what Docker knows -------------------------------------------------------------------------------------------- */

/* The time since which Docker's answers are missing, as in Engine.KnownUntil; 0: they are up to date, or an older service does not say. */
static guint64 ports_known_until(Client *client) {
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Engine", NULL);
        guint64 until = 0;

        if (properties)
                g_variant_lookup(properties, "KnownUntil", "t", &until);
        return until;
}

/* "Docker does not answer; this is from 2026-11-24 10:21:07 (3 minutes ago).", and an empty line; "" when it answers. */
static char *ports_age(guint64 known_until) {
        if (known_until == 0)
                return g_strdup("");
        g_autoptr(GDateTime) then = g_date_time_new_from_unix_local((gint64) (known_until / G_USEC_PER_SEC));
        g_autofree char *time = then ? g_date_time_format(then, "%Y-%m-%d %H:%M:%S") : g_strdup("?");
        g_autofree char *ago = text_duration((g_get_real_time() - (gint64) known_until) / G_USEC_PER_SEC);
        g_autofree char *sentence = g_strdup_printf(_("Docker does not answer; this is from %s (%s ago)."), time, ago);
        g_autoptr(GString) lines = g_string_new(NULL);

        text_append_folded(lines, sentence, 0, 0, ctl_width());
        g_string_append(lines, "\n\n");
        return g_string_free(g_steal_pointer(&lines), FALSE);
}

/* --- which ports -------------------------------------------------------------------------------------------------- */

/* "8080", "8080-8090", each also with "/tcp". */
static bool ports_is_number(GVariant *port, const char *word) {
        g_auto(GStrv) parts = g_strsplit(word, "/", 2);
        g_auto(GStrv) ends = g_strsplit(parts[0] ? parts[0] : "", "-", 2);
        guint64 first, last;
        guint16 number = 0;

        if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 1, G_MAXUINT16, &first, NULL) ||
            !g_ascii_string_to_unsigned(ends[1] ? ends[1] : ends[0], 10, 1, G_MAXUINT16, &last, NULL))
                return false;
        g_variant_lookup(port, "host-port", "q", &number);
        return first <= number && number <= last && (!parts[1] || g_str_equal(parts[1], ctl_lookup_string(port, "protocol")));
}

/* A word is a port, a container by its name or by its id as "docker ps" shows it, or a network. */
static bool ports_is_meant(GVariant *port, const char *word) {
        g_autofree const char **networks = NULL;

        g_variant_lookup(port, "networks", "^a&s", &networks);
        return ports_is_number(port, word) || g_str_equal(word, ctl_lookup_string(port, "container")) ||
               (strlen(word) >= PORTS_ID_SHORT && g_str_has_prefix(ctl_lookup_string(port, "container-id"), word)) ||
               (networks && g_strv_contains((const char *const *) networks, word));
}

/* Whether everyone reaches it, but perhaps for a few exceptions; in any of the cases that it distinguishes. */
static bool ports_is_open(GVariant *port) {
        g_autoptr(GVariant) exceptions = g_variant_lookup_value(port, "exceptions", G_VARIANT_TYPE("aa{sv}"));
        bool open = g_str_equal(ctl_lookup_string(port, "reach"), "everyone");

        for (gsize i = 0; exceptions && i < g_variant_n_children(exceptions); i++) {
                g_autoptr(GVariant) exception = g_variant_get_child_value(exceptions, i);

                open |= g_str_equal(ctl_lookup_string(exception, "reach"), "everyone");
        }
        return open;
}

/* The ports that the words mean (none: all), each of which must mean one; NULL and the error when it does not. */
static GPtrArray *ports_select(GVariant *ports, GStrv words, GError **error) {
        g_autoptr(GPtrArray) selected = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
        g_autofree bool *used = g_new0(bool, g_strv_length(words) + 1);

        for (gsize i = 0; i < g_variant_n_children(ports); i++) {
                g_autoptr(GVariant) port = g_variant_get_child_value(ports, i);
                bool meant = !words[0];

                for (guint w = 0; words[w]; w++)
                        if (ports_is_meant(port, words[w]))
                                meant = used[w] = true;
                if (meant)
                        g_ptr_array_add(selected, g_steal_pointer(&port));
        }
        for (guint w = 0; words[w]; w++)
                if (!used[w]) {
                        ctl_fail(error, _("no port is published that is '%s', or of a container or network of this name"),
                                 words[w]);
                        return NULL;
                }
        return g_steal_pointer(&selected);
}

/* Keeps those that everyone reaches, and returns the containers of which that is not known, as "a, b". */
static char *ports_keep_open(GPtrArray *ports) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < ports->len;) {
                const char *container = ctl_lookup_string(ports->pdata[i], "container");
                const bool is_unknown = g_str_equal(ctl_lookup_string(ports->pdata[i], "reach"), "unknown");

                if (is_unknown && *container && !g_ptr_array_find_with_equal_func(unknown, container, g_str_equal, NULL))
                        g_ptr_array_add(unknown, g_strdup(container));
                if (ports_is_open(ports->pdata[i]))
                        i++;
                else
                        g_ptr_array_remove_index(ports, i);
        }
        g_ptr_array_sort(unknown, text_compare_natural);
        g_ptr_array_add(unknown, NULL);
        return text_list((const char *const *) unknown->pdata, 0);
}

/* Published on every address of its family. */
static bool ports_is_everywhere(GVariant *port) {
        const char *address = ctl_lookup_string(port, "host-address");

        return g_str_equal(address, "0.0.0.0") || g_str_equal(address, "::");
}

/* --- the list ----------------------------------------------------------------------------------------------------- */

/* Adds what is said of one port: about has for each sentence its ports (GPtrArray), sentences the order. */
static void ports_collect_notes(GVariant *port, GPtrArray *sentences, GHashTable *about) {
        g_autoptr(GVariant) notes = g_variant_lookup_value(port, "notes", G_VARIANT_TYPE("a(ss)"));
        GVariantIter iter;
        const char *sentence;

        if (!notes)
                return;
        g_variant_iter_init(&iter, notes);
        while (g_variant_iter_loop(&iter, "(s&s)", NULL, &sentence)) {
                GPtrArray *ports = g_hash_table_lookup(about, sentence);

                if (!ports) {
                        char *key = g_strdup(sentence);

                        ports = g_ptr_array_new();
                        g_ptr_array_add(sentences, key);
                        g_hash_table_insert(about, key, ports);
                }
                g_ptr_array_add(ports, port);
        }
}

/* "8080/tcp, 9000-9010/udp" */
static char *ports_names(GPtrArray *ports) {
        g_autoptr(GPtrArray) rows = port_rows_new(ports, PORT_ROWS_NAMED);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < rows->len; i++) {
                const PortRow *row = rows->pdata[i];
                g_autofree char *name = port_row_name(row);
                const char *shown = *name ? name : row->container;

                if (!g_ptr_array_find_with_equal_func(names, shown, g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(shown));
        }
        g_ptr_array_add(names, NULL);
        return text_list((const char *const *) names->pdata, SHOWN_PORTS);
}

/* Each sentence once, with the ports that it is about. */
static void ports_append_notes(GString *text, GPtrArray *ports) {
        g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) about = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);

        for (guint i = 0; i < ports->len; i++)
                ports_collect_notes(ports->pdata[i], sentences, about);
        for (guint i = 0; i < sentences->len; i++) {
                g_autofree char *list = ports_names(g_hash_table_lookup(about, sentences->pdata[i]));
                g_autofree char *shown = text_printable(list), *sentence = text_printable(sentences->pdata[i]);

                g_string_append_c(text, '\n');
                text_append_folded(text, shown, 1, 0, ctl_width());
                g_string_append(text, ":\n    ");
                text_append_folded(text, sentence, 4, 4, ctl_width());
                g_string_append_c(text, '\n');
        }
}

/* named: only those that have a name. */
static TextTable *ports_table(GPtrArray *rows, bool named) {
        TextTable *table = text_table_new(
                (const char *const[]){ _("PORT"), _("CONTAINER"), _("TO"), _("REACHED BY"), _("POLICIES"), NULL });

        for (guint i = 0; i < rows->len; i++) {
                const PortRow *row = rows->pdata[i];
                g_autofree char *name = port_row_name(row), *inside = port_row_inside(row);
                g_autofree char *reach = ports_reach_all(row->of), *policies = ports_sorted(row->of, "policies", 4);

                if (*name || !named)
                        text_table_add(table, (const char *const[]){ name, row->container, inside, reach, policies, NULL });
        }
        return table;
}

char *ports_format(GVariant *ports) {
        g_autoptr(GPtrArray) all = ports_select(ports, (char *[]){ NULL }, NULL);
        g_autoptr(GPtrArray) rows = port_rows_new(all, PORT_ROWS_REACHED);
        g_autoptr(TextTable) table = ports_table(rows, false);

        return text_table_format(table, false);
}

char *ports_name(GVariant *port) {
        PortRow row = { .protocol = ctl_lookup_string(port, "protocol") };

        g_variant_lookup(port, "host-port", "q", &row.first);
        row.last = row.first;
        if (!ports_is_everywhere(port))
                row.address = ctl_lookup_string(port, "host-address");
        return port_row_name(&row);
}

static bool ports_print_json(GPtrArray *ports, guint64 known_until, GError **error) {
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_autoptr(GVariant) array =
                g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, (GVariant *const *) ports->pdata, ports->len));

        g_variant_builder_add(&answer, "{sv}", "ports", json_out_ports(array));
        if (known_until > 0)
                g_variant_builder_add(&answer, "{sv}", "known-until", g_variant_new_uint64(known_until));
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

static bool ports_print(Ctl *ctl, GPtrArray *ports, bool open, GError **error) {
        const guint64 known_until = ports_known_until(ctl->client);
        g_autofree char *unknown = open ? ports_keep_open(ports) : g_strdup("");

        if (ctl->json)
                return ports_print_json(ports, known_until, error);
        g_autoptr(GPtrArray) rows = port_rows_new(ports, PORT_ROWS_REACHED);
        g_autoptr(TextTable) table = ports_table(rows, ctl->quiet);
        g_autofree char *age = ports_age(known_until);
        g_autoptr(GString) above = g_string_new(age), below = g_string_new(NULL);

        if (rows->len == 0) {
                text_table_hide_headers(table);
                g_string_append(above, open ? _("No port is reachable by everyone.\n") : _("No port is published.\n"));
        }
        ports_append_notes(below, ports);
        if (*unknown) {
                g_autofree char *sentence = g_strdup_printf(_("Who reaches these is not known: %s"), unknown);
                g_autofree char *shown = text_printable(sentence);

                g_string_append_c(below, '\n');
                text_append_folded(below, shown, 0, 4, ctl_width());
                g_string_append_c(below, '\n');
        }
        return ctl_print_table(ctl, table, above->str, below->str, error);
}

bool ports_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        gboolean open = FALSE;
        const GOptionEntry entries[] = {
                { "open", 0, 0, G_OPTION_ARG_NONE, &open, _("Only those that everyone can reach"), NULL }, G_OPTION_ENTRY_NULL
        };
        const CtlUsage usage = {
                .synopsis = "ports [PORT|CONTAINER|NETWORK]...",
                .summary = _("Every port that Docker publishes, who can reach it, the policies that cover it, and why "
                             "none does. PORT is 8080, 8080/tcp, or a range of these."),
                .examples = "quaywallctl ports\n"
                            "quaywallctl ports 8080 db\n"
                            "quaywallctl ports --open",
                .words = "[PORT|CONTAINER|NETWORK]...",
                .entries = entries,
                .list = CTL_LIST_NAMES,
        };
        g_auto(GStrv) argv = g_strdupv(words);
        g_autoptr(GVariant) ports = NULL;

        if (!ctl_parse(ctl, &usage, &argv, error))
                return false;
        Client *client = ctl_connect(ctl, error);
        QuaywallEngine *engine = client_engine(client, error);
        if (!engine || !quaywall_engine_call_list_ports_sync(engine, CLIENT_CALL(client), &ports, NULL, error))
                return false;
        g_autoptr(GPtrArray) selected = ports_select(ports, argv + 1, error);
        return selected && ports_print(ctl, selected, open, error);
}

GStrv ports_everywhere(GVariant *ports) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_autoptr(GPtrArray) everywhere = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);

        for (gsize i = 0; i < g_variant_n_children(ports); i++) {
                g_autoptr(GVariant) port = g_variant_get_child_value(ports, i);

                if (ports_is_everywhere(port))
                        g_ptr_array_add(everywhere, g_steal_pointer(&port));
        }
        g_autoptr(GPtrArray) rows = port_rows_new(everywhere, PORT_ROWS_NAMED);
        for (guint i = 0; i < rows->len; i++) {
                const PortRow *row = rows->pdata[i];
                g_autofree char *name = port_row_name(row);
                g_autofree char *entry = *row->container ? g_strdup_printf("%s (%s)", name, row->container) : g_strdup(name);

                g_strv_builder_add(builder, entry);
        }
        return g_strv_builder_end(builder);
}

static int ports_compare_networks(gconstpointer a, gconstpointer b) {
        const char *left = ctl_lookup_string(*(GVariant *const *) a, "name"),
                   *right = ctl_lookup_string(*(GVariant *const *) b, "name");

        return text_compare_natural(&left, &right);
}

bool ports_show_networks(Ctl *ctl, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallEngine *engine = client_engine(client, error);
        g_autoptr(GVariant) networks = NULL;

        if (!engine || !quaywall_engine_call_list_networks_sync(engine, CLIENT_CALL(client), &networks, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json_member("networks", networks, error);
        g_autofree char *age = ports_age(ports_known_until(client));
        g_autoptr(TextTable) table = text_table_new((const char *const[]){ _("NETWORK"), _("DRIVER"), _("BRIDGE"), _("SUBNETS"),
                                                                           _("DEFAULT ADDRESS"), _("CONTAINERS"), NULL });
        g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
        for (gsize i = 0; i < g_variant_n_children(networks); i++)
                g_ptr_array_add(sorted, g_variant_get_child_value(networks, i));
        g_ptr_array_sort(sorted, ports_compare_networks);
        for (guint i = 0; i < sorted->len; i++) {
                GVariant *network = sorted->pdata[i];
                g_autofree char *subnets = ports_list(network, "subnets", 4),
                                *containers = ports_sorted(network, "containers", 8);

                text_table_add(table,
                               (const char *const[]){ ctl_lookup_string(network, "name"), ctl_lookup_string(network, "driver"),
                                                      ctl_lookup_string(network, "bridge"), subnets,
                                                      ctl_lookup_string(network, "default-address"), containers, NULL });
        }
        return ctl_print_table(ctl, table, age, "", error);
}
