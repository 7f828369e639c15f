/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the errors of quaywalld, as a program sees them. */

#include <glib.h>

G_BEGIN_DECLS

/**
 * QUAYWALL_ERROR:
 *
 * The domain of the errors org.quaywall1.Error.*, which are registered when the library is loaded. Refusals are errors of the bus and
 * not in this domain: %G_DBUS_ERROR_ACCESS_DENIED (polkit says no, or the user entered no password), and
 * "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" (the call did not allow to ask for one), for which GIO has no code:
 * see g_dbus_error_get_remote_error(). The message names the field, the wrong value and what would be right;
 * g_dbus_error_strip_remote_error() leaves only that.
 */
#define QUAYWALL_ERROR (quaywall_error_quark())

/**
 * QuaywallError:
 * @QUAYWALL_ERROR_INVALID_POLICY: a key of a policy, its type, the policy's name, or its file
 * @QUAYWALL_ERROR_INVALID_ADDRESS: a source or destination
 * @QUAYWALL_ERROR_INVALID_INTERFACE: an interface, or one that is not allowed in the zone
 * @QUAYWALL_ERROR_INVALID_PORT: a port
 * @QUAYWALL_ERROR_INVALID_OPTION: an option, or an argument of a method of Direct
 * @QUAYWALL_ERROR_NO_SUCH_POLICY: there is no policy of that name
 * @QUAYWALL_ERROR_POLICY_EXISTS: there is a policy of that name; see the options "create" and "replace"
 * @QUAYWALL_ERROR_INVALID_GROUP: a key of a group, its type, or the group's name
 * @QUAYWALL_ERROR_NO_SUCH_GROUP: there is no group of that name
 * @QUAYWALL_ERROR_GROUP_EXISTS: there is another group of that name; see the option "create"
 * @QUAYWALL_ERROR_GROUP_IN_USE: policies name the group; the message says which
 * @QUAYWALL_ERROR_CHANGE_PENDING: another change waits to be confirmed
 * @QUAYWALL_ERROR_CONFLICT: something changed since; see the options "if-revision" and "if-change", and Policies.Undo
 * @QUAYWALL_ERROR_NO_SUCH_CHANGE: there is no change of that number in the history
 * @QUAYWALL_ERROR_NO_SUCH_INTERFACE: the interface is not in that zone
 * @QUAYWALL_ERROR_ZONE_CONFLICT: the interface is in another zone; see the option "replace"
 * @QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING: firewalld is not running or did not answer
 * @QUAYWALL_ERROR_FIREWALLD_FAILED: firewalld refused; the message says why
 * @QUAYWALL_ERROR_DOCKER_NOT_RUNNING: nothing is known about Docker yet
 * @QUAYWALL_ERROR_LIMIT_EXCEEDED: see Manager's property Limits
 * @QUAYWALL_ERROR_IO: reading or writing a file, or nftables
 *
 * Codes of %QUAYWALL_ERROR: that of org.quaywall1.Error.NoSuchPolicy is %QUAYWALL_ERROR_NO_SUCH_POLICY. Later versions may have more;
 * one that this library does not know is %G_IO_ERROR_DBUS_ERROR.
 */
typedef enum {
        QUAYWALL_ERROR_INVALID_POLICY = 0,
        QUAYWALL_ERROR_INVALID_ADDRESS = 1,
        QUAYWALL_ERROR_INVALID_INTERFACE = 2,
        QUAYWALL_ERROR_INVALID_PORT = 3,
        QUAYWALL_ERROR_INVALID_OPTION = 4,
        QUAYWALL_ERROR_NO_SUCH_POLICY = 5,
        QUAYWALL_ERROR_POLICY_EXISTS = 6,
        QUAYWALL_ERROR_INVALID_GROUP = 7,
        QUAYWALL_ERROR_NO_SUCH_GROUP = 8,
        QUAYWALL_ERROR_GROUP_EXISTS = 9,
        QUAYWALL_ERROR_GROUP_IN_USE = 10,
        QUAYWALL_ERROR_CHANGE_PENDING = 11,
        QUAYWALL_ERROR_CONFLICT = 12,
        QUAYWALL_ERROR_NO_SUCH_CHANGE = 13,
        QUAYWALL_ERROR_NO_SUCH_INTERFACE = 14,
        QUAYWALL_ERROR_ZONE_CONFLICT = 15,
        QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING = 16,
        QUAYWALL_ERROR_FIREWALLD_FAILED = 17,
        QUAYWALL_ERROR_DOCKER_NOT_RUNNING = 18,
        QUAYWALL_ERROR_LIMIT_EXCEEDED = 19,
        QUAYWALL_ERROR_IO = 20,
} QuaywallError;

GQuark quaywall_error_quark(void);

G_END_DECLS
