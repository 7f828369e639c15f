/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command "policy import": reads a file, has the service check every policy in it, and only then sets them all. Must not know
 * either format: import/. */

#include "ctl/ctl.h"

typedef struct PolicyImportOptions {
        char *name;       /* --name: for the only policy of the file */
        gboolean replace; /* --replace: policies of these names may exist */
        gboolean exact;   /* --exact: they may, and all others are removed */
        gboolean check;   /* --check: change nothing */
} PolicyImportOptions;

void policy_import_options_clear(PolicyImportOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PolicyImportOptions, policy_import_options_clear)

/* file: a name, or "-" for standard input. Prints what was imported; on an error nothing was, unless the service did not answer. */
bool policy_import(Ctl *ctl, const char *file, const PolicyImportOptions *options, GError **error);
