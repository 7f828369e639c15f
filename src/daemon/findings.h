/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is wrong with a change: the first error, for a method that then fails, or all of them, for a form. Must not know how
 * it is found. */

#include <stdbool.h>

#include <glib.h>

typedef struct Flaw {
        char *policy;  /* "": the change as a whole */
        GError *error; /* with its place; see model/error.h */
} Flaw;

typedef struct Findings {
        GPtrArray *list;     /* Flaw * */
        bool all;            /* at most LIMIT_FINDINGS, and one that says so; otherwise only the first one */
        bool ended;          /* no more are taken */
        GHashTable *entries; /* of findings_note_entry() */
} Findings;

Findings *findings_new(bool all);
void findings_free(Findings *findings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Findings, findings_free)

/* Takes ownership of the error. Returns whether to go on. */
bool findings_add(Findings *findings, const char *policy, GError *error);
/* The last one: what follows is not checked. */
void findings_end(Findings *findings, GError *error);

/* For a check that has just been made: is_good is its result, error what it has set if not. */
bool findings_check(Findings *findings, const char *policy, bool is_good, GError **error);

/* Where the caller gave an entry of a list that the policy keeps in another order, so that a later error can say it. */
void findings_note_entry(Findings *findings, const char *policy, const char *value, guint index);

/* Whether this policy has an error that is about the key. */
bool findings_have(const Findings *findings, const char *policy, const char *key);

/* Whether nothing was found. If not, gives away the first error; nothing else can be asked then. */
bool findings_are_none(Findings *findings, GError **error);
