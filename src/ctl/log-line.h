/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how the kernel's log line about a packet that a policy blocked is read. Must not know where it comes from. Pure. */

#include <stdbool.h>

#include <glib.h>

/* All printable. */
typedef struct LogLine {
        char *policy;      /* of a long name iptables logs the first 19 characters, see log_line_is_of() */
        char *source;      /* an address */
        guint source_port; /* 0: none */
        char *destination; /* as it was on the way: what the client dialled, or after DNAT the container's */
        char *port;        /* "8080/tcp"; "icmp" and so on of protocols without ports */
        char *interface;   /* where it came in; "": it did not come in */
} LogLine;

/* False: it is no such line. Clear with log_line_clear(). */
bool log_line_parse(const char *message, LogLine *ret);
void log_line_clear(LogLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LogLine, log_line_clear)

/* Whether the line can be of the policy of this name. */
bool log_line_is_of(const LogLine *line, const char *name);
