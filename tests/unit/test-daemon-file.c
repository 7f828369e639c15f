/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.json as a file, and dockerd's command line and process. */
#include "docker/daemon-file.h"

#include <fcntl.h>
#include <signal.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "docker/dockerd.h"
#include "model/bounds.h"

typedef struct Place {
        char *folder, *path;
} Place;

static Place *place_new(void) {
        g_autoptr(GError) error = NULL;
        Place *place = g_new0(Place, 1);
        place->folder = g_dir_make_tmp("quaywall-daemon-XXXXXX", &error);
        g_assert_no_error(error);
        place->path = g_build_filename(place->folder, "daemon.json", NULL);
        return place;
}

static void place_free(Place *place) {
        g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *path = g_build_filename(place->folder, name, NULL);
                g_assert_cmpint(g_remove(path), ==, 0);
        }
        if (dir)
                g_assert_cmpint(g_remove(place->folder), ==, 0);
        g_free(place->folder);
        g_free(place->path);
        g_free(place);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Place, place_free)

static void put(const Place *place, const char *text, int mode) {
        g_assert_true(g_file_set_contents(place->path, text, -1, NULL));
        g_assert_cmpint(g_chmod(place->path, mode), ==, 0);
}

static void check_content(const Place *place, const char *text, int mode) {
        g_autofree char *found = NULL;
        GStatBuf st;
        g_assert_true(g_file_get_contents(place->path, &found, NULL, NULL));
        g_assert_cmpstr(found, ==, text);
        g_assert_cmpint(g_stat(place->path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, mode);
        g_autofree char *temporary = g_build_filename(place->folder, ".daemon.json.quaywall", NULL);
        g_assert_false(g_file_test(temporary, G_FILE_TEST_EXISTS));
}

static void check_fails(GError *error, const char *words) {
        g_assert_nonnull(error);
        if (!strstr(error->message, words))
                g_error("\"%s\" is not in \"%s\"", words, error->message);
        g_error_free(error);
}

static DaemonFile *read_file(const Place *place) {
        g_autoptr(GError) error = NULL;
        DaemonFile *file = daemon_file_read(place->path, &error);
        g_assert_no_error(error);
        return file;
}

static void test_replace(void) {
        g_autoptr(Place) place = place_new();
        put(place, "{\"a\": 1}", 0640);
        g_autoptr(DaemonFile) file = read_file(place);
        g_assert_true(file->exists);
        g_assert_cmpstr(file->text, ==, "{\"a\": 1}");
        /* What a crash left behind does no harm, not even as a link to somewhere else. */
        g_autofree char *temporary = g_build_filename(place->folder, ".daemon.json.quaywall", NULL);
        g_assert_cmpint(symlink("/dev/null", temporary), ==, 0);
        g_autoptr(GError) error = NULL;
        g_assert_true(daemon_file_replace(file, "{}", 2, &error));
        check_content(place, "{}", 0640);
}

static void test_new(void) {
        g_autoptr(Place) place = place_new();
        g_autoptr(DaemonFile) file = read_file(place);
        g_assert_false(file->exists);
        g_assert_cmpuint(file->length, ==, 0);
        g_assert_true(daemon_file_replace(file, "{}", 2, NULL));
        check_content(place, "{}", 0644);
}

static void test_new_folder(void) {
        g_autoptr(Place) place = place_new();
        g_assert_cmpint(g_rmdir(place->folder), ==, 0);
        g_autoptr(DaemonFile) file = read_file(place);
        g_assert_true(daemon_file_replace(file, "{}", 2, NULL));
        check_content(place, "{}", 0644);
}

/* A change made by somebody else after the file was read is not overwritten. */
static void test_changed_meanwhile(void) {
        g_autoptr(Place) place = place_new();
        put(place, "{}", 0644);
        g_autoptr(DaemonFile) file = read_file(place);
        GError *error = NULL;
        put(place, "[]", 0644); /* same size as before */
        g_assert_false(daemon_file_replace(file, "{\"ours\": 1}", 11, &error));
        check_fails(error, "somebody else changed it");
        check_content(place, "[]", 0644);

        g_autoptr(DaemonFile) gone = read_file(place);
        error = NULL;
        g_assert_cmpint(g_remove(place->path), ==, 0);
        g_assert_false(daemon_file_replace(gone, "{}", 2, &error));
        check_fails(error, "somebody else changed it");
        g_assert_false(g_file_test(place->path, G_FILE_TEST_EXISTS));

        g_autoptr(DaemonFile) none = read_file(place);
        error = NULL;
        put(place, "{}", 0600);
        g_assert_false(daemon_file_replace(none, "{\"ours\": 1}", 11, &error));
        check_fails(error, "somebody else changed it");
        check_content(place, "{}", 0600);
}

static void test_owner(void) {
        if (geteuid() != 0) {
                g_test_skip("only root can give files away");
                return;
        }
        g_autoptr(Place) place = place_new();
        put(place, "{}", 0664);
        g_assert_cmpint(chown(place->path, 12345, 54321), ==, 0);
        /* A child without capabilities, as the daemon is. */
        const pid_t pid = fork();
        if (pid == 0) {
                g_autoptr(DaemonFile) file = read_file(place);
                g_autoptr(GError) error = NULL;
                struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
                const struct __user_cap_data_struct none[2] = { { 0 } };
                if (syscall(SYS_capset, &header, none) < 0 || daemon_file_replace(file, "{\"a\": 1}", 8, &error))
                        _exit(2);
                _exit(strstr(error->message, "belongs to user 12345 and group 54321") ? 0 : 3);
        }
        int status;
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
        check_content(place, "{}", 0664);
        /* A process that may set them keeps owner and group. */
        g_autoptr(DaemonFile) file = read_file(place);
        g_autoptr(GError) error = NULL;
        if (daemon_file_replace(file, "[]", 2, &error)) {
                GStatBuf st;
                check_content(place, "[]", 0664);
                g_assert_cmpint(g_stat(place->path, &st), ==, 0);
                g_assert_cmpint(st.st_uid, ==, 12345);
                g_assert_cmpint(st.st_gid, ==, 54321);
        } else
                check_fails(g_steal_pointer(&error), "belongs to user 12345 and group 54321");
}

static void test_no_plain_file(void) {
        g_autoptr(Place) place = place_new();
        GError *error = NULL;
        g_assert_cmpint(mkfifo(place->path, 0600), ==, 0);
        g_assert_null(daemon_file_read(place->path, &error));
        check_fails(error, "daemon.json: is not a regular file");
        g_assert_cmpint(g_remove(place->path), ==, 0);
        put(place, "", 0644);
        g_assert_cmpint(truncate(place->path, LIMIT_DAEMON_JSON + 1), ==, 0);
        error = NULL;
        g_assert_null(daemon_file_read(place->path, &error));
        check_fails(error, "daemon.json: is larger than 1048576 bytes");
}

/* dockerd follows the link, so the settings are read through it; it is not replaced. */
static void test_link(void) {
        g_autoptr(Place) place = place_new();
        g_autofree char *target = g_build_filename(place->folder, "target", NULL);
        g_assert_true(g_file_set_contents(target, "{\"a\": 1}", -1, NULL));
        g_assert_cmpint(symlink("target", place->path), ==, 0);
        g_autoptr(DaemonFile) file = read_file(place);
        g_assert_cmpstr(file->text, ==, "{\"a\": 1}");
        GError *error = NULL;
        g_assert_false(daemon_file_replace(file, "{}", 2, &error));
        check_fails(error, "daemon.json: is a symbolic link");
        g_autofree char *found = NULL;
        g_assert_true(g_file_get_contents(target, &found, NULL, NULL));
        g_assert_cmpstr(found, ==, "{\"a\": 1}");
        g_assert_true(g_file_test(place->path, G_FILE_TEST_IS_SYMLINK));
        /* For dockerd a dangling link is a missing file. */
        g_assert_cmpint(g_remove(target), ==, 0);
        g_autoptr(DaemonFile) dangling = read_file(place);
        g_assert_false(dangling->exists);
        error = NULL;
        g_assert_false(daemon_file_replace(dangling, "{}", 2, &error));
        check_fails(error, "daemon.json: is a symbolic link");
}

/* ACL version 2, entries of tag, permissions, id. getfacl: user::rw-, user:12345:r--, group::---, mask::r--, other::--- */
static const struct __attribute__((packed)) {
        guint32 version;
        struct __attribute__((packed)) {
                guint16 tag, permissions;
                guint32 id;
        } entries[5];
} ACL = { GUINT32_TO_LE(2),
          { { GUINT16_TO_LE(0x01), GUINT16_TO_LE(6), G_MAXUINT32 },
            { GUINT16_TO_LE(0x02), GUINT16_TO_LE(4), GUINT32_TO_LE(12345) },
            { GUINT16_TO_LE(0x04), GUINT16_TO_LE(0), G_MAXUINT32 },
            { GUINT16_TO_LE(0x10), GUINT16_TO_LE(4), G_MAXUINT32 },
            { GUINT16_TO_LE(0x20), GUINT16_TO_LE(0), G_MAXUINT32 } } };

/* Access that the ACL grants a named user is kept. */
static void test_acl(void) {
        g_autoptr(Place) place = place_new();
        char found[256];
        put(place, "{}", 0600);
        if (setxattr(place->path, "system.posix_acl_access", &ACL, sizeof ACL, 0) < 0) {
                g_test_skip("this file system keeps no access control lists");
                return;
        }
        g_autoptr(DaemonFile) file = read_file(place);
        g_autoptr(GError) error = NULL;
        g_assert_true(daemon_file_replace(file, "{\"a\": 1}", 8, &error));
        g_assert_no_error(error);
        check_content(place, "{\"a\": 1}", 0640); /* stat shows the mask as the group's permissions */
        g_assert_cmpmem(found, MAX(getxattr(place->path, "system.posix_acl_access", found, sizeof found), 0), &ACL, sizeof ACL);
}

/* --- dockerd ------------------------------------------------------------------------------------------------------ */

static char *describe(const char *line) {
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        DockerdFlags flags;
        dockerd_flags_parse(&flags, (const char *const *) argv);
        g_autofree char *given = g_strjoinv(" ", (char **) flags.given->pdata);
        char *text = g_strdup_printf("%d%d%d %s %s [%s]", flags.settings.iptables, flags.settings.ip6tables, flags.settings.icc,
                                     flags.settings.ip ? flags.settings.ip : "-", flags.config_file ? flags.config_file : "-",
                                     given);
        dockerd_flags_clear(&flags);
        return text;
}

static void test_flags(void) {
        static const struct {
                const char *line, *expected;
        } CASES[] = {
                { "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd.sock", "000 - - []" },
                { "dockerd --iptables=false --ip 10.0.0.1", "100 10.0.0.1 - [--iptables=false --ip=10.0.0.1]" },
                { "dockerd --iptables --ip=10.0.0.1", "200 10.0.0.1 - [--iptables --ip=10.0.0.1]" },
                { "dockerd --ip6tables=F --icc=0 --config-file /x.json", "011 - /x.json [--ip6tables=F --icc=0]" },
                { "dockerd --iptables=false --iptables=true", "200 - - [--iptables=false --iptables=true]" },
                { "dockerd --ip-forward=false --ip-masq --iptables-x", "000 - - []" },
                { "dockerd -- --iptables=false", "000 - - []" },
                { "dockerd --ip", "000 - - []" },
                { "dockerd --ip=", "000  - [--ip=]" },
                { "--iptables=false", "000 - - []" }, /* the program's name */
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *text = describe(CASES[i].line);
                g_assert_cmpstr(text, ==, CASES[i].expected);
        }
        g_assert_false(dockerd_filters_ipv6(""));
        g_assert_false(dockerd_filters_ipv6("20.10.24+dfsg1"));
        g_assert_false(dockerd_filters_ipv6("26.1.5"));
        g_assert_true(dockerd_filters_ipv6("27.0.1"));
        g_assert_false(dockerd_drops_routed(""));
        g_assert_false(dockerd_drops_routed("27.5.1"));
        g_assert_true(dockerd_drops_routed("28.0.0"));
}

/* The process id may belong to another program by now. */
static void test_process(void) {
        g_autoptr(Place) place = place_new();
        g_assert_null(dockerd_find(place->path));
        static const char *const NONSENSE[] = { "", "x", "-1", "0", "1x", "99999999999999999999", "4194305" };
        for (gsize i = 0; i < G_N_ELEMENTS(NONSENSE); i++) {
                put(place, NONSENSE[i], 0644);
                g_assert_null(dockerd_find(place->path));
        }
        /* A FIFO that another user puts there must not block. */
        struct stat status;
        g_assert_cmpint(g_remove(place->path), ==, 0);
        g_assert_cmpint(mkfifo(place->path, 0600), ==, 0);
        g_assert_null(dockerd_find(place->path));
        g_assert_cmpint(g_remove(place->path), ==, 0);
        g_assert_cmpint(symlink("/dev/zero", place->path), ==, 0);
        g_assert_cmpint(dockerd_read_pid(place->path, &status), ==, 0);
        g_assert_null(dockerd_find(place->path));
        g_assert_cmpint(g_remove(place->path), ==, 0);

        g_autofree char *self = g_strdup_printf("%d\n", (int) getpid());
        put(place, self, 0644);
        g_assert_null(dockerd_find(place->path));

        char *argv[] = { (char *) "/bin/sh", (char *) "/opt/dockerd-x", (char *) "-c", (char *) "read x; :",
                         (char *) "--ip",    (char *) "10.0.0.1",       NULL };
        GPid pid;
        int input;
        const gint64 before = g_get_real_time();
        g_assert_true(g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                               NULL, &pid, &input, NULL, NULL, NULL));
        g_autofree char *child = g_strdup_printf("%d", (int) pid);
        put(place, child, 0644);
        g_autoptr(Dockerd) dockerd = dockerd_find(place->path);
        g_assert_nonnull(dockerd);
        g_assert_cmpint(dockerd->pid, ==, pid);
        g_assert_cmpstr(dockerd->flags.settings.ip, ==, "10.0.0.1");
        g_assert_cmpint(ABS(dockerd->started - before), <, 2 * G_USEC_PER_SEC);
        close(input);
        g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
        g_assert_null(dockerd_find(place->path));
}

/* Another user's dockerd must not decide which file is read and written. */
static void test_other_user(void) {
        if (geteuid() != 0) {
                g_test_skip("only root can be another user");
                return;
        }
        g_autoptr(Place) place = place_new();
        for (int other = 0; other <= 1; other++) {
                int fds[2];
                char c;
                g_assert_cmpint(pipe(fds), ==, 0);
                const pid_t pid = fork();
                if (pid == 0) {
                        close(fds[0]);
                        if (other && (setgid(12345) < 0 || setuid(12345) < 0))
                                _exit(1);
                        /* exec closes this end of the pipe: then the child is dockerd. */
                        (void) fcntl(fds[1], F_SETFD, FD_CLOEXEC);
                        execlp("sh", "dockerd", "-c", "sleep 60; :", "--config-file=/x.json", "--ip=10.0.0.1", (char *) NULL);
                        _exit(1);
                }
                close(fds[1]);
                g_assert_cmpint(read(fds[0], &c, 1), ==, 0);
                close(fds[0]);
                g_autofree char *child = g_strdup_printf("%d", (int) pid);
                put(place, child, 0644);
                g_autoptr(Dockerd) dockerd = dockerd_find(place->path);
                g_assert_nonnull(dockerd);
                g_assert_cmpstr(dockerd->flags.settings.ip, ==, "10.0.0.1");
                g_assert_cmpstr(dockerd->flags.config_file, ==, other ? NULL : "/x.json");
                kill(pid, SIGKILL);
                g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/daemon-file/replace", test_replace);
        g_test_add_func("/daemon-file/new", test_new);
        g_test_add_func("/daemon-file/new-folder", test_new_folder);
        g_test_add_func("/daemon-file/changed-meanwhile", test_changed_meanwhile);
        g_test_add_func("/daemon-file/owner", test_owner);
        g_test_add_func("/daemon-file/no-plain-file", test_no_plain_file);
        g_test_add_func("/daemon-file/link", test_link);
        g_test_add_func("/daemon-file/acl", test_acl);
        g_test_add_func("/dockerd/flags", test_flags);
        g_test_add_func("/dockerd/process", test_process);
        g_test_add_func("/dockerd/other-user", test_other_user);
        return g_test_run();
}
