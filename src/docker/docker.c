/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "docker.h"

#include <malloc.h>
#include <string.h>

#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "docker/facts-file.h"
#include "docker/inspect.h"
#include "docker/read.h"
#include "docker/unit.h"
#include "model/bounds.h"
#include "model/error.h"

#define OPEN_USEC (5ULL * G_USEC_PER_SEC)
#define GET_USEC (30ULL * G_USEC_PER_SEC)
#define RETRY_USEC (1ULL * G_USEC_PER_SEC)
#define PROBE_USEC (2ULL * G_USEC_PER_SEC)
/* dockerd writes its pid file first and answers once it has restored all containers, usually within a second; slow disks take
 * minutes. */
#define PATIENCE_SECONDS 15
#define YOUNG_SECONDS 120
#define STEADY_USEC (60 * G_USEC_PER_SEC) /* a session that lasted this long was a good one */

/* Only events that change the facts: health checks send others every second. */
#define EVENTS                                                                                                                   \
        "/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%2C%22event%22%3A%5B%22create%22%2C%22start%22%2C" \
        "%22restart%22%2C%22die%22%2C%22destroy%22%2C%22rename%22%2C%22update%22%2C%22connect%22%2C%22disconnect%22%2C%22remove%22%5D%7D"

static void look(Docker *docker);

static void on_event(const char *line, gsize length, const GError *end, gpointer userdata) {
        Docker *docker = userdata;
        struct Session *session = docker->session;
        g_autoptr(GError) error = NULL;
        g_auto(EngineEvent) event = { NULL };
        if (session->ending)
                return;
        if (!line && !end) {
                read_list(docker);
                return;
        }
        if (!line || !inspect_event(line, length, &event, &error)) {
                session_close(docker, line ? error : end);
                return;
        }
        if (event.created)
                read_created(docker, g_steal_pointer(&event.created));
        if (event.container && event.leaves)
                read_doubt(docker, event.container);
        if (event.container)
                read_want(docker, g_strconcat("c", event.container, NULL));
        if (event.network)
                read_want(docker, g_strconcat("n", event.network, NULL));
        if (docker->session->is_reading)
                return; /* the workers run, or will */
        read_work(docker);
}

/* --- a session -------------------------------------------------------------------------------------------------------- */

static bool learn_version(Docker *docker, GError **error) {
        struct Session *session = docker->session;
        gsize length;
        g_autoptr(GBytes) answer =
                http_get(session->http, "/version", LIMIT_DOCKER_ANSWER, session->timeouts.open, NULL, error);
        const char *text = answer ? read_text(answer, &length) : NULL;
        g_autoptr(EngineVersion) version = answer ? inspect_version(text, length, error) : NULL;
        if (!version)
                return false;
        g_free(docker->version);
        g_free(session->api_version);
        docker->version = g_steal_pointer(&version->version);
        session->api_version = g_steal_pointer(&version->api_version);
        docker->is_podman = version->is_podman;
        if (docker->is_podman) {
                docker->firewall_backend = "";
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING,
                            _("%s is Podman's: its containers are not known"), session->socket);
        }
        return !docker->is_podman;
}

static bool learn_features(Docker *docker, GError **error) {
        EngineFeatures features;
        gsize length;
        g_autoptr(GBytes) answer = read_get(docker, "/info", LIMIT_DOCKER_ANSWER, NULL, error);
        const char *text = answer ? read_text(answer, &length) : NULL;
        if (!answer || !inspect_info(text, length, &features, error))
                return false;
        docker->firewall_backend = features.firewall_backend;
        docker->is_rootless = features.is_rootless || http_is_foreign(docker->session->http);
        docker->no_raw = features.no_raw;
        docker->session->live_restore = features.live_restore;
        return true;
}

static int on_retry(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        Docker *docker = userdata;
        struct Session *session = docker->session;
        if (!session->is_active) {
                look(docker);
                return 0;
        }
        read_want_broken(docker);
        if (!session->is_reading)
                read_work(docker);
        return 0;
}

static bool read_all(Docker *docker, GError **error) {
        struct Session *session = docker->session;
        session->is_reading = true;
        if (!read_want_networks(docker, error) || !read_want_containers(docker, error))
                return false;
        read_work(docker);
        if (session->workers > 0) {
                session->waiter = fiber_self();
                fiber_suspend();
        }
        if (session->ending)
                return false;
        session->is_reading = false;
        session->has_changed |= !docker->is_complete;
        docker->is_complete = true;
        read_announce(docker, true);
        session_set_running(docker);
        malloc_trim(0); /* the lists were large, and the next event may be days away */
        return true;
}

static void begin(Docker *docker) {
        struct Session *session = docker->session;
        g_autoptr(GError) error = NULL;
        pid_t pid;
        gint64 age;
        (void) presence_look(session->presence, &pid, &age);
        g_free(session->unit);
        session->unit = pid > 0 ? unit_of_process(session->bus, pid) : NULL;
        /* A new dockerd starts all containers anew, before it answers. */
        if (pid != session->pid && !session->live_restore)
                read_doubt(docker, NULL);
        session->pid = pid;
        if (session_may_connect(docker) && learn_version(docker, &error)) {
                g_autofree char *events = g_strconcat("/v", session->api_version, EVENTS, NULL);
                session->events = http_stream_open(session->http, events, LIMIT_DOCKER_LINE, session->timeouts.open, on_event,
                                                   docker, &error);
                if (session->events && learn_features(docker, &error)) {
                        session->since = g_get_monotonic_time();
                        docker->known_until = 0;
                        session_set_state(docker, "running", NULL);
                        if (read_all(docker, &error))
                                return;
                }
        }
        if (error)
                session_close(docker, error);
}

static void session_main(gpointer argument) {
        Docker *docker = argument;
        docker->session->fibers++;
        begin(docker);
        session_leave(docker);
}

static int on_end(G_GNUC_UNUSED sd_event_source *source, void *userdata) {
        Docker *docker = userdata;
        struct Session *session = docker->session;
        if (!session->ending)
                return 0; /* called twice */
        /* The waiting fibers resume, see that the session ends, and end. */
        http_cancel(session->http);
        g_clear_pointer(&session->events, http_stream_free);
        if (session->waiter)
                fiber_resume(g_steal_pointer(&session->waiter));
        if (session->fibers > 0)
                return 0; /* the last fiber that waits for systemd calls this again */
        g_queue_clear(&session->queue);
        g_hash_table_remove_all(session->jobs);
        g_hash_table_remove_all(session->broken);
        g_autoptr(GError) error = g_steal_pointer(&session->ending);
        session->is_active = session->is_reading = false;
        read_announce(docker, true);
        if (session->since && g_get_monotonic_time() - session->since > STEADY_USEC)
                session->failures = 0;
        const bool is_starting = !session->since && http_is_slow(session->http);
        session->since = 0;

        pid_t pid;
        gint64 age;
        const bool is_live = presence_look(session->presence, &pid, &age) == PRESENCE_LIVE;
        if (g_error_matches(error, QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING))
                session_set_state(docker, "not-running", is_live ? error->message : NULL);
        else if (!is_live)
                session_set_state(docker, "not-running", NULL);
        else {
                /* It will answer once it has restored its containers; until then we retry often. */
                if (is_starting && age < YOUNG_SECONDS)
                        session->failures = 0;
                if (!is_starting || age >= PATIENCE_SECONDS)
                        session_set_state(docker, "failed", error->message);
        }
        if (session->look_again || !is_live)
                look(docker);
        else if (!docker->is_podman)
                session_retry_later(docker);
        return 0;
}

/* --- coming and going --------------------------------------------------------------------------------------------------- */

static void look(Docker *docker) {
        struct Session *session = docker->session;
        pid_t pid;
        gint64 age;
        if (session->is_active) {
                session->look_again = true;
                return;
        }
        session->look_again = false;
        if (session->retry)
                (void) sd_event_source_set_enabled(session->retry, SD_EVENT_OFF);
        g_autofree char *podman = g_strdup_printf(_("%s is Podman's: its containers are not known"), session->socket);
        switch (presence_look(session->presence, &pid, &age)) {
        case PRESENCE_ABSENT:
                session->failures = 0;
                docker->is_podman = false;
                session_set_state(docker, "not-running", NULL);
                break;
        case PRESENCE_PODMAN:
                docker->is_podman = true;
                session_set_state(docker, "not-running", podman);
                break;
        case PRESENCE_LIVE:
                docker->is_podman = false; /* until it says so */
                session->is_active = true;
                fiber_start(session_main, docker);
                break;
        }
}

static void on_presence(gpointer userdata) {
        Docker *docker = userdata;
        docker->session->failures = 0;
        look(docker);
}

static void on_unwatched(const char *sentence, gpointer userdata) {
        Docker *docker = userdata;
        if (docker->session->has_started)
                session_warn(docker, sentence);
        else if (!docker->warning)
                docker->warning = g_strdup(sentence); /* docker_start() reports it */
}

Docker *docker_new(sd_event *event, sd_bus *bus, const char *socket, const char *pid_file, const char *facts_file,
                   const DockerTimeouts *timeouts, DockerHandler handler, gpointer userdata) {
        Docker *docker = g_new0(Docker, 1);
        struct Session *session = docker->session = g_new0(struct Session, 1);
        g_autoptr(GError) error = NULL;
        session->event = event;
        session->bus = bus;
        session->timeouts.open = timeouts && timeouts->open ? timeouts->open : OPEN_USEC;
        session->timeouts.get = timeouts && timeouts->get ? timeouts->get : GET_USEC;
        session->timeouts.retry = timeouts && timeouts->retry ? timeouts->retry : RETRY_USEC;
        session->handler = handler;
        session->userdata = userdata;
        session->on_retry = on_retry;
        session->on_end = on_end;
        session->socket = g_strdup(socket);
        session->http = http_new(event, socket);
        session->jobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        session->broken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        session->facts_file = g_strdup(facts_file);
        docker->state = "unknown";
        docker->version = g_strdup("");
        docker->firewall_backend = "";
        docker->facts = facts_file ? facts_file_load(facts_file, &error) : docker_facts_new();
        docker->known_until = facts_file ? facts_file_time(facts_file) : 0;
        docker->warning = error ? g_strdup(error->message) : NULL;
        session->presence = presence_new(event, socket, pid_file, on_presence, on_unwatched, docker);
        return docker;
}

void docker_start(Docker *docker) {
        docker->session->has_started = true;
        if (docker->warning)
                docker->session->handler(DOCKER_WARNING, docker->session->userdata);
        look(docker);
}

bool docker_probe(Docker *docker) {
        struct Session *session = docker->session;
        g_autoptr(GError) error = NULL;
        if (!session->since || session->ending)
                return true;
        session->fibers++;
        if (session_may_connect(docker)) {
                g_autoptr(GBytes) answer = http_get(session->http, "/_ping", LIMIT_DOCKER_LINE,
                                                    MIN(PROBE_USEC, session->timeouts.open), NULL, &error);
                if (!answer && !session->ending) {
                        session_close(docker, error);
                        /* At once, for the caller that asks now; on_end() does the rest. */
                        if (http_is_slow(session->http))
                                session_set_state(docker, "failed", error->message);
                }
        }
        const bool is_over = session->is_over;
        session_leave(docker);
        return !is_over;
}

bool docker_is_starting(const Docker *docker) {
        const struct Session *session = docker->session;
        pid_t pid;
        gint64 age;
        return !session->since && presence_look(session->presence, &pid, &age) == PRESENCE_LIVE && age < PATIENCE_SECONDS;
}

DockerNetworks docker_networks(const Docker *docker) {
        const struct Session *session = docker->session;
        GHashTableIter iter;
        gpointer job;
        if (g_str_equal(docker->state, "not-running"))
                return NETWORKS_KNOWN;
        if (!session->since || session->ending || !docker->is_complete)
                return NETWORKS_UNKNOWN;
        g_hash_table_iter_init(&iter, session->broken);
        while (g_hash_table_iter_next(&iter, &job, NULL))
                if (*(const char *) job == 'n')
                        return NETWORKS_UNKNOWN;
        return session->is_reading || session->workers > 0 || !g_queue_is_empty((GQueue *) &session->queue) ? NETWORKS_SOON :
                                                                                                              NETWORKS_KNOWN;
}

void docker_free(Docker *docker) {
        if (!docker)
                return;
        struct Session *session = docker->session;
        session->is_over = true;
        if (!session->ending)
                session->ending = g_error_new_literal(QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("quaywalld ends"));
        http_cancel(session->http);
        http_stream_free(session->events);
        if (session->waiter)
                fiber_resume(g_steal_pointer(&session->waiter));
        if (session_is_armed(session->save))
                read_save(docker);
        sd_event_source_unref(session->save);
        sd_event_source_unref(session->retry);
        sd_event_source_unref(session->end);
        presence_free(session->presence);
        http_free(session->http);
        g_queue_clear(&session->queue);
        g_hash_table_unref(session->jobs);
        g_hash_table_unref(session->broken);
        g_error_free(session->ending);
        g_free(session->api_version);
        g_free(session->unit);
        g_free(session->socket);
        g_free(session->facts_file);
        g_free(session->saved);
        g_free(session);
        docker_facts_free(docker->facts);
        g_free(docker->reason);
        g_free(docker->version);
        g_free(docker->warning);
        g_free(docker);
}
