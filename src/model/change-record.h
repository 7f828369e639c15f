/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is remembered of one change of policies and groups: who made it, when, and the policies and groups before and after it;
 * its text; and what takes it back. Must not know files, nor which changes there are. */

#include "policy-set.h"
#include "scope.h"

/* Index of what is in force, and of what will be from the next reload or boot on. */
enum { RECORD_NOW, RECORD_LATER, _RECORD_MAX };

/* A policy or a group that the change added, changed or removed. */
typedef struct RecordItem {
        StoreKind kind;
        char *name;
        gpointer before[_RECORD_MAX], after[_RECORD_MAX]; /* Policy * or Group *; NULL: there is none */
} RecordItem;

/* What became of it. */
typedef enum {
        RECORD_MAKING,  /* being put in force */
        RECORD_PENDING, /* waits to be confirmed */
        RECORD_KEPT,
        RECORD_ROLLED_BACK, /* by a caller, instead of being confirmed */
        RECORD_EXPIRED,     /* undone because nobody confirmed it in time */
        RECORD_BROKEN,      /* cannot be read */
        _RECORD_STATE_MAX,
} RecordState;

#define RECORD_NO_USER (-1) /* no caller made it */

typedef struct ChangeRecord {
        /* not in the text */
        guint64 number;
        RecordState state;
        guint64 undone_by; /* the change that took it back; 0: none */
        gsize bytes;       /* of the text */

        gint64 time; /* microseconds since 1970 */
        gint64 uid;  /* the caller's, or RECORD_NO_USER */
        char *method;
        Scope scope;               /* what it changed */
        char *old_name, *new_name; /* of the policy that it renamed; NULL: none */
        guint64 undoes;            /* the change that it took back; 0: none */
        /* How many addresses its groups have that they had not before, or had and have not: ranges, as a group lists them. */
        guint64 addresses_added, addresses_removed;
        GStrv names[_STORE_KIND_MAX]; /* the policies, and the groups, that it added, changed or removed; empty: none */
        bool is_whole;                /* the text has the policies and groups */
        GPtrArray *items;             /* RecordItem *: policies, then groups, as named; NULL: not read, or too large to keep */
} ChangeRecord;

/* What a change makes of these sets, now and later. */
ChangeRecord *change_record_new(const char *method, gint64 uid, PolicySet *const before[_RECORD_MAX],
                                PolicySet *const after[_RECORD_MAX]);
void change_record_free(ChangeRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeRecord, change_record_free)

/* Of a new record. If it had more than limit bytes, without the policies and groups. Free with g_free(). */
char *change_record_to_text(const ChangeRecord *record, gsize limit, gsize *ret_length);

/* whole: with the policies and groups, if the text has them. */
ChangeRecord *change_record_from_text(const char *text, gsize length, bool whole, GError **error);

/* The sets without the change, from a whole record. A change that was permanent only is also taken back from what is in force if a
 * reload or boot has put it there. If a policy or a group is not as the change left it, false, and *ret_changed is that one, borrowed. */
bool change_record_take_back(const ChangeRecord *record, PolicySet *const sets[_RECORD_MAX], PolicySet *ret_sets[_RECORD_MAX],
                             const RecordItem **ret_changed);

/* The changed policies and groups before or after the change, of one of the two scopes; unref it. */
PolicySet *change_record_set(const ChangeRecord *record, bool after, int when);
