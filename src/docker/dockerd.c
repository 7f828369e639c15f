/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dockerd.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IP6TABLES_SINCE 27 /* major version in which ip6tables became the default (release notes of Docker 27.0) */

/* --- command line ------------------------------------------------------------------------------------------------- */

void dockerd_flags_clear(DockerdFlags *flags) {
        daemon_settings_clear(&flags->settings);
        g_clear_pointer(&flags->config_file, g_free);
        g_clear_pointer(&flags->given, g_ptr_array_unref);
}

/* Go's strconv.ParseBool; dockerd does not start with anything else. */
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
                        g_ptr_array_add(flags->given, value ? g_strdup_printf("--%s=%s", name, value) : g_strdup_printf("--%s", name));
        }
        g_ptr_array_add(flags->given, NULL);
}

/* --- process ------------------------------------------------------------------------------------------------------ */

void dockerd_free(Dockerd *dockerd) {
        dockerd_flags_clear(&dockerd->flags);
        g_free(dockerd);
}

static char *read_proc(pid_t pid, const char *name, gsize *ret_length) {
        char *text = NULL;
        g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int) pid, name);
        return g_file_get_contents(path, &text, ret_length, NULL) ? text : NULL;
}

/* Field 22 of proc_pid_stat(5); the name before it, in parentheses, may hold anything. */
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
        if (argv->len == 0)
                return false;
        g_autofree char *program = g_path_get_basename(argv->pdata[0]);
        if (!g_str_has_prefix(program, "dockerd"))
                return false;
        g_ptr_array_add(argv, NULL);
        dockerd_flags_parse(&dockerd->flags, (const char *const *) argv->pdata);
        return true;
}

Dockerd *dockerd_find(const char *pid_file) {
        g_autofree char *text = NULL;
        char *end;
        if (!g_file_get_contents(pid_file, &text, NULL, NULL))
                return NULL;
        const gint64 pid = g_ascii_strtoll(text, &end, 10);
        if (pid <= 0 || pid > G_MAXINT || (*end && !g_ascii_isspace(*end)))
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
