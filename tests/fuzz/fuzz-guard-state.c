/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nft lists of the guard's table and of Docker's "nat" and "docker-bridges", where other programs may have put anything: the
 * same text is read as the same state, a published port is a port, and a bridge's name one of an interface. */
#include "compile/docker-nat.h"
#include "compile/guard-state.h"
#include "model/policy-names.h"
#include "model/published-port.h"

#include "fuzz.h"

static void check_nat(const char *text, Family family) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        if (!docker_nat_parse(text, family, list) && list->len > 0)
                abort();
        for (guint i = 0; i < list->len; i++) {
                const DockerNat *nat = &g_array_index(list, DockerNat, i);
                const PublishedPort port = published_port_at(&nat->port.host, nat->port.protocol, nat->port.host_port);
                g_autofree char *written = published_port_format(&port);
                PublishedPort again;
                if (!published_port_parse(written, &again, NULL) || !published_port_equal(&port, &again) ||
                    (nat->has_address && nat->address.family != family))
                        abort();
        }
}

static void check_bridges(const char *text) {
        g_autoptr(GPtrArray) bridges = g_ptr_array_new_with_free_func(g_free);
        docker_nft_parse_bridges(text, bridges);
        for (guint i = 0; i < bridges->len; i++)
                if (!interface_name_check("", bridges->pdata[i], NULL))
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        g_autoptr(GuardState) state = guard_state_parse(text), same = guard_state_parse(text), nothing = guard_state_new();
        if (!guard_state_equal(state, same) || guard_state_conflicts(nothing, state))
                abort();
        ITERATE_FAMILIES (family)
                check_nat(text, family);
        check_bridges(text);
        return 0;
}
