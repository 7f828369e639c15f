/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns asking a server on a unix socket, by GET and nothing else, on the event loop: it never blocks, and a server that
 * hangs or talks nonsense costs an error. Must not know what is asked. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct Http Http;

/* Borrows the loop. */
Http *http_new(sd_event *event, const char *socket);

/* Ends what is under way, as http_cancel() does, and frees. Not in a callback of a stream. */
void http_free(Http *http);

/* Asks, and waits in a fiber. The body is at most max bytes and ends with a zero byte beyond its length. Errors:
 * QUAYWALL_ERROR_DOCKER_NOT_RUNNING when nobody listens, QUAYWALL_ERROR_IO for the rest, also for every status but 200;
 * *ret_status (may be NULL) is that status, 0 when there was none or the answer broke off; of one that is too large it is
 * there, since the next answer may be small enough. Unref the body. */
GBytes *http_get(Http *http, const char *path, gsize max, guint64 timeout_usec, long *ret_status, GError **error);

/* An answer that goes on and on, in lines. line: without its end; NULL: it is over, and error says why; without an error: a line of
 * more bytes than asked for was left out. */
typedef void (*HttpLineFunc)(const char *line, gsize length, const GError *error, gpointer userdata);
typedef struct HttpStream HttpStream;

/* Waits in a fiber until the answer begins. After that lines come from the loop, outside of any fiber. */
HttpStream *http_stream_open(Http *http, const char *path, gsize max_line, guint64 timeout_usec, HttpLineFunc func, gpointer userdata,
                             GError **error);
/* Not in its callback. */
void http_stream_free(HttpStream *stream);

/* Ends all requests with an error; the fibers that wait for them go on at once, the streams are told nothing. */
void http_cancel(Http *http);

/* Whether one of the connections since http_cancel() was to a process of another user than root (or this one's) or in another
 * network namespace, as the kernel says. What a server says of itself anybody can say. */
bool http_is_foreign(const Http *http);

/* Whether the last request that failed did so because of the time. */
bool http_is_slow(const Http *http);
