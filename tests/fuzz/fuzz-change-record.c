/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of the history: a change that it describes can be written and read again, and taking it back from what it made gives what was
 * before. */
#include "model/change-record.h"

#include "fuzz.h"

#define LIMIT (4U << 20)

static ChangeRecord *written(const ChangeRecord *record) {
        gsize length;
        g_autofree char *text = change_record_to_text(record, LIMIT, &length);
        ChangeRecord *again = change_record_from_text(text, length, true, NULL);
        if (!again)
                abort();
        return again;
}

static void check_equal(const ChangeRecord *a, const ChangeRecord *b) {
        for (int when = 0; when < _RECORD_MAX; when++)
                for (int after = 0; after <= 1; after++) {
                        g_autoptr(PolicySet) one = change_record_set(a, after, when), other = change_record_set(b, after, when);
                        if (!policy_set_equal(one, other))
                                abort();
                }
}

/* A record of the change that this record describes is one that the daemon could have written. */
static void check_taken_back(const ChangeRecord *read) {
        g_autoptr(PolicySet) a = change_record_set(read, false, RECORD_NOW), b = change_record_set(read, false, RECORD_LATER),
                             c = change_record_set(read, true, RECORD_NOW), d = change_record_set(read, true, RECORD_LATER);
        if (policy_set_equal(a, c) && policy_set_equal(b, d))
                return; /* of no change is no record made */
        g_autoptr(ChangeRecord) record =
                change_record_new("Policies.Set", 0, (PolicySet *const[]){ a, b }, (PolicySet *const[]){ c, d });
        g_autoptr(ChangeRecord) again = written(record);
        PolicySet *sets[_RECORD_MAX];
        const RecordItem *changed;
        check_equal(record, again);
        if (!change_record_take_back(again, (PolicySet *const[]){ c, d }, sets, &changed))
                abort();
        g_autoptr(PolicySet) now = sets[RECORD_NOW], later = sets[RECORD_LATER];
        if (!policy_set_equal(now, a) || !policy_set_equal(later, b))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_malloc0(size + 1); /* with a zero byte behind it, as a file that was read */
        memcpy(text, data, size);
        g_autoptr(GError) error = NULL, head_error = NULL;
        g_autoptr(ChangeRecord) record = change_record_from_text(text, size, true, &error);
        g_autoptr(ChangeRecord) head = change_record_from_text(text, size, false, &head_error);
        if (!head)
                check_raw_error(head_error);
        if (!record) {
                check_raw_error(error);
                return 0;
        }
        if (head && head->items)
                abort();
        if (!record->items)
                return 0;
        check_taken_back(record);
        return 0;
}
