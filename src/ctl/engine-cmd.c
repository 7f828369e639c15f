/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine-cmd.h"

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/ports-cmd.h"
#include "ctl/text.h"

/* Where the values begin, behind their labels. */
#define ENGINE_INDENT 18

static GVariant *engine_properties(Client *client, GError **error) {
        return client_get_properties(client, CLIENT_SERVICE ".Engine", error);
}

static bool engine_boolean(GVariant *dictionary, const char *key) {
        gboolean value = FALSE;

        g_variant_lookup(dictionary, key, "b", &value);
        return value;
}

static bool engine_print_json(GVariant *properties, GVariant *running, GError **error) {
        static const char *const names[][2] = { { "config-file", "ConfigFile" },
                                                { "config-error", "ConfigError" },
                                                { "iptables", "Iptables" },
                                                { "ip6tables", "Ip6tables" },
                                                { "default-address", "DefaultAddress" },
                                                { "restart-required", "RestartRequired" } };
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(properties, names[i][1], NULL);

                if (value)
                        g_variant_builder_add(&answer, "{sv}", names[i][0], value);
        }
        if (running)
                g_variant_builder_add(&answer, "{sv}", "running", running);
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

/* One line: the setting that Docker has when it starts, and in brackets the one that it runs with, where that is known and differs.
 * NULL: a quaywalld of another release does not say it. */
static void engine_append(GString *text, const char *label, const char *setting, const char *now) {
        const char *next = setting ? setting : _("unknown");
        g_autofree char *next_shown = text_printable(next), *now_shown = text_printable(now ? now : "");

        g_autofree char *value = now && !g_str_equal(next, now) ? g_strdup_printf(_("%s (now: %s)"), next_shown, now_shown) :
                                                                  g_strdup(next_shown);
        static const char *const LABELS[] = { N_("Config file:"), N_("Default address:"), N_("Flags of dockerd:"),
                                              N_("Restart required:"), NULL };
        const guint column = text_column(LABELS, ENGINE_INDENT);
        text_append_padded(text, label, column);
        text_append_folded(text, value, column, column, ctl_width());
        g_string_append_c(text, '\n');
}

static const char *engine_truth(GVariant *dictionary, const char *key) {
        g_autoptr(GVariant) value = dictionary ? g_variant_lookup_value(dictionary, key, G_VARIANT_TYPE_BOOLEAN) : NULL;

        return !value ? NULL : g_variant_get_boolean(value) ? _("yes") : _("no");
}

static const char *engine_address(GVariant *dictionary, const char *key) {
        const char *value = NULL;

        if (dictionary)
                g_variant_lookup(dictionary, key, "&s", &value);
        return !value || *value ? value : _("none");
}

static void engine_append_coverage(GString *text, const char *address) {
        g_autofree char *shown = text_printable(address);

        g_string_append_printf(text,
                               _("\nThe default address holds for containers on Docker's default bridge whose ports\n"
                                 "say none. It does not cover:\n"
                                 "  ports published with an address of their own (-p 0.0.0.0:80:80)\n"
                                 "  containers on networks of their own, which Compose makes: give these the\n"
                                 "    option com.docker.network.bridge.host_binding_ipv4=%s\n"
                                 "  services of a swarm, which listen on every address\n"
                                 "  containers with the host's network\n"
                                 "  containers that run now, until Docker has started them again\n"
                                 "A policy that names the port covers all of these: see\n"
                                 "quaywallctl allow-only --help.\n"),
                               shown);
}

/* Left out when Docker does not report its ports: the settings are known nevertheless. */
static void engine_append_everywhere(GString *text, Client *client) {
        QuaywallEngine *engine = client_engine(client, NULL);
        g_autoptr(GVariant) ports = NULL;

        if (!engine || !quaywall_engine_call_list_ports_sync(engine, CLIENT_CALL(client), &ports, NULL, NULL))
                return;
        g_auto(GStrv) everywhere = ports_everywhere(ports);
        if (everywhere[0])
                g_string_append(text, _("\nPublished on every address nevertheless:\n"));
        for (guint i = 0; everywhere[i]; i++) {
                g_autofree char *shown = text_printable(everywhere[i]);

                g_string_append_printf(text, "  %s\n", shown);
        }
}

static bool engine_show(Ctl *ctl, GError **error) {
        Client *client = ctl_connect(ctl, error);
        g_autoptr(GVariant) properties = engine_properties(client, error);

        if (!properties)
                return false;
        g_autoptr(GVariant) running = g_variant_lookup_value(properties, "Running", G_VARIANT_TYPE_VARDICT);
        if (ctl->json)
                return engine_print_json(properties, running, error);

        const char *broken = ctl_lookup_string(properties, "ConfigError");
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree const char **flags = NULL;

        engine_append(text, _("Config file:"), ctl_lookup_string(properties, "ConfigFile"), NULL);
        engine_append(text, "iptables:", engine_truth(properties, "Iptables"), engine_truth(running, "iptables"));
        engine_append(text, "ip6tables:", engine_truth(properties, "Ip6tables"), engine_truth(running, "ip6tables"));
        engine_append(text, _("Default address:"), engine_address(properties, "DefaultAddress"),
                      engine_address(running, "default-address"));
        if (running && g_variant_lookup(running, "flags", "^a&s", &flags)) {
                g_autofree char *line = text_command(flags);

                engine_append(text, _("Flags of dockerd:"), line, NULL);
        }
        engine_append(text, _("Restart required:"),
                      engine_boolean(properties, "RestartRequired") ? _("yes (systemctl restart docker)") : _("no"), NULL);
        if (*broken) {
                g_autofree char *shown = text_printable(broken);
                g_autoptr(GString) lines = g_string_new(NULL);
                text_append_folded(lines, shown, 0, 4, ctl_width());
                g_autofree char *coloured = text_coloured(lines->str, TEXT_RED, ctl_use_colour());

                g_string_append_printf(text, "\n%s\n", coloured);
        }
        const char *address = ctl_lookup_string(properties, "DefaultAddress");
        if (*address && !g_str_equal(address, "0.0.0.0") && !g_str_equal(address, "::")) {
                engine_append_coverage(text, address);
                engine_append_everywhere(text, client);
        }
        return ctl_page(ctl, text->str, error);
}

/* quaywall never restarts Docker, so the user must know that it is needed. */
static bool engine_print_restart(Ctl *ctl, Client *client, GError **error) {
        g_autoptr(GVariant) properties = engine_properties(client, error);

        if (!properties)
                return false;
        if (ctl->json || !engine_boolean(properties, "RestartRequired"))
                return true;
        return ctl_print(_("It takes effect when Docker starts again: systemctl restart docker\n"), error);
}

static bool engine_set_iptables(Ctl *ctl, const char *word, bool i_understand, GError **error) {
        const bool enabled = g_str_equal(word, "yes");
        g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);

        if (!enabled && !g_str_equal(word, "no"))
                return ctl_usage_error(error, _("'engine set-iptables' takes yes or no, not '%s'"), word);
        if (!enabled && !i_understand)
                return ctl_usage_error(
                        error,
                        _("without iptables published ports are no longer mapped to containers, containers most likely reach "
                          "nothing, policies have no effect in DOCKER-USER, and Docker's old rules stay until the next boot; "
                          "add --i-understand to do it nevertheless"));
        if (i_understand)
                g_variant_dict_insert(&options, "i-understand", "b", TRUE);
        Client *client = ctl_connect(ctl, error);
        QuaywallEngine *engine = client_engine(client, error);
        return engine &&
               quaywall_engine_call_set_iptables_sync(engine, enabled, g_variant_dict_end(&options), CLIENT_CALL(client), NULL,
                                                      error) &&
               engine_print_restart(ctl, client, error);
}

static bool engine_set_default_address(Ctl *ctl, const char *word, GError **error) {
        const char *address = g_str_equal(word, "none") ? "" : word;
        g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
        Client *client = ctl_connect(ctl, error);
        QuaywallEngine *engine = client_engine(client, error);

        return engine &&
               quaywall_engine_call_set_default_address_sync(engine, address, g_variant_dict_end(&options), CLIENT_CALL(client),
                                                             NULL, error) &&
               engine_print_restart(ctl, client, error);
}

static const CtlVerb engine_verbs[] = {
        { .name = "show",
          .summary = N_("Docker's settings, and which of them need a restart"),
          .examples = "quaywallctl engine" },
        { .name = "networks",
          .summary = N_("Docker's networks and who is in them"),
          .list = CTL_LIST_NAMES,
          .examples = "quaywallctl engine networks" },
        { .name = "set-iptables",
          .words = "yes|no",
          .summary = N_("Whether Docker makes firewall rules"),
          .details = N_(
                  "Without them published ports are no longer mapped to containers, and containers most likely reach nothing."),
          .options = "i-understand",
          .examples = "quaywallctl engine set-iptables yes" },
        { .name = "set-default-address",
          .words = "ADDRESS|none",
          .summary = N_("Where ports are published when nothing else is said; none: on every address"),
          .examples = "quaywallctl engine set-default-address 192.168.1.99" },
        { .name = NULL },
};

bool engine_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        gboolean i_understand = FALSE;
        const GOptionEntry entries[] = { { "i-understand", 0, 0, G_OPTION_ARG_NONE, &i_understand,
                                           _("set-iptables no: published ports and container networks will break"), NULL },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "engine [VERB]",
                .summary = _("Docker's own settings (daemon.json), and its networks."),
                .verbs = engine_verbs,
                .description =
                        _("The key in daemon.json is changed, every other byte stays. Docker is never restarted from here."),
                .entries = entries,
                .list = CTL_LIST_NAMES,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return false;
        if (g_str_equal(argv[1], "networks"))
                return ports_show_networks(ctl, error);
        if (g_str_equal(argv[1], "show"))
                return engine_show(ctl, error);
        return g_str_equal(argv[1], "set-iptables") ? engine_set_iptables(ctl, argv[2], i_understand, error) :
                                                      engine_set_default_address(ctl, argv[2], error);
}
