/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the order of strings in an array. */

#include <string.h>

#include <glib.h>

/* For g_ptr_array_sort() of char *. */
static inline int compare_strings(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}
