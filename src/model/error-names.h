/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the one table of the errors that the D-Bus contract names org.quaywall1.Error.NAME: X(CODE, "NAME"). From it come the codes
 * (error.h) and the names on the bus of the daemon, and what libquaywall-glib registers. Their order is the numbers of
 * QuaywallError in that library, which programs are compiled with: add at the end, and to src/glib/quaywall-error.h. */

#define QUAYWALL_ERROR_NAMES(X)                         \
        X(INVALID_POLICY, "InvalidPolicy")              \
        X(INVALID_ADDRESS, "InvalidAddress")            \
        X(INVALID_INTERFACE, "InvalidInterface")        \
        X(INVALID_PORT, "InvalidPort")                  \
        X(INVALID_OPTION, "InvalidOption")              \
        X(NO_SUCH_POLICY, "NoSuchPolicy")               \
        X(POLICY_EXISTS, "PolicyExists")                \
        X(INVALID_GROUP, "InvalidGroup")                \
        X(NO_SUCH_GROUP, "NoSuchGroup")                 \
        X(GROUP_EXISTS, "GroupExists")                  \
        X(GROUP_IN_USE, "GroupInUse")                   \
        X(CHANGE_PENDING, "ChangePending")              \
        X(CONFLICT, "Conflict")                         \
        X(NO_SUCH_CHANGE, "NoSuchChange")               \
        X(NO_SUCH_INTERFACE, "NoSuchInterface")         \
        X(ZONE_CONFLICT, "ZoneConflict")                \
        X(FIREWALLD_NOT_RUNNING, "FirewalldNotRunning") \
        X(FIREWALLD_FAILED, "FirewalldFailed")          \
        X(DOCKER_NOT_RUNNING, "DockerNotRunning")       \
        X(LIMIT_EXCEEDED, "LimitExceeded")              \
        X(IO, "Io")
