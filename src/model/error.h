/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the error domain of the project: one code for each error that the D-Bus contract knows. Must not know D-Bus. */

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
        QUAYWALL_ERROR_CHANGE_PENDING,
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

/* At most the first 64 bytes of what a caller sent, as show_text() shows it. Free with g_free(). */
char *quaywall_error_show(const char *text);
