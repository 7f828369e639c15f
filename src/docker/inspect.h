/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the meaning of the Engine API's answers: JSON text to facts. Pure; must not know how the text was obtained. Anything
 * that Docker 20.10 to 29 would not write is QUAYWALL_ERROR_IO, and the message names the field. */

#include "model/facts.h"

/* GET /containers/ID/json and /networks/ID. */
DockerContainer *inspect_container(const char *text, gsize length, GError **error);
DockerNetwork *inspect_network(const char *text, gsize length, GError **error);

/* GET /containers/json, /networks: the ids (char *; unref the array), at most max. */
GPtrArray *inspect_ids(const char *text, gsize length, guint max, GError **error);

/* GET /version. */
typedef struct EngineVersion {
        char *version;     /* of the engine: "26.1.5+dfsg1" */
        char *api_version; /* for our requests: the version that we know, or the server's if that is older; "1.41" */
        bool is_podman;
} EngineVersion;
EngineVersion *inspect_version(const char *text, gsize length, GError **error);
void engine_version_free(EngineVersion *version);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineVersion, engine_version_free)

/* GET /info. */
typedef struct EngineFeatures {
        const char *firewall_backend; /* "iptables" (also if not reported: Docker < 28) or "nftables"; static */
        bool is_rootless;
        bool live_restore; /* containers keep running while dockerd is away, and are the same when it is back */
        bool no_raw;       /* DOCKER_INSECURE_NO_IPTABLES_RAW is set for dockerd (28 and later) */
} EngineFeatures;
bool inspect_info(const char *text, gsize length, EngineFeatures *ret, GError **error);

/* A line of GET /events: what must be inspected again. */
typedef struct EngineEvent {
        char *container;          /* id; NULL: none */
        char *network;            /* id; NULL: none */
        DockerContainer *created; /* what is known of a new container before Docker answers about it; NULL: none */
        bool leaves;              /* the container ends, leaves a network or is renamed: what was known of it is outdated */
} EngineEvent;
bool inspect_event(const char *text, gsize length, EngineEvent *ret, GError **error);
void engine_event_clear(EngineEvent *event);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EngineEvent, engine_event_clear)

/* The message of an error of Docker's, {"message": ...}; NULL if the text is none. Free with g_free(). */
char *inspect_message(const char *text, gsize length);
