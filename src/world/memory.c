/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <string.h>

#include "model/durable.h"
#include "world/journal.h"

void memory_save(const char *file, const char *text, mode_t mode) {
        g_autoptr(GError) error = NULL;
        if (!durable_write_soon(file, text, strlen(text), mode, &error))
                journal_log(LOG_WARNING, NULL, "%s", error->message);
}
