/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how the difference between two policies reads. Must not know where they came from. Pure. */

#include <glib.h>

/* "--port: 8080/tcp -> any; --log: yes -> no", by the options of the command ("allow-only"; NULL: by the keys), and in the order of "policy show",
 * printable; "" where both (a{sv}) mean the same. Free with g_free(). */
char *policy_diff(const char *command, GVariant *before, GVariant *after);
