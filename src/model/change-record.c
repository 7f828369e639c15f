/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change-record.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "policy-check.h"
#include "sort.h"

/* The text is a key file. The group "change" comes first; "policy NAME" refers, for each scope, to a "version NUMBER" before and
 * after, so that a policy of 65,536 sources is there once for both scopes. Lists of a key file are made and read ten times as fast
 * as a policy's XML. */
#define GROUP "change"
#define GROUP_POLICY "policy "
#define GROUP_VERSION "version "
/* Without it, the text is cut off. */
#define END "\n[end]\n"

static const char *const KEYS[_RECORD_MAX][2] = { { "Before", "After" }, { "BeforePermanent", "AfterPermanent" } };

static void record_policy_free(gpointer data) {
        RecordPolicy *policy = data;
        for (int when = 0; when < _RECORD_MAX; when++) {
                g_clear_pointer(&policy->before[when], policy_unref);
                g_clear_pointer(&policy->after[when], policy_unref);
        }
        g_free(policy->name);
        g_free(policy);
}

void change_record_free(ChangeRecord *record) {
        if (!record)
                return;
        g_free(record->method);
        g_free(record->old_name);
        g_free(record->new_name);
        g_strfreev(record->names);
        g_clear_pointer(&record->policies, g_ptr_array_unref);
        g_free(record);
}

static Policy *ref(Policy *policy) {
        return policy ? policy_ref(policy) : NULL;
}

static Scope scope_of(const RecordPolicy *policy) {
        return (policy_equal(policy->before[RECORD_NOW], policy->after[RECORD_NOW]) ? 0 : SCOPE_RUNTIME) |
               (policy_equal(policy->before[RECORD_LATER], policy->after[RECORD_LATER]) ? 0 : SCOPE_PERMANENT);
}

static void add_names(GHashTable *names, PolicySet *a, PolicySet *b) {
        g_autoptr(GPtrArray) list = policy_set_difference(a, b, STORE_POLICIES);
        for (guint i = 0; i < list->len; i++)
                g_hash_table_add(names, g_strdup(list->pdata[i]));
}

ChangeRecord *change_record_new(const char *method, gint64 uid, PolicySet *const before[_RECORD_MAX],
                                PolicySet *const after[_RECORD_MAX]) {
        g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (int when = 0; when < _RECORD_MAX; when++)
                add_names(set, before[when], after[when]);
        g_autofree gpointer *sorted = g_hash_table_get_keys_as_array(set, NULL);
        const guint n_names = g_hash_table_size(set);
        qsort(sorted, n_names, sizeof *sorted, compare_strings);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        ChangeRecord *record = g_new0(ChangeRecord, 1);
        record->time = g_get_real_time();
        record->uid = uid;
        record->method = g_strdup(method);
        record->is_whole = true;
        record->policies = g_ptr_array_new_with_free_func(record_policy_free);
        for (guint i = 0; i < n_names; i++) {
                RecordPolicy *policy = g_new0(RecordPolicy, 1);
                policy->name = g_strdup(sorted[i]);
                for (int when = 0; when < _RECORD_MAX; when++) {
                        policy->before[when] = ref(g_hash_table_lookup(before[when]->policies, policy->name));
                        policy->after[when] = ref(g_hash_table_lookup(after[when]->policies, policy->name));
                }
                g_ptr_array_add(record->policies, policy);
                g_strv_builder_add(builder, policy->name);
                record->scope |= scope_of(policy);
        }
        record->names = g_strv_builder_end(builder);
        return record;
}

/* --- to text ------------------------------------------------------------------------------------------------------ */

static void write_version(GKeyFile *file, const char *group, const Policy *policy) {
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++)
                switch (policy_key_type(field->name)) {
                case POLICY_KEY_STRING:
                        if (policy_get_string(policy, field->name))
                                g_key_file_set_string(file, group, field->name, policy_get_string(policy, field->name));
                        break;
                case POLICY_KEY_BOOLEAN:
                        g_key_file_set_boolean(file, group, field->name, policy_get_boolean(policy, field->name));
                        break;
                default: {
                        g_auto(GStrv) list = policy_get_strings(policy, field->name);
                        if (list[0])
                                g_key_file_set_string_list(file, group, field->name, (const char *const *) list,
                                                           g_strv_length(list));
                }
                }
}

/* The version's number. versions: Policy * -> number. */
static int add_version(GKeyFile *file, GHashTable *versions, Policy *policy) {
        int number = GPOINTER_TO_INT(g_hash_table_lookup(versions, policy));
        if (number == 0) {
                number = (int) g_hash_table_size(versions) + 1;
                g_autofree char *group = g_strdup_printf(GROUP_VERSION "%d", number);
                g_hash_table_insert(versions, policy, GINT_TO_POINTER(number));
                write_version(file, group, policy);
        }
        return number;
}

static void write_policy(GKeyFile *file, GHashTable *versions, const RecordPolicy *policy) {
        g_autofree char *group = g_strconcat(GROUP_POLICY, policy->name, NULL);
        for (int when = 0; when < _RECORD_MAX; when++)
                for (int after = 0; after <= 1; after++) {
                        Policy *const *both = after ? policy->after : policy->before;
                        /* After a start, what is in force and what is permanent are equal, but read one by one. */
                        Policy *version = policy_equal(both[RECORD_NOW], both[when]) ? both[RECORD_NOW] : both[when];
                        if (version)
                                g_key_file_set_integer(file, group, KEYS[when][after], add_version(file, versions, version));
                }
}

static void write_head(GKeyFile *file, const ChangeRecord *record, bool whole) {
        g_key_file_set_int64(file, GROUP, "Time", record->time);
        if (record->uid != RECORD_NO_USER)
                g_key_file_set_int64(file, GROUP, "User", record->uid);
        g_key_file_set_string(file, GROUP, "Method", record->method);
        g_key_file_set_string(file, GROUP, "Scope", scope_to_string(record->scope));
        if (record->old_name && record->new_name) {
                g_key_file_set_string(file, GROUP, "OldName", record->old_name);
                g_key_file_set_string(file, GROUP, "NewName", record->new_name);
        }
        if (record->undoes)
                g_key_file_set_uint64(file, GROUP, "Undoes", record->undoes);
        g_key_file_set_string_list(file, GROUP, "Policies", (const char *const *) record->names, g_strv_length(record->names));
        g_key_file_set_boolean(file, GROUP, "Whole", whole);
}

static char *render(const ChangeRecord *record, bool whole, gsize *ret_length) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GHashTable) versions = g_hash_table_new(NULL, NULL);
        write_head(file, record, whole);
        for (guint i = 0; whole && i < record->policies->len; i++)
                write_policy(file, versions, record->policies->pdata[i]);
        g_autofree char *text = g_key_file_to_data(file, ret_length, NULL);
        *ret_length += strlen(END);
        return g_strconcat(text, END, NULL);
}

char *change_record_to_text(const ChangeRecord *record, gsize limit, gsize *ret_length) {
        g_autofree char *text = render(record, true, ret_length);
        return *ret_length <= limit ? g_steal_pointer(&text) : render(record, false, ret_length);
}

/* --- from text ---------------------------------------------------------------------------------------------------- */

static bool wrong(GError **error, const char *what) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s", what);
        return false;
}

static bool read_value(GKeyFile *file, const char *group, const char *key, Policy *policy, GError **error) {
        gsize length;
        switch (policy_key_type(key)) {
        case POLICY_KEY_STRING: {
                g_autofree char *text = g_key_file_get_string(file, group, key, error);
                return text && policy_set_string(policy, key, text, error);
        }
        case POLICY_KEY_BOOLEAN: {
                g_autoptr(GError) failure = NULL;
                policy_set_boolean(policy, key, g_key_file_get_boolean(file, group, key, &failure));
                if (!failure)
                        return true;
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        case POLICY_KEY_STRINGS: {
                g_auto(GStrv) list = g_key_file_get_string_list(file, group, key, &length, error);
                for (char **entry = list; entry && *entry; entry++)
                        if (!policy_add_string(policy, key, *entry, error))
                                return false;
                return list;
        }
        default:
                return wrong(error, "a policy has a key that is not known");
        }
}

static Policy *read_version(GKeyFile *file, const char *group, GError **error) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, error);
        g_autoptr(Policy) policy = policy_new();
        for (char **key = keys; key && *key; key++)
                if (!read_value(file, group, *key, policy, error))
                        return NULL;
        return keys && policy_check(policy, error) ? g_steal_pointer(&policy) : NULL;
}

/* versions: group -> Policy *. *ret: NULL if the key is not there, so that there is no policy. */
static bool read_reference(GKeyFile *file, const char *group, const char *key, GHashTable *versions, Policy **ret,
                           GError **error) {
        if (!g_key_file_has_key(file, group, key, NULL))
                return true;
        g_autofree char *number = g_key_file_get_string(file, group, key, error),
                        *name = number ? g_strconcat(GROUP_VERSION, number, NULL) : NULL;
        Policy *version = name ? g_hash_table_lookup(versions, name) : NULL;
        if (name && !version && (version = read_version(file, name, error)))
                g_hash_table_insert(versions, g_strdup(name), version);
        *ret = ref(version);
        return version;
}

static bool read_policies(GKeyFile *file, ChangeRecord *record, GError **error) {
        g_autoptr(GHashTable) versions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) policy_unref);
        record->policies = g_ptr_array_new_with_free_func(record_policy_free);
        for (char **name = record->names; *name; name++) {
                g_autofree char *group = g_strconcat(GROUP_POLICY, *name, NULL);
                RecordPolicy *policy = g_new0(RecordPolicy, 1);
                policy->name = g_strdup(*name);
                g_ptr_array_add(record->policies, policy);
                if (!g_key_file_has_group(file, group))
                        return wrong(error, "it is cut off: a policy is missing");
                for (int when = 0; when < _RECORD_MAX; when++)
                        if (!read_reference(file, group, KEYS[when][0], versions, &policy->before[when], error) ||
                            !read_reference(file, group, KEYS[when][1], versions, &policy->after[when], error))
                                return false;
        }
        return true;
}

static bool is_name(const char *name) {
        return policy_name_check(name, NULL);
}

static bool read_head(GKeyFile *file, ChangeRecord *record, GError **error) {
        g_autofree char *scope = g_key_file_get_string(file, GROUP, "Scope", NULL);
        record->time = g_key_file_get_int64(file, GROUP, "Time", NULL);
        record->uid = g_key_file_has_key(file, GROUP, "User", NULL) ? g_key_file_get_int64(file, GROUP, "User", NULL) :
                                                                      RECORD_NO_USER;
        record->method = g_key_file_get_string(file, GROUP, "Method", NULL);
        record->scope = scope_from_string(scope);
        record->old_name = g_key_file_get_string(file, GROUP, "OldName", NULL);
        record->new_name = g_key_file_get_string(file, GROUP, "NewName", NULL);
        record->undoes = g_key_file_get_uint64(file, GROUP, "Undoes", NULL);
        record->names = g_key_file_get_string_list(file, GROUP, "Policies", NULL, NULL);
        record->is_whole = g_key_file_get_boolean(file, GROUP, "Whole", NULL);
        if (record->time <= 0 || record->uid < RECORD_NO_USER || record->uid > G_MAXUINT32)
                return wrong(error, "Time or User is missing or wrong");
        if (!record->method || !record->method[0] || !record->scope || !record->names || !record->names[0])
                return wrong(error, "Method, Scope or Policies is missing or wrong");
        if (!record->old_name != !record->new_name || (record->old_name && !is_name(record->old_name)) ||
            (record->new_name && !is_name(record->new_name)))
                return wrong(error, "OldName or NewName is missing or wrong");
        for (char **name = record->names; *name; name++)
                if (!policy_name_check(*name, error))
                        return false;
        return true;
}

ChangeRecord *change_record_from_text(const char *text, gsize length, bool whole, GError **error) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(ChangeRecord) record = g_new0(ChangeRecord, 1);
        if (length < strlen(END) || memcmp(text + length - strlen(END), END, strlen(END)) != 0) {
                wrong(error, "it is cut off");
                return NULL;
        }
        const char *rest = whole ? NULL : g_strstr_len(text, (gssize) length, "\n[" GROUP_POLICY);
        if (!g_key_file_load_from_data(file, text, rest ? (gsize) (rest - text) : length, G_KEY_FILE_NONE, error) ||
            !read_head(file, record, error) || (whole && record->is_whole && !read_policies(file, record, error)))
                return NULL;
        return g_steal_pointer(&record);
}

/* --- taking back -------------------------------------------------------------------------------------------------- */

static void put(PolicySet *set, const char *name, Policy *policy) {
        if (policy)
                policy_set_insert(set, name, policy);
        else
                g_hash_table_remove(set->policies, name);
}

static bool take_back(const RecordPolicy *policy, PolicySet *const sets[_RECORD_MAX]) {
        const Policy *now = g_hash_table_lookup(sets[RECORD_NOW]->policies, policy->name),
                     *later = g_hash_table_lookup(sets[RECORD_LATER]->policies, policy->name);
        Policy *const *before = policy->before, *const *after = policy->after;
        const Scope scope = scope_of(policy);
        const bool is_there = policy_equal(now, after[RECORD_NOW]),
                   /* a reload or boot has put in force what the change made permanent */
                followed = (scope & SCOPE_PERMANENT) && !is_there && policy_equal(now, after[RECORD_LATER]);
        if (((scope & SCOPE_PERMANENT) && !policy_equal(later, after[RECORD_LATER])) ||
            ((scope & SCOPE_RUNTIME) && !is_there && !followed))
                return false;
        if (scope & SCOPE_PERMANENT)
                put(sets[RECORD_LATER], policy->name, before[RECORD_LATER]);
        if (followed)
                put(sets[RECORD_NOW], policy->name, before[RECORD_LATER]);
        else if (scope & SCOPE_RUNTIME)
                put(sets[RECORD_NOW], policy->name, before[RECORD_NOW]);
        return true;
}

bool change_record_take_back(const ChangeRecord *record, PolicySet *const sets[_RECORD_MAX], PolicySet *ret_sets[_RECORD_MAX],
                             const char **ret_name) {
        g_autoptr(PolicySet) now = policy_set_copy(sets[RECORD_NOW]), later = policy_set_copy(sets[RECORD_LATER]);
        PolicySet *const copies[_RECORD_MAX] = { now, later };
        for (guint i = 0; i < record->policies->len; i++) {
                const RecordPolicy *policy = record->policies->pdata[i];
                if (!take_back(policy, copies)) {
                        *ret_name = policy->name;
                        return false;
                }
        }
        ret_sets[RECORD_NOW] = g_steal_pointer(&now);
        ret_sets[RECORD_LATER] = g_steal_pointer(&later);
        return true;
}

PolicySet *change_record_set(const ChangeRecord *record, bool after, int when) {
        PolicySet *set = policy_set_new();
        for (guint i = 0; record->policies && i < record->policies->len; i++) {
                const RecordPolicy *policy = record->policies->pdata[i];
                Policy *version = (after ? policy->after : policy->before)[when];
                if (version)
                        policy_set_insert(set, policy->name, version);
        }
        return set;
}
