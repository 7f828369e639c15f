/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "docker-nat.h"

#include <string.h>

#include "model/policy-names.h"
#include "model/port.h"

/* "172.17.0.2:80" or "[fd00::2]:80"; without a port if that stays the same. */
static void read_target(DockerNat *nat, const char *text, Family family) {
        const char *end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':');
        g_autofree char *address = text[0] == '[' ? g_strndup(text + 1, end ? (gsize) (end - text - 1) : strlen(text + 1)) :
                                   family == FAMILY_IPV4 && end ? g_strndup(text, end - text) :
                                                                  g_strdup(text);
        const char *port = !end || (text[0] != '[' && family == FAMILY_IPV6) ? NULL : strchr(end, ':');
        nat->port.container_port = nat->port.host_port;
        nat->has_address = !strpbrk(address, "/-") && address_range_parse(address, &nat->address, NULL) &&
                           nat->address.family == family && (!port || port_parse(port + 1, &nat->port.container_port));
}

/* [iifname != "docker0"] [ip daddr ADDRESS] tcp dport 8080 counter packets 0 bytes 0 dnat to 172.17.0.2:80 */
static void parse_rule(char **words, Family family, GArray *list) {
        DockerNat nat;
        memset(&nat, 0, sizeof nat);
        nat.port.host = address_everybody(family);
        bool leads = false;
        for (; *words; words++) {
                const char *protocol = protocol_from_string(words[0]), *next = words[1];
                if (protocol && next && g_str_equal(next, "dport") && words[2]) {
                        if (!port_parse(words[2], &nat.port.host_port))
                                return;
                        nat.port.protocol = protocol;
                } else if (g_str_equal(words[0], "daddr") && next) {
                        if (!address_range_parse(next, &nat.port.host, NULL) || nat.port.host.family != family)
                                return;
                } else if (g_str_equal(words[0], "dnat")) {
                        leads = true;
                        if (next && g_str_equal(next, "to") && words[2])
                                read_target(&nat, words[2], family);
                } else if (g_str_equal(words[0], "\"DNAT\""))
                        leads = true;
        }
        if (leads && nat.port.host_port)
                g_array_append_val(list, nat);
}

bool docker_nat_parse(const char *text, Family family, GArray *list) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        bool there = false, ours = false;
        for (char **line = lines; *line; line++) {
                g_strstrip(*line);
                if (g_str_has_prefix(*line, "chain ")) {
                        ours = g_str_equal(*line, "chain DOCKER {") || g_str_equal(*line, "chain DOCKER-INGRESS {") ||
                               g_str_equal(*line, "chain nat-prerouting-and-output {");
                        there |= ours;
                } else if (g_str_equal(*line, "}"))
                        ours = false;
                else if (ours) {
                        g_auto(GStrv) words = g_strsplit_set(*line, " \t", -1);
                        parse_rule(words, family, list);
                }
        }
        return there;
}

/* chain filter-forward-in__br-front { */
void docker_nft_parse_bridges(const char *text, GPtrArray *bridges) {
        static const char CHAIN[] = "chain filter-forward-in__";
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(g_strstrip(*line), CHAIN) && g_str_has_suffix(*line, " {")) {
                        const char *rest = *line + strlen(CHAIN);
                        g_autofree char *name = g_strndup(rest, strlen(rest) - strlen(" {"));
                        if (interface_name_check("", name, NULL))
                                g_ptr_array_add(bridges, g_steal_pointer(&name));
                }
}
