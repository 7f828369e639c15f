/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns addresses that are given as "@FILE" or "-": files with one address a line. Must not know what the addresses are for. */

#include <stdbool.h>

#include <glib.h>

/* Puts the addresses of the file in the place of each "@FILE", and those of standard input in the place of "-". values: as given;
 * replaced. option: how they were given, for the errors. A note says how many addresses were joined. CTL_ERROR_USAGE, which names
 * option, file and line, if one cannot be used. */
bool address_file_expand(GStrv *values, const char *option, GError **error);
