/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus.h"

#include "daemon/auth.h"
#include "daemon/properties.h"
#include "daemon/watch.h"
#include "docker/docker.h"
#include "model/error.h"
#include "world/carried.h"

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
        { MANAGER, "ListFirewallCmd", READ, manager_prepare_commands, NULL, manager_list_commands, NULL },
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
        { POLICIES, "WatchCounters", READ, policies_prepare_watch, NULL, policies_watch_counters, NULL },
        { POLICIES, "UnwatchCounters", READ, NULL, NULL, policies_unwatch_counters, NULL },
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
        { ENGINE, "ListContainers", READ, NULL, NULL, engine_list_containers, NULL },
        { NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};

static const struct {
        const char *name;
        const sd_bus_vtable *vtable;
} INTERFACES[] = {
        { MANAGER, MANAGER_VTABLE }, { ZONE, ZONE_VTABLE },     { POLICIES, POLICIES_VTABLE },
        { GROUPS, GROUPS_VTABLE },   { DIRECT, DIRECT_VTABLE }, { ENGINE, ENGINE_VTABLE },
};

int bus_register(Daemon *daemon) {
        int r = 0;
        daemon->properties = properties_new(daemon->service, BUS_PATH, daemon);
        daemon->lists = lists_new(daemon->event, bus_notify_lists, daemon);
        daemon->watch = watch_new(daemon->event, daemon->bus, daemon->service, BUS_PATH, policies_read_watched, daemon);
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(INTERFACES); i++) {
                r = sd_bus_add_object_vtable(daemon->service, NULL, BUS_PATH, INTERFACES[i].name, INTERFACES[i].vtable, daemon);
                properties_add(daemon->properties, INTERFACES[i].name, INTERFACES[i].vtable);
        }
        return r;
}

void bus_clear(Daemon *daemon) {
        properties_free(daemon->properties);
        lists_free(daemon->lists);
        watch_free(daemon->watch);
        g_clear_pointer(&daemon->watched_direct, g_hash_table_unref);
}

void bus_begin(Daemon *daemon) {
        const DockerFacts *facts = daemon->world->docker->facts;
        properties_note(daemon->properties);
        daemon->networks_told = facts->network_changes;
        daemon->containers_told = facts->container_changes;
        daemon->is_told = true;
}

/* Nobody can have read a list before the service has its name. */
static void note(const Daemon *daemon, ListKind kinds) {
        if (daemon->is_told)
                lists_note(daemon->lists, kinds);
}

/* Their rules, and who can reach which port, may have changed with them. */
static void emit_names(Daemon *daemon, const char *interface, GPtrArray *names) {
        if (names->len == 0)
                return;
        g_autoptr(SdBusMessage) signal = NULL;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        g_auto(GStrv) list = g_strv_builder_end(builder);
        if (sd_bus_message_new_signal(daemon->service, &signal, BUS_PATH, interface, "Changed") >= 0 &&
            sd_bus_message_append_strv(signal, list) >= 0)
                (void) sd_bus_send(daemon->service, signal, NULL);
        daemon->watched_is_old = true;
        note(daemon, LIST_PORTS);
}

void bus_announce(const Announcement *announcement, gpointer userdata) {
        Daemon *daemon = userdata;
        if (!daemon->properties)
                return;
        switch (announcement->kind) {
        case ANNOUNCE_STATE:
                properties_emit(daemon->properties, MANAGER, "State", "Problems", NULL);
                note(daemon, LIST_PORTS); /* whether policies are in force */
                break;
        case ANNOUNCE_REPAIR:
                (void) sd_bus_emit_signal(daemon->service, BUS_PATH, MANAGER, "Repaired", "ss",
                                          problem_code_to_string(announcement->code), announcement->sentence);
                properties_emit(daemon->properties, MANAGER, "Repairs", NULL);
                break;
        case ANNOUNCE_POLICIES:
                emit_names(daemon, POLICIES, announcement->names);
                properties_emit(daemon->properties, POLICIES, "Policies", "RuntimeChanges", NULL);
                break;
        case ANNOUNCE_GROUPS:
                emit_names(daemon, GROUPS, announcement->names);
                properties_emit(daemon->properties, GROUPS, "RuntimeChanges", NULL);
                break;
        case ANNOUNCE_PENDING:
                properties_emit(daemon->properties, POLICIES, "PendingChange", NULL);
                break;
        }
}

/* Who can reach a port may depend on all of these. */
static bool concerns_ports(const Daemon *daemon, WorldChange what) {
        const WorldChange always = WORLD_DOCKER_FACTS | WORLD_DOCKER_STATE | WORLD_ENGINE | WORLD_PUBLISHED | WORLD_IPSETS |
                                   WORLD_LINKS | WORLD_FIREWALLD_STATE;
        return (what & always) ||
               ((what & WORLD_ZONE_RULES) && carried_any(daemon->world, daemon->intent.runtime, policy_asks_zones));
}

void bus_emit_world_changed(Daemon *daemon, WorldChange what) {
        Properties *properties = daemon->properties;
        if (what & WORLD_DOCKER_STATE) {
                properties_emit(properties, MANAGER, "DockerState", "DockerVersion", "DockerFirewallBackend", NULL);
                properties_emit(properties, ENGINE, "KnownUntil", NULL);
        }
        if (what & WORLD_ENGINE)
                properties_emit(properties, ENGINE, "ConfigFile", "ConfigError", "Iptables", "Ip6tables", "DefaultAddress",
                                "RestartRequired", "Running", NULL);
        if (what & WORLD_FIREWALLD_STATE)
                properties_emit(properties, MANAGER, "FirewalldState", "FirewalldVersion", NULL);
        if (what & WORLD_ZONE)
                properties_emit(properties, ZONE, "Target", "Interfaces", "PermanentInterfaces", NULL);
        note(daemon, (concerns_ports(daemon, what) ? LIST_PORTS : 0) |
                             ((what & WORLD_DOCKER_FACTS) ? LIST_NETWORKS | LIST_CONTAINERS : 0) |
                             ((what & WORLD_LINKS) ? LIST_INTERFACES : 0));
}

static void notify(const Daemon *daemon, const char *signal) {
        (void) sd_bus_emit_signal(daemon->service, BUS_PATH, ENGINE, signal, NULL);
}

/* Whether there were more changes than those that were signalled; they are from now on. */
static bool is_news(guint64 *told, guint64 changes) {
        const bool differs = *told != changes;
        *told = changes;
        return differs;
}

void bus_notify_lists(ListKind kinds, void *userdata) {
        Daemon *daemon = userdata;
        const DockerFacts *facts = daemon->world->docker->facts;
        if (kinds & LIST_PORTS)
                notify(daemon, "PortsChanged");
        if ((kinds & LIST_NETWORKS) && is_news(&daemon->networks_told, facts->network_changes))
                notify(daemon, "NetworksChanged");
        if ((kinds & LIST_CONTAINERS) && is_news(&daemon->containers_told, facts->container_changes))
                notify(daemon, "ContainersChanged");
        if (kinds & LIST_INTERFACES)
                properties_emit(daemon->properties, MANAGER, "Interfaces", NULL);
}
