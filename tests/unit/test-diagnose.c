/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/diagnose.h"

#include <string.h>

#include "compile/direct-plan.h"
#include "firewalld/direct.h"
#include "guard/tables.h"
#include "world.h"
#include "world/docker-rules.h"
#include "world/engine.h"
#include "world/iptables.h"
#include "world/permanent.h"
#include "world/zones.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define NOW (1000 * SECOND)

/* --- a fake world ------------------------------------------------------------------------------------------------- */

static struct Fake {
        bool firewalld_table, docker_tables, makes_rules;
        const char *const *bridges; /* links of this host */
        const char *const *others;
        const char *outlet; /* the bridge with a port that leads out */
        bool permanent_altered;
} fake;

bool tables_have(G_GNUC_UNUSED const char *family, const char *name) {
        return g_str_equal(name, "firewalld") ? fake.firewalld_table : fake.docker_tables;
}

bool engine_finds_dockerd(G_GNUC_UNUSED const Engine *engine) {
        return false;
}

bool engine_running(G_GNUC_UNUSED const Engine *engine, EngineValues *ret) {
        *ret = (EngineValues){ .iptables = fake.makes_rules };
        return true;
}

bool links_is_bridge(G_GNUC_UNUSED const Links *links, const char *name) {
        return g_strv_contains(fake.bridges, name);
}

const Link *links_find(const Links *links, const char *name) {
        static Link link;
        if (!links_is_bridge(links, name) && !g_strv_contains(fake.others, name))
                return NULL;
        g_strlcpy(link.name, name, sizeof link.name);
        return &link;
}

const Link *links_find_index(G_GNUC_UNUSED const Links *links, G_GNUC_UNUSED guint index) {
        return NULL;
}

const Link *links_find_outlet(const Links *links, const char *bridge) {
        return g_strcmp0(bridge, fake.outlet) == 0 ? links_find(links, "eth9") : NULL;
}

bool links_leads_out(const Links *links, const char *bridge) {
        return links_find_outlet(links, bridge);
}

GPtrArray *links_list_inlets(G_GNUC_UNUSED const Links *links) {
        return g_ptr_array_new();
}

bool links_bridged_is_filtered(G_GNUC_UNUSED Family family) {
        return false;
}

const DirectConfig *permanent_read(World *world, G_GNUC_UNUSED GError **error) {
        g_clear_pointer(&world->permanent, direct_config_free);
        world->permanent = direct_config_new();
        if (fake.permanent_altered)
                g_ptr_array_add(world->permanent->rules,
                                direct_entry_new("ipv4", "filter", CHAIN_QUAYWALL_POLICY, 1, g_strsplit("-j DROP", " ", 0)));
        return world->permanent;
}

char *direct_iptables(G_GNUC_UNUSED Firewalld *firewalld, G_GNUC_UNUSED Family family, G_GNUC_UNUSED const char *const *args,
                      G_GNUC_UNUSED GError **error) {
        return NULL;
}

const KernelTable *iptables_read(World *world, Family family, const char *name, G_GNUC_UNUSED GError **error) {
        return world->tables[family][g_str_equal(name, "nat")];
}

static const char *const NONE[] = { NULL }, *const DOCKER0[] = { "docker0", NULL };

typedef struct Case {
        World world;
        Docker docker;
        Firewalld firewalld;
        Settings settings;
        PolicySet *policies;
        Desired *desired;
        Diagnosis d;
} Case;

static void set_filter(Case *c, const char *text) {
        g_clear_pointer(&c->world.tables[FAMILY_IPV4][0], kernel_table_free);
        c->world.tables[FAMILY_IPV4][0] = kernel_table_parse(text);
}

/* All is well: Docker runs, docker0 is in its zone, and the kernel has the policy's rules. */
static void begin(Case *c, const char *policy) {
        const char *const lines[] = { policy, NULL };
        memset(c, 0, sizeof *c);
        fake = (struct Fake){ .firewalld_table = true, .makes_rules = true, .bridges = DOCKER0, .others = NONE };
        c->docker = (Docker){ .facts = docker_facts_new(),
                              .is_complete = true,
                              .state = "running",
                              .version = (char *) "20.10",
                              .firewall_backend = "iptables" };
        c->firewalld = (Firewalld){ .owner = ":1.1", .state = (char *) "running" };
        c->settings = (Settings){ .use_direct = true, .use_guard = true };
        c->world = (World){ .settings = &c->settings,
                            .firewalld = &c->firewalld,
                            .guard = (Guard *) &fake,
                            .docker = &c->docker,
                            .links = (Links *) &fake,
                            .bridges = g_strdupv((char **) DOCKER0),
                            .spared = g_strdupv((char **) NONE),
                            .zone_target = g_strdup("ACCEPT"),
                            .zone_interfaces = g_strdupv((char **) DOCKER0),
                            .zone_permanent = g_strdupv((char **) NONE),
                            .zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
        g_hash_table_insert(c->world.zones, g_strdup("docker0"), g_strdup("docker"));
        c->policies = policy ? policy_set_from_lines(lines) : policy_set_new();
        g_autoptr(PolicySet) nothing = policy_set_new();
        const DesiredInput input = { DOCKER0, NONE, NONE, NULL, c->docker.facts, .direct = true, .guard = true };
        c->desired = desired_new(&input, c->policies, nothing);
        c->world.tables[FAMILY_IPV6][0] = kernel_table_parse("");
        GString *text = g_string_new("-N DOCKER\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n");
        for (guint i = 0; i < c->desired->direct_now->len; i++) {
                const DirectRule *rule = c->desired->direct_now->pdata[i];
                g_autofree char *args = g_strjoinv(" ", rule->args);
                if (rule->family == FAMILY_IPV4)
                        g_string_append_printf(text, "-A %s %s\n", rule->chain, args);
        }
        set_filter(c, text->str);
        g_string_free(text, TRUE);
        c->d = (Diagnosis){ .world = &c->world,
                            .desired = c->desired,
                            .policies = c->policies,
                            .settings = &c->settings,
                            .now = NOW,
                            .problems = problems_new() };
}

static void end(Case *c) {
        ITERATE_FAMILIES (family) {
                kernel_table_free(c->world.tables[family][0]);
                g_clear_pointer(&c->world.chains[family], g_hash_table_unref);
        }
        g_clear_pointer(&c->world.permanent, direct_config_free);
        g_strfreev(c->world.bridges);
        g_strfreev(c->world.spared);
        g_strfreev(c->world.zone_interfaces);
        g_strfreev(c->world.zone_permanent);
        g_free(c->world.zone_target);
        g_hash_table_unref(c->world.zones);
        policy_set_unref(c->policies);
        desired_unref(c->desired);
        docker_facts_free(c->docker.facts);
        g_ptr_array_unref(c->d.problems);
}

static guint seen[_PROBLEM_MAX];

/* Compares the codes found, in order, and the time of the next check. */
static void expect(Case *c, const char *codes, gint64 again) {
        g_autoptr(GString) found = g_string_new(NULL);
        for (guint i = 0; i < c->d.problems->len; i++) {
                const Problem *problem = c->d.problems->pdata[i];
                g_string_append_printf(found, "%s%s", i ? " " : "", problem_code_to_string(problem->code));
                seen[problem->code]++;
        }
        g_assert_cmpstr(found->str, ==, codes);
        g_assert_cmpint(c->d.again, ==, again);
        g_ptr_array_set_size(c->d.problems, 0);
        c->d.again = 0;
}

#define POLICY "web: deny sources=192.168.1.1 ports=80/tcp"

/* --- rules -------------------------------------------------------------------------------------------------------- */

static void test_rules(void) {
        Case c;
        begin(&c, POLICY);
        /* Missing IPv6 rules of Docker are no problem while the guard enforces. */
        kernel_table_free(c.world.tables[FAMILY_IPV6][0]);
        c.world.tables[FAMILY_IPV6][0] = kernel_table_parse("");
        for (guint i = c.desired->direct_now->len; i-- > 0;)
                if (((DirectRule *) c.desired->direct_now->pdata[i])->family == FAMILY_IPV6)
                        g_ptr_array_remove_index(c.desired->direct_now, i);
        diagnose_rules(&c.d);
        expect(&c, "", 0);

        set_filter(&c, "-N DOCKER\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n");
        diagnose_rules(&c.d);
        expect(&c, "rules-missing rules-missing rules-missing", 0);
        /* While Docker writes its rules and the guard holds, check again later, unless a caller waits for a repair. */
        c.world.docker_rules.written = NOW - SECOND;
        diagnose_rules(&c.d);
        expect(&c, "", NOW + DOCKER_STEP_USEC);
        c.d.is_impatient = true;
        diagnose_rules(&c.d);
        expect(&c, "rules-missing rules-missing rules-missing", 0);
        c.d.is_impatient = false;
        c.world.guard = NULL;
        diagnose_rules(&c.d);
        expect(&c, "rules-missing rules-missing rules-missing", 0);
        c.world.docker_rules.written = NOW - DOCKER_STEP_USEC;
        c.world.guard = (Guard *) &fake;
        diagnose_rules(&c.d);
        expect(&c, "rules-missing rules-missing rules-missing", 0);

        /* Nothing is expected in DOCKER-USER if direct rules are off. */
        c.settings.use_direct = false;
        diagnose_rules(&c.d);
        expect(&c, "", 0);
        end(&c);
}

static void test_jump(void) {
        Case c;
        begin(&c, NULL);
        set_filter(
                &c,
                "-N DOCKER\n-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -s 1.1.1.1 -j DROP\n");
        diagnose_rules(&c.d);
        expect(&c, "jump-bypassed", 0);
        set_filter(&c, "-N DOCKER\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER-USER -s 1.1.1.1 -j DROP\n");
        diagnose_rules(&c.d);
        expect(&c, "jump-missing", 0);
        /* Without rules in DOCKER-USER nobody needs the jump. */
        set_filter(&c, "-N DOCKER\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER-USER -j RETURN\n");
        diagnose_rules(&c.d);
        expect(&c, "", 0);
        /* Somebody's IPv6 rules in DOCKER-USER have no effect without Docker's IPv6 chains. */
        kernel_table_free(c.world.tables[FAMILY_IPV6][0]);
        c.world.tables[FAMILY_IPV6][0] = kernel_table_parse("-A DOCKER-USER -s fd01::1 -j DROP\n");
        diagnose_rules(&c.d);
        expect(&c, "ipv6-chain-missing", 0);
        end(&c);
}

/* With Docker's nftables backend nothing leads to DOCKER-USER, unless somebody's jump does. */
static void test_unasked(void) {
        Case c;
        begin(&c, NULL);
        c.world.docker_uses_nft = true;
        set_filter(&c, "-N DOCKER-USER\n-A DOCKER-USER -j RETURN\n");
        diagnose_rules(&c.d);
        expect(&c, "", 0);
        set_filter(&c, "-N DOCKER-USER\n-A DOCKER-USER -s 1.1.1.1 -j DROP\n");
        diagnose_rules(&c.d);
        expect(&c, "backend-nftables", 0);
        set_filter(&c, "-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -s 1.1.1.1 -j DROP\n");
        diagnose_rules(&c.d);
        expect(&c, "", 0);
        end(&c);
}

static void test_altered(void) {
        Case c;
        begin(&c, NULL);
        set_filter(&c, "-N DOCKER\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n"
                       "-A DOCKER-USER -s 1.1.1.1 -m comment --comment quaywall:gone -j DROP\n");
        diagnose_rules(&c.d);
        expect(&c, "rules-altered", 0);
        diagnose_permanent(&c.d);
        expect(&c, "", 0);
        fake.permanent_altered = true;
        diagnose_permanent(&c.d);
        expect(&c, "permanent-altered", 0);
        end(&c);
}

/* --- zones -------------------------------------------------------------------------------------------------------- */

static void test_zones(void) {
        Case c;
        begin(&c, NULL);
        diagnose_zones(&c.d);
        expect(&c, "", 0);
        g_hash_table_insert(c.world.zones, g_strdup("docker0"), g_strdup("public"));
        diagnose_zones(&c.d);
        expect(&c, "zone-interface", 0);

        /* In no zone: Docker may be about to add it. */
        g_hash_table_remove(c.world.zones, "docker0");
        zones_note_homeless(&c.world, NOW - SECOND);
        diagnose_zones(&c.d);
        expect(&c, "", NOW + SECOND);
        c.d.is_impatient = true;
        diagnose_zones(&c.d);
        expect(&c, "zone-interface", 0);
        c.d.is_impatient = false;
        c.d.now = NOW + SECOND;
        diagnose_zones(&c.d);
        expect(&c, "zone-interface", 0);
        g_hash_table_insert(c.world.zones, g_strdup("docker0"), g_strdup("docker"));
        zones_note_homeless(&c.world, NOW);
        g_assert_cmpint(c.world.homeless, ==, 0);

        g_free(c.world.zone_target);
        c.world.zone_target = g_strdup("default");
        diagnose_zones(&c.d);
        expect(&c, "zone-target", 0);
        c.world.zone_target[0] = '\0';
        diagnose_zones(&c.d);
        expect(&c, "zone-missing", 0);
        /* A Docker that makes no rules makes no zone, either. */
        fake.makes_rules = false;
        diagnose_zones(&c.d);
        expect(&c, "", 0);
        end(&c);
}

static void test_others_in_zone(void) {
        static const char *const bridges[] = { "docker0", "br9", NULL }, *const others[] = { "tun5", NULL };
        static const char *const inside[] = { "docker0", "br9", "tun5", "gone0", NULL }, *const spared[] = { "br9", NULL };
        static const char *const permanent[] = { "br-0123456789ab", "br-mine", NULL };
        Case c;
        begin(&c, NULL);
        fake.bridges = bridges;
        fake.others = others;
        g_strfreev(c.world.zone_interfaces);
        c.world.zone_interfaces = g_strdupv((char **) inside);
        /* A new bridge is not reported yet. */
        diagnose_zones(&c.d);
        expect(&c, "foreign-in-docker-zone", NOW + DOCKER_STEP_USEC);
        g_strfreev(c.world.spared);
        c.world.spared = g_strdupv((char **) spared);
        diagnose_zones(&c.d);
        expect(&c, "foreign-in-docker-zone foreign-in-docker-zone", 0);
        c.docker.is_complete = false;
        g_strfreev(c.world.zone_permanent);
        c.world.zone_permanent = g_strdupv((char **) permanent);
        diagnose_zones(&c.d);
        expect(&c, "foreign-in-docker-zone zone-stale", 0);
        c.docker.state = "not-running";
        diagnose_zones(&c.d);
        expect(&c, "foreign-in-docker-zone", 0);
        end(&c);
}

/* --- firewalld and Docker ----------------------------------------------------------------------------------------- */

static void test_firewalld(void) {
        Case c;
        begin(&c, NULL);
        diagnose_firewalld(&c.d);
        expect(&c, "", 0);
        fake.firewalld_table = false;
        diagnose_firewalld(&c.d);
        expect(&c, "", NOW + 2 * SECOND);
        c.d.now += 2 * SECOND;
        diagnose_firewalld(&c.d);
        expect(&c, "firewalld-rules-missing", 0);
        fake.firewalld_table = true;
        c.firewalld.state = (char *) "failed";
        c.firewalld.panic = true;
        diagnose_firewalld(&c.d);
        expect(&c, "firewalld-failed firewalld-panic", 0);
        /* With the iptables backend, firewalld has no nftables table. */
        c.firewalld = (Firewalld){ .owner = ":1.1", .state = (char *) "running" };
        c.world.firewalld_table = fake.firewalld_table = false;
        diagnose_firewalld(&c.d);
        expect(&c, "", 0);
        end(&c);
}

static void test_docker(void) {
        Case c;
        begin(&c, POLICY);
        diagnose_docker(&c.d);
        diagnose_engine(&c.d);
        expect(&c, "", 0);
        c.world.docker_rules.report = true;
        diagnose_docker(&c.d);
        expect(&c, "docker-rules-missing", 0);
        c.world.docker_rules.deaf = true;
        diagnose_docker(&c.d);
        expect(&c, "docker-deaf", 0);

        /* No problems, since the guard enforces. */
        fake.makes_rules = false;
        diagnose_engine(&c.d);
        expect(&c, "", 0);
        c.world.guard = NULL;
        diagnose_engine(&c.d);
        expect(&c, "docker-iptables-off", 0);
        c.docker.is_rootless = true;
        diagnose_engine(&c.d);
        expect(&c, "docker-rootless", 0);
        c.docker.is_rootless = false;
        c.docker.is_podman = true;
        c.docker.state = "failed";
        c.docker.reason = (char *) "it hangs";
        diagnose_engine(&c.d);
        expect(&c, "docker-podman docker-failed", 0);
        end(&c);
}

/* A label that cannot be used, if labels count. */
static void test_labels(void) {
        Case c;
        begin(&c, POLICY);
        DockerContainer *container = docker_container_new("1", "web");
        g_hash_table_insert(container->labels, g_strdup("org.quaywall.allow-only"), g_strdup("10.0.0.300"));
        docker_facts_add_container(c.docker.facts, container);
        diagnose_labels(&c.d);
        expect(&c, "", 0);
        c.settings.labels = true;
        diagnose_labels(&c.d);
        g_assert_cmpuint(c.d.problems->len, ==, 1);
        const Problem *problem = c.d.problems->pdata[0];
        g_assert_cmpstr(problem_get_detail(problem, "container"), ==, "web");
        g_assert_cmpstr(problem_get_detail(problem, "label"), ==, "org.quaywall.allow-only");
        g_assert_nonnull(strstr(problem->sentence, "\"10.0.0.300\" is not an IP address"));
        expect(&c, "label-invalid", 0);
        end(&c);
}

static void test_enforcement(void) {
        Case c;
        begin(&c, "web: deny sources=192.168.1.1");
        diagnose_enforcement(&c.d);
        expect(&c, "", 0);
        g_ptr_array_add(c.desired->left_out, g_strdup("web"));
        c.world.docker_uses_nft = true;
        diagnose_enforcement(&c.d);
        expect(&c, "", 0);
        c.settings.use_guard = false;
        diagnose_enforcement(&c.d);
        expect(&c, "policy-too-large backend-nftables", 0);
        /* What obeys firewalld's zones needs them, and the guard. */
        g_autoptr(GError) error = NULL;
        policy_set_insert(c.policies, "z", policy_from_line("obey-zones", &error));
        g_assert_no_error(error);
        diagnose_enforcement(&c.d);
        expect(&c, "zones-unknown policy-too-large backend-nftables", 0);
        c.settings.use_guard = true;
        diagnose_enforcement(&c.d);
        expect(&c, "zones-unknown", 0);
        c.world.zone_rules = zone_rules_new("", g_strdup("it is empty"));
        diagnose_enforcement(&c.d);
        expect(&c, "zones-unknown", 0);
        g_clear_pointer(&c.world.zone_rules, zone_rules_unref);
        c.world.zone_rules = zone_rules_new("", NULL);
        diagnose_enforcement(&c.d);
        expect(&c, "", 0);
        g_clear_pointer(&c.world.zone_rules, zone_rules_unref);
        /* A Docker bridge with a port to other machines. */
        fake.outlet = "docker0";
        fake.others = (const char *const[]){ "eth9", NULL };
        diagnose_bypasses(&c.d);
        expect(&c, "bridge-leads-out", 0);
        end(&c);
}

/* --- Docker's rules, in simulated time ---------------------------------------------------------------------------- */

static void test_docker_rules(void) {
        Case c;
        begin(&c, POLICY);
        g_assert_false(docker_rules_are_written(&c.world, NOW));
        c.world.docker_rules.written = NOW;
        g_assert_true(docker_rules_are_written(&c.world, NOW + DOCKER_STEP_USEC - 1));
        g_assert_false(docker_rules_are_written(&c.world, NOW + DOCKER_STEP_USEC));
        /* The rules differ from those of the last check. */
        KernelTable *before = kernel_table_parse("-N DOCKER\n-A FORWARD -o docker0 -j DOCKER\n"),
                    *after = kernel_table_parse("-N DOCKER\n");
        c.world.docker_rules.written = 0;
        docker_rules_note(&c.world, FAMILY_IPV4, before);
        docker_rules_note(&c.world, FAMILY_IPV4, before);
        g_assert_cmpint(c.world.docker_rules.written, ==, 0);
        docker_rules_note(&c.world, FAMILY_IPV4, after);
        g_assert_cmpint(c.world.docker_rules.written, >, 0);
        kernel_table_free(before);
        kernel_table_free(after);
        end(&c);
}

/* Every code was found, except those of verify.c (files, failures, fights, the guard) and those with tests of their own. */
static void test_all_were_seen(void) {
        static const ProblemCode ELSEWHERE[] = {
                PROBLEM_GUARD_ALTERED,         PROBLEM_RULES_DISORDERED, PROBLEM_RULES_DEAD,        PROBLEM_FORWARD_ALTERED,
                PROBLEM_APPLY_FAILED,          PROBLEM_POLICY_COPY,      PROBLEM_POLICY_FILE,       PROBLEM_GROUP_FILE,
                PROBLEM_FIREWALLD_NOT_RUNNING, PROBLEM_PORT_BYPASSES,    PROBLEM_INTERFACE_MISSING, PROBLEM_INTERFACE_IS_PORT,
                PROBLEM_INTERFACE_ALTNAME,     PROBLEM_GROUP_MISSING,    PROBLEM_IPSET_MISSING,     PROBLEM_IPSET_UNUSABLE,
                PROBLEM_ZONES_UNUSABLE,        PROBLEM_NOT_ENFORCEABLE,  PROBLEM_IPTABLES_LEGACY,   PROBLEM_CONTESTED
        };
        for (gsize i = 0; i < G_N_ELEMENTS(ELSEWHERE); i++)
                seen[ELSEWHERE[i]]++;
        for (ProblemCode code = PROBLEM_NONE + 1; code < _PROBLEM_MAX; code++)
                if (seen[code] == 0)
                        g_error("%s was never found", problem_code_to_string(code));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/diagnose/rules", test_rules);
        g_test_add_func("/diagnose/jump", test_jump);
        g_test_add_func("/diagnose/unasked", test_unasked);
        g_test_add_func("/diagnose/altered", test_altered);
        g_test_add_func("/diagnose/zones", test_zones);
        g_test_add_func("/diagnose/others-in-zone", test_others_in_zone);
        g_test_add_func("/diagnose/firewalld", test_firewalld);
        g_test_add_func("/diagnose/docker", test_docker);
        g_test_add_func("/diagnose/labels", test_labels);
        g_test_add_func("/diagnose/enforcement", test_enforcement);
        g_test_add_func("/diagnose/docker-rules", test_docker_rules);
        g_test_add_func("/diagnose/all-were-seen", test_all_were_seen);
        return g_test_run();
}
