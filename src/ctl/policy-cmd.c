/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-cmd.h"

#include <string.h>

#include "confirm.h"
#include "define-cmd.h"
#include "json-out.h"
#include "policy-import.h"
#include "text.h"

/* More than this many words in one cell make a table unreadable; show has all of them. */
#define POLICY_LIST_WORDS 3

GVariant *policy_cmd_get_all(Ctl *ctl, gboolean permanent, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        GVariant *all = NULL;

        if (policies != NULL && permanent)
                quaywall_policies_call_list_permanent_sync(policies, CLIENT_CALL(client), &all, NULL, error);
        else if (policies != NULL)
                quaywall_policies_call_list_sync(policies, CLIENT_CALL(client), &all, NULL, error);
        return all;
}

/* As firewall-cmd does it: what is in force now, unless --permanent is said. */
static GVariant *policy_get_all(Ctl *ctl, GError **error) {
        return policy_cmd_get_all(ctl, ctl->permanent && !ctl->runtime, error);
}

static void policy_none(const char *name, gboolean permanent, GError **error) {
        g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "there is no %spolicy '%s'", permanent ? "permanent " : "", name);
}

static GVariant *policy_get(Ctl *ctl, const char *name, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        GVariant *policy = NULL;

        if (policies != NULL && (!ctl->permanent || ctl->runtime)) {
                quaywall_policies_call_get_sync(policies, name, CLIENT_CALL(client), &policy, NULL, error);
                return policy;
        }
        g_autoptr(GVariant) all = policies != NULL ? policy_cmd_get_all(ctl, TRUE, error) : NULL;
        if (all != NULL && (policy = g_variant_lookup_value(all, name, G_VARIANT_TYPE_VARDICT)) == NULL)
                policy_none(name, TRUE, error);
        return policy;
}

/* { "policies": { NAME: POLICY } }: what export prints and import reads, and so list and show with --json. */
static gboolean policy_print_json(GVariant *policies, GError **error) {
        return ctl_print_json_member("policies", json_out_policies(policies), error);
}

static char *policy_words(GVariant *policy, const char *key, const char *none) {
        g_autofree const char **words = NULL;

        if (!g_variant_lookup(policy, key, "^a&s", &words) || words[0] == NULL)
                return g_strdup(none);
        return text_list(words, POLICY_LIST_WORDS);
}

static void policy_add_words(GStrvBuilder *builder, GVariant *policy, const char *key, const char *label) {
        g_autofree const char **words = NULL;

        g_variant_lookup(policy, key, "^a&s", &words);
        for (guint i = 0; words != NULL && words[i] != NULL; i++) {
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
        return words[0] != NULL ? text_list((const char *const *) words, POLICY_LIST_WORDS) : g_strdup(none);
}

static gboolean policy_list(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        g_autoptr(GVariant) all = policy_get_all(ctl, error);

        if (all == NULL)
                return FALSE;
        if (ctl->json)
                return policy_print_json(all, error);

        g_autoptr(TextTable) table = text_table_new(
                (const char *const[]){ "NAME", "ACTION", "ON", "FROM", "TO", "PORT", "STATE", "DESCRIPTION", NULL });
        g_auto(GStrv) names = json_out_sorted_keys(all);

        for (guint i = 0; names[i] != NULL; i++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(all, names[i], G_VARIANT_TYPE_VARDICT);
                const char *action = "", *description = "";
                gboolean enabled = TRUE;

                g_variant_lookup(policy, "action", "&s", &action);
                g_variant_lookup(policy, "description", "&s", &description);
                g_variant_lookup(policy, "enabled", "b", &enabled);

                const gboolean forward = g_str_equal(action, "forward");
                g_autofree char *in = policy_words(policy, "interfaces", "any");
                g_autofree char *out = policy_words(policy, "out-interfaces", "any");
                g_autofree char *on = forward ? g_strdup_printf("%s -> %s", in, out) : g_steal_pointer(&in);
                g_autofree char *from = policy_words(policy, "sources", forward ? "" : "any");
                g_autofree char *to = policy_target(policy, forward ? "" : "any");
                g_autofree char *ports = policy_words(policy, "ports", forward ? "" : "any");

                text_table_add(table, (const char *const[]){ names[i], action, on, from, to, ports,
                                                             enabled ? "enabled" : "disabled", description, NULL });
        }
        g_autofree char *text =
                names[0] != NULL ? text_table_format(table, ctl_use_colour()) : g_strdup("There are no policies.\n");
        return ctl_print(text, error);
}

static gboolean policy_show(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) policy = policy_get(ctl, argv[2], error);

        if (policy == NULL)
                return FALSE;
        define_warn_of_names(ctl->client, client_policies(ctl->client, NULL), argv[2], policy);
        if (ctl->json) {
                GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

                g_variant_builder_add(&named, "{s@a{sv}}", argv[2], policy);
                g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
                return policy_print_json(policies, error);
        }

        g_auto(GStrv) keys = json_out_policy_keys(policy);
        g_autoptr(GString) text = g_string_new(NULL);
        int width = 4;

        for (guint i = 0; keys[i] != NULL; i++)
                width = MAX(width, (int) strlen(keys[i]));
        g_string_append_printf(text, "%-*s  %s\n", width + 1, "name:", argv[2]);
        for (guint i = 0; keys[i] != NULL; i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(policy, keys[i], NULL);
                g_autofree char *shown = NULL;
                g_autofree char *key = text_printable(keys[i]), *label = g_strconcat(key, ":", NULL);

                if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
                        g_autofree const char **words = g_variant_get_strv(value, NULL);
                        shown = text_list(words, 0);
                } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
                        shown = g_strdup(g_variant_get_boolean(value) ? "yes" : "no");
                } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
                        shown = g_variant_dup_string(value, NULL);
                } else {
                        shown = g_variant_print(value, FALSE);
                }
                g_autofree char *printable = text_printable(*shown != '\0' ? shown : "-");
                g_string_append_printf(text, "%-*s  %s\n", width + 1, label, printable);
        }
        return ctl_print(text->str, error);
}

/* Names are looked up before anything is done, so that a mistyped one costs nothing. */
static gboolean policy_names_exist(Ctl *ctl, const char *const *names, GVariant **all, GError **error) {
        g_autoptr(GVariant) policies = policy_get_all(ctl, error);

        if (policies == NULL)
                return FALSE;
        for (; *names != NULL; names++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(policies, *names, G_VARIANT_TYPE_VARDICT);
                if (policy == NULL) {
                        policy_none(*names, ctl->permanent && !ctl->runtime, error);
                        return FALSE;
                }
        }
        if (all != NULL)
                *all = g_steal_pointer(&policies);
        return TRUE;
}

/* In the scope that is asked for, or in one of both. */
static gboolean policy_names_exist_anywhere(Ctl *ctl, const char *const *names, GError **error) {
        g_autoptr(GVariant) permanent = NULL;

        if (ctl->runtime != ctl->permanent)
                return policy_names_exist(ctl, names, NULL, error);
        if ((permanent = policy_cmd_get_all(ctl, TRUE, error)) == NULL)
                return FALSE;
        for (; *names != NULL; names++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(permanent, *names, G_VARIANT_TYPE_VARDICT);
                const char *const one[] = { *names, NULL };
                if (policy == NULL && !policy_names_exist(ctl, one, NULL, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean policy_remove(Ctl *ctl, GStrv argv, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;

        if (policies == NULL)
                return FALSE;
        if (argv[3] != NULL && !policy_names_exist_anywhere(ctl, (const char *const *) argv + 2, error))
                return FALSE;
        if (argv[3] != NULL && ctl->confirm_within > 0)
                return ctl_usage_error(error, "--confirm-within takes one NAME at a time");
        for (GStrv name = argv + 2; *name != NULL; name++) {
                g_autofree char *token = NULL;
                if (!quaywall_policies_call_remove_sync(policies, *name, ctl_method_options(ctl), CLIENT_CALL(client),
                                                        &token, NULL, error) ||
                    !confirm_change(ctl, token, error))
                        return FALSE;
        }
        return TRUE;
}

/* scope: NULL for both. */
static gboolean policy_set_one(Ctl *ctl, const char *name, GVariant *old, gboolean enabled, const char *scope, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        g_autoptr(GVariant) given = g_variant_ref_sink(ctl_method_options(ctl));
        g_auto(GVariantDict) changed = G_VARIANT_DICT_INIT(old), options = G_VARIANT_DICT_INIT(given);
        g_autofree char *token = NULL;

        g_variant_dict_insert(&changed, "enabled", "b", enabled);
        if (scope != NULL)
                g_variant_dict_insert(&options, "scope", "s", scope);
        g_autoptr(GVariant) policy = g_variant_ref_sink(g_variant_dict_end(&changed));
        if (policies == NULL || !quaywall_policies_call_set_sync(policies, name, policy, g_variant_dict_end(&options),
                                                                 CLIENT_CALL(client), &token, NULL, error))
                return FALSE;
        define_warn_of_names(client, policies, name, policy);
        return confirm_change(ctl, token, error);
}

/* What is in force now and what is permanent may be two policies of one name: each keeps the rest of its own. */
static gboolean policy_set_enabled(Ctl *ctl, GStrv argv, GError **error) {
        const char *name = argv[2];
        const gboolean enabled = g_str_equal(argv[1], "enable"), both = ctl->runtime == ctl->permanent;
        g_autoptr(GVariant) now = NULL, later = NULL, all_now = NULL, all_later = NULL;

        if (both || ctl->runtime) {
                if ((all_now = policy_cmd_get_all(ctl, FALSE, error)) == NULL)
                        return FALSE;
                now = g_variant_lookup_value(all_now, name, G_VARIANT_TYPE_VARDICT);
        }
        if (both || ctl->permanent) {
                if ((all_later = policy_cmd_get_all(ctl, TRUE, error)) == NULL)
                        return FALSE;
                later = g_variant_lookup_value(all_later, name, G_VARIANT_TYPE_VARDICT);
        }
        if (now == NULL && later == NULL) {
                policy_none(name, !both && ctl->permanent, error);
                return FALSE;
        }
        if (now == NULL || later == NULL)
                return policy_set_one(ctl, name, now != NULL ? now : later, enabled, now != NULL ? "runtime" : "permanent", error);
        if (g_variant_equal(now, later))
                return policy_set_one(ctl, name, now, enabled, NULL, error);
        if (ctl->confirm_within > 0)
                return ctl_usage_error(error,
                                       "policy '%s' is not the same now and permanently: --confirm-within needs --runtime or "
                                       "--permanent with it",
                                       name);
        if (!policy_set_one(ctl, name, now, enabled, "runtime", error))
                return FALSE;
        ctl->cut = FALSE; /* done; there is nothing to cut permanently */
        if (policy_set_one(ctl, name, later, enabled, "permanent", error))
                return TRUE;
        g_dbus_error_strip_remote_error(*error);
        g_prefix_error(error, "it is %sd now, but not permanently: ", argv[1]);
        return FALSE;
}

static gboolean policy_check(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) policy = policy_get(ctl, argv[2], error);

        return policy != NULL && define_check(ctl, argv[2], policy, error);
}

static gboolean policy_export(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) all = NULL;

        if (!policy_names_exist(ctl, (const char *const *) argv + 2, &all, error))
                return FALSE;
        if (argv[2] == NULL)
                return policy_print_json(all, error);

        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));
        for (GStrv name = argv + 2; *name != NULL; name++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(all, *name, G_VARIANT_TYPE_VARDICT);
                if (!g_strv_contains((const char *const *) name + 1, *name))
                        g_variant_builder_add(&named, "{s@a{sv}}", *name, policy);
        }
        g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
        return policy_print_json(policies, error);
}

static gboolean policy_counters(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        g_autoptr(GVariant) counters = NULL;

        if (policies == NULL ||
            !quaywall_policies_call_counters_sync(policies, CLIENT_CALL(client), &counters, NULL, error))
                return FALSE;
        if (ctl->json)
                return ctl_print_json_member("counters", json_out_counters(counters), error);

        g_autoptr(TextTable) table =
                text_table_new((const char *const[]){ "NAME", "BLOCKED PACKETS", "BLOCKED BYTES", NULL });
        g_auto(GStrv) names = json_out_sorted_keys(counters);
        for (guint i = 0; names[i] != NULL; i++) {
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
        gboolean scope;  /* takes --runtime and --permanent */
        gboolean change; /* takes --confirm-within and --cut */
        CtlCommandFunc run;
} policy_verbs[] = {
        { "list", 0, 0, TRUE, FALSE, policy_list },
        { "show", 1, 1, TRUE, FALSE, policy_show },
        { "remove", 1, G_MAXUINT, TRUE, TRUE, policy_remove },
        { "enable", 1, 1, TRUE, TRUE, policy_set_enabled },
        { "disable", 1, 1, TRUE, TRUE, policy_set_enabled },
        { "check", 1, 1, TRUE, FALSE, policy_check },
        { "export", 0, G_MAXUINT, TRUE, FALSE, policy_export },
        { "counters", 0, 0, FALSE, FALSE, policy_counters },
        { "confirm", 1, 1, FALSE, FALSE, confirm_keep },
        { "rollback", 1, 1, FALSE, FALSE, confirm_rollback },
};

gboolean policy_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        PolicyImportOptions import = { 0 };
        const GOptionEntry entries[] = { { "name", 0, 0, G_OPTION_ARG_FILENAME, &import.name,
                                           "import: the name of the one policy in FILE", "NAME" },
                                         { "replace", 0, 0, G_OPTION_ARG_NONE, &import.replace,
                                           "import: replace policies that are there", NULL },
                                         { "check", 0, 0, G_OPTION_ARG_NONE, &import.check,
                                           "import: change nothing, print what it would import", NULL },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "policy [list|show|remove|enable|disable|check|export|import|counters|confirm|rollback]",
                .summary =
                        "list                  All policies in a table (the default); as they are now, or --permanent\n"
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
                .scope = TRUE,
                .confirm = TRUE,
        };
        g_auto(GStrv) argv = g_strdupv(words);
        g_autofree char *owned_name = NULL;

        const gboolean parsed = ctl_parse(ctl, &usage, &argv, error);
        owned_name = import.name;
        if (!parsed)
                return FALSE;
        if (argv[1] != NULL && g_str_equal(argv[1], "import")) {
                if (argv[2] != NULL && argv[3] != NULL)
                        return ctl_usage_error(error, "unexpected word '%s'", argv[3]);
                return policy_import(ctl, argv[2] != NULL ? argv[2] : "-", &import, error);
        }
        if (import.name != NULL || import.replace || import.check)
                return ctl_usage_error(error, "--%s is for 'policy import' only",
                                       import.name != NULL ? "name"
                                       : import.replace    ? "replace"
                                                           : "check");
        if (argv[1] == NULL) {
                g_strfreev(argv);
                argv = g_strdupv((char *[]){ "policy", "list", NULL });
        }

        for (guint i = 0; i < G_N_ELEMENTS(policy_verbs); i++) {
                const struct PolicyVerb *verb = &policy_verbs[i];
                const guint names = g_strv_length(argv) - 2;

                if (!g_str_equal(argv[1], verb->name))
                        continue;
                if (names < verb->least)
                        return ctl_usage_error(error, "policy %s: NAME is missing", verb->name);
                if (names > verb->most)
                        return ctl_usage_error(error, "unexpected word '%s'", argv[2 + verb->most]);
                if (!verb->change && ctl->confirm_within != 0)
                        return ctl_usage_error(error, "'policy %s' does not take --confirm-within", verb->name);
                if (!verb->change && ctl->cut)
                        return ctl_usage_error(error, "'policy %s' does not take --cut", verb->name);
                if (!verb->scope && (ctl->runtime || ctl->permanent))
                        return ctl_usage_error(error, "'policy %s' takes neither --runtime nor --permanent",
                                               verb->name);
                return verb->run(ctl, argv, error);
        }
        return ctl_usage_error(error, "unknown command 'policy %s'", argv[1]);
}
