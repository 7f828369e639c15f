/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session.h"

#include <errno.h>

#include <glib/gi18n.h>

#include "docker/unit.h"
#include "model/error.h"

#define MAX_RETRIES_DOUBLED 6
#define ASK_USEC (50 * 1000)

/* --- reporting -------------------------------------------------------------------------------------------------------- */

void session_warn(Docker *docker, const char *sentence) {
        if (g_strcmp0(docker->warning, sentence) == 0)
                return; /* reported once, however often it is tried */
        g_free(docker->warning);
        docker->warning = g_strdup(sentence);
        docker->session->handler(DOCKER_WARNING, docker->session->userdata);
}

void session_set_state(Docker *docker, const char *state, const char *reason) {
        if (g_strcmp0(docker->state, state) == 0 && g_strcmp0(docker->reason, reason) == 0)
                return;
        char *old = docker->reason;
        docker->state = state;
        docker->reason = g_strdup(reason);
        g_free(old);
        docker->session->handler(DOCKER_STATE_CHANGED, docker->session->userdata);
        if (g_str_equal(state, "failed") && reason)
                session_warn(docker, reason);
        else if (g_str_equal(state, "running"))
                g_clear_pointer(&docker->warning, g_free);
}

bool session_set_timer(Docker *docker, sd_event_source **source, guint64 usec, sd_event_time_handler_t handler) {
        uint64_t now;
        if (sd_event_now(docker->session->event, CLOCK_MONOTONIC, &now) < 0)
                return false;
        if (!*source)
                return sd_event_add_time(docker->session->event, source, CLOCK_MONOTONIC, now + usec, 0, handler, docker) >= 0;
        return sd_event_source_set_time(*source, now + usec) >= 0 &&
               sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT) >= 0;
}

bool session_is_armed(sd_event_source *source) {
        return source && sd_event_source_get_enabled(source, NULL) > 0;
}

/* --- its life --------------------------------------------------------------------------------------------------------- */

void session_retry_later(Docker *docker) {
        struct Session *session = docker->session;
        const guint64 usec = session->timeouts.retry << MIN(session->failures, MAX_RETRIES_DOUBLED);
        session->failures++;
        if (!session_set_timer(docker, &session->retry, MIN(usec, 60 * session->timeouts.retry), session->on_retry))
                session_warn(docker, _("cannot set a timer to ask Docker again"));
}

void session_set_running(Docker *docker) {
        struct Session *session = docker->session;
        if (g_hash_table_size(session->broken) == 0) {
                session_set_state(docker, "running", NULL);
                return;
        }
        GHashTableIter iter;
        gpointer why;
        g_hash_table_iter_init(&iter, session->broken);
        (void) g_hash_table_iter_next(&iter, NULL, &why);
        g_autofree char *sentence = g_strdup_printf(_("%u of Docker's answers cannot be used, the first about %s"),
                                                    g_hash_table_size(session->broken), (char *) why);
        session_set_state(docker, "failed", sentence);
        if (!session_is_armed(session->retry))
                session_retry_later(docker);
}

/* While dockerd is being stopped it accepts no more connections, but for seconds reports its containers' end. A connection that
 * waits in systemd's socket when dockerd is gone would start it again. So systemd, which knows before dockerd does, is asked
 * before each connection; while thousands of objects are read, not before each. */
bool session_may_connect(Docker *docker) {
        struct Session *session = docker->session;
        const gint64 now = g_get_monotonic_time();
        if (session->is_reading && now - session->asked < ASK_USEC)
                return true;
        session->asked = now;
        if (!unit_is_stopping(session->bus, session->unit))
                return !session->ending;
        g_autoptr(GError) error =
                g_error_new_literal(QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING, _("Docker is being stopped"));
        session_close(docker, error);
        return false;
}

static void end_soon(Docker *docker) {
        struct Session *session = docker->session;
        int r = session->end ? sd_event_source_set_enabled(session->end, SD_EVENT_ONESHOT) :
                               sd_event_add_defer(session->event, &session->end, session->on_end, docker);
        /* After the loop has ended, docker_free() ends the session. */
        if (r < 0 && r != -ESTALE)
                g_error("no memory for an event source");
}

void session_leave(Docker *docker) {
        if (--docker->session->fibers == 0 && docker->session->ending)
                end_soon(docker);
}

void session_close(Docker *docker, const GError *error) {
        struct Session *session = docker->session;
        if (session->ending)
                return;
        if (session->since)
                docker->known_until = g_get_real_time();
        session->ending = error ? g_error_copy(error) :
                                  g_error_new_literal(QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING, _("Docker has ended"));
        end_soon(docker);
}
