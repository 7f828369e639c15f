/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/ctl-error.h"
#include "ctl/text.h"

#define MIB (1024UL * 1024)

char *text_file_name(const char *file) {
        return g_str_equal(file, "-") ? g_strdup(_("standard input")) : text_printable(file);
}

/* Adds all that can be read; false with errno. Stops when it is more than max bytes. */
static bool text_file_read_all(int fd, gsize max, GString *text) {
        char buffer[65536];
        ssize_t length;

        while ((length = read(fd, buffer, sizeof buffer)) != 0 && text->len <= max)
                if (length > 0)
                        g_string_append_len(text, buffer, length);
                else if (errno != EINTR)
                        return false;
        return true;
}

GString *text_file_read(const char *file, guint max, GError **error) {
        const int fd = g_str_equal(file, "-") ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *name = text_file_name(file);
        const bool done = fd >= 0 && text_file_read_all(fd, max * MIB, text);
        const int failure = errno;

        if (fd > STDIN_FILENO)
                close(fd);
        if (!done)
                ctl_fail(error, "%s: %s", name, g_strerror(failure));
        else if (text->len > max * MIB)
                ctl_fail(error, _("%s: larger than %u MiB"), name, max);
        else
                return g_steal_pointer(&text);
        return NULL;
}
