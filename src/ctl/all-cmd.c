/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "all-cmd.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/confirm.h"
#include "ctl/json-out.h"

GVariant *all_cmd_names(Ctl *ctl, GError **error) {
        g_auto(GVariantDict) names = G_VARIANT_DICT_INIT(NULL);

        for (int permanent = 0; permanent <= 1; permanent++) {
                if (ctl->runtime != ctl->permanent && ctl->permanent != permanent)
                        continue;
                g_autoptr(GVariant) all = client_get_policies(ctl_connect(ctl, error), permanent, error);
                if (!all)
                        return NULL;
                g_auto(GStrv) keys = json_out_sorted_keys(all);
                for (GStrv name = keys; *name; name++)
                        if (!client_is_carried(all, *name))
                                g_variant_dict_insert(&names, *name, "b", TRUE);
        }
        return g_variant_ref_sink(g_variant_dict_end(&names));
}

/* Without policies every published port is open to everybody, so somebody has to say that this is meant. */
static bool all_ask(Ctl *ctl, gsize count, GError **error) {
        g_autofree char *question =
                count == 1 ? g_strdup(_("Remove the policy that there is?")) :
                             g_strdup_printf(ngettext("Remove all %zu policy?", "Remove all %zu policies?", count), count);

        if (!isatty(STDIN_FILENO))
                return ctl_usage_error(error,
                                       _("policy remove --all: there is no terminal to ask at; --yes removes all policies"));
        if (ctl->runtime == ctl->permanent || ctl->runtime) {
                g_autofree char *whole = g_strconcat(_("Then everybody reaches every published port. "), question, NULL);
                return confirm_ask(whole) || ctl_fail(error, _("nothing was changed"));
        }
        return confirm_ask(question) || ctl_fail(error, _("nothing was changed"));
}

bool all_cmd_remove(Ctl *ctl, bool yes, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) names = policies ? all_cmd_names(ctl, error) : NULL;
        g_autofree char *token = NULL;

        if (!names)
                return false;
        const gsize count = g_variant_n_children(names);
        return (yes || count == 0 || all_ask(ctl, count, error)) &&
               quaywall_policies_call_replace_all_sync(policies, g_variant_new("a{sa{sv}}", NULL), ctl_method_options(ctl),
                                                       CLIENT_CALL(client), &token, NULL, error) &&
               confirm_change(ctl, token, error);
}

bool all_cmd_runtime_to_permanent(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "runtime-to-permanent",
                .summary = _("Makes the policies and groups that are in force now the permanent ones, in one step."),
                .description = _("Permanent ones that are not in force are removed. 'quaywallctl undo' takes it back."),
                .examples = "quaywallctl runtime-to-permanent --confirm-within 60",
                .confirm = true,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1], error))
                return false;
        if (ctl->cut)
                return ctl_usage_error(error,
                                       _("'runtime-to-permanent' does not take --cut: what is in force does not change"));
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autofree char *token = NULL;

        return policies &&
               quaywall_policies_call_runtime_to_permanent_sync(policies, ctl_method_options(ctl), CLIENT_CALL(client), &token,
                                                                NULL, error) &&
               confirm_change(ctl, token, error);
}
