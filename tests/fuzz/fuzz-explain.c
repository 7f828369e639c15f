/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel has rules of everybody, in JSON and as iptables prints them: any input can be explained. Input: JSON, then a line
 * "==", then iptables -S of the filter table. */
#include "explain/sentence.h"

#include <string.h>

#include "fuzz.h"

static Route any_route(G_GNUC_UNUSED Family family, G_GNUC_UNUSED const guint8 *source, const guint8 *destination,
                       G_GNUC_UNUSED const char *in, G_GNUC_UNUSED guint32 mark, G_GNUC_UNUSED gpointer userdata) {
        Route route = { .kind = destination[0] & 1 ? ROUTE_LOCAL : ROUTE_FORWARD };
        g_strlcpy(route.out, destination[0] == 172 ? "docker0" : "eth0", sizeof route.out);
        return route;
}
static bool yes_forwards(G_GNUC_UNUSED Family family, G_GNUC_UNUSED gpointer userdata) {
        return true;
}
static Answer has_element(const Packet *packet, const char *set, const char *directions, G_GNUC_UNUSED gpointer userdata) {
        Answer answer;
        g_autofree char *element = packet_format_element(packet, set, directions, &answer);
        return element ? ANSWER_YES : answer;
}
static Answer yes_listens(G_GNUC_UNUSED const Packet *packet, G_GNUC_UNUSED gpointer userdata) {
        return ANSWER_YES;
}
static bool yes_published(const Packet *packet, ContainerEnd *ret, G_GNUC_UNUSED gpointer userdata) {
        *ret = (ContainerEnd){ packet->family, { 172, 17, 0, 3 }, 80 };
        return true;
}
static BridgeKind no_bridge(G_GNUC_UNUSED const char *interface, G_GNUC_UNUSED Family family, G_GNUC_UNUSED gpointer userdata) {
        return BRIDGE_NONE;
}
static const char *no_kind(const char *interface, G_GNUC_UNUSED gpointer userdata) {
        return interface[0] == 'b' || interface[0] == 'd' ? "bridge" : interface[0] == 'e' ? "" : NULL;
}
static char *no_legacy(G_GNUC_UNUSED Family family, G_GNUC_UNUSED gpointer userdata) {
        return NULL;
}
static bool any_address(G_GNUC_UNUSED const char *interface, Family family, guint8 *ret, G_GNUC_UNUSED gpointer userdata) {
        memset(ret, 1, 16);
        return family == FAMILY_IPV4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const Host host = { any_route, yes_forwards, no_legacy,   has_element, yes_listens, yes_published,
                            no_bridge, no_kind,      any_address, 1,           NULL };
        g_autofree char *text = g_strndup((const char *) data, size);
        g_auto(GStrv) parts = g_strsplit(text, "\n==\n", 2);
        g_autoptr(Ruleset) ruleset = ruleset_new();
        (void) ruleset_add_json(ruleset, parts[0] ? parts[0] : "", parts[0], NULL);
        if (parts[0] && parts[1])
                ruleset_set_iptables(ruleset, FAMILY_IPV4, "filter", parts[1]);
        g_autoptr(PolicySet) policies = policy_set_new();
        Dialled connection = { .source = { 10, 0, 0, 1 }, .destination = { 172, 17, 0, 2 }, .protocol = "tcp", .port = 80 };
        for (guint8 i = 0; i < 4; i++) {
                connection.source[0] = 10 + i % 2;
                connection.destination[0] = 172 + i / 2;
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &host, &connection);
                const TraceRow *last = explanation->trace->len ? explanation->trace->pdata[explanation->trace->len - 1] : NULL;
                g_autofree char *sentence = explanation_sentence(explanation, &connection, policies);
                if (!last || !g_str_has_prefix(last->effect, "decides: ") ||
                    !g_str_has_prefix(sentence, explanation_verdict(explanation)))
                        abort();
        }
        return 0;
}
