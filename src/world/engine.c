/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "bus/file-watch.h"
#include "docker/daemon-file.h"
#include "docker/dockerd.h"
#include "guard/addresses.h"
#include "model/durable.h"
#include "model/error.h"
#include "world/journal.h"
#include "world/world.h"

/* Precision of dockerd's start time; dockerd reads its file later than that. */
#define TICK_USEC (20 * 1000)

struct Engine {
        World *world;
        FileWatch *file_watch, *pid_watch;
        FileWatch *target_watch; /* of the link's target; NULL: the file is no link */
        sd_event_source *death;  /* of the running dockerd */
        Dockerd *dockerd;        /* NULL: none runs */
        char *pid_file;          /* dockerd's, beside its socket */
        char *path;              /* the watched file */
        char *target;            /* the link's target; NULL: the file is no link */
        DaemonSettings file;     /* its content now */
        char *file_error;        /* NULL: the file is usable */
        DaemonSettings start;    /* its content when dockerd started */
        bool start_known;
        char *told; /* the values of all properties, as last reported */
};

static const char *docker_version(const Engine *engine) {
        return engine->world->docker ? engine->world->docker->version : "";
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static bool choose(Said flag, Said file, bool otherwise) {
        const Said said = flag != SAID_NOTHING ? flag : file;
        return said == SAID_NOTHING ? otherwise : said == SAID_YES;
}

static EngineValues values(const Engine *engine, const DaemonSettings *file) {
        static const DaemonSettings nothing;
        const DaemonSettings *flags = engine->dockerd ? &engine->dockerd->flags.settings : &nothing;
        const char *address = flags->ip ? flags->ip : file->ip;
        return (EngineValues){
                .iptables = choose(flags->iptables, file->iptables, true),
                .ip6tables = choose(flags->ip6tables, file->ip6tables, dockerd_filters_ipv6(docker_version(engine))),
                .address = address ? address : "",
        };
}

const char *engine_config_file(const Engine *engine) {
        return engine->path;
}

const char *engine_config_error(const Engine *engine) {
        return engine->file_error ? engine->file_error : "";
}

bool engine_finds_dockerd(const Engine *engine) {
        return engine->dockerd != NULL;
}

EngineValues engine_next(const Engine *engine) {
        return values(engine, engine->file_error && engine->start_known ? &engine->start : &engine->file);
}

bool engine_running(const Engine *engine, EngineValues *ret) {
        if (!engine->dockerd || !engine->start_known)
                return false;
        *ret = values(engine, &engine->start);
        return true;
}

const char *const *engine_flags(const Engine *engine) {
        static const char *const none[] = { NULL };
        return engine->dockerd ? (const char *const *) engine->dockerd->flags.given->pdata : none;
}

/* "0.0.0.0" is dockerd's own default. */
static bool same_address(const char *a, const char *b) {
        return g_str_equal(a[0] ? a : "0.0.0.0", b[0] ? b : "0.0.0.0");
}

bool engine_restart_required(const Engine *engine) {
        EngineValues running, next = engine_next(engine);
        if (!engine->dockerd || engine->file_error)
                return false;
        return !engine_running(engine, &running) || running.iptables != next.iptables || running.ip6tables != next.ip6tables ||
               !same_address(running.address, next.address);
}

/* --- what dockerd was started with -------------------------------------------------------------------------------- */

/* Saved to a file, to survive a restart of quaywalld. */
#define GROUP "dockerd"

static char *memory_path(const Engine *engine) {
        return g_build_filename(engine->world->settings->runtime_folder, "engine", NULL);
}

static bool recall(Engine *engine) {
        g_autofree char *path = memory_path(engine);
        g_autoptr(GKeyFile) memory = g_key_file_new();
        if (!g_key_file_load_from_file(memory, path, G_KEY_FILE_NONE, NULL) ||
            g_key_file_get_integer(memory, GROUP, "pid", NULL) != engine->dockerd->pid ||
            g_key_file_get_uint64(memory, GROUP, "start", NULL) != engine->dockerd->start)
                return false;
        engine->start.iptables = g_key_file_get_integer(memory, GROUP, DAEMON_KEY_IPTABLES, NULL);
        engine->start.ip6tables = g_key_file_get_integer(memory, GROUP, DAEMON_KEY_IP6TABLES, NULL);
        engine->start.ip = g_key_file_get_string(memory, GROUP, DAEMON_KEY_IP, NULL);
        return true;
}

static void remember(const Engine *engine) {
        g_autofree char *path = memory_path(engine);
        g_autoptr(GKeyFile) memory = g_key_file_new();
        g_autoptr(GError) error = NULL;
        g_key_file_set_integer(memory, GROUP, "pid", engine->dockerd->pid);
        g_key_file_set_uint64(memory, GROUP, "start", engine->dockerd->start);
        g_key_file_set_integer(memory, GROUP, DAEMON_KEY_IPTABLES, engine->start.iptables);
        g_key_file_set_integer(memory, GROUP, DAEMON_KEY_IP6TABLES, engine->start.ip6tables);
        if (engine->start.ip)
                g_key_file_set_string(memory, GROUP, DAEMON_KEY_IP, engine->start.ip);
        gsize length;
        g_autofree char *text = g_key_file_to_data(memory, &length, NULL);
        if (!durable_write_soon(path, text, length, 0644, &error))
                journal_log(
                        LOG_WARNING, NULL,
                        _("the settings with which Docker was started cannot be saved, and are not known after a restart of quaywalld: %s"),
                        error->message);
}

static int on_death(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t revents,
                    void *userdata) {
        engine_refresh(userdata);
        return 0;
}

/* A dockerd that is killed leaves its pid file behind. */
static void watch_process(Engine *engine) {
        engine->death = sd_event_source_disable_unref(engine->death);
        if (!engine->dockerd)
                return;
        const int fd = (int) syscall(SYS_pidfd_open, engine->dockerd->pid, 0);
        const int r = fd < 0 ? -errno : sd_event_add_io(engine->world->event, &engine->death, fd, EPOLLIN, on_death, engine);
        if (r >= 0) {
                (void) sd_event_source_set_io_fd_own(engine->death, true);
                return;
        }
        if (fd >= 0)
                close(fd);
        if (r != -ESRCH)
                journal_log(LOG_WARNING, NULL, _("the end of dockerd is not noticed: %s"), g_strerror(-r));
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static gint64 usec(const struct timespec *ts) {
        return ts->tv_sec * G_USEC_PER_SEC + ts->tv_nsec / 1000;
}

/* When the file was written or moved to its place: a move keeps the mtime. */
static gint64 file_time(const DaemonFile *file) {
        return file->exists ? MAX(usec(&file->st.st_mtim), usec(&file->st.st_ctim)) : 0;
}

static void on_file(gpointer userdata) {
        engine_refresh(userdata);
}

static void look_at_process(Engine *engine) {
        g_autoptr(Dockerd) now = dockerd_find(engine->pid_file);
        if (now && engine->dockerd && now->pid == engine->dockerd->pid && now->start == engine->dockerd->start)
                return;
        g_clear_pointer(&engine->dockerd, dockerd_free);
        engine->dockerd = g_steal_pointer(&now);
        engine->start_known = false;
        daemon_settings_clear(&engine->start);
        watch_process(engine);
}

static void on_unwatched(const char *sentence, G_GNUC_UNUSED gpointer userdata) {
        journal_log(LOG_WARNING, NULL, "%s", sentence);
}

static void watch_target(Engine *engine, bool is_link) {
        g_autofree char *target = is_link ? realpath(engine->path, NULL) : NULL;
        if (g_strcmp0(target, engine->target) == 0)
                return;
        g_clear_pointer(&engine->target_watch, file_watch_free);
        g_free(engine->target);
        engine->target = g_strdup(target);
        if (target)
                engine->target_watch = file_watch_new(engine->world->event, target, on_file, on_unwatched, engine);
}

static void look_at_file(Engine *engine) {
        const char *flag = engine->dockerd ? engine->dockerd->flags.config_file : NULL;
        const char *path = flag && g_path_is_absolute(flag) ? flag : engine->world->settings->docker_config_file;
        if (g_strcmp0(path, engine->path) != 0) {
                g_free(engine->path);
                engine->path = g_strdup(path);
                file_watch_free(engine->file_watch);
                engine->file_watch = file_watch_new(engine->world->event, path, on_file, on_unwatched, engine);
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(DaemonFile) file = daemon_file_read(path, &error);
        g_autoptr(DaemonJson) json = file ? daemon_json_parse(file->text, file->length, &error) : NULL;
        watch_target(engine, file && file->is_link);
        g_free(engine->file_error);
        /* dockerd may accept a file that is too large or too deep for quaywall, or that quaywall may not read. */
        engine->file_error = !error ? NULL :
                             !file  ? g_strdup(error->message) :
                             error->code == QUAYWALL_ERROR_LIMIT_EXCEEDED ?
                                     g_strdup_printf("%s:%s", path, error->message) :
                                     g_strdup_printf(_("%s:%s; dockerd will not start with it"), path, error->message);
        daemon_settings_clear(&engine->file);
        if (json)
                daemon_settings_copy(&engine->file, &json->settings);

        if (!engine->dockerd || engine->start_known)
                return;
        engine->start_known = recall(engine);
        if (engine->start_known)
                return;
        if (json && file_time(file) <= engine->dockerd->started + TICK_USEC) {
                daemon_settings_copy(&engine->start, &engine->file);
                engine->start_known = true;
                remember(engine);
        }
}

/* One line for each property. */
static char *describe(const Engine *engine) {
        EngineValues next = engine_next(engine), now = { .address = "" };
        const bool known = engine_running(engine, &now);
        g_autofree char *flags = g_strjoinv(" ", (char **) engine_flags(engine));
        return g_strdup_printf("%s\n%s\n%d %d %s\n%d\n%d %d %d %s %s", engine->path, engine_config_error(engine), next.iptables,
                               next.ip6tables, next.address, engine_restart_required(engine), known, now.iptables,
                               now.ip6tables, now.address, flags);
}

void engine_refresh(Engine *engine) {
        look_at_process(engine);
        look_at_file(engine);
        g_autofree char *told = describe(engine);
        if (g_strcmp0(told, engine->told) == 0)
                return;
        g_free(engine->told);
        engine->told = g_steal_pointer(&told);
        if (engine->file_error)
                journal_log(LOG_WARNING, NULL, "%s", engine->file_error);
        /* Nobody listens yet during engine_new(). */
        if (engine->world->engine == engine)
                engine->world->changed(WORLD_ENGINE, engine->world->userdata);
}

Engine *engine_new(World *world) {
        Engine *engine = g_new0(Engine, 1);
        engine->world = world;
        g_autofree char *folder = g_path_get_dirname(world->settings->docker_socket);
        engine->pid_file = world->settings->docker_pid_file ? g_strdup(world->settings->docker_pid_file) :
                                                              g_build_filename(folder, "docker.pid", NULL);
        engine->pid_watch = file_watch_new(world->event, engine->pid_file, on_file, on_unwatched, engine);
        engine_refresh(engine);
        return engine;
}

void engine_free(Engine *engine) {
        if (!engine)
                return;
        file_watch_free(engine->file_watch);
        file_watch_free(engine->pid_watch);
        file_watch_free(engine->target_watch);
        sd_event_source_disable_unref(engine->death);
        g_clear_pointer(&engine->dockerd, dockerd_free);
        daemon_settings_clear(&engine->file);
        daemon_settings_clear(&engine->start);
        g_free(engine->pid_file);
        g_free(engine->path);
        g_free(engine->target);
        g_free(engine->file_error);
        g_free(engine->told);
        g_free(engine);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

/* dockerd: "the following directives are specified both as a flag and in the configuration file". */
static bool check_flag(const Engine *engine, const char *key, GError **error) {
        const size_t length = strlen("--") + strlen(key);
        for (const char *const *flag = engine_flags(engine); *flag; flag++)
                if (g_str_has_prefix(*flag + 2, key) && ((*flag)[length] == '=' || (*flag)[length] == '\0')) {
                        g_set_error(
                                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                _("dockerd was started with %s, and does not start when \"%s\" is in %s as well; take the flag off its "
                                  "command line (\"systemctl edit docker\") and restart it first"),
                                *flag, key, engine->path);
                        return false;
                }
        return true;
}

/* dockerd: "You specified --iptables=false with --icc=false". */
static bool check_icc(const Engine *engine, const DaemonJson *json, GError **error) {
        const Said flag = engine->dockerd ? engine->dockerd->flags.settings.icc : SAID_NOTHING;
        if (choose(flag, json->settings.icc, true))
                return true;
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                _("dockerd does not start with iptables off and %s, which needs iptables; allow connections between containers first"),
                flag == SAID_NO ? "--icc=false" : _("\"icc\": false"));
        return false;
}

/* value: JSON; NULL: removes the key. */
static bool write_setting(Engine *engine, const char *key, const char *value, GError **error) {
        g_autoptr(DaemonFile) file = daemon_file_read(engine->path, error);
        if (!file)
                return false;
        g_autoptr(DaemonJson) json = daemon_json_parse(file->text, file->length, error);
        if (!json) {
                g_prefix_error(error, "%s:", engine->path);
                return false;
        }
        if (json->oddity) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s:%s", engine->path, json->oddity);
                return false;
        }
        gsize length;
        g_autofree char *text = daemon_json_set(json, key, value, &length);
        const bool same = length == file->length && memcmp(text, file->text, length) == 0;
        /* A key that is set in the file and by a flag can still be removed from the file. */
        if ((value || same) && !check_flag(engine, key, error))
                return false;
        if (same)
                return true;
        if (g_strcmp0(value, "false") == 0 && !check_icc(engine, json, error))
                return false;
        if (!daemon_file_replace(file, text, length, error))
                return false;
        engine_refresh(engine);
        return true;
}

bool engine_set_iptables(Engine *engine, bool enabled, GError **error) {
        engine_refresh(engine);
        if (!engine->file_error && engine_next(engine).iptables == enabled)
                return true;
        return write_setting(engine, DAEMON_KEY_IPTABLES, enabled ? "true" : "false", error);
}

bool engine_set_address(Engine *engine, const char *address, GError **error) {
        engine_refresh(engine);
        if (!engine->file_error && g_str_equal(engine_next(engine).address, address))
                return true;
        g_autofree char *value = address[0] ? daemon_json_quote(address) : NULL;
        return write_setting(engine, DAEMON_KEY_IP, value, error);
}

static bool is_of_this_host(Family family, const void *address) {
        g_autoptr(GArray) all = addresses_list();
        if (!all)
                return true; /* unknown: leave the check to dockerd */
        for (guint i = 0; i < all->len; i++) {
                const AddressRange *own = &g_array_index(all, HostAddress, i).address;
                if (own->family == family && memcmp(own->first, address, family == FAMILY_IPV4 ? 4 : 16) == 0)
                        return true;
        }
        return false;
}

char *engine_address_check(const char *address, GError **error) {
        if (!address[0])
                return g_strdup("");
        struct in_addr ipv4;
        struct in6_addr ipv6;
        const bool is_ipv4 = inet_pton(AF_INET, address, &ipv4) == 1;
        g_autofree char *shown = quaywall_error_show(address);
        if (!is_ipv4 && inet_pton(AF_INET6, address, &ipv6) != 1) {
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                        _("address: \"%s\" is not an address; it must be one of this host, \"0.0.0.0\" for all, or empty for none"),
                        shown);
                return NULL;
        }
        const bool any = is_ipv4 ? ipv4.s_addr == htonl(INADDR_ANY) : IN6_IS_ADDR_UNSPECIFIED(&ipv6);
        const bool loopback = is_ipv4 && (ntohl(ipv4.s_addr) >> 24) == IN_LOOPBACKNET;
        if (!is_ipv4 && IN6_IS_ADDR_LINKLOCAL(&ipv6)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("address: \"%s\" is a link-local one, which dockerd cannot publish on"), shown);
                return NULL;
        }
        if (!any && !loopback &&
            !is_of_this_host(is_ipv4 ? FAMILY_IPV4 : FAMILY_IPV6, is_ipv4 ? (const void *) &ipv4 : &ipv6)) {
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                        _("address: \"%s\" is not one of this host's (see \"ip address\"); dockerd could not publish there"),
                        shown);
                return NULL;
        }
        char text[INET6_ADDRSTRLEN];
        return g_strdup(inet_ntop(is_ipv4 ? AF_INET : AF_INET6, is_ipv4 ? (const void *) &ipv4 : &ipv6, text, sizeof text));
}
