/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-methods: what each method of org.fedoraproject.FirewallD1 does in the mock, and what its Docker does. Owns the table of
 * methods; mock-firewalld does the bus and the faults. */
#pragma once

#include "mock-direct.h"
#include "mock-zones.h"

#define NAME "org.fedoraproject.FirewallD1"
#define PATH "/org/fedoraproject/FirewallD1"

/* Answers a call: a tuple, NULL for an empty one, or NULL with ERROR. NUMBER is that of the zone or policy object. */
typedef GVariant *(*Handler)(GVariant *args, int number, GError **error);

typedef struct {
        const char *interface, *method, *in, *out; /* a "|" in a signature is ignored */
        Handler handler;
} Method;

/* Ends with a row that has no method. */
extern const Method firewalld_methods[];

typedef struct {
        GDBusConnection *bus;
        MockIptables *kernel;
        MockDirect *direct;
        MockZones *zones;
        const char *state;
        gboolean docker, docker_ipv6, panic;
} Firewalld;

extern Firewalld fw;

/* The objects of .config.zone and .config.policy change at runtime: mock-firewalld registers them on the bus. */
char *object_path(MockKind kind, int number);
void register_object(MockKind kind, int number);
void register_objects(void);
void unregister_object(const char *path);
void unregister_objects(void);

/* What dockerd does at its start and at Reloaded, in the order of 20.10; with IPv6 as in 26.1 with ip6tables. */
void docker_rebuild(void);

/* One argument of a call; valid as long as ARGS. */
const char *arg_text(GVariant *args, gsize at);
char **arg_strv(GVariant *args, gsize at);
