/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-zones: firewalld's zones, policies and ipsets, runtime and permanent, as in firewalld 1.3.3. Must not know D-Bus, except
 * for its types. Errors read "CODE: text". */
#pragma once

#include <gio/gio.h>

typedef struct MockZones MockZones;

typedef enum { MOCK_ZONE, MOCK_POLICY, MOCK_IPSET, MOCK_KINDS } MockKind;

/* MODERN: getActiveZones answers as in firewalld >= 2.0. */
MockZones *mock_zones_new(gboolean modern);
void mock_zones_free(MockZones *self);

/* Runtime. An empty ZONE is the default zone; RET_ZONE is its name. */
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
/* Policies and ipsets only. */
GVariant *mock_zones_runtime_settings(MockZones *self, MockKind kind, const char *name, GError **error);
gboolean mock_zones_set_runtime_settings(MockZones *self, MockKind kind, const char *name, GVariant *settings, GError **error);
/* Makes the permanent configuration the runtime one. */
void mock_zones_reload(MockZones *self);

/* Renumbers the permanent objects by name, as every reload does: object paths do not survive one. */
void mock_zones_renumber(MockZones *self);

/* Permanent objects, by number (as in their object path) or name. -1: there is none. */
int mock_zones_number(MockZones *self, MockKind kind, const char *name);
GVariant *mock_zones_permanent_names(MockZones *self, MockKind kind);
GArray *mock_zones_numbers(MockZones *self, MockKind kind);
const char *mock_zones_name(MockZones *self, MockKind kind, int number);
/* a{sv} as firewalld exports it: empty values are omitted. */
GVariant *mock_zones_settings(MockZones *self, MockKind kind, int number);
int mock_zones_add(MockZones *self, MockKind kind, const char *name, GVariant *settings, GError **error);
/* Sets the keys in SETTINGS and keeps the others. */
gboolean mock_zones_update(MockZones *self, MockKind kind, int number, GVariant *settings, GError **error);
gboolean mock_zones_remove(MockZones *self, MockKind kind, int number, GError **error);
char **mock_zones_permanent_interfaces(MockZones *self, int number);

/* Everything as text, to check that nothing changed. */
char *mock_zones_dump(MockZones *self);
