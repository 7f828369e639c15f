/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns requests to a server on a unix socket, by GET only, on the event loop: it never blocks, and a server that hangs or sends
 * nonsense causes an error. Must not know what is requested. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct Http Http;

/* Borrows the loop. */
Http *http_new(sd_event *event, const char *socket);

/* Ends all requests, as http_cancel() does, and frees. Not in a callback of a stream. */
void http_free(Http *http);

/* Sends a request, and waits for the answer in a fiber. The body is at most max bytes and ends with a zero byte beyond its
 * length. Errors: QUAYWALL_ERROR_DOCKER_NOT_RUNNING if nothing listens, QUAYWALL_ERROR_IO otherwise, also for every status but
 * 200. *ret_status (may be NULL) is that status, 0 if there was none or the answer broke off; for an answer that is too large
 * it is set, since the next answer may be small enough. Unref the body. */
GBytes *http_get(Http *http, const char *path, gsize max, guint64 timeout_usec, long *ret_status, GError **error);

/* An endless answer, in lines. line: without its line end; NULL with an error: the stream is over, and error says why; NULL
 * without an error: a line of more than max_line bytes was left out. */
typedef void (*HttpLineFunc)(const char *line, gsize length, const GError *error, gpointer userdata);
typedef struct HttpStream HttpStream;

/* Waits in a fiber until the answer begins. After that the loop delivers lines, outside of any fiber. */
HttpStream *http_stream_open(Http *http, const char *path, gsize max_line, guint64 timeout_usec, HttpLineFunc func,
                             gpointer userdata, GError **error);
/* Not in its callback. */
void http_stream_free(HttpStream *stream);

/* Ends all requests with an error. The fibers that wait for them resume at once; streams are not notified. */
void http_cancel(Http *http);

/* Whether a connection since http_cancel() went to a process of a user other than root (or this process's user) or in another
 * network namespace, as the kernel reports it. What a server says about itself proves nothing. */
bool http_is_foreign(const Http *http);

/* Whether the last failed request timed out. */
bool http_is_slow(const Http *http);
