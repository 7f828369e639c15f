/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any program can put rules into firewalld's table: what nft lists is a flaw, or a copy with everything that it refers to, and then
 * the questions that policies and ports ask have answers. */
#include "compile/nft-words.h"
#include "compile/zone-answers.h"
#include "compile/zone-clients.h"
#include "compile/zone-dispatch.h"

#include "fuzz.h"

static bool has_chain(const ZoneRules *zones, const char *name) {
        for (guint i = 0; i < zones->chains->len; i++)
                if (g_str_equal(((ZoneChain *) zones->chains->pdata[i])->name, name))
                        return true;
        return false;
}

static bool has_set(const ZoneRules *zones, const char *name) {
        for (guint i = 0; i < zones->sets->len; i++)
                if (g_str_equal(((ZoneSet *) zones->sets->pdata[i])->name, name))
                        return true;
        return false;
}

/* Nothing of the copy leads out of it, and a rule is one line. */
static void check_rule(const ZoneRules *zones, const char *rule) {
        if (strchr(rule, '\n'))
                abort();
        g_autoptr(GPtrArray) words = nft_words_split(rule);
        for (guint i = 0; i < words->len; i++) {
                const char *word = words->pdata[i];
                /* In a map, a comma follows. */
                g_autofree char *name = nft_word_bare(word);
                if (word[0] == '@' && !has_set(zones, word + 1))
                        abort();
                if (i > 0 && (nft_word_is(words, i - 1, "jump") || nft_word_is(words, i - 1, "goto")) &&
                    !has_chain(zones, name))
                        abort();
        }
}

static void check_copy(const ZoneRules *zones) {
        if (zones->chains->len == 0 || !has_chain(zones, ZONE_RULES_CHAIN))
                abort();
        for (guint i = 0; i < zones->chains->len; i++) {
                const ZoneChain *chain = zones->chains->pdata[i];
                if (!g_str_has_prefix(chain->name, ZONE_RULES_PREFIX))
                        abort();
                for (guint r = 0; r < chain->rules->len; r++)
                        check_rule(zones, chain->rules->pdata[r]);
        }
}

static void check_clients(const ZoneRules *zones) {
        static const char *const INTERFACES[] = { "eth0", "ext0", NULL };
        g_autoptr(ZoneClients) clients = zone_clients_new(zones, INTERFACES);
        g_autoptr(GArray) rules = zone_dispatch_read(zones);
        for (guint i = 0; i < MIN(rules->len, 8); i++) {
                const Dispatch *dispatch = &g_array_index(rules, Dispatch, i);
                if (dispatch->verdict > dispatch->words->len)
                        abort();
                for (Family family = 0; dispatch->zone && family < _FAMILY_MAX; family++) {
                        g_autoptr(GArray) parts = zone_clients_list(clients, dispatch->zone, family);
                        if (zone_clients_flaw(clients) && parts->len > 0)
                                abort();
                }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        g_autoptr(ZoneRules) zones = zone_rules_parse(text);
        if (zones->flaw) {
                if (zones->chains->len > 0 || zones->sets->len > 0)
                        abort();
        } else
                check_copy(zones);
        check_clients(zones);
        g_autoptr(ZoneAnswers) answers = zone_answers_new(zones);
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free), some = g_ptr_array_new_with_free_func(g_free);
        (void) zone_answers_list(answers, "tcp", 8080, all, some);
        return 0;
}
