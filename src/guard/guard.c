/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <stdio.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "guard/monitor.h"
#include "model/error.h"

struct Guard {
        struct nft_ctx *nft;
        GuardState *state; /* what is in the kernel; NULL: not known */
        char *applied;     /* the whole rendering that is in force; NULL: not known */
        char *listing;     /* how the kernel shows it; NULL: no table */
};

#define LIST "list table inet " GUARD_TABLE

static void forget(Guard *guard) {
        g_clear_pointer(&guard->state, guard_state_free);
        g_clear_pointer(&guard->applied, g_free);
}

Guard *guard_new(void) {
        Guard *guard = g_new0(Guard, 1);
        guard->nft = nft_ctx_new(NFT_CTX_DEFAULT);
        if (!guard->nft)
                g_error("libnftables could not be set up");
        nft_ctx_buffer_output(guard->nft);
        nft_ctx_buffer_error(guard->nft);
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

/* Set elements are left out: 50,000 of them would cost more to list than to load, and no tool changes the elements of
 * another's set by accident. */
static char *list_table(Guard *guard) {
        nft_ctx_output_set_flags(guard->nft, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE);
        int r = nft_run_cmd_from_buffer(guard->nft, LIST);
        nft_ctx_output_set_flags(guard->nft, 0);
        char *listing = r == 0 ? g_strdup(nft_ctx_get_output_buffer(guard->nft)) : NULL;
        (void) nft_ctx_get_error_buffer(guard->nft); /* empties it */
        return listing;
}

static bool run(Guard *guard, const char *commands, GError **error) {
        if (nft_run_cmd_from_buffer(guard->nft, commands) == 0) {
                (void) nft_ctx_get_output_buffer(guard->nft);
                return true;
        }
        g_autofree char *message = g_strdup(nft_ctx_get_error_buffer(guard->nft));
        char *end = strchr(message, '\n');
        if (end)
                *end = '\0';
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "nftables refused the table \"inet " GUARD_TABLE "\": %s", message);
        return false;
}

/* Somebody who changes the table between our change and our look at it would have his taken for ours. */
#define MAX_TRIES 3

/* One transaction, and how the kernel shows what came of it. *ret_alone: nobody else changed the table meanwhile. */
static bool replace(Guard *guard, GPtrArray *rules, const char *const *bridges, const char *const *published, const char *whole,
                    bool *ret_alone, GError **error) {
        Monitor *watch = monitor_new(NULL);
        bool done = false;
        if (guard->state) {
                g_autoptr(GuardState) next = NULL;
                g_autofree char *commands = guard_render(rules, bridges, published, guard->state, &next);
                done = run(guard, commands, NULL);
        }
        /* What it was to build on may be gone: from nothing. */
        done = done || run(guard, whole, error);
        if (done) {
                MonitorNews news = { 0 };
                g_free(guard->listing);
                guard->listing = list_table(guard);
                if (watch)
                        (void) monitor_drain(watch, &news);
                *ret_alone = (guard->listing || rules->len == 0) && (news.lost || news.guard_commits <= 1);
        }
        monitor_free(watch);
        return done;
}

bool guard_apply(Guard *guard, GPtrArray *rules, const char *const *bridges, const char *const *published, GError **error) {
        g_autoptr(GuardState) state = NULL;
        g_autofree char *whole = guard_render(rules, bridges, published, NULL, &state);
        /* The same again would be a change of the ruleset that everybody is told of, us included. */
        if (g_strcmp0(whole, guard->applied) == 0)
                return true;
        if (rules->len == 0 && !guard->listing) {
                g_autofree char *listing = list_table(guard);
                if (!listing) {
                        forget(guard);
                        guard->applied = g_steal_pointer(&whole);
                        return true;
                }
        }

        for (guint i = 0; i < MAX_TRIES; i++) {
                bool alone;
                if (!replace(guard, rules, bridges, published, whole, &alone, error))
                        return false;
                forget(guard);
                if (!alone)
                        continue;
                guard->state = g_steal_pointer(&state);
                guard->applied = g_steal_pointer(&whole);
                break;
        }
        return true;
}

bool guard_is_intact(Guard *guard) {
        g_autofree char *listing = list_table(guard);
        /* Before the first time it is not known what should be there. */
        bool intact = guard->applied && g_strcmp0(listing, guard->listing) == 0;
        if (!intact)
                forget(guard);
        return intact;
}

GArray *guard_read_nat(Guard *guard) {
        static const char *const COMMANDS[] = { [FAMILY_IPV4] = "list table ip nat", [FAMILY_IPV6] = "list table ip6 nat" };
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        bool there = false;
        ITERATE_FAMILIES (family) {
                if (nft_run_cmd_from_buffer(guard->nft, COMMANDS[family]) == 0)
                        there |= docker_nat_parse(nft_ctx_get_output_buffer(guard->nft), family, list);
                (void) nft_ctx_get_error_buffer(guard->nft); /* empties it */
        }
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
        g_autofree char *listing = list_table(guard);
        if (listing)
                (void) run(guard, "delete table inet " GUARD_TABLE "\n", NULL);
        guard_free(guard);
}
