/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-args.h"

#include <glib/gi18n.h>

#include "ctl/argv.h"
#include "ctl/compose.h"
#include "ctl/ctl-error.h"
#include "ctl/when.h"

const char *const policy_args_list_options[] = { "on", "from", "to", "port", "container", "network", "in", "out", NULL };

void policy_args_clear(PolicyArgs *args) {
        g_clear_pointer(&args->interfaces, g_strfreev);
        g_clear_pointer(&args->out_interfaces, g_strfreev);
        g_clear_pointer(&args->sources, g_strfreev);
        g_clear_pointer(&args->destinations, g_strfreev);
        g_clear_pointer(&args->ports, g_strfreev);
        g_clear_pointer(&args->containers, g_strfreev);
        g_clear_pointer(&args->compose, g_strfreev);
        g_clear_pointer(&args->networks, g_strfreev);
        g_clear_pointer(&args->description, g_free);
        g_clear_pointer(&args->lasts, g_free);
        g_clear_pointer(&args->until, g_free);
}

static bool policy_args_add_list(GVariantDict *policy, const char *key, GStrv values, const char *option, GError **error) {
        g_auto(GStrv) words = argv_split_commas((const char *const *) values, option, error);

        if (!words)
                return false;
        if (words[0])
                g_variant_dict_insert(policy, key, "^as", words);
        return true;
}

/* Without sources an allow-only would block everybody, as a deny does, and not look like it. */
static bool policy_args_complete(const PolicyArgs *args, const char *action, GError **error) {
        if (g_str_equal(action, "allow-only") && !args->sources)
                return ctl_usage_error(error, _("%s needs at least one --from ADDRESS"), action);
        if (g_str_equal(action, "forward") && !args->interfaces)
                return ctl_usage_error(error, _("%s needs at least one --in INTERFACE"), action);
        if (g_str_equal(action, "forward") && !args->out_interfaces)
                return ctl_usage_error(error, _("%s needs at least one --out INTERFACE"), action);
        return true;
}

bool policy_args_set_end(PolicyArgs *args, GDateTime *now, GError **error) {
        if (!args->lasts && !args->until)
                return true;
        if (args->lasts && args->until)
                return ctl_usage_error(error, _("--for and --until both say when it ends; give one of them"));
        char *end = args->lasts ? when_for(args->lasts, now, error) : when_until(args->until, now, error);
        g_free(args->until);
        args->until = end;
        return end;
}

/* Not divided at commas: the value of a label may hold one. */
static bool policy_args_add_containers(GVariantDict *policy, const PolicyArgs *args, GError **error) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        /* A container must have all labels of a policy, so two projects would name none. */
        if (args->compose && args->compose[1])
                return ctl_usage_error(error,
                                       _("--compose takes one project or service; make a policy for '%s' and one for '%s'"),
                                       args->compose[0], args->compose[1]);
        g_auto(GStrv) project = args->compose ? compose_to_entries(args->compose[0], "--compose", error) : g_new0(char *, 1);
        if (!project)
                return false;
        if (args->containers)
                g_strv_builder_addv(builder, (const char **) args->containers);
        g_strv_builder_addv(builder, (const char **) project);
        g_auto(GStrv) containers = g_strv_builder_end(builder);
        if (containers[0])
                g_variant_dict_insert(policy, "containers", "^as", containers);
        return true;
}

GVariant *policy_args_to_keys(const PolicyArgs *args, const char *prefix, GError **error) {
        const struct {
                const char *key, *option;
                GStrv values;
        } LISTS[] = {
                { "interfaces", args->out_interfaces ? "in" : "on", args->interfaces },
                { "out-interfaces", "out", args->out_interfaces },
                { "sources", "from", args->sources },
                { "destinations", "to", args->destinations },
                { "ports", "port", args->ports },
                { "networks", "network", args->networks },
        };
        g_auto(GVariantDict) policy = G_VARIANT_DICT_INIT(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(LISTS); i++) {
                g_autofree char *option = g_strconcat(prefix, LISTS[i].option, NULL);
                if (!policy_args_add_list(&policy, LISTS[i].key, LISTS[i].values, option, error))
                        return NULL;
        }
        if (!policy_args_add_containers(&policy, args, error))
                return NULL;

        if (args->reject)
                g_variant_dict_insert(&policy, "reject", "b", TRUE);
        if (args->log)
                g_variant_dict_insert(&policy, "log", "b", TRUE);
        if (args->disabled)
                g_variant_dict_insert(&policy, "enabled", "b", FALSE);
        if (args->description)
                g_variant_dict_insert(&policy, "description", "s", args->description);
        if (args->until)
                g_variant_dict_insert(&policy, "until", "s", args->until);
        return g_variant_ref_sink(g_variant_dict_end(&policy));
}

GVariant *policy_args_to_policy(const PolicyArgs *args, const char *action, GError **error) {
        g_autoptr(GVariant) keys = policy_args_complete(args, action, error) ? policy_args_to_keys(args, "--", error) : NULL;
        if (!keys)
                return NULL;
        g_auto(GVariantDict) policy = G_VARIANT_DICT_INIT(keys);
        g_variant_dict_insert(&policy, "action", "s", action);
        return g_variant_dict_end(&policy);
}
