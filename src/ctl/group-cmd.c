/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group-cmd.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/address-file.h"
#include "ctl/argv.h"
#include "ctl/commands.h"
#include "ctl/confirm.h"
#include "ctl/define-cmd.h"
#include "ctl/json-out.h"
#include "ctl/other-scope.h"
#include "ctl/policy-diff.h"
#include "ctl/text.h"

/* So many words of a list are in one cell of the table; "group show" has all of them. */
#define GROUP_LIST_WORDS 3

/* The groups of the scope that is read. */
static GVariant *group_get_all(Ctl *ctl, GError **error) {
        return client_get_groups(ctl_connect(ctl, error), ctl_reads_permanent(ctl), error);
}

/* One group of that scope. A list of all may be too large. */
static GVariant *group_get(Ctl *ctl, const char *name, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallGroups *groups = client_groups(client, error);
        GVariant *group = NULL;

        if (groups && !ctl_reads_permanent(ctl)) {
                quaywall_groups_call_get_sync(groups, name, CLIENT_CALL(client), &group, NULL, error);
                return group;
        }
        g_autoptr(GVariant) all = groups ? group_get_all(ctl, error) : NULL;
        if (all && !(group = g_variant_lookup_value(all, name, G_VARIANT_TYPE_VARDICT)))
                ctl_no_such(error, CTL_ERROR_NO_GROUP, _("there is no permanent group '%s'"), name);
        return group;
}

/* { "groups": { NAME: GROUP } } */
static bool group_print_json(GVariant *groups, GError **error) {
        return ctl_print_json_member("groups", json_out_policies(groups), error);
}

/* The names of the policies that name this group, in their natural order; free with g_strfreev(). */
static GStrv group_list_users(GVariant *policies, const char *name) {
        g_autofree char *source = g_strconcat("group:", name, NULL);
        g_autoptr(GStrvBuilder) users = g_strv_builder_new();
        g_auto(GStrv) names = json_out_natural_keys(policies);

        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(policies, names[i], G_VARIANT_TYPE_VARDICT);
                g_autofree const char **sources = NULL;

                if (g_variant_lookup(policy, "sources", "^a&s", &sources) && g_strv_contains(sources, source))
                        g_strv_builder_add(users, names[i]);
        }
        return g_strv_builder_end(users);
}

static char *group_addresses(GVariant *group, guint limit) {
        g_autofree const char **addresses = NULL;

        if (!g_variant_lookup(group, "addresses", "^a&s", &addresses))
                return g_strdup("");
        return text_list(addresses, limit);
}

static bool group_list(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        g_autoptr(GVariant) all = group_get_all(ctl, error);

        if (!all)
                return false;
        if (ctl->json)
                return group_print_json(all, error);

        g_autoptr(GVariant) policies = client_get_policies(ctl->client, ctl_reads_permanent(ctl), error);
        if (!policies)
                return false;
        g_autoptr(TextTable) table = text_table_new(
                (const char *const[]){ _("NAME"), _("ADDRESSES"), _("POLICIES"), _("STATE"), _("DESCRIPTION"), NULL });
        g_autoptr(GVariant) others = other_scope_read(ctl, "Groups");
        g_autofree char *elsewhere = other_scope_list(ctl, all, others);
        g_auto(GStrv) names = json_out_natural_keys(all);
        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) group = g_variant_lookup_value(all, names[i], G_VARIANT_TYPE_VARDICT);
                g_auto(GStrv) users = group_list_users(policies, names[i]);
                g_autofree char *addresses = group_addresses(group, GROUP_LIST_WORDS),
                                *used = text_list((const char *const *) users, GROUP_LIST_WORDS);

                g_autofree char *mark = other_scope_mark(ctl, names[i], group, others);

                text_table_add(table, (const char *const[]){ names[i], addresses, used, mark,
                                                             ctl_lookup_string(group, "description"), NULL });
        }
        text_table_set_notes(table);
        if (!names[0])
                text_table_hide_headers(table);
        return ctl_print_table(ctl, table, names[0] ? "" : _("There are no groups.\n"), elsewhere, error);
}

static bool group_show(Ctl *ctl, GStrv argv, GError **error) {
        g_autoptr(GVariant) group = group_get(ctl, argv[2], error);

        if (!group)
                return false;
        if (ctl->json) {
                GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

                g_variant_builder_add(&named, "{s@a{sv}}", argv[2], group);
                g_autoptr(GVariant) groups = g_variant_ref_sink(g_variant_builder_end(&named));
                return group_print_json(groups, error);
        }

        g_autoptr(GVariant) policies = client_get_policies(ctl->client, ctl_reads_permanent(ctl), error);
        if (!policies)
                return false;
        g_auto(GStrv) users = group_list_users(policies, argv[2]);
        g_autofree char *addresses = group_addresses(group, 0), *used = text_list((const char *const *) users, 0);
        const struct {
                const char *key, *value;
        } rows[] = { { "name", argv[2] },
                     { "addresses", addresses },
                     { "policies", used },
                     { "description", ctl_lookup_string(group, "description") } };
        g_autoptr(GVariant) others = other_scope_read(ctl, "Groups");
        g_autofree char *difference = other_scope_difference(ctl, argv[2], group, others);
        g_autoptr(GString) text = g_string_new(NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
                text_append_value(text, strlen("description") + 1, rows[i].key, rows[i].value, ctl_width());
        if (difference)
                text_append_value(text, strlen("description") + 1, ctl_reads_permanent(ctl) ? "runtime" : "permanent",
                                  difference, ctl_width());
        return ctl_page(ctl, text->str, error);
}

/* What the group is in the scope that changes, for the note of what is different; NULL: there is none, or the user may not read it, or
 * would have to give a password for it. */
static GVariant *group_find(Ctl *ctl, Client *client, QuaywallGroups *groups, const char *name) {
        g_autoptr(GVariant) all = NULL;
        GVariant *group = NULL;

        if (!ctl_reads_permanent(ctl))
                quaywall_groups_call_get_sync(groups, name, CLIENT_CALL_SILENT(client), &group, NULL, NULL);
        else if (quaywall_groups_call_list_permanent_sync(groups, CLIENT_CALL_SILENT(client), &all, NULL, NULL))
                group = g_variant_lookup_value(all, name, G_VARIANT_TYPE_VARDICT);
        return group;
}

static bool group_finish(Ctl *ctl, const char *token, GVariant *warnings, GError **error) {
        define_print_warnings(ctl, warnings, NULL);
        define_warn_of_firewalld(ctl->client);
        return confirm_change(ctl, token, error);
}

/* The words after the name. */
static GStrv group_read_addresses(GStrv argv, GError **error) {
        g_auto(GStrv) words = g_strdupv(argv + 3);

        return address_file_expand(&words, "ADDRESS", error) ?
                       argv_split_commas((const char *const *) words, "ADDRESS", error) :
                       NULL;
}

static bool group_set(Ctl *ctl, const char *description, GStrv argv, GError **error) {
        g_auto(GStrv) addresses = group_read_addresses(argv, error);
        Client *client = addresses ? ctl_connect(ctl, error) : NULL;
        QuaywallGroups *groups = client_groups(client, error);
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(NULL);
        g_autoptr(GVariant) warnings = NULL;
        g_autofree char *token = NULL;

        if (!groups)
                return false;
        g_variant_dict_insert(&dict, "addresses", "^as", addresses);
        if (description)
                g_variant_dict_insert(&dict, "description", "s", description);
        g_autoptr(GVariant) group = g_variant_ref_sink(g_variant_dict_end(&dict));
        if (ctl->print_commands)
                return commands_print(ctl, "Groups.Set",
                                      g_variant_new("(s@a{sv}@a{sv})", argv[2], group, ctl_method_options(ctl)), error);
        g_autoptr(GVariant) before = group_find(ctl, client, groups, argv[2]);
        if (!quaywall_groups_call_set_sync(groups, argv[2], group, ctl_method_options(ctl), CLIENT_CALL(client), &token,
                                           &warnings, NULL, error))
                return false;
        g_autoptr(GVariant) after = before ? group_find(ctl, client, groups, argv[2]) : NULL;
        g_autofree char *difference = after ? policy_diff(NULL, before, after) : NULL;
        if (difference && *difference)
                g_printerr(_("note: replaced: %s\n"), difference);
        return group_finish(ctl, token, warnings, error);
}

static bool group_edit(Ctl *ctl, GStrv argv, GError **error) {
        g_auto(GStrv) addresses = group_read_addresses(argv, error);
        Client *client = addresses ? ctl_connect(ctl, error) : NULL;
        QuaywallGroups *groups = client_groups(client, error);
        const char *const *words = (const char *const *) addresses;
        g_autoptr(GVariant) warnings = NULL;
        g_autofree char *token = NULL;

        if (!groups)
                return false;
        if (ctl->print_commands)
                return commands_print(ctl, g_str_equal(argv[1], "add") ? "Groups.Add" : "Groups.Remove",
                                      g_variant_new("(s^as@a{sv})", argv[2], words, ctl_method_options(ctl)), error);
        const bool done = g_str_equal(argv[1], "add") ?
                                  quaywall_groups_call_add_sync(groups, argv[2], words, ctl_method_options(ctl),
                                                                CLIENT_CALL(client), &token, &warnings, NULL, error) :
                                  quaywall_groups_call_remove_sync(groups, argv[2], words, ctl_method_options(ctl),
                                                                   CLIENT_CALL(client), &token, &warnings, NULL, error);
        return done && group_finish(ctl, token, warnings, error);
}

static bool group_delete(Ctl *ctl, GStrv argv, GError **error) {
        if (ctl->print_commands)
                return commands_print(ctl, "Groups.Delete", g_variant_new("(s@a{sv})", argv[2], ctl_method_options(ctl)),
                                      error);
        Client *client = ctl_connect(ctl, error);
        QuaywallGroups *groups = client_groups(client, error);
        g_autofree char *token = NULL;

        return groups &&
               quaywall_groups_call_delete_sync(groups, argv[2], ctl_method_options(ctl), CLIENT_CALL(client), &token, NULL,
                                                error) &&
               confirm_change(ctl, token, error);
}

static const CtlVerb group_verbs[] = {
        { .name = "list",
          .summary = N_("All groups in a table, and the policies that name them"),
          .details = N_("As they are now, or with --permanent as they will be after the next reload or boot."),
          .scope = true,
          .list = CTL_LIST_NAMES,
          .run = group_list,
          .examples = "quaywallctl group list\n"
                      "quaywallctl group list --permanent --json" },
        { .name = "show",
          .words = "GROUP",
          .summary = N_("One group, all addresses of it"),
          .scope = true,
          .run = group_show,
          .examples = "quaywallctl group show office" },
        { .name = "set",
          .words = "GROUP ADDRESS...",
          .summary = N_("Make a group of these addresses, or replace it"),
          .options = "description",
          .scope = true,
          .confirm = true,
          .examples = "quaywallctl group set office 192.168.1.0/24 2001:db8::/64\n"
                      "quaywallctl group set shops @shops.txt --description \"All branches\"" },
        { .name = "add",
          .words = "GROUP ADDRESS...",
          .summary = N_("Add addresses to a group"),
          .scope = true,
          .confirm = true,
          .run = group_edit,
          .examples = "quaywallctl group add office 192.168.2.0/24" },
        { .name = "remove",
          .words = "GROUP ADDRESS...",
          .summary = N_("Remove addresses from a group"),
          .details = N_("Also out of a range or network that is in it."),
          .scope = true,
          .confirm = true,
          .run = group_edit,
          .examples = "quaywallctl group remove office 192.168.1.7 --cut" },
        { .name = "delete",
          .words = "GROUP",
          .summary = N_("Delete a group that no policy names"),
          .scope = true,
          .confirm = true,
          .run = group_delete,
          .examples = "quaywallctl group delete office" },
        { .name = NULL },
};

bool group_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_autofree char *description = NULL;
        const GOptionEntry entries[] = { { "description", 0, 0, G_OPTION_ARG_FILENAME, &description, _("set: what it is for"),
                                           "TEXT" },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "group [VERB]",
                .summary = _("Groups of addresses. Policies list them by --from group:NAME, and follow them."),
                .verbs = group_verbs,
                .description = _(
                        "ADDRESS is 192.168.1.1, 192.168.1.0/24, 192.168.1.1-192.168.1.3, the same in IPv6, @FILE or - (standard "
                        "input): one address a line."),
                .entries = entries,
                .scope = true,
                .confirm = true,
                .list = CTL_LIST_NAMES,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return false;
        return ctl->verb->run ? ctl->verb->run(ctl, argv, error) : group_set(ctl, description, argv, error);
}
