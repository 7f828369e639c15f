/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-cmd.h"

#include <string.h>

#include "ctl/confirm.h"
#include "ctl/define-cmd.h"
#include "ctl/json-out.h"
#include "ctl/policy-import.h"
#include "ctl/text.h"

/* So many words of a list are in one cell of the table; "policy show" has all of them. */
#define POLICY_LIST_WORDS 3

/* The policies of the scope that is read. */
static GVariant *policy_get_all(Ctl *ctl, GError **error) {
        return client_get_policies(ctl_connect(ctl, error), ctl_reads_permanent(ctl), error);
}

static bool policy_none(const char *name, bool permanent, GError **error) {
        return ctl_fail(error, "there is no %spolicy '%s'", permanent ? "permanent " : "", name);
}

static GVariant *policy_get(Ctl *ctl, const char *name, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        GVariant *policy = NULL;

        if (policies && !ctl_reads_permanent(ctl)) {
                quaywall_policies_call_get_sync(policies, name, CLIENT_CALL(client), &policy, NULL, error);
                return policy;
        }
        g_autoptr(GVariant) all = policies ? client_get_policies(client, true, error) : NULL;
        if (all && !(policy = g_variant_lookup_value(all, name, G_VARIANT_TYPE_VARDICT)))
                policy_none(name, true, error);
        return policy;
}

/* { "policies": { NAME: POLICY } }, which "policy import" reads: what export prints, and list and show with --json. */
static bool policy_print_json(GVariant *policies, GError **error) {
        return ctl_print_json_member("policies", json_out_policies(policies), error);
}

static char *policy_words(GVariant *policy, const char *key, const char *none) {
        g_autofree const char **words = NULL;

        if (!g_variant_lookup(policy, key, "^a&s", &words) || !words[0])
                return g_strdup(none);
        return text_list(words, POLICY_LIST_WORDS);
}

static void policy_add_words(GStrvBuilder *builder, GVariant *policy, const char *key, const char *label) {
        g_autofree const char **words = NULL;

        g_variant_lookup(policy, key, "^a&s", &words);
        for (guint i = 0; words && words[i]; i++) {
                g_autofree char *word = g_strconcat(label, words[i], NULL);
                g_strv_builder_add(builder, word);
        }
}

/* "192.168.1.99, container db, network back" */
static char *policy_target(GVariant *policy, const char *none) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        policy_add_words(builder, policy, "destinations", "");
        policy_add_words(builder, policy, "containers", "container ");
        policy_add_words(builder, policy, "networks", "network ");
        g_auto(GStrv) words = g_strv_builder_end(builder);
        return words[0] ? text_list((const char *const *) words, POLICY_LIST_WORDS) : g_strdup(none);
}

static bool policy_list(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        g_autoptr(GVariant) all = policy_get_all(ctl, error);

        if (!all)
                return false;
        if (ctl->json)
                return policy_print_json(all, error);

        g_autoptr(TextTable) table = text_table_new(
                (const char *const[]){ "NAME", "ACTION", "ON", "FROM", "TO", "PORT", "STATE", "DESCRIPTION", NULL });
        g_auto(GStrv) names = json_out_sorted_keys(all);

        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(all, names[i], G_VARIANT_TYPE_VARDICT);
                const char *action = "", *description = "";
                gboolean enabled = TRUE;

                g_variant_lookup(policy, "action", "&s", &action);
                g_variant_lookup(policy, "description", "&s", &description);
                g_variant_lookup(policy, "enabled", "b", &enabled);

                const bool forward = g_str_equal(action, "forward");
                g_autofree char *in = policy_words(policy, "interfaces", "any");
                g_autofree char *out = policy_words(policy, "out-interfaces", "any");
                g_autofree char *on = forward ? g_strdup_printf("%s -> %s", in, out) : g_steal_pointer(&in);
                g_autofree char *from = policy_words(policy, "sources", forward ? "" : "any");
                g_autofree char *to = policy_target(policy, forward ? "" : "any");
                g_autofree char *ports = policy_words(policy, "ports", forward ? "" : "any");

                text_table_add(table, (const char *const[]){ names[i], action, on, from, to, ports,
                                                             enabled ? "enabled" : "disabled", description, NULL });
        }
        g_autofree char *text = names[0] ? text_table_format(table, ctl_use_colour()) : g_strdup("There are no policies.\n");
        return ctl_print(text, error);
}

static char *policy_value_text(GVariant *value) {
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
                return g_strdup(g_variant_get_boolean(value) ? "yes" : "no");
        return text_value(value);
}

static bool policy_show(Ctl *ctl, GStrv argv, GError **error) {
        const char *name = argv[2];
        g_autoptr(GVariant) policy = policy_get(ctl, name, error);

        if (!policy)
                return false;
        define_warn_of_names(ctl, client_policies(ctl->client, NULL), name, policy);
        if (ctl->json) {
                GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

                g_variant_builder_add(&named, "{s@a{sv}}", name, policy);
                g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
                return policy_print_json(policies, error);
        }

        g_auto(GStrv) keys = json_out_policy_keys(policy);
        g_autoptr(GString) text = g_string_new(NULL);
        int width = (int) strlen("name:");

        for (guint i = 0; keys[i]; i++)
                width = MAX(width, (int) strlen(keys[i]) + 1);
        g_string_append_printf(text, "%-*s  %s\n", width, "name:", name);
        for (guint i = 0; keys[i]; i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(policy, keys[i], NULL);
                g_autofree char *shown = policy_value_text(value), *printable = text_printable(*shown ? shown : "-");
                g_autofree char *key = text_printable(keys[i]), *label = g_strconcat(key, ":", NULL);

                g_string_append_printf(text, "%-*s  %s\n", width, label, printable);
        }
        return ctl_print(text->str, error);
}

/* Whether all of them exist in the scope that is read: asked before anything is changed, so that a mistyped name changes nothing. */
static bool policy_names_exist(Ctl *ctl, const char *const *names, GVariant **ret_all, GError **error) {
        g_autoptr(GVariant) policies = policy_get_all(ctl, error);

        if (!policies)
                return false;
        for (; *names; names++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(policies, *names, G_VARIANT_TYPE_VARDICT);

                if (!policy)
                        return policy_none(*names, ctl_reads_permanent(ctl), error);
        }
        if (ret_all)
                *ret_all = g_steal_pointer(&policies);
        return true;
}

/* Whether all of them exist in the scope that changes, or, where both do, in one of them. */
static bool policy_names_exist_anywhere(Ctl *ctl, const char *const *names, GError **error) {
        if (ctl->runtime != ctl->permanent)
                return policy_names_exist(ctl, names, NULL, error);
        g_autoptr(GVariant) permanent = client_get_policies(ctl_connect(ctl, error), true, error);
        if (!permanent)
                return false;
        for (; *names; names++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(permanent, *names, G_VARIANT_TYPE_VARDICT);
                const char *const one[] = { *names, NULL };
                if (!policy && !policy_names_exist(ctl, one, NULL, error))
                        return false;
        }
        return true;
}

static bool policy_remove(Ctl *ctl, GStrv argv, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);

        if (!policies)
                return false;
        if (argv[3] && !policy_names_exist_anywhere(ctl, (const char *const *) argv + 2, error))
                return false;
        if (argv[3] && ctl->confirm_within > 0)
                return ctl_usage_error(error, "--confirm-within takes one NAME at a time");
        for (GStrv name = argv + 2; *name; name++) {
                g_autofree char *token = NULL;
                if (!quaywall_policies_call_remove_sync(policies, *name, ctl_method_options(ctl), CLIENT_CALL(client), &token,
                                                        NULL, error) ||
                    !confirm_change(ctl, token, error))
                        return false;
        }
        define_warn_of_firewalld(client);
        return true;
}

/* scope: NULL for both. */
static bool policy_set_one(Ctl *ctl, const char *name, GVariant *old, bool enabled, const char *scope, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) given = g_variant_ref_sink(ctl_method_options(ctl));
        g_auto(GVariantDict) changed = G_VARIANT_DICT_INIT(old), options = G_VARIANT_DICT_INIT(given);
        g_autofree char *token = NULL;

        g_variant_dict_insert(&changed, "enabled", "b", enabled);
        if (scope)
                g_variant_dict_insert(&options, "scope", "s", scope);
        g_autoptr(GVariant) policy = g_variant_ref_sink(g_variant_dict_end(&changed));
        if (!policies || !quaywall_policies_call_set_sync(policies, name, policy, g_variant_dict_end(&options),
                                                          CLIENT_CALL(client), &token, NULL, error))
                return false;
        define_warn_of_names(ctl, policies, name, policy);
        define_warn_of_firewalld(client);
        return confirm_change(ctl, token, error);
}

/* A name may stand for different policies at runtime and permanently: only "enabled" changes in each. */
static bool policy_set_enabled(Ctl *ctl, GStrv argv, GError **error) {
        const char *name = argv[2];
        const bool enabled = g_str_equal(argv[1], "enable"), both = ctl->runtime == ctl->permanent;
        g_autoptr(GVariant) now = NULL, later = NULL, all_now = NULL, all_later = NULL;

        if (both || ctl->runtime) {
                if (!(all_now = client_get_policies(ctl_connect(ctl, error), false, error)))
                        return false;
                now = g_variant_lookup_value(all_now, name, G_VARIANT_TYPE_VARDICT);
        }
        if (both || ctl->permanent) {
                if (!(all_later = client_get_policies(ctl_connect(ctl, error), true, error)))
                        return false;
                later = g_variant_lookup_value(all_later, name, G_VARIANT_TYPE_VARDICT);
        }
        if (!now && !later)
                return policy_none(name, ctl_reads_permanent(ctl), error);
        if (!now || !later)
                return policy_set_one(ctl, name, now ? now : later, enabled, now ? "runtime" : "permanent", error);
        if (g_variant_equal(now, later))
                return policy_set_one(ctl, name, now, enabled, NULL, error);
        if (ctl->confirm_within > 0)
                return ctl_usage_error(error,
                                       "policy '%s' is not the same now and permanently: --confirm-within needs --runtime or "
                                       "--permanent with it",
                                       name);
        if (!policy_set_one(ctl, name, now, enabled, "runtime", error))
                return false;
        ctl->cut = FALSE; /* done: the permanent policies judge no connection yet */
        if (policy_set_one(ctl, name, later, enabled, "permanent", error))
                return true;
        g_dbus_error_strip_remote_error(*error);
        g_prefix_error(error, "it is %sd now, but not permanently: ", argv[1]);
        return false;
}

static bool policy_check(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) policy = policy_get(ctl, argv[2], error);

        return policy && define_check(ctl, argv[2], policy, error);
}

static bool policy_export(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) all = NULL;

        if (!policy_names_exist(ctl, (const char *const *) argv + 2, &all, error))
                return false;
        if (!argv[2])
                return policy_print_json(all, error);

        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));
        for (GStrv name = argv + 2; *name; name++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(all, *name, G_VARIANT_TYPE_VARDICT);

                if (!g_strv_contains((const char *const *) name + 1, *name)) /* given twice */
                        g_variant_builder_add(&named, "{s@a{sv}}", *name, policy);
        }
        g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
        return policy_print_json(policies, error);
}

static bool policy_counters(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) counters = NULL;

        if (!policies || !quaywall_policies_call_counters_sync(policies, CLIENT_CALL(client), &counters, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json_member("counters", json_out_counters(counters), error);

        g_autoptr(TextTable) table = text_table_new((const char *const[]){ "NAME", "BLOCKED PACKETS", "BLOCKED BYTES", NULL });
        g_auto(GStrv) names = json_out_sorted_keys(counters);
        for (guint i = 0; names[i]; i++) {
                guint64 packets = 0, bytes = 0;

                g_variant_lookup(counters, names[i], "(tt)", &packets, &bytes);
                g_autofree char *packets_text = g_strdup_printf("%" G_GUINT64_FORMAT, packets);
                g_autofree char *bytes_text = g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
                text_table_add(table, (const char *const[]){ names[i], packets_text, bytes_text, NULL });
        }
        g_autofree char *text = text_table_format(table, ctl_use_colour());
        return ctl_print(text, error);
}

static const CtlVerb policy_verbs[] = {
        { .name = "list",
          .summary = "All policies in a table",
          .details = "As they are now, or with --permanent as they will be after the next reload or boot.",
          .scope = true,
          .run = policy_list,
          .examples = "quaywallctl policy list\n"
                      "quaywallctl policy list --permanent --json" },
        { .name = "show",
          .words = "NAME",
          .summary = "One policy, every value of it",
          .scope = true,
          .run = policy_show,
          .examples = "quaywallctl policy show web" },
        { .name = "remove",
          .words = "NAME...",
          .summary = "Remove policies",
          .details = "If one of several names does not exist, none is removed.",
          .scope = true,
          .confirm = true,
          .run = policy_remove,
          .examples = "quaywallctl policy remove web\n"
                      "quaywallctl policy remove web --confirm-within 60" },
        { .name = "enable",
          .words = "NAME",
          .summary = "Enforce a policy that was disabled",
          .scope = true,
          .confirm = true,
          .run = policy_set_enabled,
          .examples = "quaywallctl policy enable web" },
        { .name = "disable",
          .words = "NAME",
          .summary = "Keep a policy, but do not enforce it",
          .scope = true,
          .confirm = true,
          .run = policy_set_enabled,
          .examples = "quaywallctl policy disable web --runtime" },
        { .name = "check",
          .words = "NAME",
          .summary = "Print its rules and warnings",
          .scope = true,
          .run = policy_check,
          .examples = "quaywallctl policy check web" },
        { .name = "export",
          .words = "[NAME...]",
          .summary = "Print policies as JSON for import",
          .scope = true,
          .run = policy_export,
          .examples = "quaywallctl policy export --permanent > policies.json" },
        { .name = "import",
          .words = "[FILE|-]",
          .summary = "Add policies from such JSON, or from iptables lines for DOCKER-USER",
          .details = "Without FILE they are read from standard input.",
          .options = "name replace check",
          .scope = true,
          .confirm = true,
          .examples = "quaywallctl policy import policies.json --replace\n"
                      "iptables-save -t filter | quaywallctl policy import --check" },
        { .name = "counters",
          .summary = "What each policy has blocked",
          .run = policy_counters,
          .examples = "quaywallctl policy counters" },
        { .name = "confirm",
          .words = "TOKEN",
          .summary = "Keep a change made with --confirm-within",
          .run = confirm_keep,
          .examples = "token=$(quaywallctl deny web --port 80/tcp --confirm-within 60 </dev/null)\n"
                      "quaywallctl policy confirm \"$token\"" },
        { .name = "rollback",
          .words = "TOKEN",
          .summary = "Undo it now",
          .details = "It undoes a change made with --confirm-within.",
          .run = confirm_rollback,
          .examples = "quaywallctl policy rollback \"$token\"" },
        { .name = NULL },
};

bool policy_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(PolicyImportOptions) import = { 0 };
        const GOptionEntry entries[] = {
                { "name", 0, 0, G_OPTION_ARG_FILENAME, &import.name, "import: the name of the one policy in FILE", "NAME" },
                { "replace", 0, 0, G_OPTION_ARG_NONE, &import.replace, "import: replace policies of the same name", NULL },
                { "check", 0, 0, G_OPTION_ARG_NONE, &import.check, "import: change nothing, print what it would import", NULL },
                G_OPTION_ENTRY_NULL
        };
        const CtlUsage usage = {
                .synopsis = "policy [VERB]",
                .summary = "The policies that there are. 'allow-only', 'deny', 'obey-zones' and 'forward' make them.",
                .verbs = policy_verbs,
                .entries = entries,
                .scope = true,
                .confirm = true,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return false;
        return ctl->verb->run ? ctl->verb->run(ctl, argv, error) : policy_import(ctl, argv[2] ? argv[2] : "-", &import, error);
}
