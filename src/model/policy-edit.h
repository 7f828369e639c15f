/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how a change edits a set of policies and groups. Must not know who asks for it, nor whether it can be put in force. */

#include "policy-delta.h"
#include "policy-set.h"

typedef enum {
        POLICY_EDIT_SET, /* sets one policy, by its name */
        POLICY_EDIT_REMOVE,
        POLICY_EDIT_SET_MANY,    /* sets policies, and groups, and keeps all others */
        POLICY_EDIT_REPLACE_ALL, /* sets policies, and groups, and removes all other policies */
        POLICY_EDIT_DELTA,       /* changes a part of one policy, if there is one of that name */
        POLICY_EDIT_RENAME,      /* gives a policy another name, if there is one of that name */
        POLICY_EDIT_ADOPT, /* sets policies and groups, and removes all others; those that are equal already stay as they are */
        POLICY_EDIT_UNDO,  /* takes back a change: change-record.h does that, for both scopes at once */
        GROUP_EDIT_SET,    /* sets one group, by its name */
        GROUP_EDIT_ADD,    /* adds addresses to a group, if there is one of that name */
        GROUP_EDIT_REMOVE, /* removes some, if there is one of that name */
        GROUP_EDIT_DELETE,
} PolicyEditKind;

/* Everything is borrowed, and NULL where the kind has no use for it. */
typedef struct PolicyEdit {
        PolicyEditKind kind;
        const char *name, *new_name;
        Policy *policy;
        PolicySet *policies;
        const char *const *removed; /* policies that POLICY_EDIT_SET_MANY removes */
        const PolicyDelta *delta;
        Group *group;
        GArray *addresses; /* AddressRange */
} PolicyEdit;

/* The set after the change; unref it. NULL only for a delta that makes no sense for the policy, or if a group would have too
 * many addresses. */
PolicySet *policy_edit_apply(const PolicyEdit *edit, PolicySet *set, GError **error);
