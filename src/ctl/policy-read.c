/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-read.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/compose.h"
#include "ctl/define-cmd.h"
#include "ctl/json-out.h"
#include "ctl/other-scope.h"
#include "ctl/text.h"
#include "ctl/when.h"

/* So many words of a list are in one cell of the table; "policy show" has all of them. */
#define POLICY_LIST_WORDS 3

GVariant *policy_read_all(Ctl *ctl, GError **error) {
        return client_get_policies(ctl_connect(ctl, error), ctl_reads_permanent(ctl), error);
}

bool policy_read_none(const char *name, bool permanent, GError **error) {
        return ctl_no_such(error, CTL_ERROR_NO_POLICY,
                           permanent ? _("there is no permanent policy '%s'") : _("there is no policy '%s'"), name);
}

GVariant *policy_read(Ctl *ctl, const char *name, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        GVariant *policy = NULL;

        if (policies && !ctl_reads_permanent(ctl)) {
                quaywall_policies_call_get_sync(policies, name, CLIENT_CALL(client), &policy, NULL, error);
                return policy;
        }
        g_autoptr(GVariant) all = policies ? client_get_policies(client, true, error) : NULL;
        if (all && !(policy = g_variant_lookup_value(all, name, G_VARIANT_TYPE_VARDICT)))
                policy_read_none(name, true, error);
        return policy;
}

bool policy_read_print_json(GVariant *policies, GError **error) {
        return ctl_print_json_member("policies", json_out_policies(policies), error);
}

/* --- list --------------------------------------------------------------------------------------------------------- */

/* When sources, or the policy, end: in the user's time, and how long that is. */
static char *policy_show_times(const char *key, const char *text) {
        g_autoptr(GDateTime) now = g_date_time_new_now_local();

        return g_str_equal(key, "sources") || g_str_equal(key, "until") ? when_show_all(text, now) : g_strdup(text);
}

static char *policy_words(GVariant *policy, const char *key, const char *none) {
        g_autofree const char **words = NULL;

        if (!g_variant_lookup(policy, key, "^a&s", &words) || !words[0])
                return g_strdup(none);
        g_autofree char *list = text_list(words, POLICY_LIST_WORDS);
        return policy_show_times(key, list);
}

static void policy_add_words(GStrvBuilder *builder, GVariant *policy, const char *key, const char *label) {
        g_autofree const char **entries = NULL;

        g_variant_lookup(policy, key, "^a&s", &entries);
        g_auto(GStrv) words = entries ? compose_show(entries) : NULL;
        for (guint i = 0; words && words[i]; i++) {
                g_autofree char *word = g_strconcat(compose_is_shown(words[i]) ? "" : label, words[i], NULL);
                g_strv_builder_add(builder, word);
        }
}

/* "192.168.1.99, container db, network back" */
static char *policy_target(GVariant *policy, const char *none) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        policy_add_words(builder, policy, "destinations", "");
        policy_add_words(builder, policy, "containers", _("container "));
        policy_add_words(builder, policy, "networks", _("network "));
        g_auto(GStrv) words = g_strv_builder_end(builder);
        return words[0] ? text_list((const char *const *) words, POLICY_LIST_WORDS) : g_strdup(none);
}

/* "enabled", "disabled, runtime only, until 18:00 (1 h 55 min left)" */
static char *policy_state(const Ctl *ctl, const char *name, GVariant *policy, GVariant *others) {
        gboolean enabled = TRUE;
        g_autofree char *mark = other_scope_mark(ctl, name, policy, others);

        g_variant_lookup(policy, "enabled", "b", &enabled);
        const char *until = ctl_lookup_string(policy, "until");
        g_autofree char *end = *until ? policy_show_times("until", until) : g_strdup("");
        g_autofree char *left = *until ? g_strdup_printf(_("until %s"), end) : g_strdup("");
        return g_strconcat(enabled ? _("enabled") : _("disabled"), *mark ? ", " : "", mark, *left ? ", " : "", left, NULL);
}

static void policy_add_row(TextTable *table, const Ctl *ctl, const char *name, GVariant *policy, GVariant *others) {
        const char *action = ctl_lookup_string(policy, "action"), *description = ctl_lookup_string(policy, "description");
        const bool forward = g_str_equal(action, "forward");
        g_autofree char *in = policy_words(policy, "interfaces", _("any"));
        g_autofree char *out = policy_words(policy, "out-interfaces", _("any"));
        g_autofree char *on = forward ? g_strdup_printf("%s -> %s", in, out) : g_steal_pointer(&in);
        g_autofree char *from = policy_words(policy, "sources", forward ? "" : _("any"));
        g_autofree char *to = policy_target(policy, forward ? "" : _("any"));
        g_autofree char *ports = policy_words(policy, "ports", forward ? "" : _("any"));
        g_autofree char *state = policy_state(ctl, name, policy, others);

        text_table_add(table, (const char *const[]){ name, action, on, from, to, ports, state, description, NULL });
}

bool policy_read_list(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        g_autoptr(GVariant) all = policy_read_all(ctl, error);

        if (!all)
                return false;
        if (ctl->json)
                return policy_read_print_json(all, error);

        g_autoptr(GVariant) others = other_scope_read(ctl, "Policies");
        g_autoptr(TextTable) table = text_table_new((const char *const[]){ _("NAME"), _("ACTION"), _("ON"), _("FROM"), _("TO"),
                                                                           _("PORT"), _("STATE"), _("DESCRIPTION"), NULL });
        g_autofree char *elsewhere = other_scope_list(ctl, all, others);
        g_auto(GStrv) names = json_out_natural_keys(all);

        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(all, names[i], G_VARIANT_TYPE_VARDICT);

                policy_add_row(table, ctl, names[i], policy, others);
        }
        text_table_set_notes(table);
        if (!names[0])
                text_table_hide_headers(table);
        return ctl_print_table(ctl, table, names[0] ? "" : _("There are no policies.\n"), elsewhere, error);
}

bool policy_read_names(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        g_autoptr(GVariant) all = policy_read_all(ctl, error);

        if (!all)
                return false;
        g_auto(GStrv) names = json_out_natural_keys(all);
        if (ctl->json)
                return ctl_print_json_member("names", g_variant_new_strv((const char *const *) names, -1), error);
        g_autofree char *lines = g_strjoinv("\n", names);
        g_autofree char *text = g_strconcat(lines, names[0] ? "\n" : "", NULL);
        return ctl_page(ctl, text, error);
}

/* --- show --------------------------------------------------------------------------------------------------------- */

static char *policy_value_text(GVariant *value) {
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
                return g_strdup(g_variant_get_boolean(value) ? _("yes") : _("no"));
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
                g_autofree const char **entries = g_variant_get_strv(value, NULL);
                g_auto(GStrv) words = compose_show(entries);

                return text_list((const char *const *) words, 0);
        }
        return text_value(value);
}

bool policy_read_show(Ctl *ctl, GStrv argv, GError **error) {
        const char *name = argv[2];
        g_autoptr(GVariant) policy = policy_read(ctl, name, error);

        if (!policy)
                return false;
        define_warn_of_names(ctl, client_policies(ctl->client, NULL), name, policy);
        if (ctl->json) {
                GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

                g_variant_builder_add(&named, "{s@a{sv}}", name, policy);
                g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
                return policy_read_print_json(policies, error);
        }

        const char *other_scope = ctl_reads_permanent(ctl) ? "runtime" : "permanent";
        g_autoptr(GVariant) others = other_scope_read(ctl, "Policies");
        g_autofree char *difference = other_scope_difference(ctl, name, policy, others);
        g_auto(GStrv) keys = json_out_policy_keys(policy);
        g_autoptr(GString) text = g_string_new(NULL);
        guint width = strlen(difference ? other_scope : "name") + 1;

        for (guint i = 0; keys[i]; i++) {
                g_autofree char *label = text_printable(keys[i]);
                width = MAX(width, (guint) strlen(label) + 1);
        }
        text_append_value(text, width, "name", name, ctl_width());
        for (guint i = 0; keys[i]; i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(policy, keys[i], NULL);
                g_autofree char *plain = policy_value_text(value), *shown = policy_show_times(keys[i], plain);

                text_append_value(text, width, keys[i], shown, ctl_width());
        }
        if (difference)
                text_append_value(text, width, other_scope, difference, ctl_width());
        return ctl_page(ctl, text->str, error);
}

/* --- counters ----------------------------------------------------------------------------------------------------- */

bool policy_read_counters(Ctl *ctl, G_GNUC_UNUSED GStrv argv, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) counters = NULL;

        if (!policies || !quaywall_policies_call_counters_sync(policies, CLIENT_CALL(client), &counters, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json_member("counters", json_out_counters(counters), error);

        g_autoptr(TextTable) table =
                text_table_new((const char *const[]){ _("NAME"), _("BLOCKED PACKETS"), _("BLOCKED BYTES"), NULL });
        g_auto(GStrv) names = json_out_natural_keys(counters);
        for (guint i = 0; names[i]; i++) {
                guint64 packets = 0, bytes = 0;

                g_variant_lookup(counters, names[i], "(tt)", &packets, &bytes);
                g_autofree char *packets_text = g_strdup_printf("%" G_GUINT64_FORMAT, packets);
                g_autofree char *bytes_text = g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
                text_table_add(table, (const char *const[]){ names[i], packets_text, bytes_text, NULL });
        }
        return ctl_print_table(ctl, table, "", "", error);
}
