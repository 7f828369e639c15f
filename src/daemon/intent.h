/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is wanted: the policies and groups, and the state of their files. Must not know what they mean on this host, or what is in
 * force. */

#include <stdbool.h>

#include "model/policy-set.h"

typedef struct Intent {
        PolicySet *runtime;       /* in force until the next boot or Reload */
        PolicySet *permanent;     /* as the files say */
        GPtrArray *file_problems; /* StoreProblem * of the last load */
        char *copy_problem;       /* why last good copies of the files cannot be written; NULL: they are */
        bool copies_due;          /* they may differ from what is in force */
} Intent;

/* The names of the policies, or of the groups, that these sets would change, now or permanently (char *; unref the array). */
GPtrArray *intent_difference(const Intent *intent, PolicySet *runtime, PolicySet *permanent, StoreKind kind);

/* The set without effect of what was for a time that is over. Takes ownership of it. */
PolicySet *intent_at_present(PolicySet *set);

/* Makes these the wanted policies and groups. */
void intent_set(Intent *intent, PolicySet *runtime, PolicySet *permanent);

void intent_clear(Intent *intent);
