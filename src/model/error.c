/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include "show.h"

G_DEFINE_QUARK(quaywall - error - quark, quaywall_error)

char *quaywall_error_show(const char *text) {
        g_autofree char *cut = g_strndup(text, 64);
        return show_text(cut);
}
