/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's zones: which zone each interface is in, now and permanently. All calls wait. */

#include "firewalld/client.h"

#define ZONE_DOCKER "docker"

/* Names of the zones; free with g_strfreev(). */
GStrv zone_list_runtime(Firewalld *firewalld, GError **error);
GStrv zone_list_permanent(Firewalld *firewalld, GError **error);

/* The interfaces of a zone of zone_list_permanent(). */
GStrv zone_interfaces_permanent(Firewalld *firewalld, const char *zone, GError **error);

/* The zone of an interface; "" if it is in none. Free with g_free(). */
char *zone_of_interface_runtime(Firewalld *firewalld, const char *interface, GError **error);
char *zone_of_interface_permanent(Firewalld *firewalld, const char *interface, GError **error);

/* All interfaces that are in a zone now: interface -> zone, both char *. */
GHashTable *zone_read_active(Firewalld *firewalld, GError **error);

/* A zone's permanent target and interfaces; "" and an empty list if there is no such zone. */
bool zone_read_permanent(Firewalld *firewalld, const char *zone, char **ret_target, GStrv *ret_interfaces, GError **error);

/* The zone that interfaces without one belong to. */
char *zone_default(Firewalld *firewalld, GError **error);

/* A zone's permanent target; "" if there is no such zone. Free with g_free(). */
char *zone_target(Firewalld *firewalld, const char *zone, GError **error);

/* Put an interface into a zone or remove it; no error if that was done already. firewalld moves an interface in one call, so
 * that it is never in no zone. */
bool zone_put_runtime(Firewalld *firewalld, const char *zone, const char *interface, GError **error);
bool zone_remove_runtime(Firewalld *firewalld, const char *zone, const char *interface, GError **error);
bool zone_put_permanent(Firewalld *firewalld, const char *zone, const char *interface, GError **error);
bool zone_remove_permanent(Firewalld *firewalld, const char *zone, const char *interface, GError **error);

/* Creates the permanent zone, or sets its target if it has another. *ret_changed: something changed, which takes effect after a
 * reload. */
bool zone_define(Firewalld *firewalld, const char *zone, const char *target, const char *short_name, const char *description,
                 bool *ret_changed, GError **error);
