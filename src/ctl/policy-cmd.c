/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-cmd.h"

#include "ctl/confirm.h"
#include "ctl/define-cmd.h"
#include "ctl/edit-cmd.h"
#include "ctl/json-out.h"
#include "ctl/policy-import.h"
#include "ctl/policy-read.h"

/* Whether all of them exist in the scope that is read: asked before anything is changed, so that a mistyped name changes nothing. */
static bool policy_names_exist(Ctl *ctl, const char *const *names, GVariant **ret_all, GError **error) {
        g_autoptr(GVariant) policies = policy_read_all(ctl, error);

        if (!policies)
                return false;
        for (; *names; names++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(policies, *names, G_VARIANT_TYPE_VARDICT);

                if (!policy)
                        return policy_read_none(*names, ctl_reads_permanent(ctl), error);
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

static bool policy_check(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) policy = policy_read(ctl, argv[2], error);

        return policy && define_check(ctl, argv[2], policy, error);
}

/* Whether any of the policies names the group. */
static bool policy_any_names(GVariant *policies, const char *group) {
        g_autofree char *source = g_strconcat("group:", group, NULL);
        GVariantIter iter;
        GVariant *policy;
        bool named = false;

        g_variant_iter_init(&iter, policies);
        while (!named && g_variant_iter_next(&iter, "{s@a{sv}}", NULL, &policy)) {
                g_autofree const char **sources = NULL;

                named = g_variant_lookup(policy, "sources", "^a&s", &sources) && g_strv_contains(sources, source);
                g_variant_unref(policy);
        }
        return named;
}

/* With the groups that the policies need, so that an import finds them; is_whole: with all groups. */
static bool policy_print_export(Ctl *ctl, GVariant *policies, bool is_whole, GError **error) {
        g_autoptr(GVariant) groups = client_get_groups(ctl->client, ctl_reads_permanent(ctl), error);
        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        if (!groups)
                return false;
        g_auto(GStrv) names = json_out_sorted_keys(groups);
        for (GStrv name = names; *name; name++) {
                g_autoptr(GVariant) group = g_variant_lookup_value(groups, *name, G_VARIANT_TYPE_VARDICT);

                if (is_whole || policy_any_names(policies, *name))
                        g_variant_builder_add(&named, "{s@a{sv}}", *name, group);
        }
        g_autoptr(GVariant) printed = g_variant_ref_sink(g_variant_builder_end(&named));
        if (g_variant_n_children(printed) > 0)
                g_variant_builder_add(&answer, "{sv}", "groups", json_out_policies(printed));
        g_variant_builder_add(&answer, "{sv}", "policies", json_out_policies(policies));
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

static bool policy_export(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) all = NULL;

        if (!policy_names_exist(ctl, (const char *const *) argv + 2, &all, error))
                return false;
        if (!argv[2])
                return policy_print_export(ctl, all, true, error);

        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));
        for (GStrv name = argv + 2; *name; name++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(all, *name, G_VARIANT_TYPE_VARDICT);

                if (!g_strv_contains((const char *const *) name + 1, *name)) /* given twice */
                        g_variant_builder_add(&named, "{s@a{sv}}", *name, policy);
        }
        g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
        return policy_print_export(ctl, policies, false, error);
}

static const struct PolicyVerb {
        const char *name;
        guint least, most; /* how many names it takes */
        bool scope;        /* takes --runtime and --permanent */
        bool change;       /* takes --confirm-within and --cut */
        bool list;         /* takes --no-legend and --quiet */
        CtlCommandFunc run;
} policy_verbs[] = {
        { "list", 0, 0, true, false, true, policy_read_list },
        { "names", 0, 0, true, false, false, policy_read_names },
        { "show", 1, 1, true, false, false, policy_read_show },
        { "remove", 1, G_MAXUINT, true, true, false, policy_remove },
        { "rename", 2, 2, true, true, false, edit_cmd_rename },
        { "enable", 1, 1, true, true, false, edit_cmd_set_enabled },
        { "disable", 1, 1, true, true, false, edit_cmd_set_enabled },
        { "check", 1, 1, true, false, false, policy_check },
        { "export", 0, G_MAXUINT, true, false, false, policy_export },
        { "counters", 0, 0, false, false, true, policy_read_counters },
        { "confirm", 1, 1, false, false, false, confirm_keep },
        { "rollback", 1, 1, false, false, false, confirm_rollback },
};

static bool policy_run_verb(Ctl *ctl, const struct PolicyVerb *verb, GStrv argv, GError **error) {
        const guint names = g_strv_length(argv) - 2;
        g_autofree char *command = g_strconcat("policy ", verb->name, NULL);

        if (names < verb->least)
                return ctl_usage_error(error, "%s: %s is missing", command, names == 1 ? "the new name" : "NAME");
        if (names > verb->most)
                return ctl_expect_end(argv[2 + verb->most], error);
        return ctl_expect_options(ctl, command, verb->scope, verb->change, error) &&
               ctl_expect_list_options(ctl, command, verb->list, error) && verb->run(ctl, argv, error);
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
                .synopsis = "policy [list|names|show|edit|rename|remove|enable|disable|check|export|import|counters|confirm|"
                            "rollback]",
                .summary = "list                  All policies in a table (the default); as they are now, or --permanent\n"
                           "  names                 Their names only\n"
                           "  show NAME             One policy, every value of it\n"
                           "  edit NAME OPTION...   Change a part of a policy, see 'policy edit --help'\n"
                           "  rename OLD NEW        Give it another name; its counters go on\n"
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
                .list = true,
        };

        return ctl_parse(ctl, &usage, argv, error);
}

bool policy_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(PolicyImportOptions) import = { 0 };
        g_auto(GStrv) argv = g_strdupv(words);

        if (words[1] && g_str_equal(words[1], "edit"))
                return edit_cmd_run(ctl, words + 1, error);
        if (!policy_parse(ctl, &import, &argv, error))
                return false;
        if (argv[1] && g_str_equal(argv[1], "import"))
                return ctl_expect_list_options(ctl, "policy import", false, error) &&
                       ctl_expect_end(argv[2] ? argv[3] : NULL, error) &&
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
