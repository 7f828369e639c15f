/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-import.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "import-iptables.h"
#include "import-json.h"
#include "json-out.h"
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
                g_autoptr(GVariant) old = g_variant_lookup_value(existing, imported->name, G_VARIANT_TYPE_VARDICT);
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

/* Takes back what was set before the one that failed. TRUE when all of it was. */
static gboolean policy_import_undo(Ctl *ctl, Client *client, QuaywallPolicies *policies, ImportResult *result,
                                   guint count, GVariant *existing) {
        gboolean undone = TRUE;

        while (count-- > 0) {
                const ImportedPolicy *imported = result->policies->pdata[count];
                g_autoptr(GVariant) old = g_variant_lookup_value(existing, imported->name, G_VARIANT_TYPE_VARDICT);

                if (old != NULL)
                        undone &=
                                quaywall_policies_call_set_sync(policies, imported->name, old, ctl_method_options(ctl),
                                                                CLIENT_CALL(client), NULL, NULL, NULL);
                else
                        undone &= quaywall_policies_call_remove_sync(policies, imported->name, ctl_method_options(ctl),
                                                                     CLIENT_CALL(client), NULL, NULL, NULL);
        }
        return undone;
}

static gboolean policy_import_apply(Ctl *ctl, Client *client, QuaywallPolicies *policies, ImportResult *result,
                                    GVariant *existing, GError **error) {
        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *imported = result->policies->pdata[i];

                if (quaywall_policies_call_set_sync(policies, imported->name, imported->policy, ctl_method_options(ctl),
                                                    CLIENT_CALL(client), NULL, NULL, error))
                        continue;
                /* Without an answer this one may be in force as well. */
                const gboolean answered = client_exit_status(*error) != CTL_EXIT_UNREACHABLE;
                const gboolean undone = policy_import_undo(ctl, client, policies, result, i, existing) && answered;
                g_dbus_error_strip_remote_error(*error);
                g_prefix_error(error, "%s: policy '%s': ",
                               undone ? "nothing was imported"
                                      : "perhaps a part was imported, see 'quaywallctl policy list'",
                               imported->name);
                return FALSE;
        }
        return TRUE;
}

static gboolean policy_import_print(Ctl *ctl, const ImportResult *result, GError **error) {
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
                return ctl_print(text, error);
        }
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&answer, "{sv}", "policies", json_out_policies(policies));
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

gboolean policy_import(Ctl *ctl, const char *file, const PolicyImportOptions *options, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client != NULL ? client_policies(client, error) : NULL;
        g_autoptr(GVariant) existing = NULL;

        if (policies == NULL ||
            !quaywall_policies_call_list_sync(policies, CLIENT_CALL(client), &existing, NULL, error))
                return FALSE;

        g_autoptr(ImportResult) result = policy_import_parse(file, options, existing, error);
        return result != NULL && policy_import_check(client, policies, result, existing, options->replace, error) &&
               (options->check || policy_import_apply(ctl, client, policies, result, existing, error)) &&
               policy_import_print(ctl, result, error);
}
