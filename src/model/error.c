/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include "show.h"

typedef ErrorPlace QuaywallErrorPrivate;

static void quaywall_error_private_init(ErrorPlace *place) {
        place->index = -1;
}

static void quaywall_error_private_copy(const ErrorPlace *from, ErrorPlace *to) {
        *to = (ErrorPlace){ g_strdup(from->key), g_strdup(from->value), from->index };
}

static void quaywall_error_private_clear(ErrorPlace *place) {
        g_free(place->key);
        g_free(place->value);
}

G_DEFINE_EXTENDED_ERROR(QuaywallError, quaywall_error)

void quaywall_error_at(GError **error, const char *key, int index, const char *value) {
        if (!error || !*error || (*error)->domain != QUAYWALL_ERROR)
                return;
        ErrorPlace *place = quaywall_error_get_private(*error);
        if (!place->key)
                place->key = g_strdup(key);
        if (g_strcmp0(place->key, key) != 0)
                return;
        if (place->index < 0)
                place->index = index;
        if (!place->value)
                place->value = g_strdup(value);
}

const ErrorPlace *quaywall_error_place(const GError *error) {
        return error->domain == QUAYWALL_ERROR ? quaywall_error_get_private(error) : NULL;
}

char *quaywall_error_show(const char *text) {
        g_autofree char *cut = g_strndup(text, 64);
        return show_text(cut);
}
