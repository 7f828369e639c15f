/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns everything that two sets of policies mean on this host: compiled once, rendered for firewalld and for the guard, and
 * never changed afterwards. Must not know what is in force. */

#include "compile/direct-rule.h"
#include "compile/hold.h"
#include "compile/shared.h"
#include "compile/zone-rules.h"

/* What policies are compiled against. All is borrowed; what is kept is copied. */
typedef struct DesiredInput {
        const char *const *bridges;     /* Docker's, sorted */
        const char *const *leading_out; /* those of them that other machines share */
        const char *const *spared;      /* bridges on which nothing is held, sorted */
        const GArray *published;        /* PublishedPort, Docker's published ports; NULL: none */
        DockerFacts *facts;
        Ipsets *ipsets_now, *ipsets_later; /* whose entries are sources of the runtime and of the permanent set */
        ZoneRules *zones;                  /* firewalld's, as last read; NULL: not yet */
        const ZoneClients *clients;        /* whose clients are whose; NULL: not known, or no policy asks */
        const Admission *admission;        /* NULL: docker-proxy may connect to every known container */
        bool direct;                       /* rules in DOCKER-USER are wanted, and that chain exists */
        bool guard;   /* the guard is wanted; it alone enforces policies that are too large for DOCKER-USER */
        bool hold;    /* traffic to unknown containers is held while policies name containers */
        bool carries; /* any container may carry policies in its labels, so it is held in any case */
} DesiredInput;

typedef struct Desired {
        GPtrArray *rules;        /* Rule *, of the runtime set */
        GPtrArray *direct_now;   /* DirectRule *, of the runtime set; empty if they are not wanted */
        GPtrArray *direct_later; /* of the permanent set, without addresses of containers */
        GPtrArray *left_out;     /* char *, policies too large for direct_now, enforced by the guard alone or by nobody */
        GPtrArray *forwards;     /* char *, interfaces of all "forward"s, in and out alternating */
        GStrv bridges;
        GArray *published; /* PublishedPort; NULL: none */
        Hold *hold;        /* NULL: nothing is held */
        Shared *shared;    /* NULL: there are no such bridges */
        ZoneRules *zones;  /* NULL: not known */
        guint ref_count;
} Desired;

/* Everything that should be in force. */
Desired *desired_new(const DesiredInput *input, PolicySet *runtime, PolicySet *permanent);

/* For the guard alone: without direct rules. lasting: without addresses of containers, for the boot. */
Desired *desired_new_for_guard(const DesiredInput *input, PolicySet *runtime, bool lasting);

Desired *desired_ref(Desired *desired);
void desired_unref(Desired *desired);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Desired, desired_unref)

/* Whether firewalld should have the same direct rules, runtime and permanent. */
bool desired_equal_direct(const Desired *a, const Desired *b);
