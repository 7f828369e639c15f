/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-import: 'policy import': reads a file, has every policy of it checked, and only then sets them. */
#pragma once

#include "ctl.h"

typedef struct PolicyImportOptions {
        char *name;       /* --name */
        gboolean replace; /* --replace: policies of these names may be there */
        gboolean check;   /* --check: stop before the first Set */
} PolicyImportOptions;

/* file: a name, or "-" for standard input. */
gboolean policy_import(Ctl *ctl, const char *file, const PolicyImportOptions *options, GError **error);
