/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This host's addresses are those that the C library reads. */
#include "guard/addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

static const HostAddress *find(GArray *list, guint link, Family family, const void *address) {
        for (guint i = 0; i < list->len; i++) {
                const HostAddress *own = &g_array_index(list, HostAddress, i);

                if (own->link == link && own->address.family == family &&
                    memcmp(own->address.first, address, family == FAMILY_IPV4 ? 4 : 16) == 0)
                        return own;
        }
        return NULL;
}

static void test_list(void) {
        g_autoptr(GArray) list = addresses_list();
        struct ifaddrs *all;
        guint count = 0;

        g_assert_nonnull(list);
        g_assert_cmpint(getifaddrs(&all), ==, 0);
        for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
                const int family = one->ifa_addr ? one->ifa_addr->sa_family : AF_UNSPEC;
                const struct sockaddr_in *four = (const void *) one->ifa_addr;
                const struct sockaddr_in6 *six = (const void *) one->ifa_addr;

                if (family != AF_INET && family != AF_INET6)
                        continue;
                const HostAddress *own =
                        find(list, if_nametoindex(one->ifa_name), family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6,
                             family == AF_INET ? (const void *) &four->sin_addr : &six->sin6_addr);
                g_assert_nonnull(own);
                g_assert_cmpmem(own->address.first, 16, own->address.last, 16);
                if ((one->ifa_flags & IFF_LOOPBACK) && family == AF_INET &&
                    (ntohl(four->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET)
                        g_assert_true(own->is_local);
                if (family == AF_INET6)
                        g_assert_true(own->is_local ==
                                      (IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr)));
                count++;
        }
        freeifaddrs(all);
        g_assert_cmpuint(list->len, ==, count);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/addresses/list", test_list);
        return g_test_run();
}
