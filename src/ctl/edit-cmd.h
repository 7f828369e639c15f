/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the commands "policy edit", "rename", "enable" and "disable": what changes a part of a policy, and leaves the rest to
 * quaywalld. */

#include "ctl/ctl.h"
#include "ctl/policy-args.h"

/* The options of "policy edit". */
typedef struct EditArgs {
        PolicyArgs add, remove;
        gboolean no_log, no_reject, no_until;
} EditArgs;

void edit_args_clear(EditArgs *args);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EditArgs, edit_args_clear)

/* Their long names, and those of them that take several words. */
#define EDIT_OPTIONS                                                                                                       \
        "add-from remove-from add-on remove-on add-to remove-to add-port remove-port add-container remove-container "      \
        "add-network remove-network add-in remove-in add-out remove-out description for until no-until log no-log reject " \
        "no-reject"
extern const char *const edit_list_options[];

/* They are hidden where no verb is known. Free with g_free(). */
GOptionEntry *edit_args_entries(EditArgs *args);

bool edit_cmd_run(Ctl *ctl, const char *name, EditArgs *args, GError **error);

/* Verbs of "policy". words: without options. */
bool edit_cmd_rename(Ctl *ctl, GStrv words, GError **error);
bool edit_cmd_set_enabled(Ctl *ctl, GStrv words, GError **error);
