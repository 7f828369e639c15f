/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <string.h>

#include <glib/gi18n.h>

#include "guard/counters.h"
#include "guard/elements.h"
#include "guard/nft.h"
#include "guard/tables.h"
#include "model/error.h"

struct Guard {
        GuardState *state; /* what is in the kernel; NULL: unknown. Without its rules: before the first guard_apply() */
        bool is_there;     /* the table, as last seen or made */
        char *listing;     /* how the kernel lists it, without elements; NULL: no table, or not listed since it was changed */
        bool doubts;       /* the elements may have changed */
        bool gone;         /* the kernel reported that somebody deleted it, and it was not made again since */
        guint commits;     /* quaywall's transactions that the kernel accepted */
        guint told;        /* transactions that the kernel reported; as many as commits: nobody else's */
        bool hears;        /* guard_hear() was called: the kernel's reports arrive */
        /* While there is work, see guard_rest(): */
        struct nft_ctx *nft; /* puts rules in force; NULL: none yet */
        MnlSocket *elements; /* puts elements in force; NULL: none yet */
        Monitor *watch;      /* shows whose transactions came meanwhile; NULL: none yet, or the kernel refuses */
};

#define LIST "list table inet " GUARD_TABLE

static void forget(Guard *guard) {
        g_clear_pointer(&guard->state, guard_state_free);
}

Guard *guard_new(void) {
        return g_new0(Guard, 1);
}

void guard_free(Guard *guard) {
        if (!guard)
                return;
        forget(guard);
        guard_rest(guard);
        g_free(guard->listing);
        g_free(guard);
}

void guard_rest(Guard *guard) {
        g_clear_pointer(&guard->nft, nft_ctx_free);
        g_clear_pointer(&guard->elements, mnl_socket_close);
        g_clear_pointer(&guard->watch, monitor_free);
}

/* The table as nft prints it; NULL: it does not exist or, with *ret_there, nft could not read it. */
static char *list_table(unsigned flags, bool *ret_there) {
        struct nft_ctx *nft = nft_open();
        nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_STATELESS | flags);
        char *listing = nft_run_cmd_from_buffer(nft, LIST) == 0 ? g_strdup(nft_ctx_get_output_buffer(nft)) : NULL;
        nft_ctx_free(nft);
        *ret_there = listing || tables_have("inet", GUARD_TABLE);
        return listing;
}

/* Without elements: listing 50,000 costs more than loading them. A notice reports every process that changes some. */
static char *list_briefly(bool *ret_there) {
        return list_table(NFT_CTX_OUTPUT_TERSE, ret_there);
}

static bool run(Guard *guard, const char *commands, GError **error) {
        if (!guard->nft)
                guard->nft = nft_open();
        const bool done = nft_run(guard->nft, "inet " GUARD_TABLE, commands, error);
        /* After an error, answers of the kernel may still wait in its socket. */
        if (!done)
                g_clear_pointer(&guard->nft, nft_ctx_free);
        guard->commits += done;
        return done;
}

static bool run_elements(Guard *guard, const char *commands) {
        if (!guard->elements)
                guard->elements = netlink_open(NETLINK_NETFILTER);
        const bool done = guard->elements && elements_run(guard->elements, commands, NULL);
        guard->commits += done;
        return done;
}

/* With all elements: nothing is assumed about a table that we did not see being made. NULL: unknown. */
static GuardState *read_state(void) {
        bool there;
        g_autofree char *listing = list_table(0, &there);
        return listing ? guard_state_parse(listing) : there ? NULL : guard_state_new();
}

static GuardCommands *render(const Desired *desired, const GuardState *previous, GuardState **ret_state) {
        return guard_render(desired->rules, (const char *const *) desired->bridges, desired->published, desired->hold,
                            desired->shared, desired->zones, previous, ret_state);
}

/* Updates the existing table. */
static bool build_on(Guard *guard, const GuardCommands *commands, const GuardState *next) {
        if (commands->keeps_rules)
                return !commands->rules || run_elements(guard, commands->rules);
        return !guard_state_conflicts(guard->state, next) && (!commands->sets || run(guard, commands->sets, NULL)) &&
               (!commands->rules || run(guard, commands->rules, NULL));
}

/* Replaces any existing table, in one transaction. */
static bool replace(Guard *guard, const Desired *desired, GError **error) {
        g_autoptr(GuardState) nothing = guard_state_new(), next = NULL;
        g_autoptr(GuardCommands) whole = render(desired, nothing, &next);
        g_autofree char *commands = g_strconcat("add table inet " GUARD_TABLE "\ndelete table inet " GUARD_TABLE "\n",
                                                whole->sets ? whole->sets : "", whole->rules, NULL);
        return run(guard, commands, error);
}

/* From now on it shows the transactions of all processes. NULL: the kernel refuses. */
static Monitor *watch(Guard *guard) {
        if (guard->watch)
                (void) monitor_drain(guard->watch, &(MonitorNews){ 0 });
        else
                guard->watch = monitor_new(NULL);
        return guard->watch;
}

/* Puts it in force, and notes what is in the kernel then, and how the kernel lists it if notices alone do not show who changes
 * it. An error leaves that unknown, and so does another process that changed the table meanwhile (*ret_alone). If notices were
 * lost (so many elements), nobody knows, and if_lost is the answer. */
static bool put(Guard *guard, const Desired *desired, bool if_lost, bool *ret_alone, GError **error) {
        Monitor *witness = watch(guard);
        const guint before = guard->commits;
        if (!guard->state)
                guard->state = read_state();
        g_autoptr(GuardState) nothing = guard_state_new(), next = NULL;
        g_autoptr(GuardCommands) commands = render(desired, guard->state ? guard->state : nothing, &next);
        const bool built = !guard->gone && guard->state && build_on(guard, commands, next),
                   done = built || replace(guard, desired, error), kept = built && commands->keeps_rules;
        guard->gone = false;
        forget(guard);
        if (done) {
                MonitorNews news = { 0 };
                /* Elements are not listed. */
                if (!kept)
                        g_clear_pointer(&guard->listing, g_free);
                if (witness)
                        (void) monitor_drain(witness, &news);
                guard->is_there = next->is_there;
                *ret_alone = news.lost ? if_lost : news.guard_commits <= guard->commits - before;
                if (!guard->listing && (!witness || !guard->hears || news.lost)) {
                        guard->listing = list_briefly(&guard->is_there);
                        *ret_alone &= guard->is_there == next->is_there && guard->is_there == !!guard->listing;
                        if (witness && monitor_drain(witness, &news) && !news.lost)
                                *ret_alone &= news.guard_commits <= guard->commits - before;
                }
                if (*ret_alone)
                        guard->state = g_steal_pointer(&next);
        }
        return done;
}

/* A change by another process between our change and our listing would pass as ours: then try again. */
#define MAX_TRIES 3

bool guard_apply(Guard *guard, const Desired *desired, GError **error) {
        const bool is_wanted = desired->hold || rules_judge(desired->rules);
        /* Somebody else may have made one since. */
        if (guard->state && !guard->state->is_there && !guard->gone)
                forget(guard);
        if (!is_wanted && (!guard->is_there || guard->gone) && !tables_have("inet", GUARD_TABLE)) {
                forget(guard);
                guard->is_there = false;
                guard->state = guard_state_new();
                guard->state->rules = g_strdup("");
                guard->gone = false;
                return true;
        }
        bool done = true, alone = false;
        for (guint i = 0; done && !alone && i < MAX_TRIES; i++)
                done = put(guard, desired, i == MAX_TRIES - 1, &alone, error);
        return done;
}

GHashTable *guard_recall_admitted(Guard *guard, Family family) {
        if (!guard->state)
                guard->state = read_state();
        if (!guard->state || !g_hash_table_contains(guard->state->holding, "chain proxied"))
                return NULL;
        GHashTable *admitted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GHashTableIter iter;
        gpointer address;
        g_hash_table_iter_init(&iter, guard->state->known[family]);
        while (g_hash_table_iter_next(&iter, &address, NULL))
                if (!g_hash_table_contains(guard->state->pending[family], address))
                        g_hash_table_add(admitted, g_strdup(address));
        return admitted;
}

void guard_hear(Guard *guard, const MonitorNews *news) {
        guard->hears = true;
        guard->told += news->guard_commits;
        guard->doubts |= news->elements || news->lost;
        /* Nothing is asked before it is restored: closing the socket would wait, see guard_rest(). */
        if (guard->is_there && news->guard_gone && !news->lost) {
                forget(guard);
                g_clear_pointer(&guard->listing, g_free);
                guard->is_there = false;
                guard->state = guard_state_new();
                guard->gone = true;
        }
}

static bool is_known(const Guard *guard) {
        return guard->state && guard->state->rules;
}

static bool has_its_elements(Guard *guard) {
        g_autoptr(GuardState) there = read_state();
        return there && guard_state_equal(there, guard->state);
}

/* Whether the kernel's reports show nobody else's change since the last look. */
static bool is_untouched(const Guard *guard) {
        return !guard->doubts && !guard->gone && guard->told == guard->commits;
}

char *guard_list(const Guard *guard) {
        bool there;
        return is_known(guard) && guard->is_there && !guard->listing && is_untouched(guard) ? list_briefly(&there) : NULL;
}

void guard_keep_listing(Guard *guard, const char *listing) {
        if (is_known(guard) && !guard->listing && is_untouched(guard))
                guard->listing = g_strdup(listing);
}

bool guard_is_intact(Guard *guard) {
        const bool untouched = is_untouched(guard);
        /* While reports of its own changes are still to come, there is nothing to compare with: those of others follow them. */
        const bool is_ahead = !guard->listing && !guard->doubts && !guard->gone && guard->told < guard->commits;
        if (is_known(guard) && guard->hears && (untouched || is_ahead))
                return true;
        /* Before the first guard_apply() the expected table is not known, only the one that was found. */
        if (!is_known(guard) && untouched)
                return false;
        if (guard->gone) {
                guard->doubts = false;
                guard->told = guard->commits;
                return false;
        }
        bool there;
        g_autofree char *listing = list_briefly(&there);
        const bool intact = is_known(guard) && there == guard->is_there && there == !!listing &&
                            g_strcmp0(listing, guard->listing) == 0 && (!guard->doubts || has_its_elements(guard));
        guard->doubts = false;
        guard->told = guard->commits;
        if (!intact)
                forget(guard);
        return intact;
}

GArray *guard_read_nat(GPtrArray *bridges) {
        static const char *const TABLES[] = { "nat", DOCKER_NFT_TABLE };
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        struct nft_ctx *nft = nft_open();
        bool there = false;
        for (gsize i = 0; i < G_N_ELEMENTS(TABLES); i++)
                ITERATE_FAMILIES (family) {
                        const char *ip = family == FAMILY_IPV4 ? "ip" : "ip6";
                        g_autofree char *command = g_strdup_printf("list table %s %s", ip, TABLES[i]);
                        if (tables_have(ip, TABLES[i]) && nft_list_quietly(nft, command) == 0) {
                                const char *text = nft_ctx_get_output_buffer(nft);
                                there |= docker_nat_parse(text, family, list);
                                docker_nft_parse_bridges(text, bridges);
                        }
                        (void) nft_ctx_get_error_buffer(nft); /* empties it */
                }
        nft_ctx_free(nft);
        return there ? g_steal_pointer(&list) : NULL;
}

typedef struct Visit {
        GuardCounterFunc visit;
        gpointer userdata;
} Visit;

static void visit_counter(const char *name, guint64 packets, guint64 bytes, gpointer userdata) {
        const Visit *visit = userdata;
        if (g_str_has_prefix(name, "p_"))
                visit->visit(name + strlen("p_"), packets, bytes, visit->userdata);
}

bool guard_read_counters(Guard *guard, GuardCounterFunc visit, gpointer userdata, GError **error) {
        if (!guard->is_there && !guard->gone)
                return true;
        /* For a missing table the kernel lists no counters, without an error. */
        if (!tables_have("inet", GUARD_TABLE)) {
                g_set_error_literal(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                        _("the table \"inet quaywall\", which holds the counters, is gone; quaywalld puts it back"));
                return false;
        }
        Visit each = { visit, userdata };
        return counters_read(GUARD_TABLE, visit_counter, &each, error);
}

void guard_remove(void) {
        Guard *guard = guard_new();
        if (tables_have("inet", GUARD_TABLE))
                (void) run(guard, "delete table inet " GUARD_TABLE "\n", NULL);
        guard_free(guard);
}
