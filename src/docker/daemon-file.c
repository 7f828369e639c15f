/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "model/bounds.h"
#include "model/durable.h"
#include "model/error.h"

static bool fail(const char *path, const char *what, GError **error) {
        const int saved = errno;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s: %s: %s", path, what, g_strerror(saved));
        return false;
}

void daemon_file_free(DaemonFile *file) {
        g_free(file->path);
        g_free(file->text);
        g_clear_pointer(&file->acl, g_bytes_unref);
        g_free(file);
}

/* acl(5) in the kernel's format: it grants access to the file beyond its mode. */
#define ACL "system.posix_acl_access"
#define ACL_MAX 65536

static bool read_acl(DaemonFile *file, int fd, GError **error) {
        g_autofree char *value = g_malloc(ACL_MAX);
        const ssize_t n = fgetxattr(fd, ACL, value, ACL_MAX);
        if (n < 0 && errno != ENODATA && errno != EOPNOTSUPP)
                return fail(file->path, _("its access control list cannot be read"), error);
        if (n > 0)
                file->acl = g_bytes_new(value, n);
        return true;
}

/* Call it after setting the mode, which is a part of the list. */
static bool keep_acl(const DaemonFile *file, int fd, GError **error) {
        gsize length = 0;
        const void *value = file->acl ? g_bytes_get_data(file->acl, &length) : NULL;
        if (value ? fsetxattr(fd, ACL, value, length, 0) == 0 :
                    fremovexattr(fd, ACL) == 0 || errno == ENODATA || errno == EOPNOTSUPP)
                return true;
        return fail(
                file->path,
                _("has an access control list, see getfacl(1), that quaywalld cannot give a new file; change the file by hand"),
                error);
}

/* One byte more than allowed is enough to detect that a file is too large. */
static bool read_all(DaemonFile *file, int fd, GError **error) {
        const gsize room = MIN((gsize) file->st.st_size, LIMIT_DAEMON_JSON) + 1;
        file->text = g_malloc(room + 1);
        while (file->length < room) {
                const ssize_t n = read(fd, file->text + file->length, room - file->length);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail(file->path, _("cannot be read"), error);
                if (n == 0)
                        break;
                file->length += n;
        }
        file->text[file->length] = '\0';
        if (file->length <= LIMIT_DAEMON_JSON)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, _("%s: is larger than %u bytes"), file->path,
                    LIMIT_DAEMON_JSON);
        return false;
}

DaemonFile *daemon_file_read(const char *path, GError **error) {
        g_autoptr(DaemonFile) file = g_new0(DaemonFile, 1);
        file->path = g_strdup(path);
        file->is_link = g_file_test(path, G_FILE_TEST_IS_SYMLINK);
        /* O_NONBLOCK: a FIFO must not stop the daemon. */
        _cleanup_fd_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
                file->text = g_strdup("");
                return g_steal_pointer(&file);
        }
        if (fd < 0 || fstat(fd, &file->st) < 0) {
                fail(path, _("cannot be opened"), error);
                return NULL;
        }
        if (!S_ISREG(file->st.st_mode)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("%s: is not a regular file"), path);
                return NULL;
        }
        file->exists = true;
        return read_acl(file, fd, error) && read_all(file, fd, error) ? g_steal_pointer(&file) : NULL;
}

static bool is_same(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mode == b->st_mode &&
               a->st_uid == b->st_uid && a->st_gid == b->st_gid && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
               a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
               a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool check_unchanged(const DaemonFile *file, int folder, const char *name, GError **error) {
        struct stat st;
        const bool exists = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
        if (!exists && errno != ENOENT)
                return fail(file->path, _("cannot be looked at"), error);
        if (exists == file->exists && (!exists || is_same(&st, &file->st)))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("%s: somebody else changed it at the same time; try again"),
                    file->path);
        return false;
}

/* Keeps the owner, so that the same users can read the file. The daemon may not give files away. */
static bool keep_owner(const DaemonFile *file, int fd, GError **error) {
        struct stat st;
        if (fstat(fd, &st) < 0)
                return fail(file->path, _("cannot be written"), error);
        if (!file->exists || (st.st_uid == file->st.st_uid && st.st_gid == file->st.st_gid) ||
            fchown(fd, file->st.st_uid, file->st.st_gid) == 0)
                return true;
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                _("%s: belongs to user %u and group %u, which quaywalld cannot give a new file to; change the file by hand, or make it "
                  "belong to %u and %u"),
                file->path, (unsigned) file->st.st_uid, (unsigned) file->st.st_gid, (unsigned) st.st_uid, (unsigned) st.st_gid);
        return false;
}

static bool write_new(const DaemonFile *file, int folder, const char *name, const char *text, gsize length, GError **error) {
        _cleanup_fd_ int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0) {
                fail(file->path, _("cannot be written"), error);
                /* The unit's sandbox makes this folder writable only if it exists when the service starts. */
                if (errno == EROFS)
                        g_prefix_error(error, _("the folder is closed to quaywalld: if it is new, restart quaywalld; see "
                                                "DockerConfigFile= in quaywalld.conf(5): "));
                return false;
        }
        if (!keep_owner(file, fd, error))
                return false;
        if (!durable_write_all(fd, text, length) || fchmod(fd, file->exists ? file->st.st_mode & 07777 : 0644) < 0)
                return fail(file->path, _("cannot be written"), error);
        if (file->exists && !keep_acl(file, fd, error))
                return false;
        return fsync(fd) == 0 || fail(file->path, _("cannot be written"), error);
}

static int open_folder(const char *path, GError **error) {
        g_autofree char *folder = g_path_get_dirname(path);
        const bool made = mkdir(folder, 0755) == 0;
        if ((!made && errno != EEXIST && errno != EROFS) || (made && chmod(folder, 0755) < 0))
                fail(folder, _("cannot be made"), error);
        else {
                const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (fd >= 0)
                        return fd;
                if (errno == ENOENT)
                        g_set_error(
                                error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                                _("%s: there is no folder %s, and quaywalld may not make it; make it (mkdir %s) and restart quaywalld"),
                                path, folder, folder);
                else
                        fail(folder, _("cannot be opened"), error);
        }
        return -1;
}

bool daemon_file_replace(DaemonFile *file, const char *text, gsize length, GError **error) {
        if (file->is_link) {
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                        _("%s: is a symbolic link, which is read but not changed; change the file that it leads to, or name that one by "
                          "DockerConfigFile= in quaywalld.conf"),
                        file->path);
                return false;
        }
        _cleanup_fd_ int folder = open_folder(file->path, error);
        if (folder < 0)
                return false;
        g_autofree char *name = g_path_get_basename(file->path), *temporary = g_strdup_printf(".%s.quaywall", name);
        /* A crash may have left one. */
        (void) unlinkat(folder, temporary, 0);
        bool done = check_unchanged(file, folder, name, error) && write_new(file, folder, temporary, text, length, error) &&
                    check_unchanged(file, folder, name, error);
        if (done && renameat2(folder, temporary, folder, name, file->exists ? 0 : RENAME_NOREPLACE) < 0)
                done = fail(file->path, _("cannot be replaced"), error);
        if (!done) {
                (void) unlinkat(folder, temporary, 0);
                return false;
        }
        /* Done; a power cut may still undo it, but that is no failure. */
        (void) fsync(folder);
        return true;
}
