/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * flood: opens new connections at a given rate, and counts those that got in.
 *
 *     flood [-u|-a] [-r RATE] [-w MS] [-c MAX] SECONDS SOURCE HOST PORT
 *
 * Opens RATE (1000) TCP connections, or with -u UDP exchanges, per second from the address SOURCE, for SECONDS (at most 3600)
 * or until MAX attempts. An attempt is given up after MS (200). It got in when the handshake completes or a datagram is
 * answered; with -a when the server answers, since docker-proxy completes the handshake before it connects to a container. It
 * got in by docker-proxy if the server (netprobe.py) answers with another address than SOURCE.
 * Prints "ready" first. SIGUSR1 prints the counts and resets them; SIGTERM and the end print them, too:
 *
 *     attempts=N in=N proxy=N refused=N lost=N gap_ms=T open_ms=T
 *
 * lost: attempts given up without any answer; gap_ms: the longest time in which none got in; open_ms: the time from the
 * first to the last that got in. Only addresses of the lab are accepted, so that a typo floods nobody.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_OPEN 8192
#define ANSWER_MSEC 1000 /* a busy container may take long to answer */
#define BURST 64

typedef struct Address {
        union {
                struct sockaddr any;
                struct sockaddr_in v4;
                struct sockaddr_in6 v6;
        };
        socklen_t size;
} Address;

typedef struct Attempt {
        int fd;  /* 0: a free slot */
        bool in; /* got in, and waits for the answer */
        uint64_t deadline;
} Attempt;

typedef struct Counts {
        uint64_t attempts, in, proxy, refused, lost;
        uint64_t since, last_in, first_in, gap;
} Counts;

static volatile sig_atomic_t stop_wanted, print_wanted;

static Address source, target;
static bool udp, answered;
static Attempt table[MAX_OPEN];
static unsigned n_used; /* slots from here on were never used */
static unsigned free_places[MAX_OPEN], n_free;
static Counts counts;
static int epoll_fd;

static uint64_t now_usec(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

static void on_signal(int number) {
        if (number == SIGUSR1)
                print_wanted = 1;
        else
                stop_wanted = 1;
}

static bool address_parse(const char *text, uint16_t port, Address *ret) {
        *ret = (Address){ .v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) }, .size = sizeof ret->v6 };
        if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1)
                return true;
        *ret = (Address){ .v4 = { .sin_family = AF_INET, .sin_port = htons(port) }, .size = sizeof ret->v4 };
        return inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1;
}

static bool address_same_host(const Address *a, const Address *b) {
        if (a->any.sa_family != b->any.sa_family)
                return false;
        return a->any.sa_family == AF_INET ? a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr :
                                             memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

/* Private and unique local addresses: the lab has no others, and no route to others. */
static bool address_is_of_lab(const Address *address) {
        if (address->any.sa_family == AF_INET6)
                return address->v6.sin6_addr.s6_addr[0] == 0xfd;
        const uint32_t a = ntohl(address->v4.sin_addr.s_addr);
        return a >> 24 == 10 || a >> 16 == (192 << 8 | 168) || a >> 20 == (172 << 4 | 1);
}

static void count_in(uint64_t now) {
        if (counts.in++ == 0)
                counts.first_in = now;
        if (now - counts.last_in > counts.gap)
                counts.gap = now - counts.last_in;
        counts.last_in = now;
}

static void print_counts(uint64_t now) {
        const uint64_t open = counts.in ? counts.last_in - counts.first_in : 0;
        if (now - counts.last_in > counts.gap)
                counts.gap = now - counts.last_in;
        printf("attempts=%lu in=%lu proxy=%lu refused=%lu lost=%lu gap_ms=%.1f open_ms=%.1f\n", (unsigned long) counts.attempts,
               (unsigned long) counts.in, (unsigned long) counts.proxy, (unsigned long) counts.refused,
               (unsigned long) counts.lost, (double) counts.gap / 1000, (double) open / 1000);
        fflush(stdout);
        counts = (Counts){ .since = now, .last_in = now };
}

static void attempt_close(unsigned i) {
        /* A reset instead of TIME_WAIT, which would use up the local ports. */
        setsockopt(table[i].fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
        close(table[i].fd);
        table[i].fd = 0;
        free_places[n_free++] = i;
}

static void attempt_open(uint64_t now, uint64_t wait_usec) {
        const int fd = socket(target.any.sa_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return;
        counts.attempts++;
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int));
        int r = bind(fd, &source.any, source.size);
        if (r == 0)
                r = connect(fd, &target.any, target.size);
        if (r < 0 && errno != EINPROGRESS) {
                counts.refused++;
                close(fd);
                return;
        }
        if (udp && send(fd, "flood\n", 6, MSG_NOSIGNAL) < 0)
                counts.refused++;
        const unsigned i = n_free ? free_places[--n_free] : n_used++;
        table[i] = (Attempt){ fd, false, now + wait_usec };
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = udp ? EPOLLIN : EPOLLOUT, .data.u32 = i });
}

/* The last line of the answer is the client's address as the server sees it. */
static void classify(char *answer) {
        Address seen;
        answer[strcspn(answer, "\r\n")] = '\0';
        if (address_parse(answer, 0, &seen) && !address_same_host(&seen, &source))
                counts.proxy++;
}

static void attempt_ready(unsigned i, uint64_t now) {
        Attempt *attempt = &table[i];
        char answer[128];
        if (!udp && !attempt->in) {
                int error = 0;
                getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof error });
                if (error || send(attempt->fd, "flood\n", 6, MSG_NOSIGNAL) < 0) {
                        counts.refused++;
                        attempt_close(i);
                        return;
                }
                if (!answered)
                        count_in(now);
                attempt->in = true;
                attempt->deadline = now + ANSWER_MSEC * 1000;
                epoll_ctl(epoll_fd, EPOLL_CTL_MOD, attempt->fd, &(struct epoll_event){ .events = EPOLLIN, .data.u32 = i });
                return;
        }
        const ssize_t n = recv(attempt->fd, answer, sizeof answer - 1, 0);
        if (n < 0 && errno == EAGAIN)
                return;
        if (n > 0) {
                if (udp || answered)
                        count_in(now);
                answer[n] = '\0';
                classify(answer);
        } else if (udp)
                counts.refused++;
        attempt_close(i);
}

static void run(uint64_t rate, uint64_t wait_usec, uint64_t end, uint64_t max) {
        struct epoll_event events[256];
        uint64_t begin = now_usec(), opened = 0;
        counts = (Counts){ .since = begin, .last_in = begin };
        for (uint64_t now = begin; !stop_wanted && now < end && opened < max; now = now_usec()) {
                if (print_wanted) {
                        print_wanted = 0;
                        print_counts(now);
                }
                for (unsigned n = 0; n < BURST && opened < max && (n_free || n_used < MAX_OPEN); n++, opened++) {
                        if (opened >= (now - begin) * rate / 1000000)
                                break;
                        attempt_open(now, wait_usec);
                }
                int n = epoll_wait(epoll_fd, events, 256, 1);
                now = now_usec();
                for (int i = 0; i < n; i++)
                        attempt_ready(events[i].data.u32, now);
                for (unsigned i = 0; i < n_used; i++)
                        if (table[i].fd && table[i].deadline <= now) {
                                counts.lost += !table[i].in;
                                attempt_close(i);
                        }
        }
        print_counts(now_usec());
}

static unsigned long number(const char *text, unsigned long max) {
        char *end;
        errno = 0;
        const unsigned long n = strtoul(text, &end, 10);
        if (errno || *end || end == text || n < 1 || n > max) {
                fprintf(stderr, "flood: \"%s\" must be a number from 1 to %lu\n", text, max);
                exit(2);
        }
        return n;
}

int main(int argc, char **argv) {
        uint64_t rate = 1000, wait = 200, max = 100000000;
        for (int c; (c = getopt(argc, argv, "uar:w:c:")) >= 0;)
                switch (c) {
                case 'u':
                        udp = true;
                        break;
                case 'a':
                        answered = true;
                        break;
                case 'r':
                        rate = number(optarg, 100000);
                        break;
                case 'w':
                        wait = number(optarg, 10000);
                        break;
                case 'c':
                        max = number(optarg, max);
                        break;
                default:
                        return 2;
                }
        if (argc - optind != 4) {
                fprintf(stderr, "flood [-u|-a] [-r RATE] [-w MS] [-c MAX] SECONDS SOURCE HOST PORT\n");
                return 2;
        }
        const uint64_t seconds = number(argv[optind], 3600);
        if (!address_parse(argv[optind + 1], 0, &source) ||
            !address_parse(argv[optind + 2], (uint16_t) number(argv[optind + 3], 65535), &target) ||
            source.any.sa_family != target.any.sa_family || !address_is_of_lab(&source) || !address_is_of_lab(&target)) {
                fprintf(stderr, "flood: SOURCE and HOST must be addresses of the lab, of one family\n");
                return 2;
        }
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){ MAX_OPEN + 64, MAX_OPEN + 64 });
        epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (epoll_fd < 0) {
                perror("flood: epoll_create1");
                return 1;
        }
        struct sigaction action = { .sa_handler = on_signal };
        sigaction(SIGUSR1, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGINT, &action, NULL);
        puts("ready");
        fflush(stdout);
        run(rate, wait * 1000, now_usec() + seconds * 1000000, max);
        return 0;
}
