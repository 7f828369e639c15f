/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

#include <inttypes.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "model/bounds.h"
#include "model/durable.h"
#include "model/error.h"
#include "world/journal.h"

#define FOLDER "history"

/* "12.kept": the state is in the file's name, so that it changes by one rename, and a change of megabytes is written once. */
static const char *const SUFFIXES[_RECORD_STATE_MAX] = {
        [RECORD_MAKING] = ".new",      [RECORD_PENDING] = ".pending",
        [RECORD_KEPT] = ".kept",       [RECORD_ROLLED_BACK] = ".rolled-back",
        [RECORD_EXPIRED] = ".expired", [RECORD_BROKEN] = ".broken",
};

/* A larger number in a file's name is not ours. */
#define NUMBER_MAX (G_MAXUINT64 / 2)

struct History {
        char *folder;
        bool is_reported; /* that it cannot be written */
        bool is_making;   /* history_begin() wrote an entry */
        bool is_pending;  /* which will wait to be confirmed */
        guint64 making;   /* its number */
};

typedef struct Entry {
        guint64 number;
        RecordState state;
        gsize size;
} Entry;

History *history_new(const Settings *settings) {
        History *history = g_new0(History, 1);
        history->folder = g_build_filename(settings->state_folder, FOLDER, NULL);
        return history;
}

void history_free(History *history) {
        if (!history)
                return;
        g_free(history->folder);
        g_free(history);
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static char *file_name(guint64 number, RecordState state) {
        return g_strdup_printf("%" G_GUINT64_FORMAT "%s", number, SUFFIXES[state]);
}

static char *path_of(const History *history, guint64 number, RecordState state) {
        g_autofree char *file = file_name(number, state);
        return g_build_filename(history->folder, file, NULL);
}

/* False for a file of somebody else's. */
static bool parse_name(const char *name, Entry *ret) {
        char *end;
        if (!g_ascii_isdigit(name[0]) || name[0] == '0')
                return false;
        ret->number = g_ascii_strtoull(name, &end, 10);
        for (ret->state = 0; ret->state < _RECORD_STATE_MAX; ret->state++)
                if (g_str_equal(end, SUFFIXES[ret->state]))
                        return ret->number <= NUMBER_MAX;
        return false;
}

static int compare_entries(gconstpointer a, gconstpointer b) {
        const Entry *one = a, *other = b;
        return one->number < other->number ? -1 : one->number > other->number;
}

/* Oldest first (Entry; unref it). Empty if there is no folder. */
static GArray *list_entries(const History *history) {
        GArray *entries = g_array_new(FALSE, FALSE, sizeof(Entry));
        g_autoptr(Directory) dir = opendir(history->folder);
        for (const struct dirent *found; dir && (found = readdir(dir));) {
                Entry entry;
                struct stat st;
                if (!parse_name(found->d_name, &entry) || fstatat(dirfd(dir), found->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                entry.size = st.st_size;
                g_array_append_val(entries, entry);
        }
        g_array_sort(entries, compare_entries);
        return entries;
}

static void report(History *history, const char *what, const char *why) {
        if (!history->is_reported)
                journal_log(LOG_WARNING, NULL, "%s%s", what, why);
        history->is_reported = true;
}

static bool rename_entry(History *history, guint64 number, RecordState from, RecordState to) {
        g_autofree char *old = path_of(history, number, from), *new = path_of(history, number, to);
        if (rename(old, new) == 0)
                return true;
        g_autoptr(GError) error = NULL;
        (void) durable_fail(&error, _("cannot rename"), old);
        report(history, "", error->message);
        return false;
}

static void remove_entry(const History *history, guint64 number, RecordState state) {
        g_autofree char *path = path_of(history, number, state);
        (void) unlink(path);
}

static void set_aside(History *history, const Entry *entry, const GError *why) {
        g_autofree char *path = path_of(history, entry->number, entry->state);
        if (rename_entry(history, entry->number, entry->state, RECORD_BROKEN))
                journal_log(LOG_WARNING, NULL,
                            _("%s cannot be read: %s; the change is not in the history any more, and its file is set aside as "
                              "%" PRIu64 "%s"),
                            path, why->message, entry->number, SUFFIXES[RECORD_BROKEN]);
}

static ChangeRecord *read_entry(const History *history, const Entry *entry, bool whole, GError **error) {
        g_autofree char *path = path_of(history, entry->number, entry->state);
        gsize length;
        g_autofree char *text = durable_read(AT_FDCWD, path, LIMIT_HISTORY_CHANGE, &length, error);
        ChangeRecord *record = text ? change_record_from_text(text, length, whole, error) : NULL;
        if (record) {
                record->number = entry->number;
                record->state = entry->state;
                record->bytes = length;
        }
        return record;
}

/* Forgets the oldest, but never the newest. */
static void prune(const History *history) {
        g_autoptr(GArray) entries = list_entries(history);
        gsize bytes = 0;
        for (guint i = entries->len; i-- > 0;) {
                const Entry *entry = &g_array_index(entries, Entry, i);
                bytes += entry->size;
                if (i + 1 < entries->len && (entries->len - i > LIMIT_HISTORY || bytes > LIMIT_HISTORY_BYTES))
                        remove_entry(history, entry->number, entry->state);
        }
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

/* Something else than a folder is in its place. */
static void clear_the_place(const History *history) {
        struct stat st;
        if (lstat(history->folder, &st) < 0 || S_ISDIR(st.st_mode))
                return;
        g_autofree char *aside = g_strconcat(history->folder, SUFFIXES[RECORD_BROKEN], NULL);
        if (rename(history->folder, aside) == 0)
                journal_log(LOG_WARNING, NULL, _("%s is not a folder, and is set aside as %s"), history->folder, aside);
}

static bool write_entry(History *history, const ChangeRecord *record, GError **error) {
        gsize length;
        g_autofree char *text = change_record_to_text(record, LIMIT_HISTORY_CHANGE, &length),
                        *path = path_of(history, record->number, RECORD_MAKING);
        clear_the_place(history);
        /* One that a crash left, or that could not be renamed. */
        (void) unlink(path);
        return durable_make_folder(history->folder, 0700, error) && durable_create(path, text, length, 0600, error);
}

void history_begin(History *history, const ChangeNote *note, const Intent *intent, PolicySet *runtime, PolicySet *permanent) {
        g_autoptr(GArray) entries = list_entries(history);
        g_autoptr(GError) error = NULL;
        g_autoptr(ChangeRecord) record =
                change_record_new(note->method, note->uid, (PolicySet *const[]){ intent->runtime, intent->permanent },
                                  (PolicySet *const[]){ runtime, permanent });
        history->is_making = false;
        if (record->items->len == 0)
                return;
        record->old_name = g_strdup(note->old_name);
        record->new_name = g_strdup(note->new_name);
        record->undoes = note->undoes;
        record->number = entries->len > 0 ? g_array_index(entries, Entry, entries->len - 1).number + 1 : 1;
        history->making = record->number;
        history->is_pending = note->is_pending;
        history->is_making = write_entry(history, record, &error);
        if (history->is_making)
                history->is_reported = false;
        else {
                remove_entry(history, record->number, RECORD_MAKING);
                report(history, _("a change of policies or groups will be missing in the history: "), error->message);
        }
}

void history_end(History *history, bool made) {
        if (!history->is_making)
                return;
        history->is_making = false;
        if (!made)
                remove_entry(history, history->making, RECORD_MAKING);
        else if (rename_entry(history, history->making, RECORD_MAKING, history->is_pending ? RECORD_PENDING : RECORD_KEPT))
                prune(history);
}

void history_settle(History *history, RecordState state) {
        g_autoptr(GArray) entries = list_entries(history);
        for (guint i = 0; i < entries->len; i++) {
                const Entry *entry = &g_array_index(entries, Entry, i);
                if (entry->state == RECORD_PENDING)
                        (void) rename_entry(history, entry->number, RECORD_PENDING, state);
        }
}

/* Whether a change that a crash interrupted has come as far as the files. */
static bool was_made(const ChangeRecord *record, const Intent *intent) {
        for (int when = 0; when < _RECORD_MAX; when++) {
                PolicySet *there = when == RECORD_NOW ? intent->runtime : intent->permanent;
                for (guint i = 0; record->items && i < record->items->len; i++) {
                        const RecordItem *item = record->items->pdata[i];
                        gconstpointer is = g_hash_table_lookup(policy_set_table(there, item->kind), item->name);
                        if (policy_set_are_equal(item->kind, is, item->after[when]) &&
                            !policy_set_are_equal(item->kind, is, item->before[when]))
                                return true;
                }
        }
        return false;
}

void history_recover(History *history, const Intent *intent, bool is_pending) {
        g_autoptr(GArray) entries = list_entries(history);
        for (guint i = 0; i < entries->len; i++) {
                const Entry *entry = &g_array_index(entries, Entry, i);
                if (entry->state != RECORD_MAKING)
                        continue;
                /* One that is cut off was interrupted before its change. */
                g_autoptr(ChangeRecord) record = read_entry(history, entry, true, NULL);
                if (record && was_made(record, intent))
                        (void) rename_entry(history, entry->number, RECORD_MAKING, is_pending ? RECORD_PENDING : RECORD_KEPT);
                else
                        remove_entry(history, entry->number, RECORD_MAKING);
        }
        /* A change that is undone is settled before the saved state is removed, so this one was confirmed. */
        if (!is_pending)
                history_settle(history, RECORD_KEPT);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static ChangeRecord *find(GPtrArray *records, guint64 number) {
        for (guint i = 0; i < records->len; i++)
                if (((ChangeRecord *) records->pdata[i])->number == number)
                        return records->pdata[i];
        return NULL;
}

static bool stands(const ChangeRecord *record) {
        return (record->state == RECORD_KEPT || record->state == RECORD_PENDING) && record->undone_by == 0;
}

/* Newest first: one that was itself taken back takes back nothing. */
static void mark_undone(GPtrArray *records) {
        for (guint i = records->len; i-- > 0;) {
                const ChangeRecord *record = records->pdata[i];
                ChangeRecord *undone = record->undoes && stands(record) ? find(records, record->undoes) : NULL;
                if (undone && undone->undone_by == 0)
                        undone->undone_by = record->number;
        }
}

GPtrArray *history_list(History *history) {
        g_autoptr(GArray) entries = list_entries(history);
        GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify) change_record_free);
        for (guint i = 0; i < entries->len; i++) {
                const Entry *entry = &g_array_index(entries, Entry, i);
                g_autoptr(GError) error = NULL;
                if (entry->state == RECORD_BROKEN || entry->state == RECORD_MAKING)
                        continue;
                ChangeRecord *record = read_entry(history, entry, false, &error);
                if (record)
                        g_ptr_array_add(records, record);
                else
                        set_aside(history, entry, error);
        }
        mark_undone(records);
        return records;
}

guint64 history_find_newest(const History *history) {
        g_autoptr(GArray) entries = list_entries(history);
        for (guint i = entries->len; i-- > 0;) {
                const Entry *entry = &g_array_index(entries, Entry, i);
                if (entry->state != RECORD_BROKEN && entry->state != RECORD_MAKING)
                        return entry->number;
        }
        return 0;
}

static void no_such_change(GPtrArray *records, guint64 number, GError **error) {
        const ChangeRecord *first = records->len > 0 ? records->pdata[0] : NULL,
                           *last = first ? records->pdata[records->len - 1] : NULL;
        if (first)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_CHANGE,
                            _("change: there is no change %" PRIu64 " in the history, which goes from %" PRIu64 " to %" PRIu64
                              "; see \"quaywallctl history\""),
                            number, first->number, last->number);
        else
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_CHANGE,
                            _("change: there is no change %" PRIu64 "; the history is empty"), number);
}

guint64 history_find_later(History *history, guint64 number, StoreKind kind, const char *name) {
        g_autoptr(GPtrArray) records = history_list(history);
        for (guint i = records->len; i-- > 0;) {
                const ChangeRecord *record = records->pdata[i];
                if (record->number > number && stands(record) &&
                    g_strv_contains((const char *const *) record->names[kind], name))
                        return record->number;
        }
        return 0;
}

ChangeRecord *history_read(History *history, guint64 number, gsize limit, GError **error) {
        g_autoptr(GPtrArray) records = history_list(history);
        const ChangeRecord *head = find(records, number);
        if (!head) {
                no_such_change(records, number, error);
                return NULL;
        }
        const Entry entry = { .number = number, .state = head->state };
        g_autoptr(GError) failure = NULL;
        ChangeRecord *record = read_entry(history, &entry, head->bytes <= limit, &failure);
        if (record)
                record->undone_by = head->undone_by;
        else {
                set_aside(history, &entry, failure);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("change: %" PRIu64 " cannot be read: %s"), number,
                            failure->message);
        }
        return record;
}
