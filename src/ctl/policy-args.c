/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-args.h"

#include "argv.h"
#include "ctl-error.h"

const char *const policy_args_list_options[] = { "on", "from", "to", "port", "container", "network", "in", "out", NULL };

void policy_args_clear(PolicyArgs *args) {
        g_clear_pointer(&args->interfaces, g_strfreev);
        g_clear_pointer(&args->out_interfaces, g_strfreev);
        g_clear_pointer(&args->sources, g_strfreev);
        g_clear_pointer(&args->destinations, g_strfreev);
        g_clear_pointer(&args->ports, g_strfreev);
        g_clear_pointer(&args->containers, g_strfreev);
        g_clear_pointer(&args->networks, g_strfreev);
        g_clear_pointer(&args->description, g_free);
}

static gboolean policy_args_add_list(GVariantDict *policy, const char *key, GStrv values, const char *option,
                                     GError **error) {
        g_auto(GStrv) words = argv_split_commas((const char *const *) values, option, error);

        if (words == NULL)
                return FALSE;
        if (words[0] != NULL)
                g_variant_dict_insert(policy, key, "^as", words);
        return TRUE;
}

static gboolean policy_args_missing(const char *action, const char *option, GError **error) {
        g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE, "%s needs %s", action, option);
        return FALSE;
}

/* An allow-only without sources would be a deny that looks like its opposite. */
static gboolean policy_args_complete(const PolicyArgs *args, const char *action, GError **error) {
        if (g_str_equal(action, "allow-only") && args->sources == NULL)
                return policy_args_missing(action, "at least one --from ADDRESS", error);
        if (g_str_equal(action, "forward") && args->interfaces == NULL)
                return policy_args_missing(action, "at least one --in INTERFACE", error);
        if (g_str_equal(action, "forward") && args->out_interfaces == NULL)
                return policy_args_missing(action, "at least one --out INTERFACE", error);
        return TRUE;
}

GVariant *policy_args_to_policy(const PolicyArgs *args, const char *action, GError **error) {
        const char *interfaces_option = g_str_equal(action, "forward") ? "--in" : "--on";
        g_auto(GVariantDict) policy = G_VARIANT_DICT_INIT(NULL);

        if (!policy_args_complete(args, action, error) ||
            !policy_args_add_list(&policy, "interfaces", args->interfaces, interfaces_option, error) ||
            !policy_args_add_list(&policy, "out-interfaces", args->out_interfaces, "--out", error) ||
            !policy_args_add_list(&policy, "sources", args->sources, "--from", error) ||
            !policy_args_add_list(&policy, "destinations", args->destinations, "--to", error) ||
            !policy_args_add_list(&policy, "ports", args->ports, "--port", error) ||
            !policy_args_add_list(&policy, "networks", args->networks, "--network", error))
                return NULL;
        /* Not split: a label's value may hold a comma. */
        if (args->containers != NULL)
                g_variant_dict_insert(&policy, "containers", "^as", args->containers);

        g_variant_dict_insert(&policy, "action", "s", action);
        if (args->reject)
                g_variant_dict_insert(&policy, "reject", "b", TRUE);
        if (args->log)
                g_variant_dict_insert(&policy, "log", "b", TRUE);
        if (args->disabled)
                g_variant_dict_insert(&policy, "enabled", "b", FALSE);
        if (args->description != NULL)
                g_variant_dict_insert(&policy, "description", "s", args->description);
        return g_variant_dict_end(&policy);
}
