/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-cmd.h"

#include <string.h>

#include "ctl/compose.h"
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
        g_autofree const char **entries = NULL;

        g_variant_lookup(policy, key, "^a&s", &entries);
        g_auto(GStrv) words = entries ? compose_show(entries) : NULL;
        for (guint i = 0; words && words[i]; i++) {
                g_autofree char *word = g_strconcat(compose_is_shown(words[i]) ? "" : label, words[i], NULL);
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
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
                g_autofree const char **entries = g_variant_get_strv(value, NULL);
                g_auto(GStrv) words = compose_show(entries);

                return text_list((const char *const *) words, 0);
        }
        return text_value(value);
}

static bool policy_show(Ctl *ctl, GStrv argv, GError **error) {
        const char *name = argv[2];
        g_autoptr(GVariant) policy = policy_get(ctl, name, error);

        if (!policy)
                return false;
        define_warn_of_names(ctl->client, client_policies(ctl->client, NULL), name, policy);
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
        define_warn_of_names(client, policies, name, policy);
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

static const struct PolicyVerb {
        const char *name;
        guint least, most; /* how many names it takes */
        bool scope;        /* takes --runtime and --permanent */
        bool change;       /* takes --confirm-within and --cut */
        CtlCommandFunc run;
} policy_verbs[] = {
        { "list", 0, 0, true, false, policy_list },
        { "show", 1, 1, true, false, policy_show },
        { "remove", 1, G_MAXUINT, true, true, policy_remove },
        { "enable", 1, 1, true, true, policy_set_enabled },
        { "disable", 1, 1, true, true, policy_set_enabled },
        { "check", 1, 1, true, false, policy_check },
        { "export", 0, G_MAXUINT, true, false, policy_export },
        { "counters", 0, 0, false, false, policy_counters },
        { "confirm", 1, 1, false, false, confirm_keep },
        { "rollback", 1, 1, false, false, confirm_rollback },
};

static bool policy_run_verb(Ctl *ctl, const struct PolicyVerb *verb, GStrv argv, GError **error) {
        const guint names = g_strv_length(argv) - 2;
        g_autofree char *command = g_strconcat("policy ", verb->name, NULL);

        if (names < verb->least)
                return ctl_usage_error(error, "%s: NAME is missing", command);
        if (names > verb->most)
                return ctl_expect_end(argv[2 + verb->most], error);
        return ctl_expect_options(ctl, command, verb->scope, verb->change, error) && verb->run(ctl, argv, error);
}

static bool policy_parse(Ctl *ctl, PolicyImportOptions *import, GStrv *argv, GError **error) {
        const GOptionEntry entries[] = {
                { "name", 0, 0, G_OPTION_ARG_FILENAME, &import->name, "import: the name of the one policy in FILE", "NAME" },
                { "replace", 0, 0, G_OPTION_ARG_NONE, &import->replace, "import: replace policies of the same name", NULL },
                { "check", 0, 0, G_OPTION_ARG_NONE, &import->check, "import: change nothing, print what it would import",
                  NULL },
                G_OPTION_ENTRY_NULL
        };
        const CtlUsage usage = {
                .synopsis = "policy [list|show|remove|enable|disable|check|export|import|counters|confirm|rollback]",
                .summary = "list                  All policies in a table (the default); as they are now, or --permanent\n"
                           "  show NAME             One policy, every value of it\n"
                           "  remove NAME...        Remove policies\n"
                           "  enable NAME           Enforce a policy that was disabled\n"
                           "  disable NAME          Keep a policy, but do not enforce it\n"
                           "  check NAME            Print its rules and warnings\n"
                           "  export [NAME...]      Print policies as JSON for import\n"
                           "  import [FILE|-]       Add policies from such JSON, or from iptables lines for DOCKER-USER\n"
                           "  counters              What each policy has blocked\n"
                           "  confirm TOKEN         Keep a change made with --confirm-within\n"
                           "  rollback TOKEN        Undo it now",
                .entries = entries,
                .scope = true,
                .confirm = true,
        };

        return ctl_parse(ctl, &usage, argv, error);
}

bool policy_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(PolicyImportOptions) import = { 0 };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!policy_parse(ctl, &import, &argv, error))
                return false;
        if (argv[1] && g_str_equal(argv[1], "import"))
                return ctl_expect_end(argv[2] ? argv[3] : NULL, error) &&
                       policy_import(ctl, argv[2] ? argv[2] : "-", &import, error);
        if (import.name || import.replace || import.check)
                return ctl_usage_error(error, "--%s is for 'policy import' only",
                                       import.name    ? "name" :
                                       import.replace ? "replace" :
                                                        "check");
        if (!argv[1]) {
                g_strfreev(argv);
                argv = g_strdupv((char *[]){ "policy", "list", NULL });
        }
        for (guint i = 0; i < G_N_ELEMENTS(policy_verbs); i++)
                if (g_str_equal(argv[1], policy_verbs[i].name))
                        return policy_run_verb(ctl, &policy_verbs[i], argv, error);
        return ctl_usage_error(error, "unknown command 'policy %s'", argv[1]);
}
