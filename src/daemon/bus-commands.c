/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manager.ListFirewallCmd: what a call of another method would do at firewalld, as commands of firewall-cmd. */

#include <string.h>

#include <glib/gi18n.h>

#include "compile/firewall-cmd.h"
#include "daemon/bus.h"
#include "daemon/commands.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world/iptables.h"

static bool list_change(Request *request, GPtrArray *commands, GPtrArray *notes, GError **error) {
        const Daemon *daemon = request->daemon;
        g_autoptr(PolicySet) runtime = NULL, permanent = NULL;
        g_autoptr(Ipsets) ipsets = NULL;
        request->findings = findings_new(false);
        if (!policies_check_sets(request, &runtime, &permanent, &ipsets, error) || !findings_are_none(request->findings, error))
                return false;
        const CommandsChange change = { .before = { daemon->intent.runtime, daemon->intent.permanent },
                                        .after = { runtime, permanent },
                                        .ipsets = ipsets,
                                        .confirms = request->options.confirm_within > 0,
                                        .cuts = request->options.cut };
        return commands_of_change(daemon->world, &change, commands, notes, error);
}

static bool list_rule(Request *request, bool add, GPtrArray *commands, GPtrArray *notes, GError **error) {
        g_autoptr(DirectRule) rule =
                direct_rule_new(request->family, CHAIN_DOCKER_USER, request->priority, g_strdupv(request->args));
        return commands_of_rule(request->daemon->world, rule, add, request->options.scope, commands, notes, error);
}

static bool list_add_rule(Request *request, GPtrArray *commands, GPtrArray *notes, GError **error) {
        return list_rule(request, true, commands, notes, error);
}

static bool list_remove_rule(Request *request, GPtrArray *commands, GPtrArray *notes, GError **error) {
        return list_rule(request, false, commands, notes, error);
}

/* The methods that change what firewalld has. The arguments are read and checked as in a call of the method itself. */
typedef struct CommandsMethod {
        const char *name;
        bool (*prepare)(Request *request, GError **error);
        bool (*list)(Request *request, GPtrArray *commands, GPtrArray *notes, GError **error);
} CommandsMethod;

static const CommandsMethod COMMANDS[] = {
        { "Policies.Set", policies_prepare_set, list_change },
        { "Policies.SetMany", policies_prepare_set_many, list_change },
        { "Policies.Edit", policies_prepare_edit, list_change },
        { "Policies.Rename", policies_prepare_rename, list_change },
        { "Policies.Remove", policies_prepare_remove, list_change },
        { "Policies.ReplaceAll", policies_prepare_replace, list_change },
        { "Policies.RuntimeToPermanent", policies_prepare_adopt, list_change },
        { "Policies.Undo", policies_prepare_undo, list_change },
        { "Groups.Set", groups_prepare_set, list_change },
        { "Groups.Add", groups_prepare_add, list_change },
        { "Groups.Remove", groups_prepare_remove, list_change },
        { "Groups.Delete", groups_prepare_delete, list_change },
        { "Zone.Ensure", zone_prepare_ensure, zone_list_ensure },
        { "Zone.AddInterface", zone_prepare_add, zone_list_add },
        { "Zone.RemoveInterface", zone_prepare_remove, zone_list_remove },
        { "Direct.AddRule", direct_prepare_add, list_add_rule },
        { "Direct.RemoveRule", direct_prepare_remove, list_remove_rule },
};

static const CommandsMethod *find_method(const char *name, GError **error) {
        for (gsize i = 0; i < G_N_ELEMENTS(COMMANDS); i++)
                if (g_str_equal(COMMANDS[i].name, name))
                        return &COMMANDS[i];
        g_autofree char *seen = quaywall_error_show(name);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    _("method: \"%s\" is none that changes what firewalld has; \"Policies.Set\" would be one"), seen);
        return NULL;
}

/* The arguments are a structure, "(sa{sv}a{sv})", of what the method itself takes. */
static bool prepare_arguments(Request *request, GError **error) {
        sd_bus_message *call = request->call;
        const char *contents;
        char type;
        if (sd_bus_message_peek_type(call, &type, &contents) <= 0 || type != 'v' || contents[0] != '(')
                return false;
        g_autofree char *members = g_strndup(contents + 1, strlen(contents) - 2);
        return sd_bus_message_enter_container(call, 'v', contents) > 0 &&
               sd_bus_message_enter_container(call, 'r', members) > 0 && request->commands->prepare(request, error) &&
               sd_bus_message_exit_container(call) >= 0 && sd_bus_message_exit_container(call) >= 0;
}

bool manager_prepare_commands(Request *request, GError **error) {
        const char *name;
        if (sd_bus_message_read(request->call, "s", &name) < 0)
                return false;
        request->commands = find_method(name, error);
        return request->commands && prepare_arguments(request, error);
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

static bool check_size(GPtrArray *commands, GError **error) {
        gsize bytes = 0;
        for (guint i = 0; i < commands->len; i++)
                for (char **word = commands->pdata[i]; *word; word++)
                        bytes += strlen(*word) + 8;
        if (bytes <= LIMIT_PORTS_ANSWER)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                    _("%u commands take more than %u MiB, which is too much for one answer"), commands->len,
                    LIMIT_PORTS_ANSWER >> 20);
        return false;
}

static int append_commands(sd_bus_message *reply, GPtrArray *commands) {
        int r = sd_bus_message_open_container(reply, 'a', "as");
        for (guint i = 0; r >= 0 && i < commands->len; i++)
                r = sd_bus_message_append_strv(reply, commands->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_notes(sd_bus_message *reply, GPtrArray *notes) {
        int r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && i < notes->len; i++) {
                const Note *note = notes->pdata[i];
                r = sd_bus_message_append(reply, "(ss)", note->code, note->sentence);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

bool manager_list_commands(Request *request, GError **error) {
        g_autoptr(GPtrArray) commands = firewall_cmd_list_new(), notes = g_ptr_array_new_with_free_func(meaning_note_free);
        if (!request_lock(request, error))
                return false;
        World *world = request->daemon->reconciler.world;
        iptables_forget(world);
        iptables_forget_chains(world);
        const bool done = request->commands->list(request, commands, notes, error);
        iptables_forget(world);
        request_unlock(request);
        if (!done || !check_size(commands, error))
                return false;
        commands_note_use(commands, notes);
        sd_bus_message *reply = request_new_reply(request);
        const int r = append_commands(reply, commands);
        return request_reply(request, reply, r < 0 ? r : append_notes(reply, notes), error);
}
