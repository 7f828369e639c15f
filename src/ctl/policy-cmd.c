/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-cmd.h"

#include <glib/gi18n.h>

#include "ctl/all-cmd.h"
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
                return ctl_usage_error(error, _("--confirm-within takes one NAME at a time"));
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
        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));
        g_auto(GStrv) keys = json_out_sorted_keys(all);
        for (GStrv name = argv[2] ? argv + 2 : keys; *name; name++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(all, *name, G_VARIANT_TYPE_VARDICT);

                /* What a container carries goes where the container goes. */
                if (!argv[2] && client_is_carried(all, *name))
                        continue;
                if (!g_strv_contains((const char *const *) name + 1, *name)) /* given twice */
                        g_variant_builder_add(&named, "{s@a{sv}}", *name, policy);
        }
        g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
        return policy_print_export(ctl, policies, !argv[2], error);
}

static const CtlVerb policy_verbs[] = {
        { .name = "list",
          .summary = N_("All policies in a table"),
          .details = N_("As they are now, or with --permanent as they will be after the next reload or boot."),
          .scope = true,
          .list = CTL_LIST_NAMES,
          .run = policy_read_list,
          .examples = "quaywallctl policy list\n"
                      "quaywallctl policy list --permanent --json" },
        { .name = "names",
          .summary = N_("Their names only"),
          .scope = true,
          .run = policy_read_names,
          .examples = "quaywallctl policy names" },
        { .name = "show",
          .words = "NAME",
          .summary = N_("One policy, every value of it"),
          .scope = true,
          .run = policy_read_show,
          .examples = "quaywallctl policy show web" },
        { .name = "edit",
          .words = "NAME",
          .summary = N_("Change a part of a policy"),
          .details = N_(
                  "It changes now and permanently, in one step. What is not named stays as it is. Values of a list are separated by "
                  "blanks or commas, or each follows the option again. The last value of a list cannot be removed: without it the "
                  "policy would be for everybody, or for every port."),
          .options = EDIT_OPTIONS,
          .scope = true,
          .confirm = true,
          .examples = "quaywallctl policy edit web --add-from 192.168.1.50 --remove-port 8081/tcp\n"
                      "quaywallctl policy edit web --add-from 203.0.113.7 --for 8h\n"
                      "quaywallctl policy edit web --until \"2026-12-01 18:00\"" },
        { .name = "rename",
          .words = "NAME NEW",
          .summary = N_("Give it another name"),
          .details = N_("What it has blocked is counted on."),
          .scope = true,
          .confirm = true,
          .run = edit_cmd_rename,
          .examples = "quaywallctl policy rename web shop" },
        { .name = "remove",
          .words = "[NAME...]",
          .summary = N_("Remove policies"),
          .details = N_("If one of several names does not exist, none is removed. --all removes all; it asks, or needs --yes."),
          .options = "all yes",
          .scope = true,
          .confirm = true,
          .run = policy_remove,
          .examples = "quaywallctl policy remove web\n"
                      "quaywallctl policy remove web --confirm-within 60\n"
                      "quaywallctl policy remove --all" },
        { .name = "enable",
          .words = "NAME",
          .summary = N_("Enforce a policy that was disabled"),
          .scope = true,
          .confirm = true,
          .run = edit_cmd_set_enabled,
          .examples = "quaywallctl policy enable web" },
        { .name = "disable",
          .words = "NAME",
          .summary = N_("Keep a policy, but do not enforce it"),
          .scope = true,
          .confirm = true,
          .run = edit_cmd_set_enabled,
          .examples = "quaywallctl policy disable web --runtime" },
        { .name = "check",
          .words = "NAME",
          .summary = N_("Print its rules and warnings"),
          .scope = true,
          .run = policy_check,
          .examples = "quaywallctl policy check web" },
        { .name = "export",
          .words = "[NAME...]",
          .summary = N_("Print policies as JSON for import"),
          .scope = true,
          .run = policy_export,
          .examples = "quaywallctl policy export --permanent > policies.json" },
        { .name = "import",
          .words = "[FILE|-]",
          .summary = N_("Add policies from such JSON, or from iptables lines for DOCKER-USER"),
          .details = N_("Without FILE they are read from standard input."),
          .options = "name replace exact check",
          .scope = true,
          .confirm = true,
          .examples = "quaywallctl policy import policies.json --replace\n"
                      "iptables-save -t filter | quaywallctl policy import --check" },
        { .name = "counters",
          .summary = N_("What each policy has blocked"),
          .list = CTL_LIST_NAMES,
          .run = policy_read_counters,
          .examples = "quaywallctl policy counters" },
        { .name = "confirm",
          .words = "TOKEN",
          .summary = N_("Keep a change made with --confirm-within"),
          .run = confirm_keep,
          .examples = "token=$(quaywallctl deny web --port 80/tcp --confirm-within 60 </dev/null)\n"
                      "quaywallctl policy confirm \"$token\"" },
        { .name = "rollback",
          .words = "TOKEN",
          .summary = N_("Undo it now"),
          .details = N_("It undoes a change made with --confirm-within."),
          .run = confirm_rollback,
          .examples = "quaywallctl policy rollback \"$token\"" },
        { .name = NULL },
};

bool policy_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(PolicyImportOptions) import = { 0 };
        g_auto(EditArgs) edit = { 0 };
        gboolean all = FALSE, yes = FALSE;
        g_autofree GOptionEntry *edit_entries = edit_args_entries(&edit);
        const GOptionEntry entries[] = {
                { "name", 0, 0, G_OPTION_ARG_FILENAME, &import.name, _("import: the name of the one policy in FILE"), "NAME" },
                { "replace", 0, 0, G_OPTION_ARG_NONE, &import.replace, _("import: replace policies of the same name"), NULL },
                { "exact", 0, 0, G_OPTION_ARG_NONE, &import.exact,
                  _("import: also remove all policies that FILE does not have"), NULL },
                { "all", 0, 0, G_OPTION_ARG_NONE, &all, _("remove: all policies"), NULL },
                { "yes", 'y', 0, G_OPTION_ARG_NONE, &yes, _("remove --all: do not ask"), NULL },
                { "check", 0, 0, G_OPTION_ARG_NONE, &import.check, _("import: change nothing, print what it would import"),
                  NULL },
                G_OPTION_ENTRY_NULL
        };
        const CtlUsage usage = {
                .synopsis = "policy [VERB]",
                .summary = _("The policies that there are. 'allow-only', 'deny', 'obey-zones' and 'forward' make them."),
                .verbs = policy_verbs,
                .entries = entries,
                .more_entries = edit_entries,
                .list_options = edit_list_options,
                .scope = true,
                .confirm = true,
                .list = CTL_LIST_NAMES,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return false;
        if (g_str_equal(argv[1], "remove") && (all || !argv[2])) {
                if (!all)
                        return ctl_usage_error(error, _("policy remove: NAME is missing"));
                return argv[2] ? ctl_usage_error(error, _("policy remove: either NAME or --all")) :
                                 all_cmd_remove(ctl, yes, error);
        }
        if (yes)
                return ctl_usage_error(error, _("--yes is for --all"));
        if (ctl->verb->run)
                return ctl->verb->run(ctl, argv, error);
        return g_str_equal(argv[1], "edit") ? edit_cmd_run(ctl, argv[2], &edit, error) :
                                              policy_import(ctl, argv[2] ? argv[2] : "-", &import, error);
}
