/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "read.h"

#include <glib/gi18n.h>

#include "docker/facts-file.h"
#include "docker/inspect.h"
#include "model/bounds.h"
#include "model/error.h"

#define WORKERS 8
/* Objects to inspect: all that are listed now and all that were known, in case none is both. */
#define MAX_JOBS (2 * (LIMIT_CONTAINERS + LIMIT_NETWORKS))
#define ANNOUNCE_USEC (250 * 1000) /* interval while thousands of objects are being read */
#define SAVE_USEC (1ULL * G_USEC_PER_SEC)
#define SAVE_EACH_USEC 1000ULL /* more for each container, since the whole file is written */

/* An object to inspect. */
typedef struct Job {
        char *name; /* "c" or "n" and the id; owned by the table */
        enum { JOB_QUEUED, JOB_RUNNING, JOB_AGAIN } state;
} Job;

/* --- reporting -------------------------------------------------------------------------------------------------------- */

void read_save(Docker *docker) {
        struct Session *session = docker->session;
        g_autoptr(GError) error = NULL;
        bool is_whole;
        g_autofree char *text = facts_file_text(docker->facts, FACTS_FILE_MAX, &is_whole);
        g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
        if (g_strcmp0(sum, session->saved) == 0)
                return;
        if (!facts_file_save(session->facts_file, text, &error)) {
                session_warn(docker, error->message);
                return;
        }
        if (!is_whole) {
                g_autofree char *sentence = g_strdup_printf(
                        _("the facts about Docker do not fit into the %u bytes of %s, so labels are left out of the rest: policies "
                          "by label will not cover it at a boot until Docker answers"),
                        FACTS_FILE_MAX, session->facts_file);
                session_warn(docker, sentence);
        }
        g_free(session->saved);
        session->saved = g_steal_pointer(&sum);
}

static int on_save(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        read_save(userdata);
        return 0;
}

void read_announce(Docker *docker, bool at_once) {
        struct Session *session = docker->session;
        const gint64 now = g_get_monotonic_time();
        if (!session->has_changed || (!at_once && now - session->announced < ANNOUNCE_USEC))
                return;
        session->has_changed = false;
        session->announced = now;
        if (session->facts_file && !session_is_armed(session->save))
                (void) session_set_timer(docker, &session->save,
                                         SAVE_USEC + SAVE_EACH_USEC * g_hash_table_size(docker->facts->containers), on_save);
        session->handler(DOCKER_FACTS_CHANGED, session->userdata);
}

/* --- requests --------------------------------------------------------------------------------------------------------- */

/* The answer to GET /vAPI + path. */
GBytes *read_get(Docker *docker, const char *path, gsize max, long *ret_status, GError **error) {
        struct Session *session = docker->session;
        g_autofree char *full = g_strconcat("/v", session->api_version, path, NULL);
        return http_get(session->http, full, max, session->timeouts.get, ret_status, error);
}

const char *read_text(GBytes *answer, gsize *ret_length) {
        const char *text = g_bytes_get_data(answer, ret_length);
        return text ? text : "";
}

/* While Docker starts a container it does not answer about it, but it does about its networks. */
static void place_all(Docker *docker, const DockerContainer *container) {
        GHashTableIter iter;
        gpointer network;
        g_hash_table_iter_init(&iter, docker->facts->networks);
        while (!container->running && g_hash_table_iter_next(&iter, NULL, &network))
                (void) docker_facts_place(docker->facts, network);
}

static bool replace_container(Docker *docker, const char *id, DockerContainer *container) {
        GHashTable *containers = docker->facts->containers;
        const DockerContainer *old = g_hash_table_lookup(containers, id);
        if (!container)
                return docker_facts_remove_container(docker->facts, id);
        if (old && docker_container_equal(old, container) && old->doubted == container->doubted) {
                docker_container_free(container);
                return false;
        }
        if (!old && g_hash_table_size(containers) >= LIMIT_CONTAINERS) {
                docker_container_free(container);
                return false;
        }
        docker_facts_add_container(docker->facts, container);
        place_all(docker, container);
        return true;
}

static bool replace_network(Docker *docker, const char *id, DockerNetwork *network) {
        GHashTable *networks = docker->facts->networks;
        const DockerNetwork *old = g_hash_table_lookup(networks, id);
        if (!network)
                return docker_facts_remove_network(docker->facts, id);
        const bool is_news = docker_facts_place(docker->facts, network);
        if (!old && g_hash_table_size(networks) >= LIMIT_NETWORKS) {
                docker_network_free(network);
                return is_news;
        }
        const bool same = old && docker_network_equal(old, network);
        docker_facts_add_network(docker->facts, network);
        return is_news || !same;
}

/* Every answer has a limit, and so have the facts from all of them together. */
static bool check_room(const DockerFacts *facts, const char *id, const DockerContainer *container, const DockerNetwork *network,
                       GError **error) {
        const DockerContainer *old_container = container ? g_hash_table_lookup(facts->containers, id) : NULL;
        const DockerNetwork *old_network = network ? g_hash_table_lookup(facts->networks, id) : NULL;
        const gsize old = old_container ? old_container->bytes : old_network ? old_network->bytes : 0;
        const gsize new = container ? container->bytes : network ? network->bytes : 0;
        if (facts->bytes - old + new <= LIMIT_DOCKER_FACTS)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                    _("is too much: of all that Docker reports at most %u bytes are kept"), LIMIT_DOCKER_FACTS);
        return false;
}

/* Interfaces and addresses of a Docker in another network namespace are not this host's, whatever their names. */
static void forget_places(DockerContainer *container, DockerNetwork *network) {
        if (container)
                g_ptr_array_set_size(container->addresses, 0);
        if (!network)
                return;
        g_clear_pointer(&network->bridge, g_free);
        g_array_set_size(network->subnets, 0);
        g_ptr_array_set_size(network->members, 0);
}

/* false, with an error: the connection is no longer usable. An answer that cannot be used is noted in broken. */
static bool inspect(Docker *docker, const char *job, GError **error) {
        struct Session *session = docker->session;
        const char *id = job + 1;
        const bool is_network = job[0] == 'n';
        g_autofree char *path = g_strdup_printf(is_network ? "/networks/%s" : "/containers/%s/json", id);
        g_autoptr(GError) failure = NULL;
        DockerContainer *container = NULL;
        DockerNetwork *network = NULL;
        long status;
        gsize length;
        g_autoptr(GBytes) answer = read_get(docker, path, LIMIT_DOCKER_ANSWER, &status, &failure);
        if (!answer && status == 0) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        if (answer && is_network)
                network = inspect_network(read_text(answer, &length), g_bytes_get_size(answer), &failure);
        else if (answer)
                container = inspect_container(read_text(answer, &length), g_bytes_get_size(answer), &failure);
        if (docker->is_rootless || http_is_foreign(session->http))
                forget_places(container, network);
        if (!failure && !check_room(docker->facts, id, container, network, &failure)) {
                g_clear_pointer(&container, docker_container_free);
                g_clear_pointer(&network, docker_network_free);
        }
        if (failure && status != 404) {
                if (g_hash_table_size(session->broken) >= MAX_JOBS) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
                /* Known facts about the object stay. */
                g_hash_table_insert(
                        session->broken, g_strdup(job),
                        g_strdup_printf(is_network ? _("network %.12s: %s") : _("container %.12s: %s"), id, failure->message));
                return true;
        }
        /* The answer may be older than an event that Docker sent meanwhile. */
        const Job *asked = g_hash_table_lookup(session->jobs, job);
        if (container)
                container->doubted = asked && asked->state == JOB_AGAIN;
        g_hash_table_remove(session->broken, job);
        session->has_changed |= is_network ? replace_network(docker, id, network) : replace_container(docker, id, container);
        return true;
}

static void settle_queue(Docker *docker) {
        struct Session *session = docker->session;
        if (session->workers > 0 || !g_queue_is_empty(&session->queue) || session->ending)
                return;
        read_announce(docker, true);
        if (session->waiter)
                fiber_resume(g_steal_pointer(&session->waiter));
        else if (docker->is_complete)
                session_set_running(docker);
}

static void worker_main(gpointer argument) {
        Docker *docker = argument;
        struct Session *session = docker->session;
        Job *job;
        while (!session->ending && (job = g_queue_pop_head(&session->queue))) {
                g_autoptr(GError) error = NULL;
                job->state = JOB_RUNNING;
                if (!session_may_connect(docker))
                        break;
                if (!inspect(docker, job->name, &error)) {
                        session_close(docker, error);
                        break;
                }
                read_announce(docker, !session->is_reading);
                if (session->ending)
                        break;
                if (job->state == JOB_AGAIN) {
                        job->state = JOB_QUEUED;
                        g_queue_push_tail(&session->queue, job);
                } else
                        g_hash_table_remove(session->jobs, job->name);
        }
        session->workers--;
        settle_queue(docker);
        session_leave(docker);
}

void read_want(Docker *docker, char *name) {
        struct Session *session = docker->session;
        Job *job = g_hash_table_lookup(session->jobs, name);
        if (job) {
                if (job->state == JOB_RUNNING)
                        job->state = JOB_AGAIN;
                g_free(name);
                return;
        }
        if (g_hash_table_size(session->jobs) >= MAX_JOBS) {
                g_autoptr(GError) error = g_error_new(
                        QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                        _("Docker tells of more than %u containers and networks faster than it answers about them"), MAX_JOBS);
                session_close(docker, error);
                g_free(name);
                return;
        }
        job = g_new(Job, 1);
        *job = (Job){ name, JOB_QUEUED };
        g_hash_table_insert(session->jobs, name, job);
        g_queue_push_tail(&session->queue, job);
}

void read_created(Docker *docker, DockerContainer *container) {
        struct Session *session = docker->session;
        if (g_hash_table_contains(docker->facts->containers, container->id) ||
            g_hash_table_size(docker->facts->containers) >= LIMIT_CONTAINERS ||
            docker->facts->bytes + container->bytes > LIMIT_DOCKER_FACTS) {
                docker_container_free(container);
                return;
        }
        docker_facts_add_container(docker->facts, container);
        session->has_changed = true;
        read_announce(docker, !session->is_reading);
}

void read_doubt(Docker *docker, const char *id) {
        struct Session *session = docker->session;
        if (id ? !docker_facts_doubt(docker->facts, id) : !docker_facts_doubt_all(docker->facts))
                return;
        session->has_changed = true;
        read_announce(docker, true);
}

void read_work(Docker *docker) {
        struct Session *session = docker->session;
        for (guint n = MIN(WORKERS, session->queue.length); n > 0 && session->workers < WORKERS && session->queue.length > 0;
             n--) {
                session->workers++;
                session->fibers++;
                fiber_start(worker_main, docker);
        }
}

/* Wants the listed objects, and known ones that are not listed: they are gone, or came after the list was made. */
static bool want_all(Docker *docker, char kind, const char *path, GHashTable *known, guint max, GError **error) {
        gsize length;
        g_autoptr(GBytes) answer = read_get(docker, path, LIMIT_DOCKER_LIST, NULL, error);
        const char *text = answer ? read_text(answer, &length) : NULL;
        g_autoptr(GPtrArray) ids = answer ? inspect_ids(text, length, max, error) : NULL;
        GHashTableIter iter;
        gpointer id;
        if (!ids)
                return false;
        for (guint i = 0; i < ids->len; i++)
                read_want(docker, g_strdup_printf("%c%s", kind, (char *) ids->pdata[i]));
        g_hash_table_iter_init(&iter, known);
        while (g_hash_table_iter_next(&iter, &id, NULL))
                read_want(docker, g_strdup_printf("%c%s", kind, (char *) id));
        return true;
}

bool read_want_networks(Docker *docker, GError **error) {
        return want_all(docker, 'n', "/networks", docker->facts->networks, LIMIT_NETWORKS, error);
}

bool read_want_containers(Docker *docker, GError **error) {
        return want_all(docker, 'c', "/containers/json?all=1", docker->facts->containers, LIMIT_CONTAINERS, error);
}

void read_want_broken(Docker *docker) {
        GHashTableIter iter;
        gpointer job;
        g_hash_table_iter_init(&iter, docker->session->broken);
        while (g_hash_table_iter_next(&iter, &job, NULL))
                read_want(docker, g_strdup(job));
}

static void list_main(gpointer argument) {
        Docker *docker = argument;
        struct Session *session = docker->session;
        g_autoptr(GError) error = NULL;
        bool is_listed = false;
        do {
                session->list_again = false;
                is_listed = session_may_connect(docker) && read_want_containers(docker, &error);
        } while (is_listed && session->list_again && !session->ending);
        session->is_listing = false;
        if (error)
                session_close(docker, error);
        /* A broken object may be gone, which neither the list nor the facts show. */
        if (is_listed)
                read_want_broken(docker);
        if (is_listed && !session->is_reading)
                read_work(docker);
        session_leave(docker);
}

void read_list(Docker *docker) {
        struct Session *session = docker->session;
        session->list_again = true;
        if (session->is_listing)
                return;
        session->is_listing = true;
        session->fibers++;
        fiber_start(list_main, docker);
}
