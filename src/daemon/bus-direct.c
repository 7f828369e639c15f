/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Direct: single rules in DOCKER-USER. */

#include "compile/direct-words.h"

#include <glib/gi18n.h>
#include "compile/kernel-rules.h"
#include "daemon/bus.h"
#include "daemon/direct-edit.h"
#include "daemon/prompt.h"
#include "firewalld/direct.h"
#include "model/error.h"

#define PRIORITY_MIN (-32768)
#define PRIORITY_MAX 32767

/* value: what the caller sent */
static bool refuse(GError **error, const char *format, const char *value) {
        g_autofree char *seen = quaywall_error_show(value);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION, format, seen);
#pragma GCC diagnostic pop
        return false;
}

/* Any stored rule can be removed, whatever its words: they only have to match a rule that firewalld lists. */
static bool check_removal(const char *const *args, GError **error) {
        const char *policy = direct_rule_owner(CHAIN_DOCKER_USER, args);
        if (policy && !policy[0])
                return refuse(error, _("args: a rule with the comment \"%s\" leads to the policies; remove those instead"),
                              COMMENT_OURS);
        return !policy || refuse(error, _("args: the rule is one of the policy \"%s\"; change the policy instead"), policy);
}

static bool prepare(Request *request, bool add, GError **error) {
        static const char *const OPTIONS[] = { "scope", NULL };
        const char *family;
        g_auto(GStrv) args = NULL;
        if (sd_bus_message_read(request->call, "si", &family, &request->priority) < 0 ||
            sd_bus_message_read_strv(request->call, &args) < 0)
                return false;
        if (!family_from_string(family, &request->family))
                return refuse(error, _("family: \"%s\" must be \"ipv4\" or \"ipv6\""), family);
        if (request->priority < PRIORITY_MIN || request->priority > PRIORITY_MAX) {
                g_autofree char *priority = g_strdup_printf("%d", request->priority);
                return refuse(error, _("priority: %s must be from -32768 to 32767"), priority);
        }
        const char *const none[] = { NULL };
        const char *const *words = args ? (const char *const *) args : none;
        if (!(add ? direct_words_check(request->family, words, error) : check_removal(words, error)) ||
            !options_read(request->call, OPTIONS, &request->options, error))
                return false;
        request->args = g_strdupv((char **) words);
        return true;
}

bool direct_prepare_add(Request *request, GError **error) {
        return prepare(request, true, error);
}

bool direct_prepare_remove(Request *request, GError **error) {
        return prepare(request, false, error);
}

static char *question(const Request *request, bool add) {
        return prompt_direct(add, request->family, request->priority, (const char *const *) request->args, &request->options);
}

char *direct_question_add(const Request *request) {
        return question(request, true);
}

char *direct_question_remove(const Request *request) {
        return question(request, false);
}

static bool change(Request *request, bool add, GError **error) {
        g_autoptr(DirectRule) rule =
                direct_rule_new(request->family, CHAIN_DOCKER_USER, request->priority, g_strdupv(request->args));
        if (!request_lock(request, error))
                return false;
        bool done = direct_edit(&request->daemon->in_force, request->daemon->world, &request->daemon->reconciler.repairs, rule,
                                add, request->options.scope, error);
        request_unlock(request);
        return done && request_reply(request, request_new_reply(request), 0, error);
}

bool direct_add_rule(Request *request, GError **error) {
        return change(request, true, error);
}

bool direct_remove_rule(Request *request, GError **error) {
        return change(request, false, error);
}

/* --- list --------------------------------------------------------------------------------------------------------- */

static int append_rule(sd_bus_message *reply, Family family, int priority, GStrv args, const char *owner) {
        int r = sd_bus_message_open_container(reply, 'r', "siass");
        if (r >= 0)
                r = sd_bus_message_append(reply, "si", family_to_string(family), priority);
        if (r >= 0)
                r = sd_bus_message_append_strv(reply, args);
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", owner);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* firewalld's direct rules in DOCKER-USER: iptables' spelling -> entry (borrowed from config). */
static GHashTable *index_rules(const DirectConfig *config, Family family) {
        GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < config->rules->len; i++) {
                DirectEntry *entry = config->rules->pdata[i];
                if (!g_str_equal(entry->ipv, family_to_string(family)) || !g_str_equal(entry->table, "filter") ||
                    !g_str_equal(entry->chain, CHAIN_DOCKER_USER))
                        continue;
                g_auto(GStrv) spellings = rule_canonical_split((const char *const *) entry->args);
                for (char **spelling = spellings; *spelling; spelling++)
                        g_hash_table_insert(index, g_strdup(*spelling), entry);
        }
        return index;
}

static int append_family(sd_bus_message *reply, const DirectConfig *config, const KernelTable *table, Family family) {
        g_autoptr(GHashTable) index = index_rules(config, family);
        int r = 0;
        for (guint i = 0; r >= 0 && i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                if (!g_str_equal(rule->chain, CHAIN_DOCKER_USER))
                        continue;
                const char *const *args = (const char *const *) rule->args;
                const char *policy = direct_rule_owner(CHAIN_DOCKER_USER, args);
                g_autofree char *spelling = rule_canonical(args);
                const DirectEntry *entry = g_hash_table_lookup(index, spelling);
                g_autofree char *owner = !policy   ? g_strdup(entry ? "direct" : "foreign") :
                                         policy[0] ? g_strdup_printf("policy:%s", policy) :
                                                     g_strdup("policies");
                r = append_rule(reply, family, entry ? entry->priority : 0, entry ? entry->args : rule->args, owner);
        }
        return r;
}

bool direct_list_rules(Request *request, GError **error) {
        const char *const command[] = { "-t", "filter", "-S", NULL };
        Firewalld *firewalld = request->daemon->world->firewalld;
        g_autoptr(DirectConfig) config = direct_read_runtime(firewalld, error);
        if (!config)
                return false;
        KernelTable *tables[_FAMILY_MAX] = { NULL };
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_autofree char *text = direct_iptables(firewalld, family, command, error);
                if (!text) {
                        g_clear_pointer(&tables[FAMILY_IPV4], kernel_table_free);
                        return false;
                }
                tables[family] = kernel_table_parse(text);
        }
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "(siass)");
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                if (r >= 0)
                        r = append_family(reply, config, tables[family], family);
                g_clear_pointer(&tables[family], kernel_table_free);
        }
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}

const sd_bus_vtable DIRECT_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("AddRule", SD_BUS_ARGS("s", family, "i", priority, "as", args, "a{sv}", options),
                                SD_BUS_NO_RESULT, request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemoveRule", SD_BUS_ARGS("s", family, "i", priority, "as", args, "a{sv}", options),
                                SD_BUS_NO_RESULT, request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListRules", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(siass)", rules), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};
