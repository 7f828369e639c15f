/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the first pass over JSON text, before a recursive parser sees it: how deep it is nested, and the elements of a large
 * array one by one, so that a list of 10,000 containers never becomes a tree in memory. Must not know what it means. */

#include <stdbool.h>

#include <glib.h>

/* Receives one element of the array that the text is. */
typedef void (*JsonElementFunc)(const char *text, gsize length, gpointer userdata);

/* Whether all strings and brackets are closed, and nested at most LIMIT_DOCKER_DEPTH deep; QUAYWALL_ERROR_IO. Nothing else is
 * checked. */
bool json_scan(const char *text, gsize length, GError **error);

/* The same for an array, whose elements go to the callback. Some may have done so before an error is found. */
bool json_scan_array(const char *text, gsize length, JsonElementFunc element, gpointer userdata, GError **error);
