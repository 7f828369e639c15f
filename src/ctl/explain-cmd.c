/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain-cmd.h"

#include <glib/gi18n.h>

#include "ctl/explain-text.h"
#include "ctl/json-out.h"

typedef struct ExplainOptions {
        char *source;
        char *destination;
        char *port;
        char *interface;
        gboolean verbose;
} ExplainOptions;

static void explain_options_clear(ExplainOptions *options) {
        g_clear_pointer(&options->source, g_free);
        g_clear_pointer(&options->destination, g_free);
        g_clear_pointer(&options->port, g_free);
        g_clear_pointer(&options->interface, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExplainOptions, explain_options_clear)

static GVariant *explain_connection(const ExplainOptions *options) {
        g_auto(GVariantDict) connection = G_VARIANT_DICT_INIT(NULL);

        g_variant_dict_insert(&connection, "source", "s", options->source);
        g_variant_dict_insert(&connection, "destination", "s", options->destination);
        g_variant_dict_insert(&connection, "port", "s", options->port);
        if (options->interface)
                g_variant_dict_insert(&connection, "interface", "s", options->interface);
        return g_variant_dict_end(&connection);
}

bool explain_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(ExplainOptions) options = { 0 };
        const GOptionEntry entries[] = { { "from", 0, 0, G_OPTION_ARG_FILENAME, &options.source, _("Who connects"), "ADDRESS" },
                                         { "to", 0, 0, G_OPTION_ARG_FILENAME, &options.destination,
                                           _("The address that is dialled: the host's or a container's"), "ADDRESS" },
                                         { "port", 0, 0, G_OPTION_ARG_FILENAME, &options.port,
                                           _("The port that is dialled, as in 8080/tcp"), "PORT" },
                                         { "on", 0, 0, G_OPTION_ARG_FILENAME, &options.interface,
                                           _("Where it comes in (default: where the host would answer)"), "INTERFACE" },
                                         { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options.verbose,
                                           _("Every step, not only the one that decides"), NULL },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "explain --from ADDRESS --to ADDRESS --port PORT [--on INTERFACE] [-v]",
                .summary =
                        _("Whether such a connection is allowed, and why: by which policy, and the rule of the "
                          "kernel that decides. Sends nothing and changes nothing. Exit status 6 when it is blocked, 7 when a "
                          "rule on the way asks what quaywalld cannot know."),
                .examples = "quaywallctl explain --from 192.168.1.50 --to 192.168.1.99 --port 8080/tcp\n"
                            "quaywallctl explain --from 192.168.1.50 --to 192.168.1.99 --port 443/tcp -v",
                .entries = entries,
        };
        g_auto(GStrv) argv = g_strdupv(words);
        g_autoptr(GVariant) explanation = NULL;

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        if (!options.source || !options.destination || !options.port)
                return ctl_usage_error(error, _("explain needs --from ADDRESS, --to ADDRESS and --port PORT"));

        g_autoptr(GVariant) connection = g_variant_ref_sink(explain_connection(&options));
        Client *client = ctl_connect(ctl, error);
        QuaywallManager *manager = client_manager(client, error);
        if (!manager ||
            !quaywall_manager_call_explain_connection_sync(manager, connection, CLIENT_CALL(client), &explanation, NULL, error))
                return false;
        const char *verdict = ctl_lookup_string(explanation, "verdict");
        if (!g_str_equal(verdict, "allowed"))
                ctl->status = g_str_equal(verdict, "uncertain") ? CTL_EXIT_UNCERTAIN : CTL_EXIT_BLOCKED;
        if (ctl->json)
                return ctl_print_json(json_out_explanation(explanation), error);
        g_autofree char *text = explain_text_format(explanation, options.verbose, ctl_width(), ctl_use_colour());
        return ctl_page(ctl, text, error);
}
