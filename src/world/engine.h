/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the Engine's own settings: what its file and its command line say, what the running dockerd was started with, and
 * changes of a setting. Never restarts Docker. */

#include <stdbool.h>

#include <glib.h>

typedef struct World World;
typedef struct Engine Engine;

/* The settings with their defaults filled in. */
typedef struct EngineValues {
        bool iptables, ip6tables;
        const char *address; /* where ports are published by default; "": on every address */
} EngineValues;

/* Watches the file and dockerd from now on; reports WORLD_ENGINE. */
Engine *engine_new(World *world);
void engine_free(Engine *engine);

/* dockerd's configuration file: --config-file of the running dockerd, or DockerConfigFile=. */
const char *engine_config_file(const Engine *engine);

/* Why the file cannot be used; empty when it can. */
const char *engine_config_error(const Engine *engine);

/* Whether dockerd runs, by its pid file and its process. */
bool engine_finds_dockerd(const Engine *engine);

/* The settings after the Engine's next start. Borrowed until the next turn of the event loop. */
EngineValues engine_next(const Engine *engine);

/* The settings that the running Engine was started with; false when none runs or they are not known. */
bool engine_running(const Engine *engine, EngineValues *ret);

/* The running dockerd's flags for these settings ("--ip=192.168.1.1"), ended by NULL; borrowed. */
const char *const *engine_flags(const Engine *engine);

/* Whether the next start changes the settings, or may change them. */
bool engine_restart_required(const Engine *engine);

/* Reads everything again, and reports WORLD_ENGINE if something changed. */
void engine_refresh(Engine *engine);

/* Changes the file. Refuses what dockerd would not start with. */
bool engine_set_iptables(Engine *engine, bool enabled, GError **error);
bool engine_set_address(Engine *engine, const char *address, GError **error);

/* Returns "" (none), an address of this host, or one that means all of them, as dockerd spells it; else InvalidAddress. Free
 * with g_free(). */
char *engine_address_check(const char *address, GError **error);
