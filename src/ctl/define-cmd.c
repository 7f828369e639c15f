/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "define-cmd.h"

#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/address-file.h"
#include "ctl/commands.h"
#include "ctl/confirm.h"
#include "ctl/json-out.h"
#include "ctl/option-names.h"
#include "ctl/policy-args.h"
#include "ctl/policy-diff.h"
#include "ctl/text.h"

/* A warning in the words that were typed. */
static char *define_translate(const Ctl *ctl, const char *message) {
        g_autofree char *sentence = option_names_translate(ctl->command, message);
        const char *option = "--container";

        if (!ctl->by_compose || !g_str_has_prefix(sentence, option))
                return g_steal_pointer(&sentence);
        return g_strconcat("--compose", sentence + strlen(option), NULL);
}

bool define_check(Ctl *ctl, const char *name, GVariant *policy, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) rules = NULL, warnings = NULL;

        if (!policies ||
            !quaywall_policies_call_check_sync(policies, name, policy, CLIENT_CALL(client), &rules, &warnings, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json(json_out_check(rules, warnings), error);

        g_autoptr(GString) text = g_string_new(NULL);
        const char *family, *message;
        const char **args;
        GVariantIter iter;

        g_variant_iter_init(&iter, rules);
        while (g_variant_iter_loop(&iter, "(&s^a&s)", &family, &args)) {
                g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
                g_ptr_array_add(words, g_strdup(g_str_equal(family, "ipv6") ? "ip6tables" : "iptables"));
                for (const char **arg = args; *arg; arg++)
                        g_ptr_array_add(words, text_printable(*arg));
                g_ptr_array_add(words, NULL);
                g_autofree char *command = text_command_folded((const char *const *) words->pdata, ctl_width());
                g_string_append_printf(text, "%s\n", command);
        }
        g_variant_iter_init(&iter, warnings);
        while (g_variant_iter_loop(&iter, "(s&s)", NULL, &message)) {
                g_autofree char *label = text_coloured(_("warning:"), TEXT_YELLOW, ctl_use_colour());
                g_autofree char *sentence = define_translate(ctl, message), *printable = text_printable(sentence);
                g_string_append_printf(text, "%s ", label);
                text_append_folded(text, printable, text_width(_("warning:")) + 1, 4, ctl_width());
                g_string_append_c(text, '\n');
        }
        return ctl_page(ctl, text->str, error);
}

void define_print_warnings(const Ctl *ctl, GVariant *warnings, bool (*is_shown)(const char *code)) {
        const char *code, *message;
        GVariantIter iter;

        g_variant_iter_init(&iter, warnings);
        while (g_variant_iter_loop(&iter, "(&s&s)", &code, &message))
                if (!is_shown || is_shown(code)) {
                        g_autofree char *sentence = define_translate(ctl, message), *printable = text_printable(sentence);
                        g_printerr(_("warning: %s\n"), printable);
                }
}

static bool define_has_warning(GVariant *warnings, const char *wanted) {
        const char *code;
        GVariantIter iter;

        g_variant_iter_init(&iter, warnings);
        while (g_variant_iter_loop(&iter, "(&s&s)", &code, NULL))
                if (g_str_equal(code, wanted))
                        return true;
        return false;
}

static bool define_is_name(const char *code) {
        return g_str_has_prefix(code, "no-such-") || g_str_equal(code, "group-missing");
}

/* NULL for a user who may not ask, or would have to give a password for it. */
static GVariant *define_get_warnings(Client *client, QuaywallPolicies *policies, const char *name, GVariant *policy) {
        GVariant *warnings = NULL;

        quaywall_policies_call_check_sync(policies, name, policy, CLIENT_CALL_SILENT(client), NULL, &warnings, NULL, NULL);
        return warnings;
}

/* Whether it names something that may not be there. */
static bool define_has_names(GVariant *policy) {
        g_autofree const char **sources = NULL;
        bool found = g_variant_lookup(policy, "containers", "as", NULL) || g_variant_lookup(policy, "networks", "as", NULL);

        g_variant_lookup(policy, "sources", "^a&s", &sources);
        for (const char **source = sources; source && *source; source++)
                found |= g_str_has_prefix(*source, "group:");
        return found;
}

void define_warn_of_names(Ctl *ctl, QuaywallPolicies *policies, const char *name, GVariant *policy) {
        g_autoptr(GVariant) warnings =
                define_has_names(policy) ? define_get_warnings(ctl->client, policies, name, policy) : NULL;

        if (warnings)
                define_print_warnings(ctl, warnings, define_is_name);
}

void define_warn_of_firewalld(Client *client) {
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Manager", NULL);

        if (properties && g_str_equal(ctl_lookup_string(properties, "FirewalldState"), "not-running"))
                g_printerr(
                        _("warning: firewalld is not running: until it is back the guard alone enforces the policies, and the "
                          "state is degraded\n"));
}

/* A "deny" without any option closes every port: at a terminal the user is asked first. */
static bool define_confirm_closing(Client *client, QuaywallPolicies *policies, const char *name, GVariant *policy,
                                   GError **error) {
        g_autoptr(GVariant) warnings = isatty(STDIN_FILENO) ? define_get_warnings(client, policies, name, policy) : NULL;

        if (!warnings || !define_has_warning(warnings, "closes-everything") ||
            confirm_ask(_("This closes every published port to everybody. Go on?")))
                return true;
        return ctl_fail(error, _("nothing was changed"));
}

/* Not what the user has just asked for: that the policy is disabled, or that it names several containers. */
static bool define_is_news(const char *code) {
        return !g_str_equal(code, "disabled") && !g_str_equal(code, "containers-together");
}

GVariant *define_get(Ctl *ctl, Client *client, QuaywallPolicies *policies, const char *name) {
        g_autoptr(GVariant) all = NULL;
        GVariant *policy = NULL;

        if (!ctl_reads_permanent(ctl))
                quaywall_policies_call_get_sync(policies, name, CLIENT_CALL_SILENT(client), &policy, NULL, NULL);
        else if (quaywall_policies_call_list_permanent_sync(policies, CLIENT_CALL_SILENT(client), &all, NULL, NULL))
                policy = g_variant_lookup_value(all, name, G_VARIANT_TYPE_VARDICT);
        return policy;
}

/* A new policy keeps nothing of the old one of its name, so the user is shown what is different now. */
static void define_print_replaced(Ctl *ctl, Client *client, QuaywallPolicies *policies, const char *name, GVariant *before) {
        g_autoptr(GVariant) after = before ? define_get(ctl, client, policies, name) : NULL;
        g_autofree char *difference = after ? policy_diff(ctl->command, before, after) : NULL;

        if (difference && *difference)
                g_printerr(_("note: replaced: %s\n"), difference);
}

static GVariant *define_options(Ctl *ctl, bool replace) {
        g_autoptr(GVariant) options = g_variant_ref_sink(ctl_method_options(ctl));
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(options);

        if (!replace)
                g_variant_dict_insert(&dict, "replace", "b", FALSE);
        return g_variant_dict_end(&dict);
}

static bool define_set(Ctl *ctl, const char *name, GVariant *policy, bool replace, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) before = policies ? define_get(ctl, client, policies, name) : NULL, warnings = NULL;
        g_autofree char *token = NULL;

        if (!policies || !define_confirm_closing(client, policies, name, policy, error) ||
            !quaywall_policies_call_set_checked_sync(policies, name, policy, define_options(ctl, replace), CLIENT_CALL(client),
                                                     &token, &warnings, NULL, error))
                return false;
        define_print_replaced(ctl, client, policies, name, before);
        define_print_warnings(ctl, warnings, define_is_news);
        return confirm_change(ctl, token, error);
}

/* usage has what the actions differ in: their words and entries. */
static bool define_parse(Ctl *ctl, const CtlUsage *usage, PolicyArgs *args, GStrv *argv, GError **error) {
        const GOptionEntry common[] = {
                { "description", 0, 0, G_OPTION_ARG_FILENAME, &args->description, _("What it is for"), "TEXT" },
                { "for", 0, 0, G_OPTION_ARG_FILENAME, &args->lasts, _("Remove it after so long: 30min, 8h, 2d"), "TIME" },
                { "until", 0, 0, G_OPTION_ARG_FILENAME, &args->until, _("Remove it then: 18:00, \"2026-12-01 18:00\""),
                  "TIME" },
                { "disabled", 0, 0, G_OPTION_ARG_NONE, &args->disabled, _("Keep it, but do not enforce it"), NULL },
                { "replace", 0, 0, G_OPTION_ARG_NONE, &args->replace, _("Also a policy of this name that does something else"),
                  NULL },
                { "check", 0, 0, G_OPTION_ARG_NONE, &args->check, _("Change nothing, print rules and warnings"), NULL },
                G_OPTION_ENTRY_NULL
        };
        CtlUsage whole = *usage;

        whole.words = "NEW-NAME";
        whole.description = _(
                "Creates or replaces the policy NAME: what is not given again is not kept, and the differences are shown. Values of a list "
                "are separated by blanks or commas, or each follows the option again.");
        whole.more_entries = common;
        whole.list_options = policy_args_list_options;
        whole.scope = whole.confirm = true;
        return ctl_parse(ctl, &whole, argv, error);
}

static bool define_parse_forward(Ctl *ctl, PolicyArgs *args, GStrv *argv, GError **error) {
        const GOptionEntry entries[] = { { "in", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->interfaces,
                                           _("Interfaces where packets come in"), "IF..." },
                                         { "out", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->out_interfaces,
                                           _("Interfaces by which they leave"), "IF..." },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "forward NAME --in IF... --out IF...",
                .summary = _("Lets this host route from some interfaces to others, and the replies back."),
                .examples = "quaywallctl forward lan --in eth1 --out eth0",
                .entries = entries,
        };

        return define_parse(ctl, &usage, args, argv, error);
}

/* allow-only, deny and obey-zones: who may connect to which containers. */
static bool define_parse_access(Ctl *ctl, PolicyArgs *args, GStrv *argv, GError **error) {
        static const CtlUsage USAGES[] = {
                { .synopsis = "allow-only NAME --from ADDRESS...",
                  .summary = N_("Lets only these addresses connect to containers; for everyone else they are closed."),
                  .examples = "quaywallctl allow-only web --from 192.168.1.0/24 2001:db8::/64 --port 8080/tcp\n"
                              "quaywallctl allow-only db --from ipset:office --container db\n"
                              "quaywallctl allow-only web --from 192.168.1.1 --confirm-within 60" },
                { .synopsis = "deny NAME [--from ADDRESS...]",
                  .summary = N_("Blocks connections to containers. A deny wins over every allow-only and obey-zones."),
                  .examples = "quaywallctl deny bad --from 203.0.113.0/24\n"
                              "quaywallctl deny db --container db --network back\n"
                              "quaywallctl deny web --port 8080/tcp --check" },
                { .synopsis = "obey-zones NAME",
                  .summary =
                          N_("Lets clients connect to containers as firewalld's zones let them connect to a port of this host: "
                             "\"firewall-cmd --add-port=8080/tcp\" opens a published port 8080, \"--remove-port\" closes it."),
                  .examples = "quaywallctl obey-zones all\n"
                              "quaywallctl obey-zones web --port 8080/tcp 8443/tcp" },
        };
        const GOptionEntry entries[] = {
                { "from", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->sources,
                  _("Who connects: 192.168.1.1, 192.168.1.0/24, 192.168.1.1-192.168.1.3, IPv6 alike, group:NAME, ipset:NAME, "
                    "zone:NAME; "
                    "@FILE or - (standard input): one address a line"),
                  "ADDRESS..." },
                { "on", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->interfaces,
                  _("Interfaces where connections come in (default: all but Docker's)"), "IF..." },
                { "to", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->destinations,
                  _("Addresses of this host as the client dialled them (default: all)"), "ADDRESS..." },
                { "port", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->ports,
                  _("Published ports of this host: 8080/tcp, 5000-5010/udp (default: all)"), "PORT/PROTOCOL..." },
                { "container", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->containers,
                  _("Containers by name, label=KEY or label=KEY=VALUE (default: all)"), "CONTAINER..." },
                { "compose", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->compose,
                  _("Containers of a project of Compose, or of one of its services"), "PROJECT[/SERVICE]" },
                { "network", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &args->networks,
                  _("Containers in these networks of Docker (default: all)"), "NETWORK..." },
                { "reject", 0, 0, G_OPTION_ARG_NONE, &args->reject, _("Answer with an error instead of silence"), NULL },
                { "log", 0, 0, G_OPTION_ARG_NONE, &args->log, _("Log what is blocked (rate-limited)"), NULL },
                G_OPTION_ENTRY_NULL
        };
        gsize i = 0;

        while (i < G_N_ELEMENTS(USAGES) - 1 && !g_str_has_prefix(USAGES[i].synopsis, (*argv)[0]))
                i++;
        CtlUsage usage = USAGES[i];
        usage.entries = i == G_N_ELEMENTS(USAGES) - 1 ? entries + 1 : entries; /* zones say who connects */
        return define_parse(ctl, &usage, args, argv, error);
}

bool define_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(PolicyArgs) args = { 0 };
        g_auto(GStrv) argv = g_strdupv(words);
        const char *action = words[0];

        if (!(g_str_equal(action, "forward") ? define_parse_forward : define_parse_access)(ctl, &args, &argv, error))
                return false;
        if (!argv[1])
                return ctl_usage_error(error, _("%s: NAME is missing, it comes before the options"), action);
        if (!ctl_expect_end(argv[2], error))
                return false;

        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        g_autoptr(GVariant) policy =
                address_file_expand(&args.sources, "--from", error) && policy_args_set_end(&args, now, error) ?
                        policy_args_to_policy(&args, action, error) :
                        NULL;
        if (!policy)
                return false;
        g_variant_ref_sink(policy);
        ctl->by_compose = args.compose && !args.containers;
        if (args.check && ctl->print_commands)
                return ctl_usage_error(error, _("--check and --print-firewall-cmd both print something; give one of them"));
        if (ctl->print_commands)
                return commands_print(ctl, "Policies.Set",
                                      g_variant_new("(s@a{sv}@a{sv})", argv[1], policy, define_options(ctl, args.replace)),
                                      error);
        return args.check ? define_check(ctl, argv[1], policy, error) : define_set(ctl, argv[1], policy, args.replace, error);
}
