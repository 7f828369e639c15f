/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is known of the Engine's own settings: what its file and its command line say, what the dockerd that runs was
 * started with, and the change of one of them. Docker is never restarted from here. */

#include <stdbool.h>

#include <glib.h>

typedef struct Context Context;
typedef struct Engine Engine;

/* The settings with their defaults filled in. */
typedef struct EngineValues {
        bool iptables, ip6tables;
        const char *address; /* where ports are published when nothing else is said; "": on every address */
} EngineValues;

/* Watches the file and dockerd from now on; sends PropertiesChanged. */
Engine *engine_new(Context *context);
void engine_free(Engine *engine);

/* dockerd's configuration file: --config-file of the one that runs, or DockerConfigFile=. */
const char *engine_config_file(const Engine *engine);

/* Why the file cannot be used; empty when it can. */
const char *engine_config_error(const Engine *engine);

/* Whether there is a dockerd, by its pid file and its process. */
bool engine_finds_dockerd(const Engine *engine);

/* What the Engine has after its next start. Borrowed until the next turn of the event loop. */
EngineValues engine_next(const Engine *engine);

/* What the Engine that runs was started with; false when none runs or that is not known. */
bool engine_running(const Engine *engine, EngineValues *ret);

/* The flags of the dockerd that runs that set one of these ("--ip=192.168.1.1"), ended by NULL; borrowed. */
const char *const *engine_flags(const Engine *engine);

/* Whether what it has after its next start is something else, or may be. */
bool engine_restart_required(const Engine *engine);

/* Looks again, and tells who listens when something is different. */
void engine_refresh(Engine *engine);

/* Changes the file. Refused where dockerd would not start with it. */
bool engine_set_iptables(Engine *engine, bool enabled, GError **error);
bool engine_set_address(Engine *engine, const char *address, GError **error);

/* "" (none), an address of this host, or one that means all of them, in the spelling in which dockerd knows it; else
 * InvalidAddress. Free with g_free(). */
char *engine_address_check(const char *address, GError **error);
