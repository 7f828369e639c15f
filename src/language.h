/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the language of what people read, for both programs. Messages are marked with _(), N_() and ngettext() of <glib/gi18n.h>. */

#include "config.h"

#include <locale.h>

#include <glib/gi18n.h>

/* Only what texts need. Numbers (LC_NUMERIC), times and the order of names stay as scripts and files have them; and what is read by
 * programs has no _() around it: keys, codes, JSON, names of D-Bus, rules. Before any other thread. */
static inline void language_set(void) {
        setlocale(LC_CTYPE, "");
#ifdef ENABLE_NLS
        setlocale(LC_MESSAGES, "");
        bindtextdomain(PACKAGE, LOCALEDIR);
        bind_textdomain_codeset(PACKAGE, "UTF-8");
        textdomain(PACKAGE);
#endif
}
