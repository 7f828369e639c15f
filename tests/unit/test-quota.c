/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much one user, and all of them together, may have in progress. */
#include "daemon/quota.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/cleanup.h"
#include "model/bounds.h"
#include "model/error.h"

#define ALICE 1000

/* A bus without anybody on it: messages belong to one. */
static sd_bus *new_bus(void) {
        sd_bus *bus = NULL;
        int ends[2];
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, ends[0], ends[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        close(ends[1]);
        return bus;
}

/* A received call with one argument: a text of that length, or that many numbers. */
static sd_bus_message *new_call(sd_bus *bus, char type, gsize length) {
        sd_bus_message *call = NULL;
        g_assert_cmpint(
                sd_bus_message_new_method_call(bus, &call, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Manager", "X"), >=,
                0);
        if (type == 's') {
                g_autofree char *text = g_strnfill(length, 'a');
                g_assert_cmpint(sd_bus_message_append(call, "s", text), >=, 0);
        } else {
                g_autofree guint32 *numbers = g_new0(guint32, length);
                g_assert_cmpint(sd_bus_message_append_array(call, type, numbers, length * sizeof *numbers), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_seal(call, 1, 0), >=, 0);
        return call;
}

static void assert_refused(Claim *claim, uid_t uid, sd_bus_message *call, const char *why) {
        g_autoptr(GError) error = NULL;
        g_assert_false(quota_claim(claim, uid, call, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
        g_assert_nonnull(strstr(error->message, why));
        g_assert_false(claim->held);
        quota_release(claim); /* gives back nothing */
}

static void test_measure(void) {
        g_autoptr(SdBus) bus = new_bus();
        g_autoptr(SdBusMessage) text = new_call(bus, 's', 100), numbers = new_call(bus, 'u', 25),
                                long_text = new_call(bus, 's', LIMIT_SMALL + 1), many = new_call(bus, 'u', LIMIT_SMALL),
                                nested = NULL;
        g_assert_cmpuint(quota_measure(text), ==, 105);
        g_assert_cmpuint(quota_measure(numbers), ==, 104);
        g_assert_cmpuint(quota_measure(long_text), ==, LIMIT_SMALL + 1);
        g_assert_cmpuint(quota_measure(many), ==, LIMIT_SMALL + 1);
        /* It can be read from its begin. */
        const char *read;
        g_assert_cmpint(sd_bus_message_read(text, "s", &read), >, 0);
        g_assert_cmpuint(strlen(read), ==, 100);
        /* As much as any text of that length, however deep it is; more for each level. */
        g_assert_cmpint(sd_bus_message_new_method_call(bus, &nested, "a.b", "/", "a.b", "X"), >=, 0);
        g_assert_cmpint(sd_bus_message_append(nested, "a{sv}", 2, "key", "s", "text", "other", "v", "(ub)", 7, true), >=, 0);
        g_assert_cmpint(sd_bus_message_seal(nested, 1, 0), >=, 0);
        const gsize inside = (3 + 5) + (4 + 5) + (5 + 5) + 8 + 8, levels = 1 + 2 + 2 + 1 + 1;
        g_assert_cmpuint(quota_measure(nested), ==, inside + 8 * levels);
}

static void test_calls_of_one(void) {
        g_autoptr(SdBus) bus = new_bus();
        g_autoptr(SdBusMessage) call = new_call(bus, 's', 1);
        Claim claims[LIMIT_REQUESTS], one_more, of_bob;
        for (guint i = 0; i < G_N_ELEMENTS(claims); i++)
                g_assert_true(quota_claim(&claims[i], ALICE, call, NULL));
        assert_refused(&one_more, ALICE, call, "requests of uid 1000 are in flight");
        g_assert_true(quota_claim(&of_bob, ALICE + 1, call, NULL));
        quota_release(&claims[0]);
        g_assert_true(quota_claim(&one_more, ALICE, call, NULL));
        quota_release(&one_more);
        quota_release(&of_bob);
        for (guint i = 1; i < G_N_ELEMENTS(claims); i++)
                quota_release(&claims[i]);
        quota_release(&claims[1]); /* a second time gives back nothing */
        for (guint i = 0; i < G_N_ELEMENTS(claims); i++)
                g_assert_true(quota_claim(&claims[i], ALICE, call, NULL));
        assert_refused(&one_more, ALICE, call, "requests of uid 1000 are in flight");
        for (guint i = 0; i < G_N_ELEMENTS(claims); i++)
                quota_release(&claims[i]);
}

/* Many users, each within its share. root's calls do not count among theirs, and root has its own. */
static void test_calls_of_all(void) {
        g_autoptr(SdBus) bus = new_bus();
        g_autoptr(SdBusMessage) call = new_call(bus, 's', 1);
        g_autofree Claim *claims = g_new0(Claim, LIMIT_REQUESTS_ALL);
        Claim one_more, of_root;
        for (guint i = 0; i < LIMIT_REQUESTS_ALL; i++)
                g_assert_true(quota_claim(&claims[i], ALICE + i / LIMIT_REQUESTS, call, NULL));
        assert_refused(&one_more, ALICE - 1, call, "requests of all users are in flight");
        g_assert_true(quota_claim(&of_root, 0, call, NULL));
        quota_release(&of_root);
        quota_release(&claims[0]);
        g_assert_true(quota_claim(&one_more, ALICE - 1, call, NULL));
        quota_release(&one_more);
        for (guint i = 1; i < LIMIT_REQUESTS_ALL; i++)
                quota_release(&claims[i]);
}

static void test_bytes(void) {
        g_autoptr(SdBus) bus = new_bus();
        g_autoptr(SdBusMessage) call = new_call(bus, 's', LIMIT_SMALL - 5);
        Claim claims[LIMIT_SMALL_BYTES / LIMIT_SMALL], one_more, of_bob, of_root;
        for (guint i = 0; i < G_N_ELEMENTS(claims); i++) {
                g_assert_true(quota_claim(&claims[i], ALICE, call, NULL));
                g_assert_false(quota_is_large(&claims[i]));
        }
        assert_refused(&one_more, ALICE, call, "requests of uid 1000 that are in flight have more than");
        g_assert_true(quota_claim(&of_bob, ALICE + 1, call, NULL));
        g_assert_true(quota_claim(&of_root, 0, call, NULL));
        quota_release(&claims[0]);
        g_assert_true(quota_claim(&one_more, ALICE, call, NULL));
        quota_release(&one_more);
        quota_release(&of_bob);
        quota_release(&of_root);
        for (guint i = 1; i < G_N_ELEMENTS(claims); i++)
                quota_release(&claims[i]);
}

/* One large message at a time, of whoever it is; root's are not counted. */
static void test_large(void) {
        g_autoptr(SdBus) bus = new_bus();
        g_autoptr(SdBusMessage) call = new_call(bus, 's', LIMIT_SMALL), small = new_call(bus, 's', 1);
        Claim first, second, of_root;
        g_assert_true(quota_claim(&first, ALICE, call, NULL));
        g_assert_true(quota_is_large(&first));
        assert_refused(&second, ALICE, call, "another request of more than");
        assert_refused(&second, ALICE + 1, call, "another request of more than");
        g_assert_true(quota_claim(&second, ALICE + 1, small, NULL));
        g_assert_true(quota_claim(&of_root, 0, call, NULL));
        g_assert_false(quota_is_large(&of_root));
        quota_release(&of_root);
        quota_release(&second);
        assert_refused(&second, ALICE + 1, call, "another request of more than");
        quota_release(&first);
        g_assert_true(quota_claim(&second, ALICE + 1, call, NULL));
        quota_release(&second);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/quota/measure", test_measure);
        g_test_add_func("/quota/calls-of-one", test_calls_of_one);
        g_test_add_func("/quota/calls-of-all", test_calls_of_all);
        g_test_add_func("/quota/bytes", test_bytes);
        g_test_add_func("/quota/large", test_large);
        return g_test_run();
}
