/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: the history, taking back a change, and making permanent what is in force. */

#include "bus/dict.h"

#include <inttypes.h>

#include <glib/gi18n.h>
#include "daemon/bus.h"
#include "daemon/group-bus.h"
#include "daemon/prompt.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/policy-time.h"

static const char *const UNDO_OPTIONS[] = { "confirm-within", "cut", NULL };
static const char *const ADOPT_OPTIONS[] = { "confirm-within", NULL };

/* The keys of GetChange: before and after, in force and permanent. */
static const struct {
        const char *keys[_RECORD_MAX][2];
        DictAppend append;
} KINDS[_STORE_KIND_MAX] = {
        [STORE_POLICIES] = { { { "before", "after" }, { "before-permanent", "after-permanent" } }, policy_bus_append },
        [STORE_GROUPS] = { { { "groups-before", "groups-after" }, { "groups-before-permanent", "groups-after-permanent" } },
                           group_bus_append },
};

/* --- reading ------------------------------------------------------------------------------------------------------ */

static const char *state_of(const ChangeRecord *record) {
        switch (record->state) {
        case RECORD_PENDING:
                return "pending";
        case RECORD_ROLLED_BACK:
                return "rolled-back";
        case RECORD_EXPIRED:
                return "expired";
        default:
                return record->undone_by ? "undone" : "kept";
        }
}

static int append_number(sd_bus_message *m, const char *key, guint64 number) {
        return number > 0 ? dict_append_basic(m, key, 't', &number) : 0;
}

static int append_user(sd_bus_message *m, gint64 user) {
        const guint32 uid = (guint32) user;
        return user != RECORD_NO_USER ? dict_append_basic(m, "uid", 'u', &uid) : 0;
}

static int append_name(sd_bus_message *m, const char *key, const char *name) {
        return name ? dict_append_basic(m, key, 's', name) : 0;
}

/* What is known of a change without its policies and groups, in an open dictionary. */
static int append_head(sd_bus_message *m, const ChangeRecord *record) {
        int r = append_number(m, "change", record->number);
        if (r >= 0)
                r = append_number(m, "time", (guint64) record->time);
        if (r >= 0)
                r = append_user(m, record->uid);
        if (r >= 0)
                r = dict_append_basic(m, "method", 's', record->method);
        if (r >= 0)
                r = dict_append_basic(m, "scope", 's', scope_to_string(record->scope));
        if (r >= 0)
                r = dict_append_strings(m, "policies", record->names[STORE_POLICIES]);
        if (r >= 0 && record->names[STORE_GROUPS][0])
                r = dict_append_strings(m, "groups", record->names[STORE_GROUPS]);
        if (r >= 0)
                r = append_number(m, "addresses-added", record->addresses_added);
        if (r >= 0)
                r = append_number(m, "addresses-removed", record->addresses_removed);
        if (r >= 0)
                r = append_name(m, "old-name", record->old_name);
        if (r >= 0)
                r = append_name(m, "new-name", record->new_name);
        if (r >= 0)
                r = dict_append_basic(m, "state", 's', state_of(record));
        if (r >= 0)
                r = append_number(m, "undoes", record->undoes);
        return r < 0 ? r : append_number(m, "undone-by", record->undone_by);
}

bool policies_history(Request *request, GError **error) {
        g_autoptr(GPtrArray) records = history_list(request->daemon->history);
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < records->len; i++) {
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
                if (r >= 0)
                        r = append_head(reply, records->pdata[i]);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}

bool policies_prepare_get_change(Request *request, G_GNUC_UNUSED GError **error) {
        return sd_bus_message_read(request->call, "t", &request->number) >= 0;
}

static int append_table(sd_bus_message *m, StoreKind kind, PolicySet *set, const char *key, gsize *bytes) {
        const int r = dict_open_entry(m, key, "a{sa{sv}}");
        return dict_close_entry(
                m, r < 0 ? r : dict_append_table(m, policy_set_table(set, kind), KINDS[kind].append, bytes, LIMIT_LIST_ANSWER));
}

static bool are_equal(StoreKind kind, PolicySet *a, PolicySet *b) {
        g_autoptr(GPtrArray) names = policy_set_difference(a, b, kind);
        return names->len == 0;
}

/* The permanent ones only where they were others than those in force, since an answer has a limit. */
static int append_items(sd_bus_message *m, const ChangeRecord *record, StoreKind kind, gsize *bytes) {
        const int first = record->scope & SCOPE_RUNTIME ? RECORD_NOW : RECORD_LATER;
        g_autoptr(PolicySet) before = change_record_set(record, false, first), after = change_record_set(record, true, first);
        int r = append_table(m, kind, before, KINDS[kind].keys[RECORD_NOW][0], bytes);
        if (r >= 0)
                r = append_table(m, kind, after, KINDS[kind].keys[RECORD_NOW][1], bytes);
        if (r < 0 || record->scope != SCOPE_BOTH)
                return r;
        g_autoptr(PolicySet) before_later = change_record_set(record, false, RECORD_LATER),
                             after_later = change_record_set(record, true, RECORD_LATER);
        if (are_equal(kind, before, before_later) && are_equal(kind, after, after_later))
                return r;
        r = append_table(m, kind, before_later, KINDS[kind].keys[RECORD_LATER][0], bytes);
        return r < 0 ? r : append_table(m, kind, after_later, KINDS[kind].keys[RECORD_LATER][1], bytes);
}

static int append_all_items(sd_bus_message *m, const ChangeRecord *record) {
        gsize bytes = 0;
        const int r = append_items(m, record, STORE_POLICIES, &bytes);
        return r < 0 || !record->names[STORE_GROUPS][0] ? r : append_items(m, record, STORE_GROUPS, &bytes);
}

bool policies_get_change(Request *request, GError **error) {
        g_autoptr(ChangeRecord) record = history_read(request->daemon->history, request->number, LIMIT_HISTORY_CHANGE, error);
        if (!record)
                return false;
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_head(reply, record);
        if (r >= 0 && record->items)
                r = append_all_items(reply, record);
        r = r < 0 ? r : sd_bus_message_close_container(reply);
        return request_reply_list(request, reply, r, _("History names the policies and groups of the change"), error);
}

/* --- taking back -------------------------------------------------------------------------------------------------- */

static bool refuse(const ChangeRecord *record, GError **error, const char *why) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_CONFLICT, _("change: %" PRIu64 " %s"), record->number, why);
        return false;
}

static bool check_stands(const ChangeRecord *record, GError **error) {
        g_autofree char *why = NULL;
        switch (record->state) {
        case RECORD_ROLLED_BACK:
                return refuse(record, error, _("was rolled back instead of being confirmed, so there is nothing to take back"));
        case RECORD_EXPIRED:
                return refuse(record, error, _("was not confirmed in time, and is undone already"));
        default:
                break;
        }
        if (record->undone_by) {
                why = g_strdup_printf(_("was taken back already, by change %" PRIu64 "; take that one back to make it again"),
                                      record->undone_by);
                return refuse(record, error, why);
        }
        if (!record->is_whole) {
                why = g_strdup_printf(_("had more than %u bytes of policies and groups, too many to keep"),
                                      LIMIT_HISTORY_CHANGE);
                return refuse(record, error, why);
        }
        return true;
}

/* Names what stands in the way. */
static bool refuse_changed(Request *request, const ChangeRecord *record, const RecordItem *item, GError **error) {
        const bool group = item->kind == STORE_GROUPS;
        const guint64 later = history_find_later(request->daemon->history, record->number, item->kind, item->name);
        g_autofree char *why =
                later ? g_strdup_printf(group ? _("cannot be taken back: change %" PRIu64
                                                  " is of the group \"%s\", too, and came later; take that one back first") :
                                                _("cannot be taken back: change %" PRIu64
                                                  " is of the policy \"%s\", too, and came later; take that one back first"),
                                        later, item->name) :
                        g_strdup_printf(
                                group ? _("cannot be taken back: the group \"%s\" is not as it left it any more; its file was "
                                          "changed, its time is over, or a reload or boot ended what was for the runtime only; an "
                                          "earlier change can be taken back by its number") :
                                        _("cannot be taken back: the policy \"%s\" is not as it left it any more; its file was "
                                          "changed, its time is over, or a reload or boot ended what was for the runtime only; an "
                                          "earlier change can be taken back by its number"),
                                item->name);
        return refuse(record, error, why);
}

/* A group that the policy would name again, and that does not exist any more; NULL: none. */
static const char *find_lost_group(const PolicySet *before, const PolicySet *after, const char *name) {
        const Policy *now = g_hash_table_lookup(before->policies, name), *then = g_hash_table_lookup(after->policies, name);
        for (guint i = 0; then && i < then->groups->len; i++) {
                const char *group = then->groups->pdata[i];
                if (!g_hash_table_contains(after->groups, group) &&
                    !(now && g_ptr_array_find_with_equal_func(now->groups, group, g_str_equal, NULL)))
                        return group;
        }
        return NULL;
}

/* Without a group that it named, a "deny" would block nobody, and look as it did. */
static bool refuse_lost_group(Request *request, const ChangeRecord *record, const char *policy, const char *group, int when,
                              GError **error) {
        const guint64 later = history_find_later(request->daemon->history, record->number, STORE_GROUPS, group);
        g_autofree char *what = later ? g_strdup_printf(
                                                _("take back change %" PRIu64 ", the last one of that group, or make it again"),
                                                later) :
                                        g_strdup(_("make that one again first")),
                        *why = g_strdup_printf(
                                when == RECORD_LATER ?
                                        _("cannot be taken back: the policy \"%s\" named the group \"%s\", which was "
                                          "deleted since permanently; %s, as \"quaywallctl group set\" does") :
                                        _("cannot be taken back: the policy \"%s\" named the group \"%s\", which was "
                                          "deleted since; %s, as \"quaywallctl group set\" does"),
                                policy, group, what);
        return refuse(record, error, why);
}

/* As Groups.Delete refuses to: a "deny" would block nobody any more. */
static bool check_is_unused(const ChangeRecord *record, const char *group, PolicySet *after, int when, GError **error) {
        g_autoptr(GPtrArray) users = policy_set_list_users(after, group);
        if (users->len == 0)
                return true;
        g_autofree char *names = groups_describe_users(users),
                        *why = g_strdup_printf(
                                when == RECORD_LATER ?
                                        ngettext(
                                                "cannot be taken back: it made the group \"%s\", which is named permanently by "
                                                "the %s now; take it out of its sources first",
                                                "cannot be taken back: it made the group \"%s\", which is named permanently by "
                                                "the %s now; take it out of their sources first",
                                                users->len) :
                                        ngettext(
                                                "cannot be taken back: it made the group \"%s\", which is named by the %s now; "
                                                "take it out of its sources first",
                                                "cannot be taken back: it made the group \"%s\", which is named by the %s now; "
                                                "take it out of their sources first",
                                                users->len),
                                group, names);
        return refuse(record, error, why);
}

static bool check_groups(Request *request, const ChangeRecord *record, PolicySet *const before[_RECORD_MAX],
                         PolicySet *const after[_RECORD_MAX], GError **error) {
        for (int when = 0; when < _RECORD_MAX; when++) {
                for (GStrv name = record->names[STORE_POLICIES]; *name; name++) {
                        const char *group = find_lost_group(before[when], after[when], *name);
                        if (group)
                                return refuse_lost_group(request, record, *name, group, when, error);
                }
                for (GStrv name = record->names[STORE_GROUPS]; *name; name++)
                        if (g_hash_table_contains(before[when]->groups, *name) &&
                            !g_hash_table_contains(after[when]->groups, *name) &&
                            !check_is_unused(record, *name, after[when], when, error))
                                return false;
        }
        return true;
}

/* What held for a time when the change was made may be over by now, and does not come back. */
static bool leave_out_what_is_over(const ChangeRecord *record, PolicySet *const before[_RECORD_MAX],
                                   PolicySet *sets[_RECORD_MAX], GError **error) {
        const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
        bool differs = false;
        for (int when = 0; when < _RECORD_MAX; when++) {
                PolicySet *at = policy_set_at(sets[when], now, false);
                policy_set_unref(sets[when]);
                sets[when] = at;
                differs |= !policy_set_equal(before[when], at);
        }
        return differs || refuse(record, error, _("cannot be taken back: the time of what it would put back is over"));
}

static bool plan(Request *request, const ChangeRecord *record, PolicySet *ret_sets[_RECORD_MAX], GError **error) {
        const Intent *intent = &request->daemon->intent;
        PolicySet *const before[_RECORD_MAX] = { intent->runtime, intent->permanent };
        const RecordItem *changed;
        if (!check_stands(record, error))
                return false;
        if (!change_record_take_back(record, before, ret_sets, &changed))
                return refuse_changed(request, record, changed, error);
        if (leave_out_what_is_over(record, before, ret_sets, error) && check_groups(request, record, before, ret_sets, error))
                return true;
        for (int when = 0; when < _RECORD_MAX; when++)
                policy_set_unref(ret_sets[when]);
        return false;
}

/* A change that became permanent only may be in force since a reload or boot. */
static Scope planned_scope(const Intent *intent, PolicySet *const sets[_RECORD_MAX]) {
        return (policy_set_equal(intent->runtime, sets[RECORD_NOW]) ? 0 : SCOPE_RUNTIME) |
               (policy_set_equal(intent->permanent, sets[RECORD_LATER]) ? 0 : SCOPE_PERMANENT);
}

/* A large change is not read before it is known who asks. */
bool policies_prepare_undo(Request *request, GError **error) {
        const Daemon *daemon = request->daemon;
        if (sd_bus_message_read(request->call, "t", &request->number) < 0 ||
            !options_read(request->call, UNDO_OPTIONS, &request->options, error))
                return false;
        request->edit = POLICY_EDIT_UNDO;
        request->record = history_read(daemon->history, request->number, LIMIT_SMALL, error);
        if (!request->record)
                return false;
        request->options.scope = request->record->scope;
        if (request->record->items) {
                PolicySet *sets[_RECORD_MAX];
                if (!plan(request, request->record, sets, error))
                        return false;
                request->options.scope = planned_scope(&daemon->intent, sets);
                policy_set_unref(sets[RECORD_NOW]);
                policy_set_unref(sets[RECORD_LATER]);
        } else if (!check_stands(request->record, error))
                return false;
        const GStrv *names = request->record->names;
        if (g_strv_length(names[STORE_POLICIES]) + g_strv_length(names[STORE_GROUPS]) == 1)
                request->name = g_strdup(names[names[STORE_POLICIES][0] ? STORE_POLICIES : STORE_GROUPS][0]);
        return policies_check_cut(request, error);
}

char *policies_question_undo(const Request *request) {
        const Intent *intent = &request->daemon->intent;
        return prompt_undo(request->record, request->options.scope & SCOPE_RUNTIME ? intent->runtime : intent->permanent,
                           &request->options);
}

/* While a password was asked for, other changes may have come. */
bool policies_take_back(Request *request, PolicySet *ret_sets[_RECORD_MAX], GError **error) {
        g_autoptr(ChangeRecord) record = history_read(request->daemon->history, request->number, LIMIT_HISTORY_CHANGE, error);
        if (!record || !plan(request, record, ret_sets, error))
                return false;
        /* These are checked as if they were set. */
        g_autoptr(PolicySet) restored =
                change_record_set(record, false, record->scope & SCOPE_RUNTIME ? RECORD_NOW : RECORD_LATER);
        request->policies = policy_set_at(restored, g_get_real_time() / G_USEC_PER_SEC, false);
        change_record_free(request->record);
        request->record = g_steal_pointer(&record);
        return true;
}

/* --- making permanent --------------------------------------------------------------------------------------------- */

bool policies_prepare_adopt(Request *request, GError **error) {
        if (!options_read(request->call, ADOPT_OPTIONS, &request->options, error))
                return false;
        request->options.scope = SCOPE_PERMANENT;
        request->edit = POLICY_EDIT_ADOPT;
        return true;
}

char *policies_question_adopt(const Request *request) {
        const Intent *intent = &request->daemon->intent;
        return prompt_adopt(intent->runtime, intent->permanent, &request->options);
}
