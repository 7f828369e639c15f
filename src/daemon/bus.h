/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the object /org/quaywall1: its interfaces, the method table and the signals. One file for each interface. */

#include "daemon/daemon.h"
#include "daemon/lists.h"
#include "daemon/request.h"

/* Puts the object on the bus. bus_clear(): frees what belongs to it. */
int bus_register(Daemon *daemon);
void bus_clear(Daemon *daemon);

/* The service is about to get its name: from now on changes are signalled. */
void bus_begin(Daemon *daemon);

/* The callback of an Announcer; userdata: the Daemon. */
void bus_announce(const Announcement *announcement, gpointer userdata);

/* These parts of the world changed: signals the properties that are different now, and notes which lists may be. */
void bus_emit_world_changed(Daemon *daemon, WorldChange what);

/* The callback of Lists; userdata: the Daemon. */
void bus_notify_lists(ListKind kinds, void *userdata);

/* The callback of Watch, in a fiber; userdata: the Daemon. */
GHashTable *policies_read_watched(gpointer userdata);

/* The property RuntimeChanges of Policies and of Groups. */
int bus_get_runtime_changes(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
                            void *userdata, sd_bus_error *error);

/* vtables, one for each interface */
extern const sd_bus_vtable MANAGER_VTABLE[], ZONE_VTABLE[], POLICIES_VTABLE[], GROUPS_VTABLE[], DIRECT_VTABLE[],
        ENGINE_VTABLE[];

/* the methods' prepare, question and run functions, by interface */
bool manager_verify(Request *request, GError **error);
char *manager_question_repair(const Request *request);
bool manager_repair(Request *request, GError **error);
char *manager_question_reload(const Request *request);
bool manager_reload(Request *request, GError **error);
bool manager_prepare_explain(Request *request, GError **error);
bool manager_explain(Request *request, GError **error);
bool manager_explain_connection(Request *request, GError **error);
bool manager_list_names(Request *request, GError **error);
bool manager_prepare_commands(Request *request, GError **error);
bool manager_list_commands(Request *request, GError **error);

bool zone_prepare_ensure(Request *request, GError **error);
char *zone_question_ensure(const Request *request);
bool zone_prepare_add(Request *request, GError **error);
char *zone_question_add(const Request *request);
bool zone_prepare_remove(Request *request, GError **error);
char *zone_question_remove(const Request *request);
bool zone_ensure(Request *request, GError **error);
bool zone_add_interface(Request *request, GError **error);
bool zone_remove_interface(Request *request, GError **error);
bool zone_list_interfaces(Request *request, GError **error);
/* Append what firewall-cmd would have to be called with (compile/firewall-cmd.h), and notes on it (Note *). */
bool zone_list_ensure(Request *request, GPtrArray *commands, GPtrArray *notes, GError **error);
bool zone_list_add(Request *request, GPtrArray *commands, GPtrArray *notes, GError **error);
bool zone_list_remove(Request *request, GPtrArray *commands, GPtrArray *notes, GError **error);

bool policies_list(Request *request, GError **error);
bool policies_list_permanent(Request *request, GError **error);
bool policies_read_name(Request *request, GError **error);
bool policies_no_such(const char *name, GError **error); /* sets the error */
bool policies_prepare_get(Request *request, GError **error);
bool policies_get(Request *request, GError **error);
bool policies_prepare_set(Request *request, GError **error);
char *policies_question_set(const Request *request);
bool policies_set_checked(Request *request, GError **error);
bool policies_run(Request *request, GError **error);
/* The policy as it is in the scopes that the request changes; *ret_later: the permanent one, if both exist and differ. */
Policy *policies_before_one(const Request *request, const char *name, const Policy **ret_later);
/* Whether the policies that there are let the change be made, and whether what would be then can be in force. False: no more is
 * to be found. */
bool policies_check_before(const Request *request, Findings *found);
bool policies_check_after(const Request *request, Ipsets *ipsets, PolicySet *runtime, PolicySet *permanent, Findings *found);
/* In a fiber: the sets after the change, and the entries of their ipsets; what is wrong is added to the request's findings. */
bool policies_check_sets(Request *request, PolicySet **ret_runtime, PolicySet **ret_permanent, Ipsets **ret_ipsets,
                         GError **error);
/* Makes the requested change of policies or groups, all or nothing. *ret_token: for Confirm, free with g_free(); NULL without
 * "confirm-within". */
bool policies_change(Request *request, char **ret_token, GError **error);
bool policies_prepare_set_many(Request *request, GError **error);
char *policies_question_set_many(const Request *request);
bool policies_prepare_edit(Request *request, GError **error);
char *policies_question_edit(const Request *request);
bool policies_prepare_rename(Request *request, GError **error);
char *policies_question_rename(const Request *request);
bool policies_prepare_remove(Request *request, GError **error);
char *policies_question_remove(const Request *request);
bool policies_prepare_replace(Request *request, GError **error);
char *policies_question_replace(const Request *request);
bool policies_history(Request *request, GError **error);
bool policies_prepare_get_change(Request *request, GError **error);
bool policies_get_change(Request *request, GError **error);
bool policies_prepare_undo(Request *request, GError **error);
char *policies_question_undo(const Request *request);
/* The sets without the change that the request takes back; refuses one that does not stand, or that something stands in the way
 * of. */
bool policies_take_back(Request *request, PolicySet *ret_sets[_RECORD_MAX], GError **error);
bool policies_prepare_adopt(Request *request, GError **error);
char *policies_question_adopt(const Request *request);
/* Refuses the option "cut" for a change that is permanent only. */
bool policies_check_cut(const Request *request, GError **error);
/* Reads what is allowed of "scope", "confirm-within", "cut" and the rest. */
bool policies_read_options(Request *request, const char *const *allowed, GError **error);
/* What the change would make of what is in force; NULL: it will fail. Unref. */
PolicySet *policies_preview(Request *request);
bool policies_prepare_token(Request *request, GError **error);
char *policies_question_confirm(const Request *request);
bool policies_is_own_change(const Request *request);
char *policies_question_rollback(const Request *request);
bool policies_confirm(Request *request, GError **error);
bool policies_rollback(Request *request, GError **error);
bool policies_prepare_check(Request *request, GError **error);
bool policies_check(Request *request, GError **error);
/* What a user should know of a policy (Note *; unref). set: whose groups it means. is_large: only the guard would enforce it. */
GPtrArray *policies_list_warnings(World *world, const Policy *policy, PolicySet *set, Ipsets *ipsets, bool is_large);
/* What it means for a change that firewalld is not running (free); NULL: it is. is_possible: the guard alone can make it. */
char *policies_describe_away(const World *world, bool is_possible);
/* Appends an a(sas) of rules (DirectRule *). */
int policies_append_rules(sd_bus_message *reply, GPtrArray *rules);
bool policies_prepare_check_change(Request *request, GError **error);
bool policies_check_change(Request *request, GError **error);
bool policies_counters(Request *request, GError **error);
bool policies_prepare_watch(Request *request, GError **error);
bool policies_watch_counters(Request *request, GError **error);
bool policies_unwatch_counters(Request *request, GError **error);

bool groups_list(Request *request, GError **error);
bool groups_list_permanent(Request *request, GError **error);
bool groups_prepare_get(Request *request, GError **error);
bool groups_get(Request *request, GError **error);
bool groups_prepare_set(Request *request, GError **error);
bool groups_prepare_add(Request *request, GError **error);
bool groups_prepare_remove(Request *request, GError **error);
bool groups_prepare_delete(Request *request, GError **error);
char *groups_question(const Request *request);
bool groups_change(Request *request, GError **error);
bool groups_delete(Request *request, GError **error);
bool groups_no_such(const char *name, GError **error);
/* The group of this name in the scopes that the request changes; the runtime one comes before the permanent one. */
const Group *groups_before_one(const Request *request, const char *name);
/* "policies \"a\", \"b\"", or "policy \"a\"": at least one name; many are counted. Free with g_free(). */
char *groups_describe_users(const GPtrArray *names);

bool direct_prepare_add(Request *request, GError **error);
char *direct_question_add(const Request *request);
bool direct_prepare_remove(Request *request, GError **error);
char *direct_question_remove(const Request *request);
bool direct_add_rule(Request *request, GError **error);
bool direct_remove_rule(Request *request, GError **error);
bool direct_list_rules(Request *request, GError **error);

bool engine_prepare_iptables(Request *request, GError **error);
char *engine_question_iptables(const Request *request);
bool engine_prepare_address(Request *request, GError **error);
char *engine_question_address(const Request *request);
bool engine_run_set_iptables(Request *request, GError **error);
bool engine_run_set_address(Request *request, GError **error);
bool engine_list_ports(Request *request, GError **error);
bool engine_list_networks(Request *request, GError **error);
bool engine_list_containers(Request *request, GError **error);

/* What is known of Docker stays valid while it is down; without any knowledge there is no answer. */
bool engine_check_known(const Docker *docker, GError **error);

/* What this host has that a client can dial, without Docker's bridges, and where packets come in from elsewhere (char *; unref the
 * array). names_append(): appends them sorted, each once, as "as". */
GPtrArray *names_list_addresses(const World *world);
GPtrArray *names_list_interfaces(const World *world);
int names_append(sd_bus_message *reply, GPtrArray *names);

/* The getter of the properties that forms need: of Manager and Policies. */
int forms_get(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
              sd_bus_error *error);
