/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-methods: what each method of org.fedoraproject.FirewallD1 does in the mock, and what its Docker does. It owns the
 * table of the methods; the bus and the faults are mock-firewalld's. */
#pragma once

#include "mock-direct.h"
#include "mock-zones.h"

#define NAME "org.fedoraproject.FirewallD1"
#define PATH "/org/fedoraproject/FirewallD1"

/* Answers one call: a tuple, NULL for an empty one, or NULL with ERROR. NUMBER is that of a zone or policy object. */
typedef GVariant *(*Handler)(GVariant *args, int number, GError **error);

typedef struct {
        const char *interface, *method, *in, *out; /* a "|" in a signature is only for the eye */
        Handler handler;
} Method;

/* Ended by a row without method. */
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

/* The objects of .config.zone and .config.policy come and go: mock-firewalld puts them on the bus. */
char *object_path(MockKind kind, int number);
void register_object(MockKind kind, int number);
void register_objects(void);
void unregister_object(const char *path);
void unregister_objects(void);

/* What dockerd does at its start and at Reloaded, in the order of 20.10; for IPv6 too as 26.1 with ip6tables. */
void docker_rebuild(void);

/* One argument of a call; the string lives as long as ARGS. */
const char *arg_text(GVariant *args, gsize at);
char **arg_strv(GVariant *args, gsize at);
