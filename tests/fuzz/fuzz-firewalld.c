/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever firewalld and NetworkManager answer: an error, or what was asked for. Input: the reader's name, then one answer after the
 * other, each a line with its signature and its values (messages.h); an answer that begins with "!" is the error of that name, with
 * the next line as its message. Calls are not sent: fiber_call() and the peer are this file's. */
#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "bus/peer.h"
#include "firewalld/direct.h"
#include "firewalld/forward.h"
#include "firewalld/gate.h"
#include "firewalld/ipset.h"
#include "firewalld/network-manager.h"
#include "firewalld/zone.h"

#include <errno.h>

#include "fuzz.h"
#include "messages.h"

static MessageText *answers;

static int fill(sd_bus_message *call, const char *first, sd_bus_message **ret) {
        const char *message = first[0] == '!' ? message_text_next(answers) : NULL;
        if (first[0] == '!')
                return sd_bus_message_new_method_errorf(call, ret, first + 1, "%s", message ? message : "");
        const int r = sd_bus_message_new_method_return(call, ret);
        return r < 0 ? r : message_append(*ret, first, answers);
}

sd_bus_message *fiber_call(G_GNUC_UNUSED sd_bus *bus, sd_bus_message *call, G_GNUC_UNUSED guint64 timeout, int *ret_errno) {
        g_autoptr(SdBusMessage) reply = NULL;
        const char *first = message_text_next(answers);
        if (!first || sd_bus_message_seal(call, 1, 0) < 0 || fill(call, first, &reply) < 0 || !message_seal(reply)) {
                *ret_errno = -ECONNRESET;
                return NULL;
        }
        return g_steal_pointer(&reply);
}

int peer_new(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED PeerFunc changed,
             G_GNUC_UNUSED gpointer userdata, G_GNUC_UNUSED Peer **ret) {
        return -ENOTCONN;
}
void peer_free(G_GNUC_UNUSED Peer *peer) {
}
void peer_refresh(G_GNUC_UNUSED Peer *peer) {
}

/* --- the readers: each returns whether it has a result ------------------------------------------------------------ */

static bool read_active(Firewalld *firewalld, GError **error) {
        GHashTable *zones = zone_read_active(firewalld, error);
        const bool done = zones;
        g_clear_pointer(&zones, g_hash_table_unref);
        return done;
}

static bool read_zone(Firewalld *firewalld, GError **error) {
        g_autofree char *target = NULL;
        g_auto(GStrv) interfaces = NULL;
        const bool done = zone_read_permanent(firewalld, "docker", &target, &interfaces, error);
        if (done != (target && interfaces))
                abort();
        return done;
}

static bool read_interfaces(Firewalld *firewalld, GError **error) {
        g_auto(GStrv) list = zone_interfaces_permanent(firewalld, "docker", error);
        return list;
}

static bool read_zone_of(Firewalld *firewalld, GError **error) {
        g_autofree char *zone = zone_of_interface_runtime(firewalld, "docker0", error);
        return zone;
}

static bool read_gate(Firewalld *firewalld, GError **error) {
        g_autoptr(Gate) gate = gate_read_runtime(firewalld, "quaywall-forward", error);
        return gate && (gate_equal(gate, gate) || (abort(), false));
}

static bool read_gate_permanent(Firewalld *firewalld, GError **error) {
        g_autoptr(Gate) gate = gate_read_permanent(firewalld, "quaywall-forward", error);
        return gate;
}

static bool read_direct(Firewalld *firewalld, GError **error) {
        g_autoptr(DirectConfig) config = direct_read_runtime(firewalld, error);
        return config;
}

static bool read_direct_permanent(Firewalld *firewalld, GError **error) {
        g_autoptr(DirectConfig) config = direct_read_permanent(firewalld, error);
        return config;
}

static bool read_iptables(Firewalld *firewalld, GError **error) {
        static const char *const ARGS[] = { "-S", NULL };
        g_autofree char *output = direct_iptables(firewalld, FAMILY_IPV4, ARGS, error);
        return output;
}

static bool read_ipset(Firewalld *firewalld, GError **error) {
        g_autofree char *type = NULL;
        g_auto(GStrv) entries = NULL;
        return ipset_read(firewalld, false, "office", &type, &entries, error);
}

static bool read_ipset_permanent(Firewalld *firewalld, GError **error) {
        g_autofree char *type = NULL;
        g_auto(GStrv) entries = NULL;
        return ipset_read(firewalld, true, "office", &type, &entries, error);
}

static bool refresh(Firewalld *firewalld, GError **error) {
        return firewalld_refresh(firewalld, error);
}

static bool read_backend(Firewalld *firewalld, GError **error) {
        bool uses;
        return firewalld_uses_nft(firewalld, &uses, error);
}

static bool check_forward(Firewalld *firewalld, GError **error) {
        g_autoptr(GPtrArray) pairs = g_ptr_array_new();
        g_autofree char *altered = NULL;
        g_ptr_array_add(pairs, "eth0");
        g_ptr_array_add(pairs, "docker0");
        return forward_check(firewalld, pairs, false, &altered, error);
}

static bool apply_forward(Firewalld *firewalld, GError **error) {
        g_autoptr(GPtrArray) pairs = g_ptr_array_new();
        bool must_reload;
        g_ptr_array_add(pairs, "eth0");
        g_ptr_array_add(pairs, "docker0");
        return forward_apply(firewalld, pairs, false, &must_reload, error);
}

static bool set_saved_zone(Firewalld *firewalld, GError **error) {
        return network_manager_set_zone(firewalld->bus, "docker0", "docker", "trusted", error);
}

static const struct {
        const char *name;
        bool (*read)(Firewalld *firewalld, GError **error);
} READERS[] = {
        { "active", read_active },
        { "zone", read_zone },
        { "interfaces", read_interfaces },
        { "zone-of", read_zone_of },
        { "gate", read_gate },
        { "gate-permanent", read_gate_permanent },
        { "direct", read_direct },
        { "direct-permanent", read_direct_permanent },
        { "iptables", read_iptables },
        { "ipset", read_ipset },
        { "ipset-permanent", read_ipset_permanent },
        { "refresh", refresh },
        { "backend", read_backend },
        { "forward-check", check_forward },
        { "forward-apply", apply_forward },
        { "network-manager", set_saved_zone },
};

static void ignore(G_GNUC_UNUSED FirewalldEvent event, G_GNUC_UNUSED gpointer userdata) {
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_auto(MessageText) text = { NULL };
        if (!message_text_read(&text, (const char *) data, size))
                return 0;
        answers = &text;
        const char *name = message_text_next(&text);
        Firewalld firewalld = {
                .bus = message_bus(), .owner = ":1.5", .state = g_strdup("running"), .version = g_strdup(""), .handler = ignore
        };
        for (gsize i = 0; name && i < G_N_ELEMENTS(READERS); i++) {
                g_autoptr(GError) error = NULL;
                if (!g_str_equal(READERS[i].name, name))
                        continue;
                if (READERS[i].read(&firewalld, &error) == (error != NULL))
                        abort();
                if (error)
                        check_error(error, SIZE_MAX);
        }
        g_free(firewalld.state);
        g_free(firewalld.version);
        return 0;
}
