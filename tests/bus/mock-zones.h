/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-zones: firewalld's zones, policies and ipsets, runtime and permanent, as firewalld 1.3.3 keeps them. It knows nothing of
 * D-Bus but the types. Errors read "CODE: text". */
#pragma once

#include <gio/gio.h>

typedef struct MockZones MockZones;

/* Which kind of permanent object. */
typedef enum { MOCK_ZONE, MOCK_POLICY, MOCK_IPSET, MOCK_KINDS } MockKind;

/* MODERN: getActiveZones as firewalld >= 2.0 tells it. */
MockZones *mock_zones_new(gboolean modern);
void mock_zones_free(MockZones *self);

/* Runtime. An empty ZONE is the default zone; RET_ZONE is the one that was meant. */
GVariant *mock_zones_names(MockZones *self, MockKind kind);
gboolean mock_zones_add_interface(MockZones *self, const char *zone, const char *interface, const char **ret_zone,
                                  GError **error);
gboolean mock_zones_change_interface(MockZones *self, const char *zone, const char *interface, const char **ret_zone,
                                     GError **error);
gboolean mock_zones_remove_interface(MockZones *self, const char *zone, const char *interface, const char **ret_zone,
                                     GError **error);
const char *mock_zones_of_interface(MockZones *self, const char *interface); /* "" for none */
char **mock_zones_interfaces(MockZones *self, const char *zone, GError **error);
GVariant *mock_zones_active(MockZones *self);
GVariant *mock_zones_active_policies(MockZones *self);
/* Of a policy or an ipset. */
GVariant *mock_zones_runtime_settings(MockZones *self, MockKind kind, const char *name, GError **error);
gboolean mock_zones_set_runtime_settings(MockZones *self, MockKind kind, const char *name, GVariant *settings, GError **error);
/* Runtime becomes what is permanent. */
void mock_zones_reload(MockZones *self);

/* Numbers the permanent objects anew, by name, as every reload does: an object path does not outlive one. */
void mock_zones_renumber(MockZones *self);

/* Permanent objects, by their number (as in their object path) or name. -1: no such object. */
int mock_zones_number(MockZones *self, MockKind kind, const char *name);
GVariant *mock_zones_permanent_names(MockZones *self, MockKind kind);
GArray *mock_zones_numbers(MockZones *self, MockKind kind);
const char *mock_zones_name(MockZones *self, MockKind kind, int number);
/* a{sv} as firewalld exports it: what is empty is left out. */
GVariant *mock_zones_settings(MockZones *self, MockKind kind, int number);
int mock_zones_add(MockZones *self, MockKind kind, const char *name, GVariant *settings, GError **error);
/* Sets the keys that SETTINGS names and leaves the others. */
gboolean mock_zones_update(MockZones *self, MockKind kind, int number, GVariant *settings, GError **error);
gboolean mock_zones_remove(MockZones *self, MockKind kind, int number, GError **error);
char **mock_zones_permanent_interfaces(MockZones *self, int number);

/* Everything as text, for "nothing changed". */
char *mock_zones_dump(MockZones *self);
