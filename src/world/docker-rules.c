/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "docker-rules.h"

#include <net/if.h>

#include "compile/docker-nat.h"
#include "guard/tables.h"
#include "world/engine.h"
#include "world/iptables.h"

#define DOCKER_BRIDGE "docker0"

/* Docker's reported state counts; while it is unknown, look for its process. */
bool docker_rules_runs(const World *world) {
        const char *state = world->docker->state;
        if (g_str_equal(state, "running") || g_str_equal(state, "not-running"))
                return g_str_equal(state, "running");
        return engine_finds_dockerd(world->engine);
}

/* A rootless Docker makes its rules in a network namespace of its own. */
bool docker_rules_are_made(const World *world) {
        EngineValues now;
        return !world->docker->is_rootless && (!engine_running(world->engine, &now) || now.iptables);
}

bool docker_rules_use_nft(const World *world) {
        return tables_have("ip", DOCKER_NFT_TABLE) ||
               (g_str_equal(world->docker->state, "running") && g_str_equal(world->docker->firewall_backend, "nftables"));
}

void docker_rules_asked(World *world) {
        world->docker_rules.asked = g_get_monotonic_time();
}

void docker_rules_begin(World *world) {
        world->docker_rules.written = g_get_monotonic_time();
}

void docker_rules_note(World *world, Family family, const KernelTable *filter) {
        guint64 *digest = &world->docker_rules.digest[family], before = *digest;
        *digest = kernel_table_docker_digest(filter);
        if (before != 0 && *digest != before)
                docker_rules_begin(world);
}

bool docker_rules_are_written(const World *world, gint64 now) {
        const gint64 written = world->docker_rules.written;
        return written != 0 && now < written + DOCKER_STEP_USEC;
}

bool docker_rules_are_there(World *world, bool *ret_known) {
        const KernelTable *filter = iptables_read(world, FAMILY_IPV4, "filter", NULL);
        *ret_known = filter;
        if (!filter || !kernel_table_has_docker(filter, "FORWARD"))
                return false;
        const KernelTable *nat = iptables_read(world, FAMILY_IPV4, "nat", NULL);
        *ret_known = nat;
        return nat && kernel_table_has_docker(nat, "PREROUTING");
}

static bool are_needless(const World *world) {
        return world->docker_uses_nft || if_nametoindex(DOCKER_BRIDGE) == 0 || !docker_rules_runs(world) ||
               !docker_rules_are_made(world);
}

gint64 docker_rules_look(World *world, gint64 now) {
        DockerRules *rules = &world->docker_rules;
        bool known = true;
        world->nat_changed = false;
        if (are_needless(world) || docker_rules_are_there(world, &known) || !known) {
                if (known) {
                        rules->seen = now;
                        rules->missing = rules->asked = 0;
                        rules->report = rules->deaf = false;
                }
                return 0;
        }
        if (rules->missing == 0)
                rules->missing = now;
        /* Docker rewrites its rules after either event, if it listens to firewalld. */
        const gint64 since = MAX(rules->missing, rules->asked);
        rules->report = rules->report || now - since >= DOCKER_GRACE_USEC;
        /* firewalld signalled and Docker had its time, but did not react. */
        rules->deaf = rules->asked > rules->seen && now - rules->asked >= DOCKER_GRACE_USEC;
        return now - since < DOCKER_GRACE_USEC ? since + DOCKER_GRACE_USEC : 0;
}

bool docker_rules_are_awaited(const World *world) {
        return world->docker_rules.missing != 0 && !world->docker_rules.report;
}
