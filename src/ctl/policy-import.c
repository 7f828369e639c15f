/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-import.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "confirm.h"
#include "import-iptables.h"
#include "import-json.h"
#include "json-out.h"
#include "policy-cmd.h"
#include "text.h"

/* Far more than the service takes. */
#define IMPORT_MAX_BYTES (16 * 1024 * 1024)

static char *policy_import_read(const char *file, const char *shown, GError **error) {
        const int fd = g_str_equal(file, "-") ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
        g_autoptr(GString) text = g_string_new(NULL);
        char buffer[65536];
        ssize_t length;

        if (fd < 0) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s: %s", shown, g_strerror(errno));
                return NULL;
        }
        while ((length = read(fd, buffer, sizeof buffer)) != 0 && text->len <= IMPORT_MAX_BYTES) {
                if (length < 0 && errno == EINTR)
                        continue;
                if (length < 0) {
                        g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s: %s", shown, g_strerror(errno));
                        close(fd);
                        return NULL;
                }
                g_string_append_len(text, buffer, length);
        }
        close(fd);
        if (text->len > IMPORT_MAX_BYTES) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s: larger than 16 MiB", shown);
                return NULL;
        }
        if (!g_utf8_validate(text->str, (gssize) text->len, NULL)) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s: not UTF-8 text", shown);
                return NULL;
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static ImportResult *policy_import_parse(const char *file, const PolicyImportOptions *options, GVariant *existing,
                                         GError **error) {
        g_autofree char *shown = g_str_equal(file, "-") ? g_strdup("standard input") : text_printable(file);
        g_autofree char *text = policy_import_read(file, shown, error);

        if (text == NULL)
                return NULL;
        for (const char *c = text; *c != '\0'; c++)
                if (*c == '{')
                        return import_json(text, shown, options->name, error);
                else if (!g_ascii_isspace(*c))
                        break;

        g_auto(GStrv) taken = json_out_sorted_keys(existing);
        return import_iptables(text, shown, options->name, (const char *const *) taken, error);
}

/* Everything that can be refused is refused here, before the first change. */
static gboolean policy_import_check(Client *client, QuaywallPolicies *policies, ImportResult *result,
                                    GVariant *existing, gboolean replace, GError **error) {
        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *imported = result->policies->pdata[i];
                g_autoptr(GVariant) old = g_variant_lookup_value(existing, imported->name, NULL);
                g_autoptr(GVariant) warnings = NULL;
                const char *message;
                GVariantIter iter;

                if (old != NULL && !replace) {
                        g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED,
                                    "there is a policy '%s' already; nothing was imported (--replace replaces it)",
                                    imported->name);
                        return FALSE;
                }
                if (!quaywall_policies_call_check_sync(policies, imported->name, imported->policy, CLIENT_CALL(client),
                                                       NULL, &warnings, NULL, error)) {
                        g_dbus_error_strip_remote_error(*error);
                        if (imported->line > 0)
                                g_prefix_error(error, "line %u: ", imported->line);
                        g_prefix_error(error, "nothing was imported: policy '%s': ", imported->name);
                        return FALSE;
                }
                g_variant_iter_init(&iter, warnings);
                while (g_variant_iter_loop(&iter, "(s&s)", NULL, &message))
                        g_ptr_array_add(result->notes, g_strdup_printf("policy '%s': %s", imported->name, message));
        }
        return TRUE;
}

/* All of them in one step, so that none is left over where one is refused. */
static gboolean policy_import_apply(Ctl *ctl, Client *client, QuaywallPolicies *policies, ImportResult *result, gboolean replace,
                                    char **token, GError **error) {
        g_autoptr(GVariant) usual = g_variant_ref_sink(ctl_method_options(ctl));
        g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(usual);
        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *imported = result->policies->pdata[i];
                g_variant_builder_add(&named, "{s@a{sv}}", imported->name, imported->policy);
        }
        /* Somebody may have made one of them since they were looked at. */
        if (!replace)
                g_variant_dict_insert(&options, "create", "b", TRUE);
        if (quaywall_policies_call_set_many_sync(policies, g_variant_builder_end(&named), g_variant_dict_end(&options),
                                                 CLIENT_CALL(client), token, NULL, error))
                return TRUE;
        /* Without an answer they may be in force. */
        if (client_exit_status(*error) != CTL_EXIT_UNREACHABLE) {
                g_dbus_error_strip_remote_error(*error);
                g_prefix_error(error, "nothing was imported: ");
        }
        return FALSE;
}

/* token: as it was answered; for JSON it goes into the one object, unless the terminal is asked. */
static gboolean policy_import_print(Ctl *ctl, const ImportResult *result, const char *token, GError **error) {
        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));
        g_autoptr(TextTable) table = text_table_new((const char *const[]){ "NAME", "ACTION", "LINE", NULL });

        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *imported = result->policies->pdata[i];
                g_autofree char *line = imported->line > 0 ? g_strdup_printf("%u", imported->line) : g_strdup("");
                const char *action = "";

                g_variant_lookup(imported->policy, "action", "&s", &action);
                g_variant_builder_add(&named, "{s@a{sv}}", imported->name, imported->policy);
                text_table_add(table, (const char *const[]){ imported->name, action, line, NULL });
        }
        g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));

        /* Notes are about the file, not the answer: stderr, in both forms. */
        for (guint i = 0; i < result->notes->len; i++) {
                g_autofree char *note = text_printable(result->notes->pdata[i]);
                g_printerr("note: %s\n", note);
        }
        if (!ctl->json) {
                g_autofree char *text = text_table_format(table, ctl_use_colour());
                return ctl_print(text, error) && confirm_change(ctl, token, error);
        }
        if (token == NULL || token[0] == '\0' || isatty(STDIN_FILENO))
                return ctl_print_json_member("policies", json_out_policies(policies), error) && confirm_change(ctl, token, error);
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&answer, "{sv}", "policies", json_out_policies(policies));
        g_variant_builder_add(&answer, "{sv}", "token", g_variant_new_string(token));
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

/* What there is in each scope that is written, those of both once. */
static GVariant *policy_import_existing(Ctl *ctl, GError **error) {
        g_auto(GVariantDict) names = G_VARIANT_DICT_INIT(NULL);

        for (int permanent = FALSE; permanent <= TRUE; permanent++) {
                if (ctl->runtime != ctl->permanent && ctl->permanent != permanent)
                        continue;
                g_autoptr(GVariant) all = policy_cmd_get_all(ctl, permanent, error);
                g_auto(GStrv) keys = all != NULL ? json_out_sorted_keys(all) : NULL;
                if (all == NULL)
                        return NULL;
                for (GStrv name = keys; *name != NULL; name++)
                        g_variant_dict_insert(&names, *name, "b", TRUE);
        }
        return g_variant_ref_sink(g_variant_dict_end(&names));
}

gboolean policy_import(Ctl *ctl, const char *file, const PolicyImportOptions *options, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        g_autoptr(GVariant) existing = policies != NULL ? policy_import_existing(ctl, error) : NULL;
        g_autofree char *token = NULL;

        if (existing == NULL)
                return FALSE;
        g_autoptr(ImportResult) result = policy_import_parse(file, options, existing, error);
        return result != NULL && policy_import_check(client, policies, result, existing, options->replace, error) &&
               (options->check || policy_import_apply(ctl, client, policies, result, options->replace, &token, error)) &&
               policy_import_print(ctl, result, token, error);
}
