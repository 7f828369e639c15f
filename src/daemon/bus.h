/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the object /org/quaywall1: its interfaces, the method table and the signals. One file for each interface. */

#include "daemon/request.h"

/* Of the two connections' events; all others, notices of rulesets, timers and Docker's socket, have SD_EVENT_PRIORITY_NORMAL and
 * come first. */
#define BUS_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)
#define SERVICE_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 20)

/* Puts the object on the bus. */
int bus_register(Context *context);

void bus_emit_state_changed(Context *context);
void bus_emit_repaired(Context *context, const char *code, const char *sentence);
void bus_emit_firewalld_changed(Context *context);
void bus_emit_docker_changed(Context *context);
void bus_emit_zone_changed(Context *context);
void bus_emit_engine_changed(Context *context);
void bus_emit_pending_changed(Context *context);
void bus_emit_policies_changed(Context *context, GPtrArray *names);

/* vtables, one for each interface */
extern const sd_bus_vtable MANAGER_VTABLE[], ZONE_VTABLE[], POLICIES_VTABLE[], DIRECT_VTABLE[], ENGINE_VTABLE[];

/* prepare and run of the methods, by interface */
bool manager_verify(Request *request, GError **error);
bool manager_prepare_repair(Request *request, GError **error);
bool manager_repair(Request *request, GError **error);
bool manager_prepare_reload(Request *request, GError **error);
bool manager_reload(Request *request, GError **error);

bool zone_prepare_ensure(Request *request, GError **error);
bool zone_prepare_add(Request *request, GError **error);
bool zone_prepare_remove(Request *request, GError **error);
bool zone_ensure(Request *request, GError **error);
bool zone_add_interface(Request *request, GError **error);
bool zone_remove_interface(Request *request, GError **error);
bool zone_list_interfaces(Request *request, GError **error);

bool policies_list(Request *request, GError **error);
bool policies_list_permanent(Request *request, GError **error);
bool policies_prepare_get(Request *request, GError **error);
bool policies_get(Request *request, GError **error);
bool policies_prepare_set(Request *request, GError **error);
bool policies_set(Request *request, GError **error);
bool policies_set_checked(Request *request, GError **error);
/* The change that the request is, done whole or not at all; *ret_token: for Confirm, NULL: without "confirm-within". */
bool policies_change(Request *request, char **ret_token, GError **error);
bool policies_prepare_set_many(Request *request, GError **error);
bool policies_set_many(Request *request, GError **error);
bool policies_prepare_remove(Request *request, GError **error);
bool policies_remove(Request *request, GError **error);
bool policies_prepare_replace_all(Request *request, GError **error);
bool policies_replace_all(Request *request, GError **error);
bool policies_prepare_confirm(Request *request, GError **error);
bool policies_prepare_rollback(Request *request, GError **error);
bool policies_confirm(Request *request, GError **error);
bool policies_rollback(Request *request, GError **error);
bool policies_prepare_check(Request *request, GError **error);
bool policies_check(Request *request, GError **error);
bool policies_counters(Request *request, GError **error);

bool direct_prepare_add(Request *request, GError **error);
bool direct_prepare_remove(Request *request, GError **error);
bool direct_add_rule(Request *request, GError **error);
bool direct_remove_rule(Request *request, GError **error);
bool direct_list_rules(Request *request, GError **error);

bool engine_prepare_set_iptables(Request *request, GError **error);
bool engine_prepare_set_default_address(Request *request, GError **error);
bool engine_run_set_iptables(Request *request, GError **error);
bool engine_run_set_default_address(Request *request, GError **error);
bool engine_list_ports(Request *request, GError **error);
bool engine_list_networks(Request *request, GError **error);

