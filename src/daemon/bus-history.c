/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: the history, taking back a change, and making permanent what is in force. */

#include "bus/dict.h"
#include "daemon/bus.h"
#include "daemon/prompt.h"
#include "model/bounds.h"
#include "model/error.h"

static const char *const UNDO_OPTIONS[] = { "confirm-within", "cut", NULL };
static const char *const ADOPT_OPTIONS[] = { "confirm-within", NULL };

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

static int append_name(sd_bus_message *m, const char *key, const char *name) {
        return name ? dict_append_basic(m, key, 's', name) : 0;
}

/* What is known of a change without its policies, in an open dictionary. */
static int append_head(sd_bus_message *m, const ChangeRecord *record) {
        int r = append_number(m, "change", record->number);
        if (r >= 0)
                r = append_number(m, "time", (guint64) record->time);
        if (r >= 0 && record->uid != RECORD_NO_USER)
                r = dict_append_basic(m, "uid", 'u', &(guint32){ (guint32) record->uid });
        if (r >= 0)
                r = dict_append_basic(m, "method", 's', record->method);
        if (r >= 0)
                r = dict_append_basic(m, "scope", 's', scope_to_string(record->scope));
        if (r >= 0)
                r = dict_append_strings(m, "policies", record->names);
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

static int append_set(sd_bus_message *m, const char *key, PolicySet *set, gsize *bytes) {
        const int r = dict_open_entry(m, key, "a{sa{sv}}");
        return dict_close_entry(m, r < 0 ? r : policy_bus_append_set(m, set, bytes));
}

/* The permanent ones only where they were others than those in force, since an answer has a limit. */
static int append_policies(sd_bus_message *m, const ChangeRecord *record) {
        const int first = record->scope & SCOPE_RUNTIME ? RECORD_NOW : RECORD_LATER;
        g_autoptr(PolicySet) before = change_record_set(record, false, first), after = change_record_set(record, true, first);
        gsize bytes = 0;
        int r = append_set(m, "before", before, &bytes);
        if (r >= 0)
                r = append_set(m, "after", after, &bytes);
        if (r < 0 || record->scope != SCOPE_BOTH)
                return r;
        g_autoptr(PolicySet) before_later = change_record_set(record, false, RECORD_LATER),
                             after_later = change_record_set(record, true, RECORD_LATER);
        if (policy_set_equal(before, before_later) && policy_set_equal(after, after_later))
                return r;
        r = append_set(m, "before-permanent", before_later, &bytes);
        return r < 0 ? r : append_set(m, "after-permanent", after_later, &bytes);
}

bool policies_get_change(Request *request, GError **error) {
        g_autoptr(ChangeRecord) record = history_read(request->daemon->history, request->number, LIMIT_HISTORY_CHANGE, error);
        if (!record)
                return false;
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_head(reply, record);
        if (r >= 0 && record->policies)
                r = append_policies(reply, record);
        r = r < 0 ? r : sd_bus_message_close_container(reply);
        return request_reply_list(request, reply, r, "History names the policies of the change", error);
}

/* --- taking back -------------------------------------------------------------------------------------------------- */

static bool refuse(const ChangeRecord *record, GError **error, const char *why) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_CONFLICT, "change: %" G_GUINT64_FORMAT " %s", record->number, why);
        return false;
}

static bool check_stands(const ChangeRecord *record, GError **error) {
        g_autofree char *why = NULL;
        switch (record->state) {
        case RECORD_ROLLED_BACK:
                return refuse(record, error, "was rolled back instead of being confirmed, so there is nothing to take back");
        case RECORD_EXPIRED:
                return refuse(record, error, "was not confirmed in time, and is undone already");
        default:
                break;
        }
        if (record->undone_by) {
                why = g_strdup_printf("was taken back already, by change %" G_GUINT64_FORMAT
                                      "; take that one back to make it again",
                                      record->undone_by);
                return refuse(record, error, why);
        }
        if (!record->is_whole) {
                why = g_strdup_printf("had more than %u bytes of policies, too many to keep", LIMIT_HISTORY_CHANGE);
                return refuse(record, error, why);
        }
        return true;
}

/* Names what stands in the way. */
static bool refuse_changed(Request *request, const ChangeRecord *record, const char *name, GError **error) {
        const guint64 later = history_find_later(request->daemon->history, record->number, name);
        g_autofree char *why =
                later ? g_strdup_printf("cannot be taken back: change %" G_GUINT64_FORMAT
                                        " is of the policy \"%s\", too, and came later; take that one back first",
                                        later, name) :
                        g_strdup_printf("cannot be taken back: the policy \"%s\" is not as it left it any more; its file was "
                                        "changed, or a reload or boot ended what was for the runtime only",
                                        name);
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

/* Groups are not in the history. Without one that it named, a "deny" would block nobody, and look as it did. */
static bool check_groups(const ChangeRecord *record, PolicySet *const before[_RECORD_MAX], PolicySet *const after[_RECORD_MAX],
                         GError **error) {
        for (GStrv name = record->names; *name; name++)
                for (int when = 0; when < _RECORD_MAX; when++) {
                        const char *group = find_lost_group(before[when], after[when], *name);
                        if (!group)
                                continue;
                        g_autofree char *why = g_strdup_printf(
                                "cannot be taken back: the policy \"%s\" named the group \"%s\", which was deleted since%s; make "
                                "that one again first, as \"quaywallctl group set\" does",
                                *name, group, when == RECORD_LATER ? " permanently" : "");
                        return refuse(record, error, why);
                }
        return true;
}

static bool plan(Request *request, const ChangeRecord *record, PolicySet *ret_sets[_RECORD_MAX], GError **error) {
        const Intent *intent = &request->daemon->intent;
        PolicySet *const before[_RECORD_MAX] = { intent->runtime, intent->permanent };
        const char *name;
        if (!check_stands(record, error))
                return false;
        if (!change_record_take_back(record, before, ret_sets, &name))
                return refuse_changed(request, record, name, error);
        if (check_groups(record, before, ret_sets, error))
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
        if (request->record->policies) {
                PolicySet *sets[_RECORD_MAX];
                if (!plan(request, request->record, sets, error))
                        return false;
                g_autoptr(PolicySet) runtime = sets[RECORD_NOW], permanent = sets[RECORD_LATER];
                request->options.scope = planned_scope(&daemon->intent, sets);
        } else if (!check_stands(request->record, error))
                return false;
        if (!request->record->names[1])
                request->name = g_strdup(request->record->names[0]);
        return policies_check_cut(request, error);
}

char *policies_question_undo(const Request *request) {
        return prompt_undo(request->record, &request->options);
}

/* While a password was asked for, other changes may have come. */
bool policies_take_back(Request *request, PolicySet *ret_sets[_RECORD_MAX], GError **error) {
        g_autoptr(ChangeRecord) record = history_read(request->daemon->history, request->number, LIMIT_HISTORY_CHANGE, error);
        if (!record || !plan(request, record, ret_sets, error))
                return false;
        /* These are checked as if they were set. */
        request->policies = change_record_set(record, false, record->scope & SCOPE_RUNTIME ? RECORD_NOW : RECORD_LATER);
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
