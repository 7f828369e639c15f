/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>
#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "docker/inspect.h"
#include "model/error.h"

#define CONNECT_MSEC 5000L
#define HEADER_MAX (64U << 10)
#define ERROR_BODY_MAX (4U << 10) /* how much is read of an answer that is not 200 */

struct Http {
        sd_event *event; /* borrowed */
        CURLM *multi;
        char *socket;
        sd_event_source *timer;
        GPtrArray *requests; /* Request *, borrowed */
        bool is_slow, is_foreign;
};

typedef struct Request {
        Http *http;
        const char *path; /* http_get() only */
        CURL *easy;       /* NULL: the request is over */
        Fiber *fiber;     /* the one that waits; NULL: none */
        GString *body;    /* of a stream: what was not delivered yet */
        gsize max, headers;
        int fd; /* curl's */
        bool is_stream, answered, too_large, cancelled;
        CURLcode result;
        long status;
        char why[CURL_ERROR_SIZE];
} Request;

struct HttpStream {
        Request request;
        char *path;
        gsize searched; /* bytes of the body without an end of line: a long line is not searched from its start each time */
        bool is_leaving_out; /* until the end of a line that is too long */
        HttpLineFunc func;
        gpointer userdata;
};

/* --- curl and the loop ------------------------------------------------------------------------------------------------ */

static void process(Http *http);

static int on_io(G_GNUC_UNUSED sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Http *http = userdata;
        int running;
        const int mask = ((revents & EPOLLIN) ? CURL_CSELECT_IN : 0) | ((revents & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
                         ((revents & (EPOLLERR | EPOLLHUP)) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(http->multi, fd, mask, &running);
        process(http);
        return 0;
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        Http *http = userdata;
        int running;
        curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        process(http);
        return 0;
}

static int on_curl_socket(G_GNUC_UNUSED CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_userdata) {
        Http *http = userdata;
        sd_event_source *source = socket_userdata;
        const uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
        if (what == CURL_POLL_REMOVE) {
                /* Off at once: a source that is being dispatched is freed later, when the number may be another socket's. */
                if (source)
                        (void) sd_event_source_set_enabled(source, SD_EVENT_OFF);
                sd_event_source_unref(source);
                curl_multi_assign(http->multi, fd, NULL);
                return 0;
        }
        if (source)
                return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
        if (sd_event_add_io(http->event, &source, fd, events, on_io, http) < 0)
                return -1;
        curl_multi_assign(http->multi, fd, source);
        return 0;
}

static int on_curl_timer(G_GNUC_UNUSED CURLM *multi, long msec, void *userdata) {
        Http *http = userdata;
        uint64_t now;
        if (msec < 0)
                return http->timer ? sd_event_source_set_enabled(http->timer, SD_EVENT_OFF) < 0 : 0;
        if (sd_event_now(http->event, CLOCK_MONOTONIC, &now) < 0)
                return -1;
        if (!http->timer)
                return sd_event_add_time(http->event, &http->timer, CLOCK_MONOTONIC, now + msec * 1000ULL, 1000, on_timer,
                                         http) < 0 ?
                               -1 :
                               0;
        return sd_event_source_set_time(http->timer, now + msec * 1000ULL) < 0 ||
                               sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT) < 0 ?
                       -1 :
                       0;
}

Http *http_new(sd_event *event, const char *socket) {
        Http *http = g_new0(Http, 1);
        curl_global_init(CURL_GLOBAL_NOTHING); /* a unix socket needs no TLS */
        http->event = event;
        http->socket = g_strdup(socket);
        http->requests = g_ptr_array_new();
        http->multi = curl_multi_init();
        if (!http->multi)
                g_error("no memory for libcurl");
        curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
        curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
        curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
        curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
        return http;
}

void http_free(Http *http) {
        http_cancel(http);
        curl_multi_cleanup(http->multi);
        sd_event_source_unref(http->timer);
        g_ptr_array_unref(http->requests);
        g_free(http->socket);
        g_free(http);
        curl_global_cleanup();
}

/* --- one request ------------------------------------------------------------------------------------------------------ */

/* The kernel numbers the files of each network namespace separately. Reading the link in /proc/PID/ns takes the right to trace
 * the process, which is more than this takes. */
static bool is_of_this_network(pid_t pid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/net/dev", (int) pid);
        struct stat theirs, ours;
        return stat(path, &theirs) == 0 && stat("/proc/self/net/dev", &ours) == 0 && theirs.st_dev == ours.st_dev &&
               theirs.st_ino == ours.st_ino;
}

static curl_socket_t on_open_socket(void *userdata, G_GNUC_UNUSED curlsocktype purpose, struct curl_sockaddr *address) {
        Request *request = userdata;
        request->fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
        return request->fd < 0 ? CURL_SOCKET_BAD : request->fd;
}

/* For each connection: another process may listen by now. */
static void note_peer(Request *request) {
        struct ucred peer;
        socklen_t length = sizeof peer;
        request->http->is_foreign |= getsockopt(request->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
                                     (peer.uid != 0 && peer.uid != geteuid()) || !is_of_this_network(peer.pid);
}

static size_t on_header(char *text, size_t size, size_t n, void *userdata) {
        Request *request = userdata;
        const size_t length = size * n;
        if (request->headers == 0)
                note_peer(request);
        request->headers += length;
        if (request->headers > HEADER_MAX)
                return 0;
        if (length == 2 && memcmp(text, "\r\n", 2) == 0) {
                curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &request->status);
                request->answered = request->status >= 200;
        }
        return length;
}

static size_t on_body(char *text, size_t size, size_t n, void *userdata) {
        Request *request = userdata;
        const size_t length = size * n;
        const bool is_error = request->status != 200;
        /* what a stream has beyond a line is delivered after curl has run */
        const gsize max = is_error ? ERROR_BODY_MAX : request->is_stream ? 2 * request->max : request->max;
        if (length > max || request->body->len > max - length) {
                request->too_large = !is_error;
                if (!is_error)
                        return 0;
        } else
                g_string_append_len(request->body, text, length);
        return length;
}

static bool begin(Request *request, const char *path, guint64 timeout_usec) {
        Http *http = request->http;
        g_autofree char *url = g_strconcat("http://docker", path, NULL);
        CURL *easy = request->easy = curl_easy_init();
        if (!easy)
                return false;
        request->path = path;
        request->body = g_string_new(NULL);
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, http->socket);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, request);
        curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L); /* there may be days, and a restart, between two events */
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MSEC);
        if (!request->is_stream)
                curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) (timeout_usec / 1000));
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->why);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
        if (curl_multi_add_handle(http->multi, easy) != CURLM_OK) {
                curl_easy_cleanup(g_steal_pointer(&request->easy));
                return false;
        }
        g_ptr_array_add(http->requests, request);
        return true;
}

static void end(Request *request, CURLcode result) {
        Http *http = request->http;
        if (!request->easy)
                return;
        request->result = result;
        if (request->status == 0)
                curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &request->status);
        curl_multi_remove_handle(http->multi, request->easy);
        curl_easy_cleanup(g_steal_pointer(&request->easy));
        g_ptr_array_remove(http->requests, request);
}

static void wake(Request *request) {
        Fiber *fiber = g_steal_pointer(&request->fiber);
        if (fiber)
                fiber_resume(fiber);
}

/* Whether a finished request, or one whose answer has begun, succeeded with status 200; if not, error says why. */
static bool check(Request *request, GError **error) {
        const char *path = request->path;
        if (!request->cancelled)
                request->http->is_slow = request->result == CURLE_OPERATION_TIMEDOUT;
        if (request->cancelled)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("GET %s was given up"), path);
        else if (request->result == CURLE_COULDNT_CONNECT)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING, _("nobody listens on %s"),
                            request->http->socket);
        else if (request->too_large)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("Docker's answer to GET %s is larger than %zu bytes"),
                            path, request->max);
        else if (request->result == CURLE_OPERATION_TIMEDOUT)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("Docker does not answer GET %s in time"), path);
        else if (request->result != CURLE_OK)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                            _("Docker's answer to GET %s is not HTTP as it should be: %s"), path,
                            request->why[0] ? request->why : curl_easy_strerror(request->result));
        else if (request->status != 200) {
                g_autofree char *message = inspect_message(request->body->str, request->body->len);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("Docker answers GET %s with status %ld%s%s"), path,
                            request->status, message ? ": " : "", message ? message : "");
        } else
                return true;
        return false;
}

GBytes *http_get(Http *http, const char *path, gsize max, guint64 timeout_usec, long *ret_status, GError **error) {
        Request request = { .http = http, .max = max, .result = CURLE_FAILED_INIT };
        if (begin(&request, path, timeout_usec)) {
                request.fiber = fiber_self();
                fiber_suspend();
        } else
                request.path = path;
        if (!request.body)
                request.body = g_string_new(NULL);
        if (ret_status)
                *ret_status = request.result == CURLE_OK || request.too_large ? request.status : 0;
        const bool done = check(&request, error);
        if (done)
                return g_string_free_to_bytes(request.body);
        g_string_free(request.body, TRUE);
        return NULL;
}

/* --- streams ---------------------------------------------------------------------------------------------------------- */

/* Drops the rest of a line that is too long. Returns whether the line has ended. */
static bool leave_out(HttpStream *stream) {
        GString *body = stream->request.body;
        const char *end_of_line = memchr(body->str, '\n', body->len);
        stream->searched = 0;
        stream->is_leaving_out = !end_of_line;
        g_string_erase(body, 0, end_of_line ? end_of_line + 1 - body->str : (gssize) body->len);
        if (end_of_line)
                stream->func(NULL, 0, NULL, stream->userdata);
        return end_of_line;
}

static void hand_out_lines(HttpStream *stream) {
        GString *body = stream->request.body;
        gsize start = 0;
        if (stream->is_leaving_out && !leave_out(stream))
                return;
        gsize from = stream->searched;
        for (const char *end_of_line; (end_of_line = memchr(body->str + from, '\n', body->len - from));) {
                gsize length = end_of_line - (body->str + start);
                const gsize next = start + length + 1;
                while (length > 0 && body->str[start + length - 1] == '\r')
                        length--;
                if (length > 0)
                        stream->func(body->str + start, length, NULL, stream->userdata);
                start = from = next;
        }
        g_string_erase(body, 0, start);
        stream->searched = body->len;
        if (body->len > stream->request.max)
                (void) leave_out(stream);
}

static void end_stream(HttpStream *stream) {
        g_autoptr(GError) error = NULL;
        if (check(&stream->request, &error) || stream->request.result == CURLE_PARTIAL_FILE ||
            stream->request.result == CURLE_RECV_ERROR) {
                g_clear_error(&error);
                g_set_error_literal(&error, QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING,
                                    _("Docker ended the stream of its events"));
        }
        stream->func(NULL, 0, error, stream->userdata);
}

static int on_stream_timeout(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        Request *request = userdata;
        end(request, CURLE_OPERATION_TIMEDOUT);
        wake(request);
        return 0;
}

HttpStream *http_stream_open(Http *http, const char *path, gsize max_line, guint64 timeout_usec, HttpLineFunc func,
                             gpointer userdata, GError **error) {
        HttpStream *stream = g_new0(HttpStream, 1);
        Request *request = &stream->request;
        g_autoptr(SdEventSource) timer = NULL;
        uint64_t now;
        *stream = (HttpStream){ .request = { .http = http, .max = max_line, .is_stream = true, .result = CURLE_FAILED_INIT },
                                .path = g_strdup(path),
                                .func = func,
                                .userdata = userdata };
        request->path = stream->path;
        if (sd_event_now(http->event, CLOCK_MONOTONIC, &now) >= 0 &&
            sd_event_add_time(http->event, &timer, CLOCK_MONOTONIC, now + timeout_usec, 0, on_stream_timeout, request) >= 0 &&
            begin(request, stream->path, 0)) {
                request->fiber = fiber_self();
                fiber_suspend();
        }
        if (!request->body)
                request->body = g_string_new(NULL);
        if (request->easy && request->status != 200)
                end(request, CURLE_OK);
        if (request->easy)
                return stream;
        if (check(request, error))
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING,
                                    _("Docker ended the stream of its events"));
        http_stream_free(stream);
        return NULL;
}

void http_stream_free(HttpStream *stream) {
        if (!stream)
                return;
        end(&stream->request, CURLE_ABORTED_BY_CALLBACK);
        g_string_free(stream->request.body, TRUE);
        g_free(stream->path);
        g_free(stream);
}

/* --- all of them ------------------------------------------------------------------------------------------------------ */

static HttpStream *find_stream(Http *http) {
        for (guint i = 0; i < http->requests->len; i++) {
                Request *request = http->requests->pdata[i];
                if (request->is_stream && request->answered)
                        return (HttpStream *) request;
        }
        return NULL;
}

/* Called after curl has run, since its callbacks may not send requests. There is one stream at most. */
static void process(Http *http) {
        HttpStream *stream = find_stream(http);
        if (stream && stream->request.fiber) {
                wake(&stream->request);
                stream = find_stream(http);
        }
        if (stream)
                hand_out_lines(stream);
        CURLMsg *message;
        int left;
        while ((message = curl_multi_info_read(http->multi, &left))) {
                Request *request;
                const CURLcode result = message->data.result;
                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
                end(request, result);
                if (request->fiber)
                        wake(request);
                else if (request->is_stream)
                        end_stream((HttpStream *) request);
        }
}

void http_cancel(Http *http) {
        while (http->requests->len > 0) {
                Request *request = http->requests->pdata[0];
                request->cancelled = true;
                end(request, CURLE_ABORTED_BY_CALLBACK);
                wake(request);
        }
        http->is_foreign = false;
}

bool http_is_foreign(const Http *http) {
        return http->is_foreign;
}

bool http_is_slow(const Http *http) {
        return http->is_slow;
}
