/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-import.h"

#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/all-cmd.h"
#include "ctl/confirm.h"
#include "ctl/define-cmd.h"
#include "ctl/import/iptables.h"
#include "ctl/import/json.h"
#include "ctl/json-out.h"
#include "ctl/text.h"
#include "ctl/text-file.h"

/* Far more than the service takes. */
#define IMPORT_MAX_MIB 16

void policy_import_options_clear(PolicyImportOptions *options) {
        g_clear_pointer(&options->name, g_free);
}

/* existing: its keys are the names that policies have already. */
static ImportResult *policy_import_parse(const char *file, const PolicyImportOptions *options, GVariant *existing,
                                         GError **error) {
        g_autofree char *shown = text_file_name(file);
        g_autoptr(GString) read = text_file_read(file, IMPORT_MAX_MIB, error);

        if (!read)
                return NULL;
        if (!g_utf8_validate(read->str, (gssize) read->len, NULL)) {
                ctl_fail(error, _("%s: not UTF-8 text"), shown);
                return NULL;
        }
        /* No line of iptables begins with a brace. */
        g_auto(GStrv) taken = json_out_sorted_keys(existing);
        g_autoptr(ImportResult) result = read->str[strspn(read->str, " \t\r\n\f")] == '{' ?
                                                 import_json(read->str, shown, error) :
                                                 import_iptables(read->str, shown, (const char *const *) taken, error);
        if (result && options->name && !import_result_rename(result, options->name)) {
                ctl_usage_error(error, _("--name %s: there are %u policies in %s"), options->name, result->policies->len,
                                shown);
                return NULL;
        }
        return g_steal_pointer(&result);
}

/* Notes groups that a policy names, and that are neither in the file nor there: the service does not know what is in the file. */
static void policy_import_note_groups(ImportResult *result, const ImportedPolicy *imported, GVariant *existing) {
        g_autofree const char **sources = NULL;

        g_variant_lookup(imported->policy, "sources", "^a&s", &sources);
        for (const char **source = sources; source && *source; source++) {
                const char *name = g_str_has_prefix(*source, "group:") ? *source + strlen("group:") : NULL;
                g_autoptr(GVariant) in_file =
                        name && result->groups ? g_variant_lookup_value(result->groups, name, NULL) : NULL;
                g_autoptr(GVariant) there = name ? g_variant_lookup_value(existing, name, NULL) : NULL;

                if (name && !in_file && !there)
                        g_ptr_array_add(result->notes,
                                        g_strdup_printf(_("policy '%s': sources: there is no group \"%s\", so it lists nobody"),
                                                        imported->name, name));
        }
}

/* Has the service check each policy, and refuses before anything is changed. Adds the warnings to the notes. */
static bool policy_import_check(Client *client, QuaywallPolicies *policies, ImportResult *result, GVariant *existing,
                                bool replace, GError **error) {
        g_autoptr(GVariant) groups = client_get_groups(client, false, error);

        if (!groups)
                return false;
        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *imported = result->policies->pdata[i];
                g_autoptr(GVariant) old = g_variant_lookup_value(existing, imported->name, NULL);
                g_autoptr(GVariant) warnings = NULL;
                const char *code, *message;
                GVariantIter iter;

                if (old && !replace)
                        return ctl_fail(error,
                                        _("there is a policy '%s' already; nothing was imported (--replace replaces it)"),
                                        imported->name);
                if (!quaywall_policies_call_check_sync(policies, imported->name, imported->policy, CLIENT_CALL(client), NULL,
                                                       &warnings, NULL, error)) {
                        g_dbus_error_strip_remote_error(*error);
                        if (imported->line > 0)
                                g_prefix_error(error, _("line %u: "), imported->line);
                        g_prefix_error(error, _("nothing was imported: policy '%s': "), imported->name);
                        return false;
                }
                g_variant_iter_init(&iter, warnings);
                /* That firewalld is away is no news of each policy, and groups are noted below. */
                while (g_variant_iter_loop(&iter, "(&s&s)", &code, &message))
                        if (!g_str_equal(code, "firewalld-not-running") && !g_str_has_prefix(code, "group-"))
                                g_ptr_array_add(result->notes, g_strdup_printf(_("policy '%s': %s"), imported->name, message));
                policy_import_note_groups(result, imported, groups);
        }
        return true;
}

/* { NAME: POLICY }; floating. */
static GVariant *policy_import_named(const ImportResult *result) {
        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *imported = result->policies->pdata[i];

                g_variant_builder_add(&named, "{s@a{sv}}", imported->name, imported->policy);
        }
        return g_variant_builder_end(&named);
}

/* With --exact: refuses a file without policies, and notes what is removed. */
static bool policy_import_note_removed(const PolicyImportOptions *options, ImportResult *result, GVariant *existing,
                                       GError **error) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) names = json_out_sorted_keys(existing);

        if (!options->exact)
                return true;
        if (result->policies->len == 0)
                return ctl_fail(error, _("there is no policy in the file; 'policy remove --all' removes all that there are"));
        for (GStrv name = names; *name; name++) {
                bool stays = false;

                for (guint i = 0; !stays && i < result->policies->len; i++)
                        stays = g_str_equal(((const ImportedPolicy *) result->policies->pdata[i])->name, *name);
                if (!stays)
                        g_strv_builder_add(builder, *name);
        }
        g_auto(GStrv) removed = g_strv_builder_end(builder);
        g_autofree char *list = text_list((const char *const *) removed, 0);
        if (*removed)
                g_ptr_array_add(result->notes,
                                g_strdup_printf(options->check ? _("would be removed: %s") : _("removed: %s"), list));
        return true;
}

/* All of them in one call, so that none is set where one is refused. */
static bool policy_import_apply(Ctl *ctl, Client *client, QuaywallPolicies *policies, ImportResult *result,
                                const PolicyImportOptions *import, char **ret_token, GError **error) {
        g_autoptr(GVariant) usual = g_variant_ref_sink(ctl_method_options(ctl));
        g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(usual);

        /* Another client may have made one of them since the existing ones were listed. */
        if (!import->replace && !import->exact)
                g_variant_dict_insert(&options, "create", "b", TRUE);
        if (result->groups)
                g_variant_dict_insert_value(&options, "groups", result->groups);
        if ((import->exact ? quaywall_policies_call_replace_all_sync : quaywall_policies_call_set_many_sync)(
                    policies, policy_import_named(result), g_variant_dict_end(&options), CLIENT_CALL(client), ret_token, NULL,
                    error)) {
                define_warn_of_firewalld(client);
                return true;
        }
        /* When the service did not answer, they may be in force nevertheless. */
        if (client_exit_status(*error) != CTL_EXIT_UNREACHABLE) {
                g_dbus_error_strip_remote_error(*error);
                g_prefix_error(error, _("nothing was imported: "));
        }
        return false;
}

static char *policy_import_table(const ImportResult *result) {
        g_autoptr(TextTable) table = text_table_new((const char *const[]){ _("NAME"), _("ACTION"), _("LINE"), NULL });

        g_auto(GStrv) groups = result->groups ? json_out_sorted_keys(result->groups) : g_new0(char *, 1);
        for (GStrv name = groups; *name; name++)
                text_table_add(table, (const char *const[]){ *name, "group", "", NULL });
        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *imported = result->policies->pdata[i];
                g_autofree char *line = imported->line > 0 ? g_strdup_printf("%u", imported->line) : g_strdup("");

                text_table_add(table, (const char *const[]){ imported->name, ctl_lookup_string(imported->policy, "action"),
                                                             line, NULL });
        }
        text_table_set_width(table, ctl_width());
        return text_table_format(table, ctl_use_colour());
}

/* token: what the service returned. With --json it is a member of the one object that is printed, unless the user is asked at the
 * terminal. */
static bool policy_import_print(Ctl *ctl, const ImportResult *result, const char *token, GError **error) {
        /* Notes are about the file and no part of the answer, so they go to stderr, also with --json. */
        for (guint i = 0; i < result->notes->len; i++) {
                g_autofree char *note = text_printable(result->notes->pdata[i]);

                g_printerr(_("note: %s\n"), note);
        }
        if (!ctl->json) {
                g_autofree char *text = policy_import_table(result);

                return ctl_print(text, error) && confirm_change(ctl, token, error);
        }
        g_autoptr(GVariant) policies = g_variant_ref_sink(policy_import_named(result));
        const bool is_asked = !token || !token[0] || isatty(STDIN_FILENO);
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        if (result->groups)
                g_variant_builder_add(&answer, "{sv}", "groups", json_out_policies(result->groups));
        g_variant_builder_add(&answer, "{sv}", "policies", json_out_policies(policies));
        if (!is_asked)
                g_variant_builder_add(&answer, "{sv}", "token", g_variant_new_string(token));
        return ctl_print_json(g_variant_builder_end(&answer), error) && (!is_asked || confirm_change(ctl, token, error));
}

bool policy_import(Ctl *ctl, const char *file, const PolicyImportOptions *options, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) existing = policies ? all_cmd_names(ctl, error) : NULL;
        g_autofree char *token = NULL;

        if (!existing)
                return false;
        g_autoptr(ImportResult) result = policy_import_parse(file, options, existing, error);
        return result && policy_import_check(client, policies, result, existing, options->replace || options->exact, error) &&
               policy_import_note_removed(options, result, existing, error) &&
               (options->check || policy_import_apply(ctl, client, policies, result, options, &token, error)) &&
               policy_import_print(ctl, result, token, error);
}
