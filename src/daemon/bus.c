/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus.h"

#include "daemon/auth.h"
#include "model/error.h"

#define MANAGER "org.quaywall1.Manager"
#define ZONE "org.quaywall1.Zone"
#define POLICIES "org.quaywall1.Policies"
#define GROUPS "org.quaywall1.Groups"
#define DIRECT "org.quaywall1.Direct"
#define ENGINE "org.quaywall1.Engine"

#define READ "org.quaywall1.read" /* AUTH_ACTION_READ */
#define MANAGE_ZONE "org.quaywall1.manage-zone"
#define MANAGE_POLICIES "org.quaywall1.manage-policies"
#define MANAGE_DIRECT "org.quaywall1.manage-direct"
#define MANAGE_ENGINE "org.quaywall1.manage-engine"
#define MANAGE_SERVICE "org.quaywall1.manage-service"

const Method METHODS[] = {
        { MANAGER, "Verify", READ, NULL, NULL, manager_verify, NULL },
        { MANAGER, "Repair", MANAGE_SERVICE, NULL, manager_question_repair, manager_repair, NULL },
        { MANAGER, "Reload", MANAGE_SERVICE, NULL, manager_question_reload, manager_reload, NULL },
        { MANAGER, "Explain", READ, manager_prepare_explain, NULL, manager_explain, NULL },
        { MANAGER, "ExplainConnection", READ, manager_prepare_explain, NULL, manager_explain_connection, NULL },
        { MANAGER, "ListNames", READ, NULL, NULL, manager_list_names, NULL },
        { ZONE, "Ensure", MANAGE_ZONE, zone_prepare_ensure, zone_question_ensure, zone_ensure, NULL },
        { ZONE, "AddInterface", MANAGE_ZONE, zone_prepare_add, zone_question_add, zone_add_interface, NULL },
        { ZONE, "RemoveInterface", MANAGE_ZONE, zone_prepare_remove, zone_question_remove, zone_remove_interface, NULL },
        { ZONE, "ListInterfaces", READ, NULL, NULL, zone_list_interfaces, NULL },
        { POLICIES, "List", READ, NULL, NULL, policies_list, NULL },
        { POLICIES, "ListPermanent", READ, NULL, NULL, policies_list_permanent, NULL },
        { POLICIES, "Get", READ, policies_prepare_get, NULL, policies_get, NULL },
        { POLICIES, "Set", MANAGE_POLICIES, policies_prepare_set, policies_question_set, policies_run, NULL },
        { POLICIES, "SetChecked", MANAGE_POLICIES, policies_prepare_set, policies_question_set, policies_set_checked, NULL },
        { POLICIES, "SetMany", MANAGE_POLICIES, policies_prepare_set_many, policies_question_set_many, policies_run, NULL },
        { POLICIES, "Edit", MANAGE_POLICIES, policies_prepare_edit, policies_question_edit, policies_run, NULL },
        { POLICIES, "Rename", MANAGE_POLICIES, policies_prepare_rename, policies_question_rename, policies_run, NULL },
        { POLICIES, "Remove", MANAGE_POLICIES, policies_prepare_remove, policies_question_remove, policies_run, NULL },
        { POLICIES, "ReplaceAll", MANAGE_POLICIES, policies_prepare_replace, policies_question_replace, policies_run, NULL },
        { POLICIES, "RuntimeToPermanent", MANAGE_POLICIES, policies_prepare_adopt, policies_question_adopt, policies_run,
          NULL },
        { POLICIES, "Undo", MANAGE_POLICIES, policies_prepare_undo, policies_question_undo, policies_run, NULL },
        { POLICIES, "History", READ, NULL, NULL, policies_history, NULL },
        { POLICIES, "GetChange", READ, policies_prepare_get_change, NULL, policies_get_change, NULL },
        { POLICIES, "Check", READ, policies_prepare_check, NULL, policies_check, NULL },
        { POLICIES, "CheckChange", READ, policies_prepare_check_change, NULL, policies_check_change, NULL },
        { POLICIES, "Confirm", MANAGE_POLICIES, policies_prepare_token, policies_question_confirm, policies_confirm,
          policies_is_own_change },
        { POLICIES, "Rollback", MANAGE_POLICIES, policies_prepare_token, policies_question_rollback, policies_rollback,
          policies_is_own_change },
        { POLICIES, "Counters", READ, NULL, NULL, policies_counters, NULL },
        { GROUPS, "List", READ, NULL, NULL, groups_list, NULL },
        { GROUPS, "ListPermanent", READ, NULL, NULL, groups_list_permanent, NULL },
        { GROUPS, "Get", READ, groups_prepare_get, NULL, groups_get, NULL },
        { GROUPS, "Set", MANAGE_POLICIES, groups_prepare_set, groups_question, groups_change, NULL },
        { GROUPS, "Add", MANAGE_POLICIES, groups_prepare_add, groups_question, groups_change, NULL },
        { GROUPS, "Remove", MANAGE_POLICIES, groups_prepare_remove, groups_question, groups_change, NULL },
        { GROUPS, "Delete", MANAGE_POLICIES, groups_prepare_delete, groups_question, groups_delete, NULL },
        { DIRECT, "AddRule", MANAGE_DIRECT, direct_prepare_add, direct_question_add, direct_add_rule, NULL },
        { DIRECT, "RemoveRule", MANAGE_DIRECT, direct_prepare_remove, direct_question_remove, direct_remove_rule, NULL },
        { DIRECT, "ListRules", READ, NULL, NULL, direct_list_rules, NULL },
        { ENGINE, "SetIptables", MANAGE_ENGINE, engine_prepare_iptables, engine_question_iptables, engine_run_set_iptables,
          NULL },
        { ENGINE, "SetDefaultAddress", MANAGE_ENGINE, engine_prepare_address, engine_question_address, engine_run_set_address,
          NULL },
        { ENGINE, "ListPorts", READ, NULL, NULL, engine_list_ports, NULL },
        { ENGINE, "ListNetworks", READ, NULL, NULL, engine_list_networks, NULL },
        { NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};

int bus_register(Daemon *daemon) {
        const struct {
                const char *interface;
                const sd_bus_vtable *vtable;
        } interfaces[] = {
                { MANAGER, MANAGER_VTABLE }, { ZONE, ZONE_VTABLE },     { POLICIES, POLICIES_VTABLE },
                { GROUPS, GROUPS_VTABLE },   { DIRECT, DIRECT_VTABLE }, { ENGINE, ENGINE_VTABLE },
        };
        int r = 0;
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(interfaces); i++)
                r = sd_bus_add_object_vtable(daemon->service, NULL, BUS_PATH, interfaces[i].interface, interfaces[i].vtable,
                                             daemon);
        return r;
}

static void emit_names(sd_bus *service, const char *interface, GPtrArray *names) {
        if (names->len == 0)
                return;
        g_autoptr(SdBusMessage) signal = NULL;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        g_auto(GStrv) list = g_strv_builder_end(builder);
        if (sd_bus_message_new_signal(service, &signal, BUS_PATH, interface, "Changed") >= 0 &&
            sd_bus_message_append_strv(signal, list) >= 0)
                (void) sd_bus_send(service, signal, NULL);
}

void bus_announce(const Announcement *announcement, gpointer userdata) {
        sd_bus *service = ((const Daemon *) userdata)->service;
        if (!service)
                return;
        switch (announcement->kind) {
        case ANNOUNCE_STATE:
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, MANAGER, "State", "Problems", NULL);
                break;
        case ANNOUNCE_REPAIR:
                (void) sd_bus_emit_signal(service, BUS_PATH, MANAGER, "Repaired", "ss",
                                          problem_code_to_string(announcement->code), announcement->sentence);
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, MANAGER, "Repairs", NULL);
                break;
        case ANNOUNCE_POLICIES:
                emit_names(service, POLICIES, announcement->names);
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, POLICIES, "RuntimeChanges", NULL);
                break;
        case ANNOUNCE_GROUPS:
                emit_names(service, GROUPS, announcement->names);
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, GROUPS, "RuntimeChanges", NULL);
                break;
        case ANNOUNCE_PENDING:
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, POLICIES, "PendingChange", NULL);
                break;
        }
}

void bus_emit_world_changed(sd_bus *service, WorldChange what) {
        if (what & WORLD_DOCKER_STATE) {
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, MANAGER, "DockerState", "DockerVersion",
                                                      "DockerFirewallBackend", NULL);
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, ENGINE, "KnownUntil", NULL);
        }
        if (what & WORLD_ENGINE)
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, ENGINE, "ConfigFile", "ConfigError", "Iptables",
                                                      "Ip6tables", "DefaultAddress", "RestartRequired", "Running", NULL);
        if (what & WORLD_FIREWALLD_STATE)
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, MANAGER, "FirewalldState", "FirewalldVersion", NULL);
        if (what & WORLD_ZONE)
                (void) sd_bus_emit_properties_changed(service, BUS_PATH, ZONE, "Target", "Interfaces", "PermanentInterfaces",
                                                      NULL);
}
