/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading a list of addresses: one a line, "#" comments, blank lines. Must not know what the list is for. Pure. */

#include <glib.h>

#include "ctl/import/address.h"

typedef struct AddressList {
        GStrv addresses; /* those that touch are joined, and then all are sorted; else as they were */
        guint given;     /* how many there were before */
} AddressList;

void address_list_free(AddressList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AddressList, address_list_free)

/* text: any bytes. NULL and IMPORT_ERROR_REFUSED, which names the file, the line and the word, for one that is no address, and for a
 * list without any; file: its name for that sentence. */
AddressList *address_list_new(const char *text, gsize length, const char *file, GError **error);
