/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the text of dockerd's configuration file, daemon.json: what it says about the settings that quaywall knows, and changing
 * one member while keeping every other byte: unknown keys, their order, numbers, blanks, line ends. Pure: must not know where
 * the text is stored. */

#include <stdbool.h>

#include <glib.h>

#define DAEMON_KEY_IPTABLES "iptables"
#define DAEMON_KEY_IP6TABLES "ip6tables"
#define DAEMON_KEY_ICC "icc"
#define DAEMON_KEY_IP "ip"

/* What a file or a command line says about one setting. */
typedef enum {
        SAID_NOTHING,
        SAID_NO,
        SAID_YES,
} Said;

/* The settings of dockerd that quaywall knows, from one source. */
typedef struct DaemonSettings {
        Said iptables, ip6tables, icc;
        char *ip; /* where published ports listen by default; NULL: not said */
} DaemonSettings;

void daemon_settings_clear(DaemonSettings *settings);
void daemon_settings_copy(DaemonSettings *to, const DaemonSettings *from);

typedef struct DaemonJson {
        char *text;
        gsize length;
        GArray *members;   /* of the outermost object, in the order of the text */
        gsize open, close; /* where its braces are */
        DaemonSettings settings;
        char *oddity; /* why the text may be read but not changed, with the line; NULL: it may be changed */
} DaemonJson;

/* Parses strict JSON (RFC 8259), as dockerd does: no comments, no trailing commas. Refuses, with the line, as in "3: what is
 * wrong there": text that is no object; a known key of a wrong type, with which dockerd does not start; and, with
 * QUAYWALL_ERROR_LIMIT_EXCEEDED, more than 64 levels or 1 MiB, with which it does. A duplicate key (the last one counts) and a
 * byte order mark are oddities. Text of blanks only is an object without members: Docker 23 and later accept it like that, and
 * older ones do not start with it. */
DaemonJson *daemon_json_parse(const char *text, gsize length, GError **error);
void daemon_json_free(DaemonJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DaemonJson, daemon_json_free)

/* For a text without an oddity: the text with this key set to a JSON value ("true", "\"192.168.1.1\""), or without the key if
 * value is NULL. A new key becomes the last one, indented like the one before it. The same text if there is nothing to
 * change. */
char *daemon_json_set(const DaemonJson *json, const char *key, const char *value, gsize *ret_length);

/* A string as JSON writes it. */
char *daemon_json_quote(const char *string);
