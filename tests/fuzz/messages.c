/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool message_text_read(MessageText *text, const char *data, gsize size) {
        g_autofree char *copy = g_strndup(data, size);
        *text = (MessageText){ g_strsplit(copy, "\n", -1), 0 };
        return g_utf8_validate(copy, -1, NULL) && g_strv_length(text->lines) <= MESSAGE_LINES_MAX;
}

void message_text_clear(MessageText *text) {
        g_clear_pointer(&text->lines, g_strfreev);
}

static const char *peek(const MessageText *text) {
        return text->lines[text->next];
}

const char *message_text_next(MessageText *text) {
        const char *line = peek(text);
        text->next += line != NULL;
        return line;
}

sd_bus *message_bus(void) {
        static sd_bus *bus;
        int ends[2];
        if (bus)
                return bus;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0 || sd_bus_new(&bus) < 0 ||
            sd_bus_set_fd(bus, ends[0], ends[0]) < 0 || sd_bus_start(bus) < 0)
                abort();
        return bus;
}

/* The length of the first complete type; sd-bus refuses it if it is none. */
static gsize type_length(const char *signature) {
        gsize at = 0;
        int depth = 0;
        while (signature[at] == 'a')
                at++;
        for (bool over = false; signature[at] && !over; at++) {
                depth += signature[at] == '(' || signature[at] == '{';
                depth -= signature[at] == ')' || signature[at] == '}';
                over = depth <= 0;
        }
        return at;
}

static int append_basic(sd_bus_message *m, char type, const char *line) {
        const gint64 number = g_ascii_strtoll(line, NULL, 10);
        switch (type) {
        case 'y':
                return sd_bus_message_append(m, "y", (uint8_t) number);
        case 'b':
                return sd_bus_message_append(m, "b", number != 0);
        case 'n':
        case 'q':
                return sd_bus_message_append(m, (char[]){ type, '\0' }, (int) (gint16) number);
        case 'i':
        case 'u':
                return sd_bus_message_append(m, (char[]){ type, '\0' }, (guint32) number);
        case 'x':
        case 't':
                return sd_bus_message_append(m, (char[]){ type, '\0' }, (guint64) number);
        case 'd':
                return sd_bus_message_append(m, "d", (double) number);
        case 'g':
        case 'o':
        case 's':
                return sd_bus_message_append_basic(m, type, line);
        default:
                return -EINVAL; /* file descriptors */
        }
}

static int append_array(sd_bus_message *m, const char *element, MessageText *text) {
        int r = sd_bus_message_open_container(m, 'a', element);
        while (r >= 0 && peek(text) && !g_str_equal(peek(text), "."))
                r = message_append(m, element, text);
        (void) message_text_next(text);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_variant(sd_bus_message *m, MessageText *text) {
        const char *type = message_text_next(text);
        if (!type || sd_bus_message_open_container(m, 'v', type) < 0) {
                type = "s";
                const int r = sd_bus_message_open_container(m, 'v', type);
                if (r < 0)
                        return r;
        }
        const int r = message_append(m, type, text);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_one(sd_bus_message *m, const char *type, MessageText *text) {
        if (type[0] == 'a')
                return append_array(m, type + 1, text);
        if (type[0] == 'v')
                return append_variant(m, text);
        if (type[0] == '(' || type[0] == '{') {
                g_autofree char *members = g_strndup(type + 1, MAX(strlen(type), 2) - 2);
                const int r = sd_bus_message_open_container(m, type[0] == '(' ? 'r' : 'e', members);
                const int filled = r < 0 ? r : message_append(m, members, text);
                return filled < 0 ? filled : sd_bus_message_close_container(m);
        }
        const char *line = message_text_next(text);
        return append_basic(m, type[0], line ? line : "");
}

int message_append(sd_bus_message *m, const char *signature, MessageText *text) {
        int r = 0;
        while (r >= 0 && signature && *signature) {
                const gsize length = type_length(signature);
                g_autofree char *type = g_strndup(signature, length);
                r = append_one(m, type, text);
                signature += length;
        }
        return r;
}

bool message_seal(sd_bus_message *m) {
        return sd_bus_message_seal(m, 1, 0) >= 0 && sd_bus_message_rewind(m, true) >= 0;
}
