/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the project's error domain: one code for each error in the D-Bus contract. Must not know D-Bus. */

#include <glib.h>

#include "error-names.h"

#define QUAYWALL_ERROR (quaywall_error_quark())

#define QUAYWALL_ERROR_CODE(code, name) QUAYWALL_ERROR_##code,

typedef enum {
        QUAYWALL_ERROR_NAMES(QUAYWALL_ERROR_CODE) /* and these, which have a name of the bus: */
        QUAYWALL_ERROR_NOT_SUPPORTED,
        QUAYWALL_ERROR_ACCESS_DENIED,
        QUAYWALL_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
} QuaywallError;

GQuark quaywall_error_quark(void);

/* What an error is about, for a form that marks the wrong field. */
typedef struct ErrorPlace {
        char *key;   /* of a policy, or an option's name; NULL: none, or not known */
        char *value; /* what is wrong, as it was given; NULL: nothing was */
        int index;   /* of the entry of a list; -1: none, or not known */
} ErrorPlace;

/* Adds what is not known yet to an error of this domain. error: as passed to the function that set it, or not. value: NULL if
 * there is none. */
void quaywall_error_at(GError **error, const char *key, int index, const char *value);

/* Borrowed from the error; NULL: it is of another domain. */
const ErrorPlace *quaywall_error_place(const GError *error);

/* At most the first 64 bytes of a caller's text, in the form of show_text(). Free with g_free(). */
char *quaywall_error_show(const char *text);
