/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the problem codes in one table: their names, which are stable (org.quaywall1(5)), and which of them are counted as one
 * fight. Must not know how a problem is found or repaired. */

#include <stdbool.h>

#include <glib.h>

/* In the order of repair: safest first. */
typedef enum ProblemCode {
        PROBLEM_NONE,
        PROBLEM_GUARD_ALTERED,
        PROBLEM_RULES_MISSING,
        PROBLEM_RULES_ALTERED,
        PROBLEM_RULES_DISORDERED,
        PROBLEM_RULES_DEAD,
        PROBLEM_PERMANENT_ALTERED,
        PROBLEM_FORWARD_ALTERED,
        PROBLEM_APPLY_FAILED,
        PROBLEM_JUMP_MISSING,
        PROBLEM_JUMP_BYPASSED,
        PROBLEM_ZONE_INTERFACE,
        PROBLEM_FIREWALLD_RULES_MISSING,
        PROBLEM_DOCKER_RULES_MISSING,
        PROBLEM_ZONE_STALE,
        PROBLEM_POLICY_COPY,
        PROBLEM_DOCKER_FAILED,
        /* Only a person can repair the following. */
        PROBLEM_POLICY_FILE,
        PROBLEM_GROUP_FILE,
        PROBLEM_POLICY_TOO_LARGE,
        PROBLEM_FIREWALLD_NOT_RUNNING,
        PROBLEM_FIREWALLD_FAILED,
        PROBLEM_FIREWALLD_PANIC,
        PROBLEM_IPV6_CHAIN_MISSING,
        PROBLEM_BACKEND_NFTABLES,
        PROBLEM_DOCKER_DEAF,
        PROBLEM_DOCKER_IPTABLES_OFF,
        PROBLEM_DOCKER_ROOTLESS,
        PROBLEM_DOCKER_PODMAN,
        PROBLEM_PORT_BYPASSES,
        PROBLEM_INTERFACE_MISSING,
        PROBLEM_INTERFACE_IS_PORT,
        PROBLEM_INTERFACE_ALTNAME,
        PROBLEM_GROUP_MISSING,
        PROBLEM_IPSET_MISSING,
        PROBLEM_IPSET_UNUSABLE,
        PROBLEM_ZONES_UNKNOWN,
        PROBLEM_ZONES_UNUSABLE,
        PROBLEM_NOT_ENFORCEABLE,
        PROBLEM_LABEL_INVALID,
        PROBLEM_BRIDGE_LEADS_OUT,
        PROBLEM_IPTABLES_LEGACY,
        PROBLEM_ZONE_MISSING,
        PROBLEM_ZONE_TARGET,
        PROBLEM_FOREIGN_IN_DOCKER_ZONE,
        PROBLEM_CONTESTED,
        _PROBLEM_MAX,
} ProblemCode;

/* Problems that one repair fixes together are counted as one fight, see daemon/fights.h. */
typedef enum FightKind {
        FIGHT_NONE, /* never repaired */
        FIGHT_GUARD,
        FIGHT_RULES,
        FIGHT_PERMANENT,
        FIGHT_JUMP,
        FIGHT_ZONE,
        FIGHT_FIREWALLD,
        FIGHT_DOCKER,
        _FIGHT_MAX,
} FightKind;

/* "guard-altered"; static. */
const char *problem_code_to_string(ProblemCode code);

/* PROBLEM_NONE: there is no such code. */
ProblemCode problem_code_from_string(const char *name);

FightKind problem_code_fight(ProblemCode code);

/* One problem: a row of the property Problems. */
typedef struct Problem {
        ProblemCode code;
        char *sentence;     /* in the form of show_text() */
        GPtrArray *details; /* char *, keys and values alternating */
} Problem;

Problem *problem_new(ProblemCode code, const char *sentence);
void problem_free(Problem *problem);

/* Adds a key and its value; copies both. */
void problem_add_detail(Problem *problem, const char *key, const char *value);

/* The value that was added for the key; NULL: none. */
const char *problem_get_detail(const Problem *problem, const char *key);

/* Appends a problem to the list (Problem *), and returns it. */
Problem *problems_add(GPtrArray *problems, ProblemCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* An empty list of problems; unref the array. */
GPtrArray *problems_new(void);
