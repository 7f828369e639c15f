/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "error.h"

#define SUFFIX ".new"

bool durable_fail(GError **error, const char *what, const char *path) {
        const int saved = errno;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s %s: %s", what, path, g_strerror(saved));
        return false;
}

bool durable_write_all(int fd, const char *text, gsize length) {
        while (length > 0) {
                const ssize_t n = write(fd, text, length);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return false;
                text += n;
                length -= n;
        }
        return true;
}

char *durable_read(int dir_fd, const char *file, gsize limit, gsize *ret_length, GError **error) {
        /* O_NONBLOCK: a FIFO must not stop the daemon. */
        _cleanup_fd_ int fd = openat(dir_fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct stat st;
        if (fd < 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s",
                            errno == ELOOP ? _("is a symbolic link; put the file itself there") : g_strerror(errno));
                return NULL;
        }
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (gsize) st.st_size > limit) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("is not a regular file of at most %zu bytes"), limit);
                return NULL;
        }
        g_autofree char *text = g_malloc(st.st_size + 1);
        gsize length = 0;
        for (;;) {
                ssize_t n = read(fd, text + length, st.st_size - length);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s", g_strerror(errno));
                        return NULL;
                }
                if (n == 0)
                        break;
                length += n;
        }
        text[length] = '\0';
        *ret_length = length;
        return g_steal_pointer(&text);
}

bool durable_make_folder(const char *path, mode_t mode, GError **error) {
        g_autofree char *parent = g_path_get_dirname(path);
        int r = mkdir(path, mode);
        if (r < 0 && errno == ENOENT && !g_str_equal(parent, path)) {
                if (!durable_make_folder(parent, 0755, error))
                        return false;
                r = mkdir(path, mode);
        }
        if (r < 0 && errno == EEXIST)
                return true;
        return (r == 0 && chmod(path, mode) == 0) || durable_fail(error, _("cannot make"), path);
}

static bool create(const char *path, const char *text, gsize length, mode_t mode, bool sync, GError **error) {
        _cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return durable_fail(error, _("cannot write"), path);
        if (fchmod(fd, mode) < 0 || !durable_write_all(fd, text, length))
                return durable_fail(error, _("cannot write"), path);
        return !sync || fsync(fd) == 0 || durable_fail(error, _("cannot sync"), path);
}

bool durable_create(const char *path, const char *text, gsize length, mode_t mode, GError **error) {
        return create(path, text, length, mode, true, error);
}

static bool replace(const char *path, const char *text, gsize length, mode_t mode, bool sync, GError **error) {
        g_autofree char *folder = g_path_get_dirname(path), *new = g_strconcat(path, SUFFIX, NULL);
        if (!durable_make_folder(folder, 0755, error))
                return false;
        /* A crash may have left one. */
        (void) unlink(new);
        if (create(new, text, length, mode, sync, error) &&
            (rename(new, path) == 0 || durable_fail(error, _("cannot replace"), path)))
                return !sync || durable_sync_folder(folder, error);
        (void) unlink(new);
        return false;
}

bool durable_write(const char *path, const char *text, gsize length, mode_t mode, GError **error) {
        return replace(path, text, length, mode, true, error);
}

bool durable_write_soon(const char *path, const char *text, gsize length, mode_t mode, GError **error) {
        return replace(path, text, length, mode, false, error);
}

void durable_clean(const char *folder) {
        g_autoptr(Directory) dir = opendir(folder);
        for (const struct dirent *entry; dir && (entry = readdir(dir));)
                if (g_str_has_suffix(entry->d_name, SUFFIX))
                        (void) unlinkat(dirfd(dir), entry->d_name, 0); /* fails for a folder, which stays */
}

bool durable_sync_folder(const char *path, GError **error) {
        _cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return (fd >= 0 && fsync(fd) == 0) || durable_fail(error, _("cannot sync"), path);
}

static bool remove_folder(const char *path, bool deep, GError **error) {
        g_autoptr(Directory) dir = opendir(path);
        if (!dir)
                return errno == ENOENT || durable_fail(error, _("cannot open"), path);
        for (const struct dirent *entry; (entry = readdir(dir));) {
                if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, ".."))
                        continue;
                if (unlinkat(dirfd(dir), entry->d_name, 0) == 0)
                        continue;
                if (errno != EISDIR || !deep)
                        return durable_fail(error, _("cannot empty"), path);
                g_autofree char *folder = g_build_filename(path, entry->d_name, NULL);
                if (!remove_folder(folder, true, error))
                        return false;
        }
        return rmdir(path) == 0 || durable_fail(error, _("cannot remove"), path);
}

bool durable_remove_folder(const char *path, GError **error) {
        return remove_folder(path, false, error);
}

bool durable_remove_tree(const char *path, GError **error) {
        return remove_folder(path, true, error);
}
