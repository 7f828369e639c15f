/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading a file that a user names, or standard input. Must not know what is in it. */

#include <glib.h>

/* "-" is "standard input"; any other name is made printable. Free with g_free(). */
char *text_file_name(const char *file);

/* All bytes of the file, or of standard input for "-", with a zero byte behind them. NULL and CTL_ERROR_FAILED, which names the file,
 * if it cannot be read or has more than max MiB. */
GString *text_file_read(const char *file, guint max, GError **error);
