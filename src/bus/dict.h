/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the entries of an a{sv}, and of an a{sa{sv}}, that sd_bus_message_append() cannot write, or not fast. */

#include <glib.h>
#include <systemd/sd-bus.h>

/* Opens an entry of an open a{sv} whose value has the type contents; append the value, then close it with what came of that: a
 * failure stays one. Negative on failure. */
int dict_open_entry(sd_bus_message *m, const char *key, const char *contents);
int dict_close_entry(sd_bus_message *m, int r);

/* Appends an entry with the value "as" to an open a{sv}; list: NULL for an empty one. Negative on failure. */
int dict_append_strings(sd_bus_message *m, const char *key, char *const *list);

/* The same with a value of one basic type, as sd_bus_message_append_basic() takes it. List appends hundreds, and
 * sd_bus_message_append() would read a format anew for each. */
int dict_append_basic(sd_bus_message *m, const char *key, char type, const void *value);

/* The same with the strings of an array (char *). */
int dict_append_names(sd_bus_message *m, const char *key, const GPtrArray *names);
/* Appends a{sa{sv}} of a table (char * name -> item), sorted by name. append: one item as a{sv}; it adds to *bytes about what that takes.
 * -EMSGSIZE once that is more than limit: the bus disconnects a sender of more than 32 MiB. */
typedef int (*DictAppend)(sd_bus_message *m, gconstpointer item, gsize *bytes);
int dict_append_table(sd_bus_message *m, GHashTable *items, DictAppend append, gsize *bytes, gsize limit);

/* The bytes that these strings take in a message, at most. */
gsize dict_measure_strings(char *const *list);
