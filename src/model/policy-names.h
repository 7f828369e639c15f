/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which names a policy may have and name. Must not know whether there is anything of that name. */

#include <stdbool.h>

#include <glib.h>

#include "error.h"

/* How an ipset of firewalld is spelled among the sources: "ipset:office". */
#define POLICY_IPSET "ipset:"
/* And a zone of firewalld, whose clients are meant: "zone:home". */
#define POLICY_ZONE "zone:"
/* And a group of addresses. */
#define POLICY_GROUP "group:"

/* How the name of a policy begins that a container's label carries: "label/web/deny". No other name has a slash. */
#define POLICY_LABEL "label/"

bool policy_name_check(const char *name, GError **error);
bool group_name_check(const char *name, GError **error);

/* One line of text, of at most LIMIT_DESCRIPTION bytes. code: of the error, if it is not a line of text. */
bool description_check(const char *key, const char *value, QuaywallError code, GError **error);

/* key: the policy's key, for the error. */
bool interface_name_check(const char *key, const char *name, GError **error);
bool docker_name_check(const char *key, bool is_container, const char *entry, GError **error); /* else: of a network */
bool ipset_name_check(const char *key, const char *name, GError **error);                      /* without POLICY_IPSET */
bool zone_name_check(const char *key, const char *name, GError **error);                       /* without POLICY_ZONE */
bool group_reference_check(const char *key, const char *name, GError **error);                 /* without POLICY_GROUP */
