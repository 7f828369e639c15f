/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain-cmd.h"

#include "ctl/json-out.h"
#include "ctl/text.h"

typedef struct ExplainOptions {
        char *source;
        char *destination;
        char *port;
        char *interface;
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

/* The verdict first; then each step: where the packet was, the rule, and below it what the rule did. */
static bool explain_print(const char *verdict, GVariant *trace, GError **error) {
        const TextColour colour = g_str_equal(verdict, "allowed")   ? TEXT_GREEN :
                                  g_str_equal(verdict, "uncertain") ? TEXT_YELLOW :
                                                                      TEXT_RED;
        g_autofree char *printable = text_printable(verdict);
        g_autofree char *shown = text_coloured(printable, colour, ctl_use_colour());
        g_autoptr(GString) text = g_string_new(NULL);
        const char *where, *rule, *effect;
        GVariantIter iter;

        g_string_append_printf(text, "%s\n\n", shown);
        g_variant_iter_init(&iter, trace);
        while (g_variant_iter_loop(&iter, "(&s&s&s)", &where, &rule, &effect)) {
                g_autofree char *printable_where = text_printable(where);
                g_autofree char *printable_rule = text_printable(rule);
                g_autofree char *printable_effect = text_printable(effect);
                const bool decides = g_str_has_prefix(effect, "decides:");
                g_autofree char *shown_where = text_coloured(printable_where, TEXT_BOLD, ctl_use_colour());
                g_autofree char *shown_effect = text_coloured(printable_effect, colour, decides && ctl_use_colour());

                g_string_append_printf(text, "%s%s%s\n    %s\n", shown_where, *rule ? ": " : "", printable_rule, shown_effect);
        }
        return ctl_print(text->str, error);
}

bool explain_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(ExplainOptions) options = { 0 };
        const GOptionEntry entries[] = { { "from", 0, 0, G_OPTION_ARG_FILENAME, &options.source, "Who connects", "ADDRESS" },
                                         { "to", 0, 0, G_OPTION_ARG_FILENAME, &options.destination,
                                           "The address that is dialled: the host's or a container's", "ADDRESS" },
                                         { "port", 0, 0, G_OPTION_ARG_FILENAME, &options.port,
                                           "The port that is dialled, as in 8080/tcp", "PORT" },
                                         { "on", 0, 0, G_OPTION_ARG_FILENAME, &options.interface,
                                           "Where it comes in (default: where the host would answer)", "INTERFACE" },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "explain --from ADDRESS --to ADDRESS --port PORT [--on INTERFACE]",
                .summary = "Whether such a connection is allowed, and its way through the rules of the kernel, step by "
                           "step, to the one that decides. Sends nothing and changes nothing. Exit status 6 when it is "
                           "blocked, 7 when a rule on the way asks what quaywalld cannot know.",
                .examples = "quaywallctl explain --from 192.168.1.50 --to 192.168.1.99 --port 8080/tcp",
                .entries = entries,
        };
        g_auto(GStrv) argv = g_strdupv(words);
        g_autofree char *verdict = NULL;
        g_autoptr(GVariant) trace = NULL;

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        if (!options.source || !options.destination || !options.port)
                return ctl_usage_error(error, "explain needs --from ADDRESS, --to ADDRESS and --port PORT");

        g_autoptr(GVariant) connection = g_variant_ref_sink(explain_connection(&options));
        Client *client = ctl_connect(ctl, error);
        QuaywallManager *manager = client_manager(client, error);
        if (!manager ||
            !quaywall_manager_call_explain_sync(manager, connection, CLIENT_CALL(client), &verdict, &trace, NULL, error))
                return false;
        if (!g_str_equal(verdict, "allowed"))
                ctl->status = g_str_equal(verdict, "uncertain") ? CTL_EXIT_UNCERTAIN : CTL_EXIT_BLOCKED;
        return ctl->json ? ctl_print_json(json_out_explanation(verdict, trace), error) : explain_print(verdict, trace, error);
}
