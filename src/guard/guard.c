/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <stdio.h>
#include <string.h>

#include "guard/nft.h"
#include "guard/tables.h"
#include "model/error.h"

struct Guard {
        struct nft_ctx *nft;
        GuardState *state; /* what is in the kernel; NULL: not known */
        char *applied;     /* the whole rendering that is in force; NULL: not known */
        char *listing;     /* how the kernel shows it, without elements; NULL: no table */
        bool doubts;       /* the elements may be others */
        guint commits;     /* transactions that the kernel took */
        guint told;        /* transactions that the kernel told of; as many: nobody else's */
        bool hears;        /* somebody listens to the kernel, and says what was told */
};

#define LIST "list table inet " GUARD_TABLE

static void forget(Guard *guard) {
        g_clear_pointer(&guard->state, guard_state_free);
        g_clear_pointer(&guard->applied, g_free);
}

Guard *guard_new(void) {
        Guard *guard = g_new0(Guard, 1);
        guard->nft = nft_open();
        return guard;
}

void guard_free(Guard *guard) {
        if (!guard)
                return;
        nft_ctx_free(guard->nft);
        forget(guard);
        g_free(guard->listing);
        g_free(guard);
}

/* What nft prints of the table; NULL: there is none or, with *ret_there, nft could not read it. */
static char *list_table(Guard *guard, unsigned flags, bool *ret_there) {
        nft_ctx_output_set_flags(guard->nft, NFT_CTX_OUTPUT_STATELESS | flags);
        const int r = nft_run_cmd_from_buffer(guard->nft, LIST);
        nft_ctx_output_set_flags(guard->nft, 0);
        char *listing = r == 0 ? g_strdup(nft_ctx_get_output_buffer(guard->nft)) : NULL;
        (void) nft_ctx_get_error_buffer(guard->nft); /* empties it */
        *ret_there = listing || tables_have("inet", GUARD_TABLE);
        return listing;
}

/* Without elements: 50,000 of them cost more to list than to load. A process that changed some is told of by its notice. */
static char *list_briefly(Guard *guard, bool *ret_there) {
        return list_table(guard, NFT_CTX_OUTPUT_TERSE, ret_there);
}

static bool run(Guard *guard, const char *commands, GError **error) {
        const bool done = nft_run(guard->nft, "inet " GUARD_TABLE, commands, error);
        guard->commits += done;
        return done;
}

/* With all elements: of what we did not see being made nothing is taken for granted. NULL: no telling. */
static GuardState *read_state(Guard *guard) {
        bool there;
        g_autofree char *listing = list_table(guard, 0, &there);
        return listing ? guard_state_parse(listing) : there ? NULL : guard_state_new();
}

typedef struct Wanted {
        GPtrArray *rules;
        const char *const *bridges, *const *published;
        const Hold *hold;
        const Shared *shared;
        const char *whole; /* what makes all of it where nothing is */
        bool is_there;     /* a table is wanted: "forward" alone, for one, needs none */
} Wanted;

/* Upon what is there. */
static bool build_on(Guard *guard, const Wanted *wanted) {
        g_autoptr(GuardState) next = NULL;
        g_autoptr(GuardCommands) commands = guard_render(wanted->rules, wanted->bridges, wanted->published, wanted->hold,
                                                         wanted->shared, guard->state, &next);
        return !guard_state_conflicts(guard->state, next) && (!commands->sets || run(guard, commands->sets, NULL)) &&
               run(guard, commands->rules, NULL);
}

/* Whatever is there, in one transaction. */
static bool replace(Guard *guard, const Wanted *wanted, GError **error) {
        g_autofree char *commands = g_strconcat("add table inet " GUARD_TABLE "\ndelete table inet " GUARD_TABLE "\n", wanted->whole, NULL);
        return run(guard, commands, error);
}

/* Puts it in force, and notes how the kernel shows it. *ret_alone: nobody else changed the table meanwhile; where notices were
 * lost (so many elements), that is not known. */
static bool put(Guard *guard, const Wanted *wanted, bool if_lost, bool *ret_alone, GError **error) {
        Monitor *watch = monitor_new(NULL);
        const guint before = guard->commits;
        if (!guard->state)
                guard->state = read_state(guard);
        const bool done = (guard->state && build_on(guard, wanted)) || replace(guard, wanted, error);
        if (done) {
                MonitorNews news = { 0 };
                bool there;
                g_free(guard->listing);
                guard->listing = list_briefly(guard, &there);
                if (watch)
                        (void) monitor_drain(watch, &news);
                *ret_alone = there == wanted->is_there && there == !!guard->listing &&
                             (news.lost ? if_lost : news.guard_commits <= guard->commits - before);
        }
        monitor_free(watch);
        return done;
}

/* Somebody who changes the table between our change and our look at it would have his taken for ours. */
#define MAX_TRIES 3

bool guard_apply(Guard *guard, GPtrArray *rules, const char *const *bridges, const char *const *published, const Hold *hold,
                 const Shared *shared, GError **error) {
        g_autoptr(GuardState) nothing = guard_state_new(), state = NULL;
        g_autoptr(GuardCommands) commands = guard_render(rules, bridges, published, hold, shared, nothing, &state);
        g_autofree char *whole = g_strconcat(commands->sets ? commands->sets : "", commands->rules, NULL);
        /* The same again would be a change of the ruleset that everybody is told of, us included. */
        if (g_strcmp0(whole, guard->applied) == 0)
                return true;
        if (!state->is_there && !guard->listing && !tables_have("inet", GUARD_TABLE)) {
                forget(guard);
                guard->applied = g_steal_pointer(&whole);
                return true;
        }

        const Wanted wanted = { rules, bridges, published, hold, shared, whole, state->is_there };
        for (guint i = 0; i < MAX_TRIES; i++) {
                bool alone;
                if (!put(guard, &wanted, i == MAX_TRIES - 1, &alone, error)) {
                        forget(guard);
                        return false;
                }
                forget(guard);
                if (!alone)
                        continue;
                guard->state = g_steal_pointer(&state);
                guard->applied = g_steal_pointer(&whole);
                break;
        }
        return true;
}

void guard_hear(Guard *guard, const MonitorNews *news) {
        guard->hears = true;
        guard->told += news->guard_commits;
        guard->doubts |= news->elements || news->lost;
}

static bool has_its_elements(Guard *guard) {
        g_autoptr(GuardState) there = read_state(guard);
        return there && guard_state_equal(there, guard->state);
}

bool guard_is_intact(Guard *guard) {
        if (guard->applied && guard->hears && !guard->doubts && guard->told == guard->commits)
                return true;
        bool there;
        g_autofree char *listing = list_briefly(guard, &there);
        /* Before the first time it is not known what should be there. */
        const bool intact = guard->applied && g_strcmp0(listing, guard->listing) == 0 && there == !!listing &&
                            (!guard->doubts || !guard->state || has_its_elements(guard));
        guard->doubts = false;
        guard->told = guard->commits;
        if (!intact)
                forget(guard);
        return intact;
}

GArray *guard_read_nat(Guard *guard) {
        static const char *const COMMANDS[] = { [FAMILY_IPV4] = "list table ip nat", [FAMILY_IPV6] = "list table ip6 nat" };
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        Guard *own = guard ? NULL : guard_new();
        struct nft_ctx *nft = own ? own->nft : guard->nft;
        bool there = false;
        ITERATE_FAMILIES (family) {
                if (nft_list_quietly(nft, COMMANDS[family]) == 0)
                        there |= docker_nat_parse(nft_ctx_get_output_buffer(nft), family, list);
                (void) nft_ctx_get_error_buffer(nft); /* empties it */
        }
        guard_free(own);
        return there ? g_steal_pointer(&list) : NULL;
}

/* "counter p_NAME {" and, on the next line, "packets 1 bytes 60". Not by JSON: json-glib brings GIO and all it links into
 * the daemon, more than a megabyte. */
bool guard_read_counters(Guard *guard, GuardCounterFunc visit, gpointer userdata, GError **error) {
        if (!guard->listing)
                return true;
        int r = nft_run_cmd_from_buffer(guard->nft, "list counters table inet " GUARD_TABLE);
        g_autofree char *text = g_strdup(nft_ctx_get_output_buffer(guard->nft));
        (void) nft_ctx_get_error_buffer(guard->nft);
        if (r != 0) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "nftables did not list its counters");
                return false;
        }
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        const char *policy = NULL;
        for (char **line = lines; *line; line++) {
                const char *word = g_strstrip(*line);
                guint64 packets, bytes;
                if (g_str_has_prefix(word, "counter p_") && g_str_has_suffix(word, " {")) {
                        (*line)[strlen(*line) - 2] = '\0';
                        policy = word + strlen("counter p_");
                } else if (policy && sscanf(word, "packets %" G_GUINT64_FORMAT " bytes %" G_GUINT64_FORMAT, &packets, &bytes) == 2) {
                        visit(policy, packets, bytes, userdata);
                        policy = NULL;
                }
        }
        return true;
}

void guard_remove(void) {
        Guard *guard = guard_new();
        if (tables_have("inet", GUARD_TABLE))
                (void) run(guard, "delete table inet " GUARD_TABLE "\n", NULL);
        guard_free(guard);
}
