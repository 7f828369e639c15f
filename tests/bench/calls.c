/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * calls SECONDS NAME PATH INTERFACE METHOD
 *     Calls a method without arguments for SECONDS over one connection to the system bus, always with some calls pending,
 *     and prints the answers per second: the capacity of the service. (One call at a time would measure the bus daemon: a
 *     Ping takes as long as a List.)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define IN_FLIGHT 8
#define MAX_CALLS 1000000

struct run {
        sd_bus *bus;
        char **argv;
        uint64_t end;
        unsigned answered, in_flight;
};

static uint64_t now_usec(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error);

static int send_one(struct run *run) {
        run->in_flight++;
        return sd_bus_call_method_async(run->bus, NULL, run->argv[2], run->argv[3], run->argv[4], run->argv[5], on_reply, run,
                                        NULL);
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        struct run *run = userdata;
        (void) error;
        run->in_flight--;
        if (sd_bus_message_is_method_error(reply, NULL)) {
                fprintf(stderr, "calls: %s: %s\n", run->argv[5], sd_bus_message_get_error(reply)->message);
                exit(1);
        }
        run->answered++;
        return now_usec() < run->end && run->answered < MAX_CALLS ? send_one(run) : 0;
}

int main(int argc, char **argv) {
        struct run run = { .argv = argv };
        if (argc != 6) {
                fprintf(stderr, "calls SECONDS NAME PATH INTERFACE METHOD\n");
                return 2;
        }
        int r = sd_bus_open_system(&run.bus);
        const uint64_t begin = now_usec();
        run.end = begin + strtoul(argv[1], NULL, 10) * 1000000;
        for (unsigned i = 0; i < IN_FLIGHT && r >= 0; i++)
                r = send_one(&run);
        while (r >= 0 && run.in_flight > 0)
                if ((r = sd_bus_process(run.bus, NULL)) == 0)
                        r = sd_bus_wait(run.bus, UINT64_MAX);
        if (r < 0) {
                fprintf(stderr, "calls: %s: %s\n", argv[5], strerror(-r));
                return 1;
        }
        printf("%.0f\n", (double) run.answered * 1e6 / (double) (now_usec() - begin));
        sd_bus_flush_close_unref(run.bus);
        return 0;
}
