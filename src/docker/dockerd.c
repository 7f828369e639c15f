/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dockerd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IP6TABLES_SINCE 27 /* major version in which ip6tables became the default (release notes of Docker 27.0) */
#define DROPS_ROUTED_SINCE 28

/* --- command line ------------------------------------------------------------------------------------------------- */

void dockerd_flags_clear(DockerdFlags *flags) {
        daemon_settings_clear(&flags->settings);
        g_clear_pointer(&flags->config_file, g_free);
        g_clear_pointer(&flags->given, g_ptr_array_unref);
}

/* Go's strconv.ParseBool; dockerd does not start with any other value. */
static Said parse_truth(const char *value) {
        static const char *const TRUTHS[] = { "1", "t", "T", "true", "TRUE", "True", NULL };
        return !value || g_strv_contains(TRUTHS, value) ? SAID_YES : SAID_NO;
}

static void replace(char **string, const char *value) {
        g_free(*string);
        *string = g_strdup(value);
}

void dockerd_flags_parse(DockerdFlags *flags, const char *const *argv) {
        *flags = (DockerdFlags){ .given = g_ptr_array_new_with_free_func(g_free) };
        for (const char *const *word = argv[0] ? argv + 1 : argv; *word && !g_str_equal(*word, "--"); word++) {
                if (!g_str_has_prefix(*word, "--"))
                        continue;
                const char *equals = strchr(*word, '='), *value = equals ? equals + 1 : NULL;
                g_autofree char *name = g_strndup(*word + 2, equals ? (gsize) (equals - *word - 2) : strlen(*word + 2));
                const bool ip = g_str_equal(name, DAEMON_KEY_IP), file = g_str_equal(name, "config-file");
                Said *said = g_str_equal(name, DAEMON_KEY_IPTABLES)  ? &flags->settings.iptables :
                             g_str_equal(name, DAEMON_KEY_IP6TABLES) ? &flags->settings.ip6tables :
                             g_str_equal(name, DAEMON_KEY_ICC)       ? &flags->settings.icc :
                                                                       NULL;
                if ((ip || file) && !value) {
                        if (!word[1])
                                break;
                        value = *++word;
                }
                if (said)
                        *said = parse_truth(value);
                else if (ip)
                        replace(&flags->settings.ip, value);
                else if (file)
                        replace(&flags->config_file, value);
                if (said || ip)
                        g_ptr_array_add(flags->given,
                                        value ? g_strdup_printf("--%s=%s", name, value) : g_strdup_printf("--%s", name));
        }
        g_ptr_array_add(flags->given, NULL);
}

/* --- process ------------------------------------------------------------------------------------------------------ */

void dockerd_free(Dockerd *dockerd) {
        dockerd_flags_clear(&dockerd->flags);
        g_free(dockerd);
}

/* For files of a process that may be another user's: reading neither blocks nor goes on without end. */
#define FILE_MAX (1U << 20)

static char *read_file(const char *path, gsize max, gsize *ret_length, struct stat *ret_status) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        GString *text = NULL;
        ssize_t n = 1;
        if (fd >= 0 && fstat(fd, ret_status) == 0 && S_ISREG(ret_status->st_mode)) {
                char buffer[4096];
                text = g_string_new(NULL);
                while (text->len < max && (n = read(fd, buffer, MIN(sizeof buffer, max - text->len))) > 0)
                        g_string_append_len(text, buffer, n);
        }
        if (fd >= 0)
                close(fd);
        if (ret_length)
                *ret_length = text ? text->len : 0;
        return text ? g_string_free(text, n < 0) : NULL;
}

static char *read_proc(pid_t pid, const char *name, gsize *ret_length) {
        struct stat status;
        g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int) pid, name);
        return read_file(path, FILE_MAX, ret_length, &status);
}

pid_t dockerd_read_pid(const char *pid_file, struct stat *ret_status) {
        g_autofree char *text = read_file(pid_file, 32, NULL, ret_status);
        guint64 pid;
        return text && g_ascii_string_to_unsigned(g_strstrip(text), 10, 1, G_MAXINT32, &pid, NULL) ? (pid_t) pid : 0;
}

/* The name of the program is the first NUL-terminated word. */
static bool names_dockerd(const char *command_line) {
        g_autofree char *program = g_path_get_basename(command_line);
        return g_str_has_prefix(program, "dockerd");
}

bool dockerd_may_be(pid_t pid) {
        g_autofree char *command_line = read_proc(pid, "cmdline", NULL);
        return !command_line || names_dockerd(command_line);
}

/* Another user's dockerd must not tell quaywalld which file to read, and to write. */
static bool is_ours(pid_t pid) {
        g_autofree char *status = read_proc(pid, "status", NULL);
        const char *line = status ? strstr(status, "\nUid:") : NULL;
        unsigned real, effective;
        return line && sscanf(line, "\nUid: %u %u", &real, &effective) == 2 && real == geteuid() && effective == geteuid();
}

/* Field 22 of proc_pid_stat(5); the name before it, in parentheses, may contain anything. */
static bool read_start(pid_t pid, guint64 *ret) {
        g_autofree char *stat = read_proc(pid, "stat", NULL);
        const char *field = stat ? strrchr(stat, ')') : NULL;
        for (guint i = 2; field && i < 22; i++) {
                field = strchr(field, ' ');
                field = field ? field + 1 : NULL;
        }
        *ret = field ? g_ascii_strtoull(field, NULL, 10) : 0;
        return *ret > 0;
}

static gint64 now_usec(clockid_t clock) {
        struct timespec ts;
        clock_gettime(clock, &ts);
        return ts.tv_sec * G_USEC_PER_SEC + ts.tv_nsec / 1000;
}

static bool read_command_line(Dockerd *dockerd) {
        gsize length;
        g_autofree char *text = read_proc(dockerd->pid, "cmdline", &length);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        for (gsize at = 0; text && at < length; at += strlen(text + at) + 1)
                g_ptr_array_add(argv, text + at);
        if (argv->len == 0 || !names_dockerd(text))
                return false;
        g_ptr_array_add(argv, NULL);
        dockerd_flags_parse(&dockerd->flags, (const char *const *) argv->pdata);
        if (!is_ours(dockerd->pid))
                g_clear_pointer(&dockerd->flags.config_file, g_free);
        return true;
}

Dockerd *dockerd_find(const char *pid_file) {
        struct stat status;
        const pid_t pid = dockerd_read_pid(pid_file, &status);
        if (pid == 0)
                return NULL;
        g_autoptr(Dockerd) dockerd = g_new0(Dockerd, 1);
        dockerd->pid = pid;
        if (!read_start(dockerd->pid, &dockerd->start) || !read_command_line(dockerd))
                return NULL;
        const gint64 age = now_usec(CLOCK_BOOTTIME) - (gint64) (dockerd->start * G_USEC_PER_SEC / sysconf(_SC_CLK_TCK));
        dockerd->started = now_usec(CLOCK_REALTIME) - age;
        return g_steal_pointer(&dockerd);
}

bool dockerd_filters_ipv6(const char *version) {
        return strtoul(version, NULL, 10) >= IP6TABLES_SINCE;
}

bool dockerd_drops_routed(const char *version) {
        return strtoul(version, NULL, 10) >= DROPS_ROUTED_SINCE;
}
