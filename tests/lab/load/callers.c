/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * callers SECONDS NAME READERS WRITERS WATCHERS FILE
 *     So many callers of quaywalld at once, as the user who runs it, each with a connection of its own and always with one call
 *     that waits for its answer. Readers draw what they call from the table READS. Each writer sets, edits and removes a policy
 *     of its own, NAME-0, NAME-1..., and goes on once all watchers have got the signal Changed with its name. Watchers watch the
 *     counters, and read now and then. Prints "ready", and after SECONDS "errors=N lost=N unsignalled=N gap_ms=N":
 *     errors: calls that failed (the first ones are printed); lost: calls without an answer for TIMEOUT; unsignalled: changes of
 *     which a watcher heard nothing for TIMEOUT; gap_ms: the longest time without a CountersChanged at a watcher.
 *     FILE gets a line "METHOD MICROSECONDS SECOND" for each answer, and for each change "Changed MICROSECONDS SECOND", the time
 *     from its answer until the last watcher knows; 0 if that was before.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>

#define NAME "org.quaywall1"
#define PATH "/org/quaywall1"
#define TIMEOUT_USEC (120 * 1000000ULL)
#define SOURCES 50
#define MAX_CALLERS 200
#define SHOWN_ERRORS 10

typedef enum Role { READER, WRITER, WATCHER } Role;

typedef struct Caller {
        sd_bus *bus;
        Role role;
        unsigned number, step; /* among those of its role; of a writer's changes */
        const char *method;    /* that waits for its answer */
        uint64_t begin, answered;
        bool awaits;       /* a writer: that the watchers know of its change */
        uint64_t *heard;   /* a watcher: when it last heard of each writer */
        uint64_t counters; /* and of the counters */
        sd_event_source *timer;
} Caller;

static Caller callers[MAX_CALLERS];
static unsigned count, writers, base_policies = 900, base_containers = 500;
static const char *name;
static uint64_t start, end, gap;
static unsigned errors, lost, unsignalled, in_flight;
static sd_event *event;
static FILE *file;

static uint64_t now_usec(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

static void must(int r, const char *what) {
        if (r >= 0)
                return;
        fprintf(stderr, "callers: %s: %s\n", what, strerror(-r));
        exit(1);
}

static void note(const char *what, uint64_t usec) {
        fprintf(file, "%s %llu %llu\n", what, (unsigned long long) usec, (unsigned long long) ((now_usec() - start) / 1000000));
}

/* --- messages ----------------------------------------------------------------------------------------------------- */

static sd_bus_message *message_new(Caller *caller, const char *interface, const char *method) {
        sd_bus_message *m;
        must(sd_bus_message_new_method_call(caller->bus, &m, NAME, PATH, interface, method), "message");
        caller->method = method;
        return m;
}

static void put_strings(sd_bus_message *m, const char *key, unsigned number, unsigned from) {
        must(sd_bus_message_open_container(m, 'e', "sv"), "entry");
        must(sd_bus_message_append(m, "s", key), "key");
        must(sd_bus_message_open_container(m, 'v', "as"), "value");
        must(sd_bus_message_open_container(m, 'a', "s"), "list");
        for (unsigned i = 0; i < number; i++) {
                char address[32];
                snprintf(address, sizeof address, "203.%u.%u.%u", (from >> 8) % 256, from % 256, i + 1);
                must(sd_bus_message_append(m, "s", address), "address");
        }
        must(sd_bus_message_close_container(m), "list");
        must(sd_bus_message_close_container(m), "value");
        must(sd_bus_message_close_container(m), "entry");
}

/* Every second policy names a container. */
static void put_policy(sd_bus_message *m, unsigned number, unsigned from) {
        char port[16], container[16];
        snprintf(port, sizeof port, "%u/tcp", 30000 + number);
        snprintf(container, sizeof container, "c%u", number % base_containers);
        must(sd_bus_message_open_container(m, 'a', "{sv}"), "policy");
        must(sd_bus_message_append(m, "{sv}", "action", "s", "allow-only"), "action");
        if (number % 2 == 0)
                must(sd_bus_message_append(m, "{sv}", "ports", "as", 1, port), "ports");
        else
                must(sd_bus_message_append(m, "{sv}", "containers", "as", 1, container), "containers");
        put_strings(m, "sources", SOURCES, from);
        must(sd_bus_message_close_container(m), "policy");
}

static sd_bus_message *list(Caller *caller) {
        return message_new(caller, NAME ".Policies", "List");
}

static sd_bus_message *get(Caller *caller) {
        char policy[32];
        sd_bus_message *m = message_new(caller, NAME ".Policies", "Get");
        snprintf(policy, sizeof policy, "base-%03u", (unsigned) random() % base_policies);
        must(sd_bus_message_append(m, "s", policy), "name");
        return m;
}

static sd_bus_message *check(Caller *caller) {
        sd_bus_message *m = message_new(caller, NAME ".Policies", "Check");
        must(sd_bus_message_append(m, "s", "new"), "name");
        put_policy(m, (unsigned) random() % 1000, (unsigned) random());
        return m;
}

static sd_bus_message *counters(Caller *caller) {
        return message_new(caller, NAME ".Policies", "Counters");
}

static sd_bus_message *ports(Caller *caller) {
        return message_new(caller, NAME ".Engine", "ListPorts");
}

static sd_bus_message *containers(Caller *caller) {
        return message_new(caller, NAME ".Engine", "ListContainers");
}

static sd_bus_message *networks(Caller *caller) {
        return message_new(caller, NAME ".Engine", "ListNetworks");
}

static sd_bus_message *explain(Caller *caller) {
        sd_bus_message *m = message_new(caller, NAME ".Manager", "Explain");
        must(sd_bus_message_append(m, "a{sv}", 3, "source", "s", "192.168.1.50", "destination", "s", "192.168.1.99", "port",
                                   "s", "8080/tcp"),
             "connection");
        return m;
}

static sd_bus_message *state(Caller *caller) {
        sd_bus_message *m = message_new(caller, "org.freedesktop.DBus.Properties", "Get");
        caller->method = "State";
        must(sd_bus_message_append(m, "ss", NAME ".Manager", "State"), "property");
        return m;
}

static sd_bus_message *watch(Caller *caller) {
        sd_bus_message *m = message_new(caller, NAME ".Policies", "WatchCounters");
        must(sd_bus_message_append(m, "a{sv}", 0), "options");
        return m;
}

/* How often, in a hundred. */
static const struct {
        sd_bus_message *(*call)(Caller *caller);
        unsigned share;
} READS[] = { { get, 40 }, { state, 20 }, { check, 10 },   { counters, 10 }, { explain, 5 },
              { list, 5 }, { ports, 4 },  { networks, 3 }, { containers, 3 } };

static sd_bus_message *read_something(Caller *caller) {
        unsigned drawn = (unsigned) random() % 100;
        for (size_t i = 0;; i++) {
                if (drawn < READS[i].share)
                        return READS[i].call(caller);
                drawn -= READS[i].share;
        }
}

/* Set, Edit, Edit, Set with other sources, Remove. */
static sd_bus_message *change(Caller *caller) {
        static const char *const METHODS[] = { "Set", "Edit", "Edit", "Set", "Remove" };
        const unsigned step = caller->step++ % 5, from = (caller->step * 64 + caller->number) % 65536;
        char policy[64];
        snprintf(policy, sizeof policy, "%s-%u", name, caller->number);
        sd_bus_message *m = message_new(caller, NAME ".Policies", METHODS[step]);
        must(sd_bus_message_append(m, "s", policy), "name");
        if (step == 0 || step == 3)
                put_policy(m, 900 + caller->number, from);
        else if (step != 4) {
                static const char *const ADDRESS = "198.51.100.7";
                must(sd_bus_message_append(m, "a{sv}", step == 1 ? 1 : 0, "sources", "as", 1, ADDRESS), "add");
                must(sd_bus_message_append(m, "a{sv}", step == 2 ? 1 : 0, "sources", "as", 1, ADDRESS), "remove");
        }
        must(sd_bus_message_append(m, "a{sv}", 0), "options");
        return m;
}

/* --- what happens ------------------------------------------------------------------------------------------------- */

static void next(Caller *caller);

static void finish(void) {
        if (now_usec() >= end && in_flight == 0)
                (void) sd_event_exit(event, 0);
}

/* A writer goes on once all watchers know. */
static void look(Caller *writer, bool impatient) {
        uint64_t last = writer->answered;
        for (unsigned i = 0; i < count; i++) {
                if (callers[i].role != WATCHER)
                        continue;
                const uint64_t heard = callers[i].heard[writer->number];
                if (heard < writer->begin && !impatient)
                        return;
                if (heard < writer->begin) {
                        unsignalled++;
                        break;
                }
                last = heard > last ? heard : last;
        }
        writer->awaits = false;
        in_flight--;
        note("Changed", last - writer->answered);
        next(writer);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        Caller *caller = userdata;
        (void) source;
        (void) usec;
        if (caller->role == WRITER && caller->awaits)
                look(caller, true);
        else if (caller->role == WATCHER)
                next(caller);
        return 0;
}

static void wait_for(Caller *caller, uint64_t usec) {
        caller->timer = sd_event_source_unref(caller->timer);
        must(sd_event_add_time_relative(event, &caller->timer, CLOCK_MONOTONIC, usec, 1000, on_time, caller), "timer");
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Caller *caller = userdata;
        (void) error;
        caller->answered = now_usec();
        in_flight--;
        note(caller->method, caller->answered - caller->begin);
        const bool failed = sd_bus_message_is_method_error(reply, NULL);
        if (failed) {
                const sd_bus_error *e = sd_bus_message_get_error(reply);
                const bool silent = sd_bus_error_has_name(e, SD_BUS_ERROR_NO_REPLY);
                lost += silent;
                errors += !silent;
                if (errors + lost <= SHOWN_ERRORS)
                        fprintf(stderr, "callers: %s: %s: %s\n", caller->method, e->name, e->message);
        }
        if (caller->role == WRITER && !failed) {
                caller->awaits = true;
                in_flight++;
                wait_for(caller, TIMEOUT_USEC);
                look(caller, false);
        } else if (caller->role == WATCHER)
                wait_for(caller, 1000000);
        else
                next(caller);
        finish();
        return 0;
}

static void next(Caller *caller) {
        if (now_usec() >= end) {
                finish();
                return;
        }
        sd_bus_message *m = caller->role == WRITER                           ? change(caller) :
                            caller->role == WATCHER && caller->counters == 0 ? watch(caller) :
                                                                               read_something(caller);
        if (caller->role == WATCHER && caller->counters == 0)
                caller->counters = now_usec();
        caller->begin = now_usec();
        in_flight++;
        must(sd_bus_call_async(caller->bus, NULL, m, on_reply, caller, TIMEOUT_USEC), caller->method);
        sd_bus_message_unref(m);
}

static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Caller *watcher = userdata;
        const char *policy;
        const size_t length = strlen(name);
        (void) error;
        must(sd_bus_message_enter_container(m, 'a', "s"), "Changed");
        while (sd_bus_message_read(m, "s", &policy) > 0)
                if (strncmp(policy, name, length) == 0 && policy[length] == '-') {
                        const unsigned long writer = strtoul(policy + length + 1, NULL, 10);
                        if (writer < writers)
                                watcher->heard[writer] = now_usec();
                }
        for (unsigned i = 0; i < count; i++)
                if (callers[i].role == WRITER && callers[i].awaits)
                        look(&callers[i], false);
        finish();
        return 0;
}

static int on_counters(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Caller *watcher = userdata;
        const uint64_t now = now_usec();
        (void) m;
        (void) error;
        gap = now - watcher->counters > gap ? now - watcher->counters : gap;
        watcher->counters = now;
        return 0;
}

static void add_callers(Role role, unsigned number) {
        for (unsigned i = 0; i < number && count < MAX_CALLERS; i++) {
                Caller *caller = &callers[count++];
                *caller = (Caller){ .role = role, .number = i, .heard = calloc(writers ? writers : 1, sizeof(uint64_t)) };
                must(sd_bus_open_system(&caller->bus), "the bus");
                must(sd_bus_attach_event(caller->bus, event, 0), "loop");
                if (role != WATCHER)
                        continue;
                must(sd_bus_match_signal(caller->bus, NULL, NAME, PATH, NAME ".Policies", "Changed", on_changed, caller),
                     "match");
                must(sd_bus_match_signal(caller->bus, NULL, NAME, PATH, NAME ".Policies", "CountersChanged", on_counters,
                                         caller),
                     "match");
        }
}

int main(int argc, char **argv) {
        if (argc != 7) {
                fprintf(stderr, "callers SECONDS NAME READERS WRITERS WATCHERS FILE\n");
                return 2;
        }
        name = argv[2];
        writers = (unsigned) strtoul(argv[4], NULL, 10);
        file = fopen(argv[6], "we");
        if (!file) {
                perror(argv[6]);
                return 1;
        }
        must(sd_event_default(&event), "loop");
        srandom(1);
        add_callers(WATCHER, (unsigned) strtoul(argv[5], NULL, 10));
        add_callers(READER, (unsigned) strtoul(argv[3], NULL, 10));
        add_callers(WRITER, writers);
        start = now_usec();
        end = start + strtoull(argv[1], NULL, 10) * 1000000;
        puts("ready");
        fflush(stdout);
        for (unsigned i = 0; i < count; i++)
                next(&callers[i]);
        must(sd_event_loop(event), "loop");
        for (unsigned i = 0; i < count; i++) {
                const uint64_t silence = callers[i].role == WATCHER ? now_usec() - callers[i].counters : 0;
                gap = silence > gap ? silence : gap;
                sd_event_source_unref(callers[i].timer);
                sd_bus_flush_close_unref(callers[i].bus);
                free(callers[i].heard);
        }
        printf("errors=%u lost=%u unsignalled=%u gap_ms=%llu\n", errors, lost, unsignalled, (unsigned long long) (gap / 1000));
        return fclose(file) == 0 ? 0 : 1;
}
