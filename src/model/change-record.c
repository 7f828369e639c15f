/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change-record.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "error.h"
#include "policy-check.h"
#include "policy-names.h"
#include "sort.h"

/* The text is a key file. The section "change" comes first; "policy NAME" and "group NAME" refer, for each scope, to a version
 * before and after, so that a policy of 65,536 sources is there once for both scopes. Lists of a key file are made and read ten
 * times as fast as a policy's XML. Records that an earlier quaywalld wrote have no groups. */
#define HEAD "change"
/* Without it, the text is cut off. */
#define END "\n[end]\n"

static const struct {
        const char *list;    /* the key of their names in the head */
        const char *item;    /* a section: this and the name */
        const char *version; /* a section: this and a number */
} KINDS[_STORE_KIND_MAX] = {
        [STORE_POLICIES] = { "Policies", "policy ", "version " },
        [STORE_GROUPS] = { "Groups", "group ", "group-version " },
};

static const char *const KEYS[_RECORD_MAX][2] = { { "Before", "After" }, { "BeforePermanent", "AfterPermanent" } };

static gpointer ref(StoreKind kind, gpointer item) {
        if (!item)
                return NULL;
        return kind == STORE_GROUPS ? (gpointer) group_ref(item) : policy_ref(item);
}

static GDestroyNotify unref_of(StoreKind kind) {
        return kind == STORE_GROUPS ? (GDestroyNotify) group_unref : (GDestroyNotify) policy_unref;
}

static void record_item_free(gpointer data) {
        RecordItem *item = data;
        for (int when = 0; when < _RECORD_MAX; when++) {
                g_clear_pointer(&item->before[when], unref_of(item->kind));
                g_clear_pointer(&item->after[when], unref_of(item->kind));
        }
        g_free(item->name);
        g_free(item);
}

static RecordItem *add_item(ChangeRecord *record, StoreKind kind, const char *name) {
        RecordItem *item = g_new0(RecordItem, 1);
        item->kind = kind;
        item->name = g_strdup(name);
        g_ptr_array_add(record->items, item);
        return item;
}

void change_record_free(ChangeRecord *record) {
        if (!record)
                return;
        g_free(record->method);
        g_free(record->old_name);
        g_free(record->new_name);
        for (StoreKind kind = 0; kind < _STORE_KIND_MAX; kind++)
                g_strfreev(record->names[kind]);
        g_clear_pointer(&record->items, g_ptr_array_unref);
        g_free(record);
}

static Scope scope_of(const RecordItem *item) {
        Scope scope = 0;
        if (!policy_set_are_equal(item->kind, item->before[RECORD_NOW], item->after[RECORD_NOW]))
                scope |= SCOPE_RUNTIME;
        if (!policy_set_are_equal(item->kind, item->before[RECORD_LATER], item->after[RECORD_LATER]))
                scope |= SCOPE_PERMANENT;
        return scope;
}

/* Addresses of the one group that the other one lacks. */
static guint64 count_without(const Group *group, const Group *other) {
        if (!group || !other)
                return group ? group->addresses->len : 0;
        g_autoptr(GArray) rest = address_ranges_without(group->addresses, other->addresses);
        return rest->len;
}

static void count_addresses(ChangeRecord *record, const RecordItem *item) {
        const int when = scope_of(item) & SCOPE_RUNTIME ? RECORD_NOW : RECORD_LATER;
        record->addresses_added += count_without(item->after[when], item->before[when]);
        record->addresses_removed += count_without(item->before[when], item->after[when]);
}

/* The names of those that differ in any scope, sorted. */
static GPtrArray *list_changed(StoreKind kind, PolicySet *const before[_RECORD_MAX], PolicySet *const after[_RECORD_MAX]) {
        GPtrArray *names = policy_set_difference(before[RECORD_NOW], after[RECORD_NOW], kind);
        g_autoptr(GPtrArray) later = policy_set_difference(before[RECORD_LATER], after[RECORD_LATER], kind);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < names->len; i++)
                g_hash_table_add(seen, names->pdata[i]);
        for (guint i = 0; i < later->len; i++)
                if (!g_hash_table_contains(seen, later->pdata[i]))
                        g_ptr_array_add(names, g_strdup(later->pdata[i]));
        g_ptr_array_sort(names, compare_strings);
        return names;
}

static void add_changed(ChangeRecord *record, StoreKind kind, PolicySet *const before[_RECORD_MAX],
                        PolicySet *const after[_RECORD_MAX]) {
        g_autoptr(GPtrArray) names = list_changed(kind, before, after);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++) {
                RecordItem *item = add_item(record, kind, names->pdata[i]);
                for (int when = 0; when < _RECORD_MAX; when++) {
                        item->before[when] = ref(kind, g_hash_table_lookup(policy_set_table(before[when], kind), item->name));
                        item->after[when] = ref(kind, g_hash_table_lookup(policy_set_table(after[when], kind), item->name));
                }
                g_strv_builder_add(builder, item->name);
                record->scope |= scope_of(item);
                if (kind == STORE_GROUPS)
                        count_addresses(record, item);
        }
        record->names[kind] = g_strv_builder_end(builder);
}

ChangeRecord *change_record_new(const char *method, gint64 uid, PolicySet *const before[_RECORD_MAX],
                                PolicySet *const after[_RECORD_MAX]) {
        ChangeRecord *record = g_new0(ChangeRecord, 1);
        record->time = g_get_real_time();
        record->uid = uid;
        record->method = g_strdup(method);
        record->is_whole = true;
        record->items = g_ptr_array_new_with_free_func(record_item_free);
        for (StoreKind kind = 0; kind < _STORE_KIND_MAX; kind++)
                add_changed(record, kind, before, after);
        return record;
}

/* --- to text ------------------------------------------------------------------------------------------------------ */

static void write_policy(GKeyFile *file, const char *section, const Policy *policy) {
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++)
                switch (policy_key_type(field->name)) {
                case POLICY_KEY_STRING:
                        if (policy_get_string(policy, field->name))
                                g_key_file_set_string(file, section, field->name, policy_get_string(policy, field->name));
                        break;
                case POLICY_KEY_BOOLEAN:
                        g_key_file_set_boolean(file, section, field->name, policy_get_boolean(policy, field->name));
                        break;
                default: {
                        g_auto(GStrv) list = policy_get_strings(policy, field->name);
                        if (list[0])
                                g_key_file_set_string_list(file, section, field->name, (const char *const *) list,
                                                           g_strv_length(list));
                }
                }
}

/* The list also if it is empty: it makes the section. */
static void write_group(GKeyFile *file, const char *section, const Group *group) {
        g_auto(GStrv) list = group_format_addresses(group);
        g_key_file_set_string_list(file, section, "addresses", (const char *const *) list, g_strv_length(list));
        if (group->description)
                g_key_file_set_string(file, section, "description", group->description);
}

/* The version's number. versions: Policy * or Group * -> number. */
static int add_version(GKeyFile *file, GHashTable *versions, StoreKind kind, gpointer version) {
        int number = GPOINTER_TO_INT(g_hash_table_lookup(versions, version));
        if (number == 0) {
                number = (int) g_hash_table_size(versions) + 1;
                g_autofree char *section = g_strdup_printf("%s%d", KINDS[kind].version, number);
                g_hash_table_insert(versions, version, GINT_TO_POINTER(number));
                if (kind == STORE_GROUPS)
                        write_group(file, section, version);
                else
                        write_policy(file, section, version);
        }
        return number;
}

static void write_item(GKeyFile *file, GHashTable *versions, const RecordItem *item) {
        g_autofree char *section = g_strconcat(KINDS[item->kind].item, item->name, NULL);
        for (int when = 0; when < _RECORD_MAX; when++)
                for (int after = 0; after <= 1; after++) {
                        const gpointer *both = after ? item->after : item->before;
                        /* After a start, what is in force and what is permanent are equal, but read one by one. */
                        gpointer version =
                                policy_set_are_equal(item->kind, both[RECORD_NOW], both[when]) ? both[RECORD_NOW] : both[when];
                        if (version)
                                g_key_file_set_integer(file, section, KEYS[when][after],
                                                       add_version(file, versions, item->kind, version));
                }
}

static void write_head(GKeyFile *file, const ChangeRecord *record, bool whole) {
        g_key_file_set_int64(file, HEAD, "Time", record->time);
        if (record->uid != RECORD_NO_USER)
                g_key_file_set_int64(file, HEAD, "User", record->uid);
        g_key_file_set_string(file, HEAD, "Method", record->method);
        g_key_file_set_string(file, HEAD, "Scope", scope_to_string(record->scope));
        if (record->old_name && record->new_name) {
                g_key_file_set_string(file, HEAD, "OldName", record->old_name);
                g_key_file_set_string(file, HEAD, "NewName", record->new_name);
        }
        if (record->undoes)
                g_key_file_set_uint64(file, HEAD, "Undoes", record->undoes);
        if (record->addresses_added)
                g_key_file_set_uint64(file, HEAD, "AddressesAdded", record->addresses_added);
        if (record->addresses_removed)
                g_key_file_set_uint64(file, HEAD, "AddressesRemoved", record->addresses_removed);
        for (StoreKind kind = 0; kind < _STORE_KIND_MAX; kind++)
                if (record->names[kind][0])
                        g_key_file_set_string_list(file, HEAD, KINDS[kind].list, (const char *const *) record->names[kind],
                                                   g_strv_length(record->names[kind]));
        g_key_file_set_boolean(file, HEAD, "Whole", whole);
}

static char *render(const ChangeRecord *record, bool whole, gsize *ret_length) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GHashTable) versions = g_hash_table_new(NULL, NULL);
        write_head(file, record, whole);
        for (guint i = 0; whole && i < record->items->len; i++)
                write_item(file, versions, record->items->pdata[i]);
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

/* g_key_file_get_string() may return a text beside the error. */
static char *read_string(GKeyFile *file, const char *section, const char *key, GError **error) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *text = g_key_file_get_string(file, section, key, &failure);
        if (!failure)
                return g_steal_pointer(&text);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
}

static bool read_value(GKeyFile *file, const char *section, const char *key, Policy *policy, GError **error) {
        gsize length;
        switch (policy_key_type(key)) {
        case POLICY_KEY_STRING: {
                g_autofree char *text = read_string(file, section, key, error);
                return text && policy_set_string(policy, key, text, error);
        }
        case POLICY_KEY_BOOLEAN: {
                g_autoptr(GError) failure = NULL;
                policy_set_boolean(policy, key, g_key_file_get_boolean(file, section, key, &failure));
                if (!failure)
                        return true;
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        case POLICY_KEY_STRINGS: {
                g_auto(GStrv) list = g_key_file_get_string_list(file, section, key, &length, error);
                for (char **entry = list; entry && *entry; entry++)
                        if (!policy_add_string(policy, key, *entry, error))
                                return false;
                return list;
        }
        default:
                return wrong(error, _("a policy has a key that is not known"));
        }
}

static Policy *read_policy(GKeyFile *file, const char *section, GError **error) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, error);
        g_autoptr(Policy) policy = policy_new();
        for (char **key = keys; key && *key; key++)
                if (!read_value(file, section, *key, policy, error))
                        return NULL;
        return keys && policy_check(policy, error) ? g_steal_pointer(&policy) : NULL;
}

static bool read_addresses(GKeyFile *file, const char *section, Group *group, GError **error) {
        g_auto(GStrv) list = g_key_file_get_string_list(file, section, "addresses", NULL, error);
        for (char **address = list; address && *address; address++)
                if (!group_add_address(group, *address, error))
                        return false;
        return list;
}

static bool read_description(GKeyFile *file, const char *section, Group *group, GError **error) {
        g_autofree char *text = read_string(file, section, "description", error);
        return text && group_set_description(group, text, error);
}

static Group *read_group(GKeyFile *file, const char *section, GError **error) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, error);
        g_autoptr(Group) group = group_new();
        for (char **key = keys; key && *key; key++) {
                const bool read = g_str_equal(*key, "addresses")   ? read_addresses(file, section, group, error) :
                                  g_str_equal(*key, "description") ? read_description(file, section, group, error) :
                                                                     wrong(error, _("a group has a key that is not known"));
                if (!read)
                        return NULL;
        }
        group_finish(group);
        return keys ? g_steal_pointer(&group) : NULL;
}

static gpointer read_version(GKeyFile *file, StoreKind kind, const char *section, GError **error) {
        return kind == STORE_GROUPS ? (gpointer) read_group(file, section, error) : read_policy(file, section, error);
}

/* versions: section -> Policy * or Group *. *ret: NULL if the key is not there, so that there is none. */
static bool read_reference(GKeyFile *file, StoreKind kind, const char *section, const char *key, GHashTable *versions,
                           gpointer *ret, GError **error) {
        if (!g_key_file_has_key(file, section, key, NULL))
                return true;
        g_autofree char *number = read_string(file, section, key, error),
                        *name = number ? g_strconcat(KINDS[kind].version, number, NULL) : NULL;
        gpointer version = name ? g_hash_table_lookup(versions, name) : NULL;
        if (name && !version && (version = read_version(file, kind, name, error)))
                g_hash_table_insert(versions, g_strdup(name), version);
        *ret = ref(kind, version);
        return version;
}

static bool read_items(GKeyFile *file, ChangeRecord *record, StoreKind kind, GError **error) {
        g_autoptr(GHashTable) versions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_of(kind));
        for (char **name = record->names[kind]; *name; name++) {
                g_autofree char *section = g_strconcat(KINDS[kind].item, *name, NULL);
                RecordItem *item = add_item(record, kind, *name);
                if (!g_key_file_has_group(file, section))
                        return wrong(error, kind == STORE_GROUPS ? _("it is cut off: a group is missing") :
                                                                   _("it is cut off: a policy is missing"));
                for (int when = 0; when < _RECORD_MAX; when++)
                        if (!read_reference(file, kind, section, KEYS[when][0], versions, &item->before[when], error) ||
                            !read_reference(file, kind, section, KEYS[when][1], versions, &item->after[when], error))
                                return false;
        }
        return true;
}

static bool read_all_items(GKeyFile *file, ChangeRecord *record, GError **error) {
        record->items = g_ptr_array_new_with_free_func(record_item_free);
        for (StoreKind kind = 0; kind < _STORE_KIND_MAX; kind++)
                if (!read_items(file, record, kind, error))
                        return false;
        return true;
}

static bool is_name(const char *name) {
        return policy_name_check(name, NULL);
}

static bool read_names(GKeyFile *file, ChangeRecord *record, GError **error) {
        for (StoreKind kind = 0; kind < _STORE_KIND_MAX; kind++) {
                record->names[kind] = g_key_file_get_string_list(file, HEAD, KINDS[kind].list, NULL, NULL);
                if (!record->names[kind])
                        record->names[kind] = g_new0(char *, 1);
                for (char **name = record->names[kind]; *name; name++)
                        if (!(kind == STORE_GROUPS ? group_name_check : policy_name_check)(*name, error))
                                return false;
        }
        return true;
}

static bool read_head(GKeyFile *file, ChangeRecord *record, GError **error) {
        g_autofree char *scope = g_key_file_get_string(file, HEAD, "Scope", NULL);
        record->time = g_key_file_get_int64(file, HEAD, "Time", NULL);
        record->uid =
                g_key_file_has_key(file, HEAD, "User", NULL) ? g_key_file_get_int64(file, HEAD, "User", NULL) : RECORD_NO_USER;
        record->method = g_key_file_get_string(file, HEAD, "Method", NULL);
        record->scope = scope_from_string(scope);
        record->old_name = g_key_file_get_string(file, HEAD, "OldName", NULL);
        record->new_name = g_key_file_get_string(file, HEAD, "NewName", NULL);
        record->undoes = g_key_file_get_uint64(file, HEAD, "Undoes", NULL);
        record->addresses_added = g_key_file_get_uint64(file, HEAD, "AddressesAdded", NULL);
        record->addresses_removed = g_key_file_get_uint64(file, HEAD, "AddressesRemoved", NULL);
        record->is_whole = g_key_file_get_boolean(file, HEAD, "Whole", NULL);
        if (record->time <= 0 || record->uid < RECORD_NO_USER || record->uid > G_MAXUINT32)
                return wrong(error, _("Time or User is missing or wrong"));
        if (!read_names(file, record, error))
                return false;
        if (!record->method || !record->method[0] || !record->scope ||
            (!record->names[STORE_POLICIES][0] && !record->names[STORE_GROUPS][0]))
                return wrong(error, _("Method, Scope, or Policies and Groups, is missing or wrong"));
        if (!record->old_name != !record->new_name || (record->old_name && !is_name(record->old_name)) ||
            (record->new_name && !is_name(record->new_name)))
                return wrong(error, _("OldName or NewName is missing or wrong"));
        return true;
}

ChangeRecord *change_record_from_text(const char *text, gsize length, bool whole, GError **error) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(ChangeRecord) record = g_new0(ChangeRecord, 1);
        if (length < strlen(END) || memcmp(text + length - strlen(END), END, strlen(END)) != 0) {
                wrong(error, _("it is cut off"));
                return NULL;
        }
        /* Values are escaped, so this is where the second section begins. */
        const char *rest = whole ? NULL : g_strstr_len(text, (gssize) length, "\n[");
        if (!g_key_file_load_from_data(file, text, rest ? (gsize) (rest - text) : length, G_KEY_FILE_NONE, error) ||
            !read_head(file, record, error) || (whole && record->is_whole && !read_all_items(file, record, error)))
                return NULL;
        return g_steal_pointer(&record);
}

/* --- taking back -------------------------------------------------------------------------------------------------- */

static bool take_back(const RecordItem *item, PolicySet *const sets[_RECORD_MAX]) {
        const StoreKind kind = item->kind;
        gconstpointer now = g_hash_table_lookup(policy_set_table(sets[RECORD_NOW], kind), item->name),
                      later = g_hash_table_lookup(policy_set_table(sets[RECORD_LATER], kind), item->name);
        const gpointer *before = item->before, *after = item->after;
        const Scope scope = scope_of(item);
        const bool is_there = policy_set_are_equal(kind, now, after[RECORD_NOW]),
                   /* a reload or boot has put in force what the change made permanent */
                followed = (scope & SCOPE_PERMANENT) && !is_there && policy_set_are_equal(kind, now, after[RECORD_LATER]);
        if (((scope & SCOPE_PERMANENT) && !policy_set_are_equal(kind, later, after[RECORD_LATER])) ||
            ((scope & SCOPE_RUNTIME) && !is_there && !followed))
                return false;
        if (scope & SCOPE_PERMANENT)
                policy_set_put(sets[RECORD_LATER], kind, item->name, before[RECORD_LATER]);
        if (followed)
                policy_set_put(sets[RECORD_NOW], kind, item->name, before[RECORD_LATER]);
        else if (scope & SCOPE_RUNTIME)
                policy_set_put(sets[RECORD_NOW], kind, item->name, before[RECORD_NOW]);
        return true;
}

bool change_record_take_back(const ChangeRecord *record, PolicySet *const sets[_RECORD_MAX], PolicySet *ret_sets[_RECORD_MAX],
                             const RecordItem **ret_changed) {
        g_autoptr(PolicySet) now = policy_set_copy(sets[RECORD_NOW]), later = policy_set_copy(sets[RECORD_LATER]);
        PolicySet *const copies[_RECORD_MAX] = { now, later };
        for (guint i = 0; i < record->items->len; i++)
                if (!take_back(record->items->pdata[i], copies)) {
                        *ret_changed = record->items->pdata[i];
                        return false;
                }
        ret_sets[RECORD_NOW] = g_steal_pointer(&now);
        ret_sets[RECORD_LATER] = g_steal_pointer(&later);
        return true;
}

PolicySet *change_record_set(const ChangeRecord *record, bool after, int when) {
        PolicySet *set = policy_set_new();
        for (guint i = 0; record->items && i < record->items->len; i++) {
                const RecordItem *item = record->items->pdata[i];
                policy_set_put(set, item->kind, item->name, (after ? item->after : item->before)[when]);
        }
        return set;
}
