/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the project's error domain: one code for each error in the D-Bus contract. Must not know D-Bus. */

#include <glib.h>

#define QUAYWALL_ERROR (quaywall_error_quark())

typedef enum {
        QUAYWALL_ERROR_INVALID_POLICY,
        QUAYWALL_ERROR_INVALID_ADDRESS,
        QUAYWALL_ERROR_INVALID_INTERFACE,
        QUAYWALL_ERROR_INVALID_PORT,
        QUAYWALL_ERROR_INVALID_OPTION,
        QUAYWALL_ERROR_NO_SUCH_POLICY,
        QUAYWALL_ERROR_POLICY_EXISTS,
        QUAYWALL_ERROR_INVALID_GROUP,
        QUAYWALL_ERROR_NO_SUCH_GROUP,
        QUAYWALL_ERROR_GROUP_EXISTS,
        QUAYWALL_ERROR_GROUP_IN_USE,
        QUAYWALL_ERROR_CHANGE_PENDING,
        QUAYWALL_ERROR_CONFLICT,
        QUAYWALL_ERROR_NO_SUCH_CHANGE,
        QUAYWALL_ERROR_NO_SUCH_INTERFACE,
        QUAYWALL_ERROR_ZONE_CONFLICT,
        QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING,
        QUAYWALL_ERROR_FIREWALLD_FAILED,
        QUAYWALL_ERROR_DOCKER_NOT_RUNNING,
        QUAYWALL_ERROR_LIMIT_EXCEEDED,
        QUAYWALL_ERROR_IO,
        QUAYWALL_ERROR_NOT_SUPPORTED,
        QUAYWALL_ERROR_ACCESS_DENIED,
        QUAYWALL_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
        _QUAYWALL_ERROR_MAX,
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
