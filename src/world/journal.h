/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the log: the journal with its structured fields, or standard error where there is no journal. */

#include <syslog.h>

#include <glib.h>

/* Logs one line, whatever the texts contain: see show_text(). fields: "NAME", "value", ..., NULL; or NULL. quaywalld(8) lists
 * the names. */
void journal_log(int priority, const char *const *fields, const char *format, ...) G_GNUC_PRINTF(3, 4);

#define JOURNAL_FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
