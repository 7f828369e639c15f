/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls SECONDS NAME PATH INTERFACE METHOD
 *     One call after the other of a method without arguments, over one connection to the system bus, for SECONDS.
 *     Prints "calls per second, median and longest microseconds": RATE MEDIAN LONGEST.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define MAX_CALLS 1000000

static uint64_t now_usec(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

static int compare(const void *a, const void *b) {
        const uint32_t *x = a, *y = b;
        return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv) {
        static uint32_t took[MAX_CALLS];
        sd_bus *bus = NULL;
        if (argc != 6) {
                fprintf(stderr, "calls SECONDS NAME PATH INTERFACE METHOD\n");
                return 2;
        }
        int r = sd_bus_open_system(&bus);
        if (r < 0) {
                fprintf(stderr, "calls: cannot reach the bus: %s\n", strerror(-r));
                return 1;
        }
        const uint64_t begin = now_usec(), end = begin + strtoul(argv[1], NULL, 10) * 1000000;
        uint64_t now = begin;
        size_t n = 0;
        for (; now < end && n < MAX_CALLS; n++) {
                sd_bus_error error = SD_BUS_ERROR_NULL;
                sd_bus_message *reply = NULL;
                const uint64_t start = now;
                r = sd_bus_call_method(bus, argv[2], argv[3], argv[4], argv[5], &error, &reply, NULL);
                if (r < 0) {
                        fprintf(stderr, "calls: %s: %s\n", argv[5], error.message ? error.message : strerror(-r));
                        return 1;
                }
                sd_bus_message_unref(reply);
                now = now_usec();
                took[n] = (uint32_t) (now - start);
        }
        qsort(took, n, sizeof took[0], compare);
        printf("%.0f %u %u\n", (double) n * 1e6 / (double) (now - begin), took[n / 2], took[n - 1]);
        sd_bus_flush_close_unref(bus);
        return 0;
}
