/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Docker's published ports in what nft prints of its rules. */
#include "compile/docker-nat.h"

#include "model/port.h"

static char *to_string(const char *text, Family family, bool expect_chain) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        GString *out = g_string_new(NULL);
        g_assert_cmpint(docker_nat_parse(text, family, list), ==, expect_chain);
        for (guint i = 0; i < list->len; i++) {
                const DockerNat *nat = &g_array_index(list, DockerNat, i);
                g_autofree char *host = address_range_format(&nat->port.host);
                g_autofree char *address = nat->has_address ? address_range_format(&nat->address) : g_strdup("?");
                g_string_append_printf(out, "%s:%u/%s -> %s:%u\n", host, nat->port.host_port, nat->port.protocol, address,
                                       nat->has_address ? nat->port.container_port : 0);
        }
        return g_string_free(out, FALSE);
}

/* As nft 1.0.6 and 1.1.3 print what Docker 20.10 and 26.1 wrote with iptables 1.8.9 and 1.8.11. */
static void test_recorded(void) {
        g_autofree char *ipv4 = to_string(
                "# Warning: table ip nat is managed by iptables-nft, do not touch!\ntable ip nat {\n"
                "\tchain DOCKER {\n\t\tiifname \"docker0\" counter packets 0 bytes 0 return\n"
                "\t\tiifname != \"docker0\" tcp dport 8080 counter packets 0 bytes 0 dnat to 172.17.0.2:80\n"
                "\t\tiifname != \"docker0\" udp dport 8080 counter packets 7 bytes 80 dnat to 172.17.0.2:80\n"
                "\t\tiifname != \"br-646230f091ee\" ip daddr 192.168.1.99 tcp dport 8082 counter packets 0 bytes 0 dnat to 172.18.0.2:80\n"
                "\t\tip daddr 192.168.1.99 iifname != \"br-1\" sctp dport 9 counter packets 0 bytes 0 dnat to 172.18.0.2\n\t}\n\n"
                "\tchain POSTROUTING {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
                "\t\tip saddr 172.17.0.2 ip daddr 172.17.0.2 tcp dport 80 counter packets 0 bytes 0 xt target \"MASQUERADE\"\n\t}\n\n"
                "\tchain PREROUTING {\n\t\ttcp dport 22 counter packets 0 bytes 0 dnat to 10.0.0.1:22\n\t}\n"
                "\tchain DOCKER-INGRESS {\n\t\ttcp dport 9000 counter packets 0 bytes 0 dnat to 172.18.0.2:9000\n\t}\n}\n",
                FAMILY_IPV4, true);
        g_assert_cmpstr(
                ipv4, ==,
                "0.0.0.0/0:8080/tcp -> 172.17.0.2:80\n0.0.0.0/0:8080/udp -> 172.17.0.2:80\n192.168.1.99:8082/tcp -> 172.18.0.2:80\n"
                "192.168.1.99:9/sctp -> 172.18.0.2:9\n0.0.0.0/0:9000/tcp -> 172.18.0.2:9000\n");
        g_autofree char *ipv6 = to_string(
                "table ip6 nat {\n\tchain DOCKER {\n"
                "\t\tiifname != \"docker0\" tcp dport 8080 counter packets 0 bytes 0 dnat to [fd00:d0c::242:ac11:2]:80\n"
                "\t\tiifname != \"docker0\" udp dport 8081 counter packets 0 bytes 0 xt target \"DNAT\"\n\t}\n}\n",
                FAMILY_IPV6, true);
        g_assert_cmpstr(ipv6, ==, "::/0:8080/tcp -> fd00:d0c::242:ac11:2:80\n::/0:8081/udp -> ?:0\n");
}

/* As nft 1.0.6 prints the tables that tests/lab/docker_nft.py makes, from the source of Docker 29. */
static void test_nftables(void) {
        static const char IPV4[] =
                "table ip docker-bridges {\n\tmap filter-forward-in-jumps {\n\t\ttype ifname : verdict\n"
                "\t\telements = { \"br-front\" : jump filter-forward-in__br-front,\n\t\t\t     \"br.2\" : jump filter-forward-in__br.2 }\n\t}\n"
                "\tchain nat-prerouting-and-output {\n"
                "\t\tiifname != \"br-front\" tcp dport 8080 counter packets 0 bytes 0 dnat to 172.30.0.2:80 comment \"DNAT\"\n"
                "\t\tip daddr 192.168.1.98 udp dport 8084 counter packets 0 bytes 0 dnat to 172.30.0.4:80 comment \"DNAT\"\n\t}\n"
                "\tchain nat-PREROUTING {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
                "\t\tfib daddr type local counter packets 0 bytes 0 jump nat-prerouting-and-output\n\t}\n"
                "\tchain filter-forward-in__br-front {\n\t\tip daddr 172.30.0.2 tcp dport 80 counter packets 0 bytes 0 accept\n\t}\n"
                "\tchain filter-forward-out__br-front {\n\t}\n\tchain filter-forward-in__br.2 {\n\t}\n"
                "\tchain filter-forward-in__ {\n\t}\n\tchain filter-forward-in__far_too_long_a_name {\n\t}\n}\n";
        g_autofree char *ipv4 = to_string(IPV4, FAMILY_IPV4, true);
        g_assert_cmpstr(ipv4, ==, "0.0.0.0/0:8080/tcp -> 172.30.0.2:80\n192.168.1.98:8084/udp -> 172.30.0.4:80\n");
        g_autofree char *ipv6 = to_string(
                "table ip6 docker-bridges {\n\tchain nat-prerouting-and-output {\n"
                "\t\tiifname != \"br-front\" ip6 saddr != fe80::/10 tcp dport 8080 counter packets 0 bytes 0 dnat to [fd00:30::2]:80 comment \"DNAT\"\n"
                "\t}\n}\n",
                FAMILY_IPV6, true);
        g_assert_cmpstr(ipv6, ==, "::/0:8080/tcp -> fd00:30::2:80\n");
        g_autoptr(GPtrArray) bridges = g_ptr_array_new_with_free_func(g_free);
        docker_nft_parse_bridges(IPV4, bridges);
        g_assert_cmpuint(bridges->len, ==, 2);
        g_assert_cmpstr(bridges->pdata[0], ==, "br-front");
        g_assert_cmpstr(bridges->pdata[1], ==, "br.2");
}

static void test_others(void) {
        static const char *const TEXTS[] = { "", "table ip nat {\n}\n",
                                             "table ip nat {\n\tchain DOCKERX {\n\t\ttcp dport 1 dnat to 1.1.1.1:1\n\t}\n}\n",
                                             "}\n}\nchain\n", "tcp dport 8080 dnat to 1.1.1.1\n" };
        for (gsize i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
                g_autofree char *text = to_string(TEXTS[i], FAMILY_IPV4, false);
                g_assert_cmpstr(text, ==, "");
        }
        /* Incomplete rules are no ports; invalid addresses are ignored. */
        static const char *const RULES[][2] = { { "tcp dport", "" },
                                                { "tcp dport 0 dnat to 1.1.1.1", "" },
                                                { "tcp dport 99999 dnat to 1.1.1.1", "" },
                                                { "dnat to 1.1.1.1:80", "" },
                                                { "tcp dport 80 accept", "" },
                                                { "ip daddr x tcp dport 80 dnat to 1.1.1.1", "" },
                                                { "tcp dport 80 dnat", "0.0.0.0/0:80/tcp -> ?:0\n" },
                                                { "tcp dport 80 dnat to [", "0.0.0.0/0:80/tcp -> ?:0\n" },
                                                { "tcp dport 80 dnat to fd00::1", "0.0.0.0/0:80/tcp -> ?:0\n" },
                                                { "tcp dport 80 dnat to 1.1.1.1:x", "0.0.0.0/0:80/tcp -> ?:0\n" } };
        for (gsize i = 0; i < G_N_ELEMENTS(RULES); i++) {
                g_autofree char *table = g_strdup_printf("table ip nat {\n\tchain DOCKER {\n\t\t%s\n\t}\n}\n", RULES[i][0]);
                g_autofree char *text = to_string(table, FAMILY_IPV4, true);
                g_assert_cmpstr(text, ==, RULES[i][1]);
        }
}

/* A port in Docker's API and in its rules is listed once. */
static void test_told_twice(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerContainer *container = docker_container_new("1", "web");
        DockerAddress *own = g_new0(DockerAddress, 1);
        PortRange port;
        g_assert_true(port_range_parse("8080/tcp", &port, NULL));
        DockerPort told = { .protocol = port.protocol, .host_port = port.first, .container_port = 80 };
        g_assert_true(address_range_parse("0.0.0.0/0", &told.host, NULL));
        g_assert_true(address_range_parse("172.17.0.2", &own->address, NULL));
        g_array_append_val(container->ports, told);
        g_assert_true(address_range_parse("::/0", &told.host, NULL));
        g_array_append_val(container->ports, told);
        g_ptr_array_add(container->addresses, own);
        docker_facts_add_container(facts, container);
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        g_assert_true(docker_nat_parse("\tchain DOCKER {\n\t\ttcp dport 8080 dnat to 172.17.0.2:80\n\t}\n", FAMILY_IPV4, list));
        g_assert_cmpuint(list->len, ==, 1);
        const DockerNat *nat = &g_array_index(list, DockerNat, 0);
        docker_facts_note_port(facts, &nat->address, &nat->port);
        g_assert_cmpuint(container->ports->len, ==, 2);
        /* And a port in the rules of one family only, since docker-proxy answers in the other. */
        g_array_set_size(container->ports, 0);
        docker_facts_note_port(facts, &nat->address, &nat->port);
        g_assert_cmpuint(container->ports->len, ==, 2);
        g_assert_cmpint(g_array_index(container->ports, DockerPort, 1).host.family, ==, FAMILY_IPV6);
        g_assert_cmpuint(g_array_index(container->ports, DockerPort, 1).host_port, ==, 8080);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/docker-nat/recorded", test_recorded);
        g_test_add_func("/docker-nat/nftables", test_nftables);
        g_test_add_func("/docker-nat/others", test_others);
        g_test_add_func("/docker-nat/told-twice", test_told_twice);
        return g_test_run();
}
