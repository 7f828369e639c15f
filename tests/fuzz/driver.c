/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replays the corpus of a target without clang: each file is a TAP point, and a target aborts on a failure. The corpus is found
 * by the program's name, or named in arguments. An option, such as with-tap's, is ignored. */
#ifndef WITH_LIBFUZZER
#include <stdio.h>

#include "fuzz.h"

static int compare_names(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void replay(const char *path, unsigned n) {
        g_autofree char *data = NULL, *name = g_path_get_basename(path);
        g_autoptr(GError) error = NULL;
        gsize size;
        if (!g_file_get_contents(path, &data, &size, &error)) {
                printf("not ok %u - %s\n# %s\n", n, name, error->message);
                return;
        }
        /* A copy of the exact size, so that a sanitizer or valgrind sees reads beyond the end. */
        g_autofree uint8_t *exact = g_malloc(MAX(1, size));
        memcpy(exact, data, size);
        (void) LLVMFuzzerTestOneInput(exact, size);
        /* Also truncated, as after a crash. */
        for (gsize part = 1; part < 8; part++)
                (void) LLVMFuzzerTestOneInput(exact, size * part / 8);
        printf("ok %u - %s\n", n, name);
        fflush(stdout);
}

int main(int argc, char **argv) {
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *program = g_path_get_basename(argv[0]);
        const char *target = strstr(program, "fuzz-");
        g_autofree char *folder = g_build_filename(TEST_SRCDIR, "tests", "fuzz", "corpus", target ? target + 5 : program, NULL);
        g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
        for (int i = 1; i < argc; i++)
                if (argv[i][0] != '-')
                        g_ptr_array_add(files, g_strdup(argv[i]));
        g_autoptr(GDir) dir = files->len > 0 ? NULL : g_dir_open(folder, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));)
                g_ptr_array_add(files, g_build_filename(folder, name, NULL));
        g_ptr_array_sort(files, compare_names);
        printf("1..%u\n", files->len);
        for (guint i = 0; i < files->len; i++)
                replay(files->pdata[i], i + 1);
        return files->len == 0;
}
#endif
