/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct.h"

#include <string.h>

#include <glib/gi18n.h>

#include "model/error.h"

static bool read_strings(sd_bus_message *m, GStrv *ret) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        const char *text;
        int r = sd_bus_message_enter_container(m, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read(m, "s", &text)) > 0)
                g_strv_builder_add(builder, text);
        if (r < 0 || sd_bus_message_exit_container(m) < 0)
                return false;
        *ret = g_strv_builder_end(builder);
        return true;
}

/* a(sss): ipv, table, chain */
static bool read_chains(sd_bus_message *m, GPtrArray *chains) {
        const char *ipv, *table, *chain;
        int r = sd_bus_message_enter_container(m, 'a', "(sss)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(sss)", &ipv, &table, &chain)) > 0)
                g_ptr_array_add(chains, direct_entry_new(ipv, table, chain, 0, NULL));
        return r >= 0 && sd_bus_message_exit_container(m) >= 0;
}

/* a(sssias): ipv, table, chain, priority, args */
static bool read_rules(sd_bus_message *m, GPtrArray *rules) {
        const char *ipv, *table, *chain;
        int r = sd_bus_message_enter_container(m, 'a', "(sssias)");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sssias")) > 0) {
                int priority;
                GStrv args;
                if (sd_bus_message_read(m, "sssi", &ipv, &table, &chain, &priority) < 0 || !read_strings(m, &args))
                        return false;
                g_ptr_array_add(rules, direct_entry_new(ipv, table, chain, priority, args));
                r = sd_bus_message_exit_container(m);
        }
        return r >= 0 && sd_bus_message_exit_container(m) >= 0;
}

/* a(sas): ipv, args */
static bool read_passthroughs(sd_bus_message *m, GPtrArray *passthroughs) {
        const char *ipv;
        int r = sd_bus_message_enter_container(m, 'a', "(sas)");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sas")) > 0) {
                GStrv args;
                if (sd_bus_message_read(m, "s", &ipv) < 0 || !read_strings(m, &args))
                        return false;
                g_ptr_array_add(passthroughs, direct_entry_new(ipv, NULL, NULL, 0, args));
                r = sd_bus_message_exit_container(m);
        }
        return r >= 0 && sd_bus_message_exit_container(m) >= 0;
}

static bool read_list(Firewalld *firewalld, const char *member, bool (*reader)(sd_bus_message *, GPtrArray *), GPtrArray *list,
                      GError **error) {
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, FIREWALLD_PATH, ".direct", member, NULL, error, NULL);
        if (!reply)
                return false;
        return reader(reply, list) || firewalld_bad_reply(member, error);
}

DirectConfig *direct_read_runtime(Firewalld *firewalld, GError **error) {
        g_autoptr(DirectConfig) config = direct_config_new();
        if (!read_list(firewalld, "getAllChains", read_chains, config->chains, error) ||
            !read_list(firewalld, "getAllRules", read_rules, config->rules, error))
                return NULL;
        if (direct_config_is_empty(config) &&
            !read_list(firewalld, "getAllPassthroughs", read_passthroughs, config->passthroughs, error))
                return NULL;
        return g_steal_pointer(&config);
}

DirectConfig *direct_read_permanent(Firewalld *firewalld, GError **error) {
        g_autoptr(DirectConfig) config = direct_config_new();
        g_autoptr(SdBusMessage) m =
                firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config.direct", "getSettings", NULL, error, NULL);
        if (!m)
                return NULL;
        if (sd_bus_message_enter_container(m, 'r', "a(sss)a(sssias)a(sas)") < 0 || !read_chains(m, config->chains) ||
            !read_rules(m, config->rules) || !read_passthroughs(m, config->passthroughs)) {
                firewalld_bad_reply("getSettings", error);
                return NULL;
        }
        return g_steal_pointer(&config);
}

static int append_entries(sd_bus_message *m, GPtrArray *entries, const char *type) {
        g_autofree char *element = g_strdup_printf("(%s)", type);
        int r = sd_bus_message_open_container(m, 'a', element);
        for (guint i = 0; r >= 0 && i < entries->len; i++) {
                const DirectEntry *entry = entries->pdata[i];
                r = sd_bus_message_open_container(m, 'r', type);
                if (r >= 0)
                        r = sd_bus_message_append(m, "s", entry->ipv);
                if (r >= 0 && entry->table)
                        r = sd_bus_message_append(m, "ss", entry->table, entry->chain);
                if (r >= 0 && entry->table && entry->args)
                        r = sd_bus_message_append(m, "i", entry->priority);
                if (r >= 0 && entry->args)
                        r = sd_bus_message_append_strv(m, entry->args);
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

bool direct_may_write(const Firewalld *firewalld, GError **error) {
        if (!g_str_equal(firewalld->state, "failed"))
                return true;
        g_set_error_literal(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED,
                _("firewalld is in its failed state, so its permanent configuration is not written; see its log, mend its "
                  "configuration and reload it"));
        return false;
}

bool direct_write_permanent(Firewalld *firewalld, const DirectConfig *config, GError **error) {
        if (!direct_may_write(firewalld, error))
                return false;
        g_autoptr(SdBusMessage) call = firewalld_message(firewalld, FIREWALLD_CONFIG_PATH, ".config.direct", "update", error);
        if (!call)
                return false;
        if (sd_bus_message_open_container(call, 'r', "a(sss)a(sssias)a(sas)") < 0 ||
            append_entries(call, config->chains, "sss") < 0 || append_entries(call, config->rules, "sssias") < 0 ||
            append_entries(call, config->passthroughs, "sas") < 0 || sd_bus_message_close_container(call) < 0)
                return firewalld_bad_reply("update", error);
        g_autoptr(SdBusMessage) reply = firewalld_send(firewalld, g_steal_pointer(&call), NULL, error);
        return reply;
}

static bool run_step(Firewalld *firewalld, const Step *step, GError **error) {
        static const char *const MEMBERS[] = {
                [STEP_ADD_CHAIN] = "addChain",     [STEP_REMOVE_CHAIN] = "removeChain", [STEP_ADD_RULE] = "addRule",
                [STEP_REMOVE_RULE] = "removeRule", [STEP_REMOVE_RULES] = "removeRules",
        };
        const DirectRule *rule = step->rule;
        g_autoptr(SdBusMessage) call = firewalld_message(firewalld, FIREWALLD_PATH, ".direct", MEMBERS[step->kind], error);
        if (!call)
                return false;
        int r = sd_bus_message_append(call, "sss", family_to_string(rule->family), "filter", rule->chain);
        if (r >= 0 && (step->kind == STEP_ADD_RULE || step->kind == STEP_REMOVE_RULE)) {
                r = sd_bus_message_append(call, "i", rule->priority);
                if (r >= 0)
                        r = sd_bus_message_append_strv(call, rule->args);
        }
        if (r < 0)
                return firewalld_bad_reply(MEMBERS[step->kind], error);

        FirewalldCode code;
        g_autoptr(GError) failure = NULL;
        g_autoptr(SdBusMessage) reply = firewalld_send(firewalld, g_steal_pointer(&call), &code, &failure);
        const bool adds = step->kind == STEP_ADD_CHAIN || step->kind == STEP_ADD_RULE;
        /* Docker may have created its chain since the check (text measured with 1.3 and 2.3). */
        if (step->kind == STEP_ADD_CHAIN && code == FIREWALLD_COMMAND_FAILED &&
            strstr(failure->message, "Chain already exists"))
                return true;
        /* A rule that somebody made with iptables jumps to it: the chain stays, empty, but the policies are gone. */
        if (step->kind == STEP_REMOVE_CHAIN && code == FIREWALLD_COMMAND_FAILED)
                return true;
        if (reply || code == (adds ? FIREWALLD_ALREADY_ENABLED : FIREWALLD_NOT_ENABLED))
                return true;
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
}

bool direct_run(Firewalld *firewalld, GPtrArray *steps, GError **error) {
        for (guint i = 0; i < steps->len; i++) {
                g_autoptr(GError) failed = NULL;
                if (run_step(firewalld, steps->pdata[i], &failed))
                        continue;
                /* firewalld undoes what it refuses. One that did not answer in time may still run the step. */
                guint n = g_error_matches(failed, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING) ? i + 1 : i;
                bool there = true;
                while (there && n-- > 0) {
                        g_autoptr(GPtrArray) undo = step_reverse(steps->pdata[n]);
                        for (guint k = 0; there && k < undo->len; k++) {
                                g_autoptr(GError) failure = NULL;
                                if (!run_step(firewalld, undo->pdata[k], &failure))
                                        g_prefix_error(&failed, _("(could not be undone whole: %s) "), failure->message);
                                /* Do not wait as long for each further step; the next plan starts with what is left over. */
                                there = !g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING);
                        }
                }
                g_propagate_error(error, g_steal_pointer(&failed));
                return false;
        }
        return true;
}

bool direct_reload(Firewalld *firewalld, GError **error) {
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, FIREWALLD_PATH, "", "reload", NULL, error, NULL);
        return reply;
}

char *direct_iptables(Firewalld *firewalld, Family family, const char *const *args, GError **error) {
        g_autoptr(SdBusMessage) call = firewalld_message(firewalld, FIREWALLD_PATH, ".direct", "passthrough", error);
        if (!call)
                return NULL;
        if (sd_bus_message_append(call, "s", family_to_string(family)) < 0 ||
            sd_bus_message_append_strv(call, (char **) args) < 0) {
                firewalld_bad_reply("passthrough", error);
                return NULL;
        }
        const char *output;
        g_autoptr(SdBusMessage) reply = firewalld_send(firewalld, g_steal_pointer(&call), NULL, error);
        if (!reply)
                return NULL;
        if (sd_bus_message_read(reply, "s", &output) < 0) {
                firewalld_bad_reply("passthrough", error);
                return NULL;
        }
        return g_strdup(output);
}
