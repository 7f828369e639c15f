/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the meaning of the Engine API's answers: JSON text to facts. Pure; must not know how it was asked. Whatever is not
 * as Docker 20.10 to 29 write it is QUAYWALL_ERROR_IO, and the message names the field. */

#include "model/facts.h"

/* GET /containers/ID/json and /networks/ID. */
DockerContainer *inspect_container(const char *text, gsize length, GError **error);
DockerNetwork *inspect_network(const char *text, gsize length, GError **error);

/* GET /containers/json, /networks: the ids (char *; unref the array), at most so many. */
GPtrArray *inspect_ids(const char *text, gsize length, guint max, GError **error);

/* GET /version. */
typedef struct EngineVersion {
        char *version;     /* of the engine: "26.1.5+dfsg1" */
        char *api_version; /* what to ask with: ours, or the server's if that is older; "1.41" */
        bool is_podman;
} EngineVersion;
EngineVersion *inspect_version(const char *text, gsize length, GError **error);
void engine_version_free(EngineVersion *version);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineVersion, engine_version_free)

/* GET /info. */
typedef struct EngineFeatures {
        const char *firewall_backend; /* "iptables" (also what does not tell: Docker < 28) or "nftables"; static */
        bool is_rootless;
        bool live_restore; /* containers go on while it is away, and are as they were when it comes back */
        bool no_raw; /* DOCKER_INSECURE_NO_IPTABLES_RAW is set for dockerd (28 and later) */
} EngineFeatures;
bool inspect_info(const char *text, gsize length, EngineFeatures *ret, GError **error);

/* A line of GET /events: what has to be looked at again. */
typedef struct EngineEvent {
        char *container; /* id; NULL: none */
        char *network;   /* id; NULL: none */
        DockerContainer *created; /* all that is known of a new one before Docker answers about it; NULL: none */
        bool leaves; /* the container ends, leaves a network or has another name: what was known of it is not so any more */
} EngineEvent;
bool inspect_event(const char *text, gsize length, EngineEvent *ret, GError **error);
void engine_event_clear(EngineEvent *event);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EngineEvent, engine_event_clear)

/* What Docker says of an error: {"message": ...}; NULL when that is not what it is. Free with g_free(). */
char *inspect_message(const char *text, gsize length);
