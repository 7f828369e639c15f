/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has a turn, and when. */
#include "bus/fiber.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static sd_event *event;
static GString *tape;

/* A caller that has always something to ask. */
static int on_caller(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t events,
                     void *userdata) {
        guint *left = userdata;
        return --*left > 0 ? 0 : sd_event_exit(event, 0);
}

static void yield_thrice(gpointer userdata) {
        for (guint i = 0; i < 3; i++) {
                fiber_yield(event);
                g_string_append_printf(tape, "turn %u with %u left\n", i, *(guint *) userdata);
        }
}

/* Regression: under load, a fiber that had yielded waited until no caller was left. */
static void test_yield(void) {
        sd_event_source *source;
        guint left = 1000;
        int ends[2];
        g_assert_cmpint(pipe(ends), ==, 0);
        g_assert_cmpint(write(ends[1], "", 1), ==, 1);
        tape = g_string_new(NULL);
        g_assert_cmpint(sd_event_new(&event), >=, 0);
        g_assert_cmpint(sd_event_add_io(event, &source, ends[0], EPOLLIN, on_caller, &left), >=, 0);
        g_assert_cmpint(sd_event_source_set_priority(source, FIBER_YIELD_PRIORITY), >=, 0);
        fiber_start(yield_thrice, &left);
        g_assert_cmpint(sd_event_loop(event), ==, 0);
        g_test_message("%s", tape->str);
        g_assert_nonnull(strstr(tape->str, "turn 2 with 9"));
        sd_event_source_unref(source);
        sd_event_unref(event);
        g_string_free(tape, TRUE);
        (void) close(ends[0]);
        (void) close(ends[1]);
}

static FiberMutex mutex;

static void take(gpointer name) {
        fiber_mutex_lock(&mutex);
        g_string_append_printf(tape, "%s ", (char *) name);
        fiber_sleep(event, 1);
        fiber_mutex_unlock(&mutex);
}

static void take_next(gpointer name) {
        fiber_mutex_lock_next(&mutex);
        g_string_append_printf(tape, "%s ", (char *) name);
        fiber_mutex_unlock(&mutex);
        (void) sd_event_exit(event, 0);
}

/* First come, first served; but for the end of the daemon, which waits for nobody but who has begun. */
static void test_mutex(void) {
        tape = g_string_new(NULL);
        g_assert_cmpint(sd_event_new(&event), >=, 0);
        g_queue_init(&mutex.waiting);
        fiber_start(take, "a");
        fiber_start(take, "b");
        fiber_start(take, "c");
        fiber_start(take_next, "end");
        g_assert_cmpint(sd_event_loop(event), ==, 0);
        g_assert_true(g_str_has_prefix(tape->str, "a end b "));
        sd_event_unref(event);
        g_string_free(tape, TRUE);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/fiber/yield", test_yield);
        g_test_add_func("/fiber/mutex", test_mutex);
        return g_test_run();
}
