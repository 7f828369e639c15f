/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dockerd's file belongs to somebody else: setting a member and removing it restores the file byte by byte, and what was
 * written can be read. */
#include "docker/daemon-json.h"

#include "fuzz.h"

static DaemonJson *set(const DaemonJson *json, const char *key, const char *value) {
        gsize length;
        g_autofree char *text = daemon_json_set(json, key, value, &length);
        DaemonJson *again = daemon_json_parse(text, length, NULL);
        if (!again)
                abort();
        return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DaemonJson) json = daemon_json_parse((const char *) data, size, &error);
        if (!json) {
                check_error(error, MESSAGE_MAX);
                return 0;
        }
        if (json->oddity)
                return 0; /* such a file is never changed */
        g_autoptr(DaemonJson) without = set(json, DAEMON_KEY_IP, NULL);
        g_autoptr(DaemonJson) with = set(without, DAEMON_KEY_IP, "\"192.168.1.99\"");
        g_autoptr(DaemonJson) again = set(with, DAEMON_KEY_IP, NULL);
        if (without->settings.ip || g_strcmp0(with->settings.ip, "192.168.1.99") != 0 || again->settings.ip)
                abort();
        if (with->settings.iptables != json->settings.iptables || with->members->len != without->members->len + 1)
                abort();
        /* Only white space between empty braces is lost. */
        if (without->members->len > 0 &&
            (without->length != again->length || memcmp(without->text, again->text, again->length) != 0))
                abort();
        return 0;
}
