/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * packets COUNT FIRST SOURCES HOST PORT
 *     Sends COUNT datagrams from SOURCES addresses, FIRST and every second one after it, each from a port that this
 *     address did not use before, so each is a new connection to the hosts on the way. Prints how many were sent per
 *     second of processor time, and per second. Over a veth pair the sender's processor does all the work up to the
 *     container, so this is also how many got through, if none was lost; the receiver counts. Only addresses of
 *     10.0.0.0/8, 192.168.0.0/16 and 172.16.0.0/12, as in the lab.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define FIRST_PORT 1024U

struct packet {
        struct iphdr ip;
        struct udphdr udp;
        char text[8];
};

static bool is_of_lab(uint32_t address) {
        return address >> 24 == 10 || address >> 16 == (192 << 8 | 168) || address >> 20 == (172 << 4 | 1);
}

static uint32_t address(const char *text) {
        struct in_addr parsed;
        if (inet_pton(AF_INET, text, &parsed) != 1 || !is_of_lab(ntohl(parsed.s_addr))) {
                fprintf(stderr, "packets: \"%s\" must be an IPv4 address of the lab\n", text);
                exit(2);
        }
        return ntohl(parsed.s_addr);
}

static uint32_t number(const char *text, uint32_t max) {
        char *end;
        const unsigned long n = strtoul(text, &end, 10);
        if (*end || end == text || n < 1 || n > max) {
                fprintf(stderr, "packets: \"%s\" must be a number from 1 to %u\n", text, max);
                exit(2);
        }
        return (uint32_t) n;
}

static double now(clockid_t clock) {
        struct timespec t;
        clock_gettime(clock, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
        if (argc != 6) {
                fprintf(stderr, "packets COUNT FIRST SOURCES HOST PORT\n");
                return 2;
        }
        const uint32_t count = number(argv[1], 10000000), first = address(argv[2]), sources = number(argv[3], 65536);
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address(argv[4])) };
        struct packet packet = {
                .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .daddr = to.sin_addr.s_addr },
                .udp = { .uh_dport = htons((uint16_t) number(argv[5], 65535)),
                         .uh_ulen = htons(sizeof packet.udp + sizeof packet.text) },
                .text = "packets",
        };
        const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
        if (fd < 0) {
                perror("packets: socket");
                return 1;
        }
        const double begin = now(CLOCK_MONOTONIC), begin_work = now(CLOCK_PROCESS_CPUTIME_ID);
        for (uint32_t i = 0; i < count; i++) {
                packet.ip.saddr = htonl(first + 2 * (i % sources));
                packet.udp.uh_sport = htons((uint16_t) (FIRST_PORT + i / sources % (65536 - FIRST_PORT)));
                if (sendto(fd, &packet, sizeof packet, 0, (struct sockaddr *) &to, sizeof to) < 0) {
                        perror("packets: sendto");
                        return 1;
                }
        }
        printf("%.0f %.0f\n", count / (now(CLOCK_PROCESS_CPUTIME_ID) - begin_work), count / (now(CLOCK_MONOTONIC) - begin));
        return 0;
}
