/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the text of dockerd's configuration file, daemon.json: what it says of the settings that quaywall knows, and the
 * change of one member that keeps every other byte: unknown keys, their order, numbers, blanks, line ends. Pure: must
 * not know where the text is kept. */

#include <stdbool.h>

#include <glib.h>

#define DAEMON_KEY_IPTABLES "iptables"
#define DAEMON_KEY_IP6TABLES "ip6tables"
#define DAEMON_KEY_ICC "icc"
#define DAEMON_KEY_IP "ip"

/* What a file or a command line says of one setting. */
typedef enum {
        SAID_NOTHING,
        SAID_NO,
        SAID_YES,
} Said;

/* The settings of dockerd that quaywall knows, as one place says them. */
typedef struct DaemonSettings {
        Said iptables, ip6tables, icc;
        char *ip; /* where published ports listen when nothing else is said; NULL: not said */
} DaemonSettings;

void daemon_settings_clear(DaemonSettings *settings);
void daemon_settings_copy(DaemonSettings *to, const DaemonSettings *from);

typedef struct DaemonJson {
        char *text;
        gsize length;
        GArray *members; /* of the outermost object, in the order of the text */
        gsize open, close; /* where its braces are */
        DaemonSettings settings;
        char *oddity; /* why it is read but not to be changed, with the line; NULL: it may be */
} DaemonJson;

/* Strict JSON (RFC 8259), as dockerd reads it: no comments, no trailing commas. Refused with the line, as in "3: what is
 * wrong there": what is no object, a known key of a wrong type, with which dockerd does not start, and with
 * QUAYWALL_ERROR_LIMIT_EXCEEDED more than 64 levels or 1 MiB, with which it does. A key that is there twice (the last one
 * counts) and a byte order mark are oddities. Nothing but blanks is an object without members: Docker 23 and later
 * take it like that, and older ones do not start with it. */
DaemonJson *daemon_json_parse(const char *text, gsize length, GError **error);
void daemon_json_free(DaemonJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DaemonJson, daemon_json_free)

/* Of one without an oddity: the text with this key set to a JSON value ("true", "\"192.168.1.1\""), or without the key when the value is NULL. A new
 * key becomes the last one, indented as the one before it. The same text when there is nothing to change. */
char *daemon_json_set(const DaemonJson *json, const char *key, const char *value, gsize *ret_length);

/* A string as JSON writes it. */
char *daemon_json_quote(const char *string);
