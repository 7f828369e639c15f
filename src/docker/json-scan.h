/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the first look at JSON text, before a parser that recurses sees it: how deep it is nested, and the elements of a
 * large array one by one, so that a list of 10,000 containers is never a tree in memory. Must not know what it means. */

#include <stdbool.h>

#include <glib.h>

/* One element of the array that the text is. */
typedef void (*JsonElementFunc)(const char *text, gsize length, gpointer userdata);

/* Whether strings and brackets end, and nest at most LIMIT_DOCKER_DEPTH deep; QUAYWALL_ERROR_IO. Nothing else is checked. */
bool json_scan(const char *text, gsize length, GError **error);

/* The same for an array, whose elements are handed out. Some may have been when an error comes. */
bool json_scan_array(const char *text, gsize length, JsonElementFunc element, gpointer userdata, GError **error);
