/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "problem.h"

#include "model/show.h"

static const struct {
        const char *name;
        FightKind fight;
} CODES[_PROBLEM_MAX] = {
        [PROBLEM_NONE] = { "", FIGHT_NONE },
        [PROBLEM_GUARD_ALTERED] = { "guard-altered", FIGHT_GUARD },
        [PROBLEM_RULES_MISSING] = { "rules-missing", FIGHT_RULES },
        [PROBLEM_RULES_ALTERED] = { "rules-altered", FIGHT_RULES },
        [PROBLEM_RULES_DISORDERED] = { "rules-disordered", FIGHT_RULES },
        [PROBLEM_RULES_DEAD] = { "rules-dead", FIGHT_RULES },
        [PROBLEM_PERMANENT_ALTERED] = { "permanent-altered", FIGHT_PERMANENT },
        [PROBLEM_FORWARD_ALTERED] = { "forward-altered", FIGHT_NONE },
        [PROBLEM_APPLY_FAILED] = { "apply-failed", FIGHT_NONE },
        [PROBLEM_JUMP_MISSING] = { "jump-missing", FIGHT_JUMP },
        [PROBLEM_JUMP_BYPASSED] = { "jump-bypassed", FIGHT_JUMP },
        [PROBLEM_ZONE_INTERFACE] = { "zone-interface", FIGHT_ZONE },
        [PROBLEM_FIREWALLD_RULES_MISSING] = { "firewalld-rules-missing", FIGHT_FIREWALLD },
        [PROBLEM_DOCKER_RULES_MISSING] = { "docker-rules-missing", FIGHT_DOCKER },
        [PROBLEM_ZONE_STALE] = { "zone-stale", FIGHT_ZONE },
        [PROBLEM_POLICY_COPY] = { "policy-copy", FIGHT_NONE },
        [PROBLEM_DOCKER_FAILED] = { "docker-failed", FIGHT_NONE },
        [PROBLEM_POLICY_FILE] = { "policy-file", FIGHT_NONE },
        [PROBLEM_GROUP_FILE] = { "group-file", FIGHT_NONE },
        [PROBLEM_POLICY_TOO_LARGE] = { "policy-too-large", FIGHT_NONE },
        [PROBLEM_FIREWALLD_NOT_RUNNING] = { "firewalld-not-running", FIGHT_NONE },
        [PROBLEM_FIREWALLD_FAILED] = { "firewalld-failed", FIGHT_NONE },
        [PROBLEM_FIREWALLD_PANIC] = { "firewalld-panic", FIGHT_NONE },
        [PROBLEM_IPV6_CHAIN_MISSING] = { "ipv6-chain-missing", FIGHT_NONE },
        [PROBLEM_BACKEND_NFTABLES] = { "backend-nftables", FIGHT_NONE },
        [PROBLEM_DOCKER_DEAF] = { "docker-deaf", FIGHT_NONE },
        [PROBLEM_DOCKER_IPTABLES_OFF] = { "docker-iptables-off", FIGHT_NONE },
        [PROBLEM_DOCKER_ROOTLESS] = { "docker-rootless", FIGHT_NONE },
        [PROBLEM_DOCKER_PODMAN] = { "docker-podman", FIGHT_NONE },
        [PROBLEM_PORT_BYPASSES] = { "port-bypasses", FIGHT_NONE },
        [PROBLEM_INTERFACE_MISSING] = { "interface-missing", FIGHT_NONE },
        [PROBLEM_INTERFACE_IS_PORT] = { "interface-is-port", FIGHT_NONE },
        [PROBLEM_INTERFACE_ALTNAME] = { "interface-altname", FIGHT_NONE },
        [PROBLEM_GROUP_MISSING] = { "group-missing", FIGHT_NONE },
        [PROBLEM_IPSET_MISSING] = { "ipset-missing", FIGHT_NONE },
        [PROBLEM_IPSET_UNUSABLE] = { "ipset-unusable", FIGHT_NONE },
        [PROBLEM_ZONES_UNKNOWN] = { "zones-unknown", FIGHT_NONE },
        [PROBLEM_ZONES_UNUSABLE] = { "zones-unusable", FIGHT_NONE },
        [PROBLEM_NOT_ENFORCEABLE] = { "not-enforceable", FIGHT_NONE },
        [PROBLEM_LABEL_INVALID] = { "label-invalid", FIGHT_NONE },
        [PROBLEM_BRIDGE_LEADS_OUT] = { "bridge-leads-out", FIGHT_NONE },
        [PROBLEM_IPTABLES_LEGACY] = { "iptables-legacy", FIGHT_NONE },
        [PROBLEM_ZONE_MISSING] = { "zone-missing", FIGHT_NONE },
        [PROBLEM_ZONE_TARGET] = { "zone-target", FIGHT_NONE },
        [PROBLEM_FOREIGN_IN_DOCKER_ZONE] = { "foreign-in-docker-zone", FIGHT_NONE },
        [PROBLEM_CONTESTED] = { "contested", FIGHT_NONE },
};

const char *problem_code_to_string(ProblemCode code) {
        return CODES[code].name;
}

ProblemCode problem_code_from_string(const char *name) {
        for (ProblemCode code = PROBLEM_NONE + 1; code < _PROBLEM_MAX; code++)
                if (g_str_equal(CODES[code].name, name))
                        return code;
        return PROBLEM_NONE;
}

FightKind problem_code_fight(ProblemCode code) {
        return CODES[code].fight;
}

Problem *problem_new(ProblemCode code, const char *sentence) {
        Problem *problem = g_new(Problem, 1);
        *problem = (Problem){ code, show_text(sentence), g_ptr_array_new_with_free_func(g_free) };
        return problem;
}

void problem_free(Problem *problem) {
        g_free(problem->sentence);
        g_ptr_array_unref(problem->details);
        g_free(problem);
}

void problem_add_detail(Problem *problem, const char *key, const char *value) {
        g_ptr_array_add(problem->details, g_strdup(key));
        g_ptr_array_add(problem->details, g_strdup(value));
}

const char *problem_get_detail(const Problem *problem, const char *key) {
        for (guint i = 0; i + 1 < problem->details->len; i += 2)
                if (g_str_equal(problem->details->pdata[i], key))
                        return problem->details->pdata[i + 1];
        return NULL;
}

Problem *problems_add(GPtrArray *problems, ProblemCode code, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *sentence = g_strdup_vprintf(format, args);
        va_end(args);
        Problem *problem = problem_new(code, sentence);
        g_ptr_array_add(problems, problem);
        return problem;
}

GPtrArray *problems_new(void) {
        return g_ptr_array_new_with_free_func((GDestroyNotify) problem_free);
}
