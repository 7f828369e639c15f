/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-answers.h"

#include <string.h>

#include "compile/nft-words.h"
#include "compile/zone-dispatch.h"

typedef enum { MATCH_NO, MATCH_MAYBE, MATCH_YES } Match;

struct ZoneAnswers {
        GHashTable *chains; /* name -> GPtrArray of the words of each rule (GPtrArray of char *) */
        GArray *dispatches; /* Dispatch */
};

/* A port that clients ask for, and which verdicts they may meet. */
typedef struct Question {
        const ZoneAnswers *answers;
        const char *protocol, *family; /* "ipv4" */
        guint16 port;
        bool may_admit, may_refuse;
        guint64 work; /* rules read */
} Question;

/* So many rules no zone has; chains that lead to each other over and over may be as if they had. */
#define WORK_MAX (1U << 20)

static bool has_port(const char *word, guint16 port) {
        g_autofree char *plain = nft_word_bare(word);
        char *end;
        const guint64 first = g_ascii_strtoull(plain, &end, 10),
                      last = *end == '-' ? g_ascii_strtoull(end + 1, NULL, 10) : first;
        return first <= port && port <= last;
}

/* The values at word i, one or a list in braces: whether one of them is right. *ret_end: the word behind them. */
static bool any_value(GPtrArray *words, guint i, const Question *q, bool ports, guint *ret_end) {
        const bool list = nft_word_is(words, i, "{");
        bool any = false;
        for (i += list; i < words->len && !nft_word_is(words, i, "}"); i++) {
                g_autofree char *plain = nft_word_bare(words->pdata[i]);
                any |= ports ? has_port(plain, q->port) : g_str_equal(plain, q->protocol);
                if (!list)
                        break;
        }
        *ret_end = i + 1;
        return any;
}

static Match match_of(bool yes) {
        return yes ? MATCH_YES : MATCH_NO;
}

/* What the match or statement at word *i says; *i: the word behind it. What depends on the client may match. */
static Match match_next(GPtrArray *words, guint *i, const Question *q) {
        static const char *const PROTOCOLS[] = { "tcp", "udp", "sctp", "dccp", "udplite", NULL };
        static const char *const SILENT[] = { "log", "counter", "prefix", "level", "comment", NULL };
        const char *word = words->pdata[*i];
        const bool negated = nft_word_is(words, *i + 2, "!=");
        if (g_strv_contains(PROTOCOLS, word) && nft_word_is(words, *i + 1, "dport") && !negated) {
                const bool port = any_value(words, *i + 2, q, true, i);
                return match_of(port && g_str_equal(word, q->protocol));
        }
        if (g_str_equal(word, "meta") && nft_word_is(words, *i + 1, "l4proto") && !negated && !nft_word_is(words, *i + 2, "."))
                return match_of(any_value(words, *i + 2, q, false, i));
        if (g_str_equal(word, "meta") && nft_word_is(words, *i + 1, "nfproto") && *i + 2 < words->len) {
                *i += 3;
                return match_of(g_str_equal(words->pdata[*i - 1], q->family));
        }
        if (g_str_equal(word, "ct") && nft_word_is(words, *i + 1, "state") && *i + 2 < words->len) {
                *i += 3;
                return match_of(strstr(words->pdata[*i - 1], "new") != NULL);
        }
        if (g_str_equal(word, "ct") && nft_word_is(words, *i + 1, "status") && *i + 2 < words->len) {
                *i += 3;
                return MATCH_NO;
        }
        (*i)++;
        if (g_strv_contains(SILENT, word)) {
                *i += !g_str_equal(word, "log") && !g_str_equal(word, "counter"); /* the others have an argument */
                return MATCH_YES;
        }
        if (g_strv_contains(PROTOCOLS, word))
                return g_str_equal(word, q->protocol) ? MATCH_MAYBE : MATCH_NO;
        if (g_str_equal(word, "ip") || g_str_equal(word, "ip6"))
                return g_str_equal(word, q->family[3] == '4' ? "ip" : "ip6") ? MATCH_MAYBE : MATCH_NO;
        return MATCH_MAYBE;
}

static bool ask_chain(Question *q, const char *name);

/* Whether the rule, whose verdict is word i, has the final verdict on all such clients. *ret_over: the chain has none for them. */
static bool ask_verdict(Question *q, GPtrArray *words, guint i, Match match, bool *ret_over) {
        const char *verdict = words->pdata[i];
        const bool jump = g_str_equal(verdict, "jump"), further = jump || g_str_equal(verdict, "goto");
        bool final = g_str_equal(verdict, "accept") || g_str_equal(verdict, "drop") || g_str_equal(verdict, "reject");
        if (further)
                final = i + 1 < words->len && ask_chain(q, words->pdata[i + 1]);
        else if (final)
                *(verdict[0] == 'a' ? &q->may_admit : &q->may_refuse) = true;
        *ret_over = match == MATCH_YES && !final && (g_str_equal(verdict, "return") || (further && !jump));
        return final && match == MATCH_YES;
}

/* Whether the chain has a verdict on all such clients. There are no circles: zone_rules_parse(). */
static bool ask_chain(Question *q, const char *name) {
        const GPtrArray *rules = g_hash_table_lookup(q->answers->chains, name);
        bool over = false;
        for (guint r = 0; rules && r < rules->len && !over && q->work <= WORK_MAX; r++, q->work++) {
                GPtrArray *words = rules->pdata[r];
                Match match = MATCH_YES;
                guint i = 0;
                while (i < words->len && !zone_word_is_verdict(words->pdata[i])) {
                        const Match next = match_next(words, &i, q);
                        match = MIN(match, next);
                }
                if (match != MATCH_NO && i < words->len && ask_verdict(q, words, i, match, &over))
                        return true;
        }
        if (q->work > WORK_MAX)
                q->may_admit = q->may_refuse = true;
        return false;
}

/* What the dispatcher does with these clients, as if no other zone had them. */
static void ask_dispatcher(Question *q, const char *clients) {
        const GArray *rules = q->answers->dispatches;
        bool over = false;
        for (guint r = 0; r < rules->len && !over; r++, q->work++) {
                const Dispatch *dispatch = &g_array_index(rules, Dispatch, r);
                if ((!dispatch->clients[0] || g_str_equal(dispatch->clients, clients)) &&
                    dispatch->verdict < dispatch->words->len &&
                    ask_verdict(q, dispatch->words, dispatch->verdict, MATCH_YES, &over))
                        return;
        }
        q->may_refuse = true; /* what "filter_INPUT" does with the rest */
}

static void ask_zone(Question *q, const char *clients) {
        static const char *const FAMILIES[] = { "ipv4", "ipv6" };
        for (gsize i = 0; i < G_N_ELEMENTS(FAMILIES); i++) {
                q->family = FAMILIES[i];
                ask_dispatcher(q, clients);
        }
}

ZoneAnswers *zone_answers_new(const ZoneRules *zones) {
        ZoneAnswers *answers = g_new(ZoneAnswers, 1);
        *answers = (ZoneAnswers){ g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref),
                                  zone_dispatch_read(zones) };
        for (guint i = 0; i < zones->chains->len; i++) {
                const ZoneChain *chain = zones->chains->pdata[i];
                GPtrArray *rules = g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
                for (guint r = 0; r < chain->rules->len; r++)
                        g_ptr_array_add(rules, nft_words_split(chain->rules->pdata[r]));
                g_hash_table_insert(answers->chains, g_strdup(chain->name), rules);
        }
        return answers;
}

void zone_answers_free(ZoneAnswers *answers) {
        if (!answers)
                return;
        g_hash_table_unref(answers->chains);
        g_array_unref(answers->dispatches);
        g_free(answers);
}

guint64 zone_answers_list(const ZoneAnswers *answers, const char *protocol, guint16 port, GPtrArray *all, GPtrArray *some) {
        guint64 work = answers->dispatches->len;
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint r = 0; r < answers->dispatches->len; r++) {
                const Dispatch *dispatch = &g_array_index(answers->dispatches, Dispatch, r);
                /* One zone may have many sources and interfaces. Policies do not judge what comes from containers. */
                if (!dispatch->zone || g_str_equal(dispatch->zone, "docker") || !g_hash_table_add(seen, dispatch->zone))
                        continue;
                Question q = { .answers = answers, .protocol = protocol, .port = port };
                ask_zone(&q, dispatch->clients);
                if (q.may_admit)
                        g_ptr_array_add(q.may_refuse ? some : all, g_strdup(dispatch->zone));
                work += q.work;
        }
        return work;
}
