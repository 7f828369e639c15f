/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history-cmd.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/confirm.h"
#include "ctl/json-out.h"
#include "ctl/policy-diff.h"
#include "ctl/text.h"

/* So many names of policies, and of groups, are in one line of the table; "history CHANGE" has all of them. */
#define HISTORY_NAMES 3

/* Of the lines that continue one about a policy or group. */
#define HISTORY_INDENT 4

static guint64 history_number(GVariant *change, const char *key) {
        guint64 number = 0;

        g_variant_lookup(change, key, "t", &number);
        return number;
}

/* --- words -------------------------------------------------------------------------------------------------------- */

/* "alice", a number where nobody has that name, or "" where nobody called. */
static char *history_user(GVariant *change) {
        guint32 uid;

        if (!g_variant_lookup(change, "uid", "u", &uid))
                return g_strdup("");
        const struct passwd *user = getpwuid(uid);
        return user ? g_strdup(user->pw_name) : g_strdup_printf("%u", uid);
}

static char *history_time(GVariant *change, const char *format) {
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64) (history_number(change, "time") / G_USEC_PER_SEC));

        return time ? g_date_time_format(time, format) : g_strdup("");
}

/* NULL: what is done needs none. */
static const char *history_verb(const char *method) {
        static const struct {
                const char *method, *verb;
        } VERBS[] = {
                { "Policies.Set", N_("set") },
                { "Policies.SetChecked", N_("set") },
                { "Policies.SetMany", N_("set") },
                { "Policies.Edit", N_("edit") },
                { "Policies.Rename", N_("rename") },
                { "Policies.Remove", N_("remove") },
                { "Policies.ReplaceAll", N_("replace all") },
                { "Policies.RuntimeToPermanent", "runtime-to-permanent" },
                { "Manager.Reload", N_("reload") },
                { "SIGHUP", N_("reload") },
                /* what is done to a group is said with the group */
                { "Groups.Set", NULL },
                { "Groups.Add", NULL },
                { "Groups.Remove", NULL },
                { "Groups.Delete", NULL },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(VERBS); i++)
                if (g_str_equal(VERBS[i].method, method))
                        return VERBS[i].verb ? gettext(VERBS[i].verb) : NULL;
        return method;
}

/* "3 addresses added, 1 removed"; "" for none. */
static char *history_addresses(GVariant *change) {
        const guint64 added = history_number(change, "addresses-added"), removed = history_number(change, "addresses-removed");
        GString *text = g_string_new(NULL);

        if (added > 0)
                g_string_printf(text, ngettext("%" PRIu64 " address added", "%" PRIu64 " addresses added", added), added);
        else if (removed > 0)
                g_string_printf(text, ngettext("%" PRIu64 " address removed", "%" PRIu64 " addresses removed", removed),
                                removed);
        if (added > 0 && removed > 0)
                g_string_append_printf(text, _(", %" PRIu64 " removed"), removed);
        return g_string_free(text, FALSE);
}

/* "group office: 1 address removed", "groups bad, office"; "" for none. limit: as for text_list(). */
static char *history_groups(GVariant *change, guint limit) {
        const char *method = ctl_lookup_string(change, "method");
        g_autofree const char **names = NULL;

        if (!g_variant_lookup(change, "groups", "^a&s", &names))
                return g_strdup("");
        g_autofree char *list = text_list(names, limit), *addresses = history_addresses(change);
        const char *done = g_str_equal(method, "Groups.Delete") ? _("deleted") :
                           *addresses                           ? addresses :
                           g_str_equal(method, "Groups.Set")    ? C_("group", "set") :
                                                                  NULL;
        return g_strdup_printf(ngettext("group %s%s%s", "groups %s%s%s", g_strv_length((GStrv) names) > 1 ? 2 : 1), list,
                               done ? ": " : "", done ? done : "");
}

/* "edit web", "rename web to shop", "undo 12: web", "group office: 1 address added", with the scope unless it was both. limit: as
 * for text_list(). */
static char *history_what(GVariant *change, guint limit) {
        const char *new_name = ctl_lookup_string(change, "new-name"), *scope = ctl_lookup_string(change, "scope"),
                   *verb = history_verb(ctl_lookup_string(change, "method"));
        const guint64 undoes = history_number(change, "undoes");
        g_autofree const char **names = NULL;

        g_variant_lookup(change, "policies", "^a&s", &names);
        g_autofree char *policies = names ? text_list(names, limit) : g_strdup(""), *groups = history_groups(change, limit),
                        *list = g_strconcat(policies, *policies && *groups ? "; " : "", groups, NULL);
        g_autofree char *what =
                undoes > 0 ? g_strdup_printf(_("undo %" PRIu64 ": %s"), undoes, list) :
                *new_name  ? g_strdup_printf(_("rename %s to %s"), ctl_lookup_string(change, "old-name"), new_name) :
                verb       ? g_strdup_printf(C_("verb and names", "%s %s"), verb, list) :
                             g_strdup(list);
        return *scope && !g_str_equal(scope, "both") ? g_strdup_printf("%s (%s)", what, scope) : g_steal_pointer(&what);
}

/* "" for a change that nothing happened to since. */
static char *history_state(GVariant *change) {
        const char *state = ctl_lookup_string(change, "state");

        if (g_str_equal(state, "kept"))
                return g_strdup("");
        if (g_str_equal(state, "undone"))
                return g_strdup_printf(_("undone by %" PRIu64), history_number(change, "undone-by"));
        return g_strdup(g_str_equal(state, "rolled-back") ? _("rolled back") : state);
}

/* --- history ------------------------------------------------------------------------------------------------------ */

/* aa{sv}; unref it. */
static GVariant *history_get(Ctl *ctl, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        GVariant *changes = NULL;

        if (policies)
                quaywall_policies_call_history_sync(policies, CLIENT_CALL(client), &changes, NULL, error);
        return changes;
}

/* The keys that the service returned, with the name of the user, and policies and groups as everywhere else; floating. */
static GVariant *history_json(GVariant *change) {
        GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_autofree char *user = history_user(change);
        const char *key;
        GVariant *value;
        GVariantIter entries;

        g_variant_iter_init(&entries, change);
        while (g_variant_iter_loop(&entries, "{&sv}", &key, &value)) {
                g_variant_builder_add(&object, "{sv}", key,
                                      g_variant_is_of_type(value, G_VARIANT_TYPE("a{sa{sv}}")) ? json_out_policies(value) :
                                                                                                 value);
                if (g_str_equal(key, "uid"))
                        g_variant_builder_add(&object, "{sv}", "user", g_variant_new_string(user));
        }
        return g_variant_builder_end(&object);
}

static bool history_list(Ctl *ctl, GError **error) {
        g_autoptr(GVariant) changes = history_get(ctl, error);

        if (!changes)
                return false;
        g_autoptr(TextTable) table =
                text_table_new((const char *const[]){ _("CHANGE"), _("TIME"), _("USER"), _("WHAT"), _("STATE"), NULL });
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        const gsize count = g_variant_n_children(changes);

        for (gsize i = 0; i < count; i++) {
                g_autoptr(GVariant) change = g_variant_get_child_value(changes, i);
                g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, history_number(change, "change")),
                                *time = history_time(change, "%Y-%m-%d %H:%M"), *user = history_user(change),
                                *what = history_what(change, HISTORY_NAMES), *state = history_state(change);

                text_table_add(table, (const char *const[]){ number, time, user, what, state, NULL });
                g_variant_builder_add_value(&array, history_json(change));
        }
        g_autoptr(GVariant) json = g_variant_ref_sink(g_variant_builder_end(&array));
        if (ctl->json)
                return ctl_print_json_member("changes", json, error);
        if (count == 0)
                text_table_hide_headers(table);
        return ctl_print_table(ctl, table, count > 0 ? "" : _("There are no changes yet.\n"), "", error);
}

/* A line for each policy, or group, that differs: what was made, removed, or changed. noun: before each name. */
static void history_add_lines(GString *text, GVariant *description, const char *names_key, const char *noun,
                              const char *before_key, const char *after_key) {
        g_autoptr(GVariant) before = g_variant_lookup_value(description, before_key, G_VARIANT_TYPE("a{sa{sv}}")),
                            after = g_variant_lookup_value(description, after_key, G_VARIANT_TYPE("a{sa{sv}}")),
                            none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
        g_autofree const char **names = NULL;

        g_variant_lookup(description, names_key, "^a&s", &names);
        if (!before || !after || !names)
                return;
        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) was = g_variant_lookup_value(before, names[i], G_VARIANT_TYPE_VARDICT),
                                    is = g_variant_lookup_value(after, names[i], G_VARIANT_TYPE_VARDICT);
                g_autofree char *difference = policy_diff(NULL, was ? was : none, is ? is : none);

                if (!*difference)
                        continue;
                g_autofree char *line = g_strdup_printf("%s%s%s: %s", noun, names[i],
                                                        !was ? _(" (new)") :
                                                        !is  ? _(" (removed)") :
                                                               "",
                                                        difference);
                g_autofree char *printable = text_printable(line);
                text_append_folded(text, printable, 0, HISTORY_INDENT, ctl_width());
                g_string_append_c(text, '\n');
        }
}

static void history_add_scope(GString *text, GVariant *change, const char *title, const char *scope) {
        g_autoptr(GString) lines = g_string_new(NULL);
        g_autofree char *before = g_strconcat("before", scope, NULL), *after = g_strconcat("after", scope, NULL),
                        *groups_before = g_strconcat("groups-", before, NULL),
                        *groups_after = g_strconcat("groups-", after, NULL);

        history_add_lines(lines, change, "policies", "", before, after);
        history_add_lines(lines, change, "groups", _("group "), groups_before, groups_after);
        if (lines->len > 0)
                g_string_append_printf(text, "%s%s", title, lines->str);
}

static bool history_show(Ctl *ctl, guint64 number, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autoptr(GVariant) change = NULL;

        if (!policies || !quaywall_policies_call_get_change_sync(policies, number, CLIENT_CALL(client), &change, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json(history_json(change), error);
        g_autofree char *time = history_time(change, "%Y-%m-%d %H:%M:%S"), *user = history_user(change),
                        *what = history_what(change, 0), *state = history_state(change);
        g_autoptr(GString) text = g_string_new(NULL);
        guint32 uid;

        g_autofree char *shown_user = g_variant_lookup(change, "uid", "u", &uid) ?
                                              g_strdup_printf(_("%s (uid %u)"), user, uid) :
                                              NULL,
                        *shown_number = g_strdup_printf("%" G_GUINT64_FORMAT, number);
        const struct {
                const char *key, *value;
        } ROWS[] = {
                { "change", shown_number }, { "time", time }, { "user", shown_user }, { "what", what }, { "state", state }
        };
        for (gsize i = 0; i < G_N_ELEMENTS(ROWS); i++)
                if (ROWS[i].value)
                        text_append_value(text, strlen("change") + 1, ROWS[i].key, ROWS[i].value, ctl_width());
        history_add_scope(text, change, "\n", "");
        history_add_scope(text, change, _("\nPermanently:\n"), "-permanent");
        if (!g_variant_lookup(change, "before", "a{sa{sv}}", NULL))
                g_string_append(text, _("\nIts policies and groups were too large to keep.\n"));

        return ctl_page(ctl, text->str, error);
}

static bool history_parse_number(const char *word, guint64 *ret, GError **error) {
        return g_ascii_string_to_unsigned(word, 10, 1, G_MAXUINT64, ret, NULL) ||
               ctl_usage_error(error, _("'%s' is not the number of a change; see 'quaywallctl history'"), word);
}

bool history_cmd_history(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "history [CHANGE]",
                .summary =
                        _("Prints the last changes of policies and groups, the newest last: who made them and when; or one of "
                          "them, with the policies and groups before and after."),
                .description = _("'quaywallctl undo' takes one back."),
                .examples = "quaywallctl history\n"
                            "quaywallctl history 12",
                .words = "[CHANGE]",
                .list = CTL_LIST_ROWS,
        };
        g_auto(GStrv) argv = g_strdupv(words);
        guint64 number;

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1] ? argv[2] : NULL, error))
                return false;
        if (!argv[1])
                return history_list(ctl, error);
        return history_parse_number(argv[1], &number, error) && history_show(ctl, number, error);
}

/* --- undo --------------------------------------------------------------------------------------------------------- */

/* One that still holds, and is not itself an undo: to undo twice takes back the last two changes. */
static GVariant *history_find_last(GVariant *changes, GError **error) {
        for (gsize i = g_variant_n_children(changes); i-- > 0;) {
                g_autoptr(GVariant) change = g_variant_get_child_value(changes, i);
                const char *state = ctl_lookup_string(change, "state");

                if ((g_str_equal(state, "kept") || g_str_equal(state, "pending")) && history_number(change, "undoes") == 0)
                        return g_steal_pointer(&change);
        }
        ctl_fail(error, _("there is no change that could be taken back; see 'quaywallctl history'"));
        return NULL;
}

static GVariant *history_find(GVariant *changes, const char *key, guint64 number) {
        for (gsize i = g_variant_n_children(changes); i-- > 0;) {
                g_autoptr(GVariant) change = g_variant_get_child_value(changes, i);

                if (history_number(change, key) == number)
                        return g_steal_pointer(&change);
        }
        return NULL;
}

/* What was taken back, and what makes it again; token: as for confirm_change(). */
static bool history_print_undone(Ctl *ctl, GVariant *undone, const char *token, GError **error) {
        const guint64 number = history_number(undone, "change");
        g_autoptr(GVariant) changes = history_get(ctl, NULL), undo = changes ? history_find(changes, "undoes", number) : NULL;

        if (ctl->json) {
                GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

                g_variant_builder_add(&answer, "{sv}", "undone", history_json(undone));
                if (undo)
                        g_variant_builder_add(&answer, "{sv}", "change", g_variant_new_uint64(history_number(undo, "change")));
                if (*token && !isatty(STDIN_FILENO))
                        g_variant_builder_add(&answer, "{sv}", "token", g_variant_new_string(token));
                return ctl_print_json(g_variant_builder_end(&answer), error) &&
                       (!isatty(STDIN_FILENO) || confirm_change(ctl, token, error));
        }
        g_autofree char *what = history_what(undone, HISTORY_NAMES), *user = history_user(undone),
                        *time = history_time(undone, "%Y-%m-%d %H:%M"),
                        *again = undo ? g_strdup_printf(_("; 'quaywallctl undo %" PRIu64 "' makes it again"),
                                                        history_number(undo, "change")) :
                                        g_strdup(""),
                        *line = g_strdup_printf(_("Taken back: change %" PRIu64 ", %s%s%s, %s%s"), number, what,
                                                *user ? _(", by ") : "", user, time, again),
                        *printable = text_printable(line);
        g_autoptr(GString) folded = g_string_new(NULL);

        text_append_folded(folded, printable, 0, 0, ctl_width());
        g_string_append_c(folded, '\n');
        /* Where it prints a token, that is the whole output, as of every other command. */
        if (*token && !isatty(STDIN_FILENO))
                g_printerr("%s", folded->str);
        else if (!ctl_print(folded->str, error))
                return false;
        return confirm_change(ctl, token, error);
}

bool history_cmd_undo(Ctl *ctl, GStrv words, GError **error) {
        const CtlUsage usage = {
                .synopsis = "undo [CHANGE]",
                .summary =
                        _("Takes back the last change of policies or groups that was not taken back yet, or the one with this "
                          "number, in the scopes that it changed. Other changes stay; one that stands in the way is named."),
                .description = _("'quaywallctl history' lists the changes. To undo an undo, give its number."),
                .examples = "quaywallctl undo\n"
                            "quaywallctl undo 12 --confirm-within 60",
                .words = "[CHANGE]",
                .confirm = true,
        };
        g_auto(GStrv) argv = g_strdupv(words);
        guint64 number = 0;

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1] ? argv[2] : NULL, error) ||
            (argv[1] && !history_parse_number(argv[1], &number, error)))
                return false;
        g_autoptr(GVariant) changes = history_get(ctl, error);
        if (!changes)
                return false;
        /* The number is what was seen: if another change came since, that one is not taken back by mistake. */
        g_autoptr(GVariant) change = number ? history_find(changes, "change", number) : history_find_last(changes, error);
        if (!change && number == 0)
                return false;
        Client *client = ctl_connect(ctl, error);
        QuaywallPolicies *policies = client_policies(client, error);
        g_autofree char *token = NULL;

        return policies &&
               quaywall_policies_call_undo_sync(policies, change ? history_number(change, "change") : number,
                                                ctl_method_options(ctl), CLIENT_CALL(client), &token, NULL, error) &&
               (!change || history_print_undone(ctl, change, token, error));
}
