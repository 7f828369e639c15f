/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is wrong: the world compared with what it should be, as a list of problems. Repairs nothing, and must not know
 * timers and the bus. */

#include "compile/desired.h"
#include "model/problem.h"
#include "world/world.h"

typedef struct Diagnosis {
        World *world; /* as last read */
        const Desired *desired;
        PolicySet *policies; /* those in force */
        const Settings *settings;
        bool is_impatient;   /* report also what others may be about to repair themselves: a caller is waiting */
        gint64 now;          /* monotonic */
        GPtrArray *problems; /* Problem *, what was found */
        gint64 again;        /* when more of it can be decided; 0: everything was */
} Diagnosis;

/* Asks for another diagnosis at that time; 0: for none. */
void diagnosis_again(Diagnosis *diagnosis, gint64 when);

/* In a fiber: reads and compares the rules in the kernel, and firewalld's permanent ones. */
void diagnose_rules(Diagnosis *diagnosis);
void diagnose_permanent(Diagnosis *diagnosis);

/* In a fiber: firewalld itself, its policies for a "forward", and tables of iptables-legacy. */
void diagnose_firewalld(Diagnosis *diagnosis);
void diagnose_forwards(Diagnosis *diagnosis);
void diagnose_legacy(Diagnosis *diagnosis);

/* The names of the loaded tables of iptables-legacy, "filter, nat"; NULL: none. Free with g_free(). */
char *diagnose_legacy_tables(Family family);

/* The zone "docker", and the zones that Docker's bridges are in. */
void diagnose_zones(Diagnosis *diagnosis);

/* Docker's own rules; what kind of Docker it is; ways into containers that bypass the policies; what a policy's words mean on
 * this host. */
void diagnose_docker(Diagnosis *diagnosis);
void diagnose_engine(Diagnosis *diagnosis);
void diagnose_bypasses(Diagnosis *diagnosis);
void diagnose_meaning(Diagnosis *diagnosis);

/* Containers that are closed since their labels cannot be read. */
void diagnose_labels(Diagnosis *diagnosis);

/* Policies that nothing enforces. */
void diagnose_enforcement(Diagnosis *diagnosis);
