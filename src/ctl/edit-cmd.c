/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edit-cmd.h"

#include <glib/gi18n.h>

#include "ctl/address-file.h"
#include "ctl/commands.h"
#include "ctl/confirm.h"
#include "ctl/define-cmd.h"

/* Takes floating values. */
static bool edit(Ctl *ctl, const char *name, GVariant *add, GVariant *remove, GError **error) {
        g_autoptr(GVariant) added = g_variant_ref_sink(add), removed = g_variant_ref_sink(remove);
        if (ctl->print_commands)
                return commands_print(ctl, "Policies.Edit",
                                      g_variant_new("(s@a{sv}@a{sv}@a{sv})", name, added, removed, ctl_method_options(ctl)),
                                      error);
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autofree char *token = NULL;

        if (!policies || !quaywall_policies_call_edit_sync(policies, name, added, removed, ctl_method_options(ctl),
                                                           CLIENT_CALL(client), &token, NULL, error))
                return false;
        g_autoptr(GVariant) policy = define_get(ctl, client, policies, name);
        if (policy)
                define_warn_of_names(ctl, policies, name, policy);
        define_warn_of_firewalld(client);
        return confirm_change(ctl, token, error);
}

static GVariant *empty(void) {
        return g_variant_new("a{sv}", NULL);
}

bool edit_cmd_set_enabled(Ctl *ctl, GStrv argv, GError **error) {
        g_auto(GVariantDict) add = G_VARIANT_DICT_INIT(NULL);

        g_variant_dict_insert(&add, "enabled", "b", g_str_equal(argv[1], "enable"));
        return edit(ctl, argv[2], g_variant_dict_end(&add), empty(), error);
}

bool edit_cmd_rename(Ctl *ctl, GStrv argv, GError **error) {
        if (ctl->print_commands)
                return commands_print(ctl, "Policies.Rename",
                                      g_variant_new("(ss@a{sv})", argv[2], argv[3], ctl_method_options(ctl)), error);
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autofree char *token = NULL;

        if (!policies || !quaywall_policies_call_rename_sync(policies, argv[2], argv[3], ctl_method_options(ctl),
                                                             CLIENT_CALL(client), &token, NULL, error))
                return false;
        define_warn_of_firewalld(client);
        return confirm_change(ctl, token, error);
}

void edit_args_clear(EditArgs *args) {
        policy_args_clear(&args->add);
        policy_args_clear(&args->remove);
}

const char *const edit_list_options[] = {
        "add-from", "remove-from", "add-on",        "remove-on",        "add-to",      "remove-to",
        "add-port", "remove-port", "add-container", "remove-container", "add-network", "remove-network",
        "add-in",   "remove-in",   "add-out",       "remove-out",       NULL
};

GOptionEntry *edit_args_entries(EditArgs *args) {
#define LIST(option, member, of, to_add, to_remove)                                                                         \
        { "add-" option, 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME_ARRAY, &args->add.member, to_add, of }, {           \
                "remove-" option, 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME_ARRAY, &args->remove.member, to_remove, of \
        }
#define OTHER(option, arg, member, what, of) \
        { option, 0, G_OPTION_FLAG_HIDDEN, arg, &args->member, what, of }
        const GOptionEntry entries[] = {
                LIST("from", sources, "ADDRESS...", _("Add clients; addresses also out of a range"),
                     _("Remove clients; addresses also out of a range")),
                LIST("on", interfaces, "IF...", _("Add interfaces where connections come in"),
                     _("Remove interfaces where connections come in")),
                LIST("to", destinations, "ADDRESS...", _("Add addresses of this host"), _("Remove addresses of this host")),
                LIST("port", ports, "PORT/PROTOCOL...", _("Add published ports"), _("Remove published ports")),
                LIST("container", containers, "CONTAINER...", _("Add containers"), _("Remove containers")),
                LIST("network", networks, "NETWORK...", _("Add networks of Docker"), _("Remove networks of Docker")),
                LIST("in", interfaces, "IF...", _("Add interfaces where a forward's packets come in"),
                     _("Remove interfaces where a forward's packets come in")),
                LIST("out", out_interfaces, "IF...", _("Add interfaces by which they leave"),
                     _("Remove interfaces by which they leave")),
                OTHER("description", G_OPTION_ARG_FILENAME, add.description, _("What it is for"), "TEXT"),
                OTHER("for", G_OPTION_ARG_FILENAME, add.lasts,
                      _("With --add-from: list them for so long (30min, 8h, 2d), else: remove the policy after it"), "TIME"),
                OTHER("until", G_OPTION_ARG_FILENAME, add.until, _("The same until then: 18:00, \"2026-12-01 18:00\""), "TIME"),
                OTHER("no-until", G_OPTION_ARG_NONE, no_until, _("The policy does not end"), NULL),
                OTHER("log", G_OPTION_ARG_NONE, add.log, _("Log what is blocked (rate-limited)"), NULL),
                OTHER("no-log", G_OPTION_ARG_NONE, no_log, _("Do not log it"), NULL),
                OTHER("reject", G_OPTION_ARG_NONE, add.reject, _("Answer with an error instead of silence"), NULL),
                OTHER("no-reject", G_OPTION_ARG_NONE, no_reject, _("Answer with silence"), NULL),
                G_OPTION_ENTRY_NULL
        };
#undef LIST
#undef OTHER

        return g_memdup2(entries, sizeof entries);
}

/* The time is that of the sources that are added, if there are any. */
static void list_until(PolicyArgs *add) {
        if (!add->sources || !add->until)
                return;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (GStrv value = add->sources; *value; value++) {
                g_auto(GStrv) words = g_strsplit(*value, ",", -1);
                for (GStrv word = words; *word; word++) {
                        g_autofree char *source = g_strconcat(g_strstrip(*word), " until ", add->until, NULL);
                        g_strv_builder_add(builder, source);
                }
        }
        g_strfreev(add->sources);
        add->sources = g_strv_builder_end(builder);
        g_clear_pointer(&add->until, g_free);
}

bool edit_cmd_run(Ctl *ctl, const char *name, EditArgs *args, GError **error) {
        if (args->add.log && args->no_log)
                return ctl_usage_error(error, _("--log and --no-log contradict each other"));
        if (args->add.reject && args->no_reject)
                return ctl_usage_error(error, _("--reject and --no-reject contradict each other"));

        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        if (!address_file_expand(&args->add.sources, "--add-from", error) ||
            !address_file_expand(&args->remove.sources, "--remove-from", error) || !policy_args_set_end(&args->add, now, error))
                return false;
        if (args->add.until && args->no_until)
                return ctl_usage_error(error, _("--no-until and a time contradict each other"));
        list_until(&args->add);
        g_autoptr(GVariant) add = policy_args_to_keys(&args->add, "--add-", error),
                            remove = add ? policy_args_to_keys(&args->remove, "--remove-", error) : NULL;
        if (!remove)
                return false;
        g_auto(GVariantDict) whole = G_VARIANT_DICT_INIT(add);
        if (args->no_log)
                g_variant_dict_insert(&whole, "log", "b", FALSE);
        if (args->no_reject)
                g_variant_dict_insert(&whole, "reject", "b", FALSE);
        if (args->no_until)
                g_variant_dict_insert(&whole, "until", "s", "");
        g_autoptr(GVariant) added = g_variant_ref_sink(g_variant_dict_end(&whole));
        if (g_variant_n_children(added) + g_variant_n_children(remove) == 0)
                return ctl_usage_error(error, _("policy edit: what shall change?"));
        return edit(ctl, name, added, remove, error);
}
