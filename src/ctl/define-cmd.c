/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "define-cmd.h"

#include <unistd.h>

#include "confirm.h"
#include "json-out.h"
#include "policy-args.h"
#include "policy-diff.h"
#include "text.h"

gboolean define_check(Ctl *ctl, const char *name, GVariant *policy, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        g_autoptr(GVariant) rules = NULL;
        g_autoptr(GVariant) warnings = NULL;

        if (policies == NULL || !quaywall_policies_call_check_sync(policies, name, policy, CLIENT_CALL(client), &rules,
                                                                   &warnings, NULL, error))
                return FALSE;
        if (ctl->json)
                return ctl_print_json(json_out_check(rules, warnings), error);

        g_autoptr(GString) text = g_string_new(NULL);
        const char *family, *message;
        const char **args;
        GVariantIter iter;

        g_variant_iter_init(&iter, rules);
        while (g_variant_iter_loop(&iter, "(&s^a&s)", &family, &args)) {
                g_autofree char *line = text_command(args);
                g_autofree char *printable = text_printable(line);
                g_string_append_printf(text, "%s %s\n", g_str_equal(family, "ipv6") ? "ip6tables" : "iptables",
                                       printable);
        }
        g_variant_iter_init(&iter, warnings);
        while (g_variant_iter_loop(&iter, "(s&s)", NULL, &message)) {
                g_autofree char *label = text_coloured("warning:", TEXT_YELLOW, ctl_use_colour());
                g_autofree char *printable = text_printable(message);
                g_string_append_printf(text, "%s %s\n", label, printable);
        }
        return ctl_print(text->str, error);
}

static void define_print_warnings(GVariant *warnings, gboolean (*is_told)(const char *code)) {
        const char *code, *message;
        GVariantIter iter;

        g_variant_iter_init(&iter, warnings);
        while (g_variant_iter_loop(&iter, "(&s&s)", &code, &message))
                if (is_told(code)) {
                        g_autofree char *printable = text_printable(message);
                        g_printerr("warning: %s\n", printable);
                }
}

static gboolean define_has_warning(GVariant *warnings, const char *wanted) {
        const char *code;
        GVariantIter iter;

        g_variant_iter_init(&iter, warnings);
        while (g_variant_iter_loop(&iter, "(&s&s)", &code, NULL))
                if (g_str_equal(code, wanted))
                        return TRUE;
        return FALSE;
}

static gboolean define_is_name(const char *code) {
        return g_str_has_prefix(code, "no-such-");
}

/* Whoever may not ask for it, or would have to give a password for it, goes without. */
static GVariant *define_get_warnings(Client *client, QuaywallPolicies *policies, const char *name, GVariant *policy) {
        GVariant *warnings = NULL;

        quaywall_policies_call_check_sync(policies, name, policy, G_DBUS_CALL_FLAGS_NONE, client_timeout(client), NULL, &warnings, NULL,
                                          NULL);
        return warnings;
}

void define_warn_of_names(Client *client, QuaywallPolicies *policies, const char *name, GVariant *policy) {
        g_autoptr(GVariant) containers = g_variant_lookup_value(policy, "containers", NULL);
        g_autoptr(GVariant) networks = g_variant_lookup_value(policy, "networks", NULL);
        g_autoptr(GVariant) warnings =
                containers != NULL || networks != NULL ? define_get_warnings(client, policies, name, policy) : NULL;

        if (warnings != NULL)
                define_print_warnings(warnings, define_is_name);
}

/* A "deny" without anything closes all there is: a person is told in so many words before it is done. */
static gboolean define_is_meant(Client *client, QuaywallPolicies *policies, const char *name, GVariant *policy, GError **error) {
        g_autoptr(GVariant) warnings = isatty(STDIN_FILENO) ? define_get_warnings(client, policies, name, policy) : NULL;

        if (warnings == NULL || !define_has_warning(warnings, "closes-everything") ||
            confirm_ask("This closes every published port to everybody. Go on?"))
                return TRUE;
        g_set_error_literal(error, CTL_ERROR, CTL_ERROR_FAILED, "nothing was changed");
        return FALSE;
}

/* What was not asked for: that it is disabled was, and several names. */
static gboolean define_is_news(const char *code) {
        return !g_str_equal(code, "disabled") && !g_str_equal(code, "containers-together");
}

/* The policy that there is, in the scope that changes; NULL: none, or whoever asks may not know. */
static GVariant *define_get(Ctl *ctl, Client *client, QuaywallPolicies *policies, const char *name) {
        g_autoptr(GVariant) all = NULL;
        GVariant *policy = NULL;

        if (!ctl->permanent || ctl->runtime)
                quaywall_policies_call_get_sync(policies, name, G_DBUS_CALL_FLAGS_NONE, client_timeout(client), &policy, NULL, NULL);
        else if (quaywall_policies_call_list_permanent_sync(policies, G_DBUS_CALL_FLAGS_NONE, client_timeout(client), &all, NULL, NULL))
                policy = g_variant_lookup_value(all, name, G_VARIANT_TYPE_VARDICT);
        return policy;
}

/* All that a policy said is gone when another takes its name, also what was not given again. */
static void define_tell_replaced(Ctl *ctl, Client *client, QuaywallPolicies *policies, const char *name, GVariant *before) {
        g_autoptr(GVariant) after = before != NULL ? define_get(ctl, client, policies, name) : NULL;
        g_autofree char *difference = after != NULL ? policy_diff(before, after) : NULL;

        if (difference != NULL && *difference != '\0')
                g_printerr("note: replaced: %s\n", difference);
}

static GVariant *define_options(Ctl *ctl, gboolean replace) {
        g_autoptr(GVariant) options = g_variant_ref_sink(ctl_method_options(ctl));
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(options);

        if (!replace)
                g_variant_dict_insert(&dict, "replace", "b", FALSE);
        return g_variant_dict_end(&dict);
}

gboolean define_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(PolicyArgs) args = { 0 };
        const char *action = words[0];
        const gboolean forward = g_str_equal(action, "forward");
        const GOptionEntry forward_entries[] = {
                { "in", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.interfaces, "Interfaces where packets come in",
                  "IF..." },
                { "out", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.out_interfaces, "Interfaces by which they leave",
                  "IF..." },
                { "description", 0, 0, G_OPTION_ARG_FILENAME, &args.description, "What it is for", "TEXT" },
                { "disabled", 0, 0, G_OPTION_ARG_NONE, &args.disabled, "Keep it, but do not enforce it", NULL },
                { "replace", 0, 0, G_OPTION_ARG_NONE, &args.replace, "Also a policy of this name that does something else", NULL },
                { "check", 0, 0, G_OPTION_ARG_NONE, &args.check, "Change nothing, print rules and warnings", NULL },
                G_OPTION_ENTRY_NULL
        };
        const GOptionEntry judging_entries[] = {
                { "from", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.sources,
                  "Who connects: 192.168.1.1, 192.168.1.0/24, 192.168.1.1-192.168.1.3, IPv6 alike", "ADDRESS..." },
                { "on", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.interfaces,
                  "Interfaces where connections come in (default: all but Docker's)", "IF..." },
                { "to", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.destinations,
                  "Addresses of this host as the client dialled them (default: all)", "ADDRESS..." },
                { "port", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.ports,
                  "Published ports of this host: 8080/tcp, 5000-5010/udp (default: all)", "PORT/PROTOCOL..." },
                { "container", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.containers,
                  "Containers by name, label=KEY or label=KEY=VALUE (default: all)", "CONTAINER..." },
                { "network", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args.networks, "Containers in these networks of Docker (default: all)",
                  "NETWORK..." },
                { "reject", 0, 0, G_OPTION_ARG_NONE, &args.reject, "Answer with an error instead of silence", NULL },
                { "log", 0, 0, G_OPTION_ARG_NONE, &args.log, "Log what is blocked (rate-limited)", NULL },
                { "description", 0, 0, G_OPTION_ARG_FILENAME, &args.description, "What it is for", "TEXT" },
                { "disabled", 0, 0, G_OPTION_ARG_NONE, &args.disabled, "Keep it, but do not enforce it", NULL },
                { "replace", 0, 0, G_OPTION_ARG_NONE, &args.replace, "Also a policy of this name that does something else", NULL },
                { "check", 0, 0, G_OPTION_ARG_NONE, &args.check, "Change nothing, print rules and warnings", NULL },
                G_OPTION_ENTRY_NULL
        };
        const CtlUsage usage = {
                .synopsis = forward                       ? "forward NAME --in IF... --out IF..."
                            : g_str_equal(action, "deny") ? "deny NAME [--from ADDRESS...]"
                                                          : "allow-only NAME --from ADDRESS...",
                .summary =
                        forward ? "Lets this host route from some interfaces to others, and the replies back."
                        : g_str_equal(action, "deny")
                                ? "Blocks connections to containers. A deny wins over every allow-only."
                                : "Lets only these addresses connect to containers; for everyone else they are closed.",
                .description = "Makes the policy NAME or replaces it: what is not given again is not kept, and what is another then is told. Lists are "
                               "words, commas, or the option again.",
                .entries = forward ? forward_entries : judging_entries,
                .list_options = policy_args_list_options,
                .scope = TRUE,
                .confirm = TRUE,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return FALSE;
        if (argv[1] == NULL)
                return ctl_usage_error(error, "%s: NAME is missing, it comes before the options", action);
        if (argv[2] != NULL)
                return ctl_usage_error(error, "unexpected word '%s'", argv[2]);

        g_autoptr(GVariant) policy = policy_args_to_policy(&args, action, error);
        if (policy == NULL)
                return FALSE;
        g_variant_ref_sink(policy);
        if (args.check)
                return define_check(ctl, argv[1], policy, error);

        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        g_autoptr(GVariant) before = policies != NULL ? define_get(ctl, client, policies, argv[1]) : NULL;
        g_autoptr(GVariant) warnings = NULL;
        g_autofree char *token = NULL;
        if (policies == NULL || !define_is_meant(client, policies, argv[1], policy, error) ||
            !quaywall_policies_call_set_checked_sync(policies, argv[1], policy, define_options(ctl, args.replace), CLIENT_CALL(client),
                                                     &token, &warnings, NULL, error))
                return FALSE;
        define_tell_replaced(ctl, client, policies, argv[1], before);
        define_print_warnings(warnings, define_is_news);
        return confirm_change(ctl, token, error);
}
