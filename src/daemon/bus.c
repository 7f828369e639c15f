/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus.h"

#include "daemon/auth.h"
#include "daemon/explain.h"
#include "model/error.h"

#define MANAGER "org.quaywall1.Manager"
#define ZONE "org.quaywall1.Zone"
#define POLICIES "org.quaywall1.Policies"
#define DIRECT "org.quaywall1.Direct"
#define ENGINE "org.quaywall1.Engine"

#define READ "org.quaywall1.read" /* AUTH_ACTION_READ */
#define MANAGE_ZONE "org.quaywall1.manage-zone"
#define MANAGE_POLICIES "org.quaywall1.manage-policies"
#define MANAGE_DIRECT "org.quaywall1.manage-direct"
#define MANAGE_ENGINE "org.quaywall1.manage-engine"
#define MANAGE_SERVICE "org.quaywall1.manage-service"

const Method METHODS[] = {
        { MANAGER, "Verify", READ, NULL, manager_verify },
        { MANAGER, "Repair", MANAGE_SERVICE, manager_prepare_repair, manager_repair },
        { MANAGER, "Reload", MANAGE_SERVICE, manager_prepare_reload, manager_reload },
        { MANAGER, "Explain", READ, explain_prepare, explain_run },
        { ZONE, "Ensure", MANAGE_ZONE, zone_prepare_ensure, zone_ensure },
        { ZONE, "AddInterface", MANAGE_ZONE, zone_prepare_add, zone_add_interface },
        { ZONE, "RemoveInterface", MANAGE_ZONE, zone_prepare_remove, zone_remove_interface },
        { ZONE, "ListInterfaces", READ, NULL, zone_list_interfaces },
        { POLICIES, "List", READ, NULL, policies_list },
        { POLICIES, "ListPermanent", READ, NULL, policies_list_permanent },
        { POLICIES, "Get", READ, policies_prepare_get, policies_get },
        { POLICIES, "Set", MANAGE_POLICIES, policies_prepare_set, policies_set },
        { POLICIES, "SetChecked", MANAGE_POLICIES, policies_prepare_set, policies_set_checked },
        { POLICIES, "SetMany", MANAGE_POLICIES, policies_prepare_set_many, policies_set_many },
        { POLICIES, "Remove", MANAGE_POLICIES, policies_prepare_remove, policies_remove },
        { POLICIES, "ReplaceAll", MANAGE_POLICIES, policies_prepare_replace_all, policies_replace_all },
        { POLICIES, "Check", READ, policies_prepare_check, policies_check },
        { POLICIES, "Confirm", MANAGE_POLICIES, policies_prepare_confirm, policies_confirm },
        { POLICIES, "Rollback", MANAGE_POLICIES, policies_prepare_rollback, policies_rollback },
        { POLICIES, "Counters", READ, NULL, policies_counters },
        { DIRECT, "AddRule", MANAGE_DIRECT, direct_prepare_add, direct_add_rule },
        { DIRECT, "RemoveRule", MANAGE_DIRECT, direct_prepare_remove, direct_remove_rule },
        { DIRECT, "ListRules", READ, NULL, direct_list_rules },
        { ENGINE, "SetIptables", MANAGE_ENGINE, engine_prepare_set_iptables, engine_run_set_iptables },
        { ENGINE, "SetDefaultAddress", MANAGE_ENGINE, engine_prepare_set_default_address, engine_run_set_default_address },
        { ENGINE, "ListPorts", READ, NULL, engine_list_ports },
        { ENGINE, "ListNetworks", READ, NULL, engine_list_networks },
        { NULL, NULL, NULL, NULL, NULL },
};

int bus_register(Context *context) {
        const struct {
                const char *interface;
                const sd_bus_vtable *vtable;
        } interfaces[] = {
                { MANAGER, MANAGER_VTABLE }, { ZONE, ZONE_VTABLE },     { POLICIES, POLICIES_VTABLE },
                { DIRECT, DIRECT_VTABLE },   { ENGINE, ENGINE_VTABLE },
        };
        int r = 0;
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(interfaces); i++)
                r = sd_bus_add_object_vtable(context->service, NULL, BUS_PATH, interfaces[i].interface, interfaces[i].vtable, context);
        return r;
}

void bus_emit_state_changed(Context *context) {
        (void) sd_bus_emit_properties_changed(context->service, BUS_PATH, MANAGER, "State", "Problems", NULL);
}

void bus_emit_repaired(Context *context, const char *code, const char *sentence) {
        (void) sd_bus_emit_signal(context->service, BUS_PATH, MANAGER, "Repaired", "ss", code, sentence);
        (void) sd_bus_emit_properties_changed(context->service, BUS_PATH, MANAGER, "Repairs", NULL);
}

void bus_emit_firewalld_changed(Context *context) {
        (void) sd_bus_emit_properties_changed(context->service, BUS_PATH, MANAGER, "FirewalldState", "FirewalldVersion", NULL);
}

void bus_emit_docker_changed(Context *context) {
        (void) sd_bus_emit_properties_changed(context->service, BUS_PATH, MANAGER, "DockerState", "DockerVersion",
                                              "DockerFirewallBackend", NULL);
}

void bus_emit_zone_changed(Context *context) {
        (void) sd_bus_emit_properties_changed(context->service, BUS_PATH, ZONE, "Target", "Interfaces", "PermanentInterfaces", NULL);
}

void bus_emit_engine_changed(Context *context) {
        (void) sd_bus_emit_properties_changed(context->service, BUS_PATH, ENGINE, "ConfigFile", "ConfigError", "Iptables", "Ip6tables",
                                              "DefaultAddress", "RestartRequired", "Running", NULL);
}

void bus_emit_pending_changed(Context *context) {
        (void) sd_bus_emit_properties_changed(context->service, BUS_PATH, POLICIES, "PendingChange", NULL);
}

void bus_emit_policies_changed(Context *context, GPtrArray *names) {
        if (names->len == 0)
                return;
        g_autoptr(SdBusMessage) signal = NULL;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        g_auto(GStrv) list = g_strv_builder_end(builder);
        if (sd_bus_message_new_signal(context->service, &signal, BUS_PATH, POLICIES, "Changed") >= 0 &&
            sd_bus_message_append_strv(signal, list) >= 0)
                (void) sd_bus_send(context->service, signal, NULL);
}
