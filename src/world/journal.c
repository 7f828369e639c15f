/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-journal.h>
#include <glib/gi18n.h>

#include "model/show.h"

static void add_field(GArray *vector, const char *name, const char *value) {
        g_autofree char *shown = show_text(value);
        char *text = g_strconcat(name, "=", shown, NULL);
        struct iovec item = { text, strlen(text) };
        g_array_append_val(vector, item);
}

void journal_log(int priority, const char *const *fields, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *said = g_strdup_vprintf(format, args), *message = show_text(said);
        va_end(args);
        /* Without a journal, sd_journal_sendv() succeeds silently. */
        if (access("/run/systemd/journal/socket", F_OK) < 0) {
                fprintf(stderr, "<%d>quaywalld: %s\n", priority, message);
                return;
        }
        g_autofree char *level = g_strdup_printf("%d", priority);
        g_autoptr(GArray) vector = g_array_new(FALSE, FALSE, sizeof(struct iovec));
        add_field(vector, "MESSAGE", message);
        add_field(vector, "PRIORITY", level);
        for (; fields && fields[0]; fields += 2)
                add_field(vector, fields[0], fields[1]);
        (void) sd_journal_sendv((struct iovec *) vector->data, vector->len);
        for (guint i = 0; i < vector->len; i++)
                g_free(g_array_index(vector, struct iovec, i).iov_base);
}
