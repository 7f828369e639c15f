/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "repair.h"

#include <string.h>

#include "daemon/backoff.h"
#include "daemon/bus.h"
#include "daemon/enforce.h"
#include "daemon/forwards.h"
#include "daemon/journal.h"
#include "daemon/settle.h"

/* A repair takes calls of firewalld, and a reload at worst. */
#define FIRST_USEC ((gint64) G_USEC_PER_SEC)
#define LONGEST_USEC ((gint64) 60 * G_USEC_PER_SEC)
/* What the guard keeps out must stay out, so it never waits longer than this: 20 times a second is some percent of a CPU. */
#define GUARD_USEC ((gint64) 50 * 1000)

#define GUARD "guard"

/* What is repaired in one go is fought for in one go: the codes "rules-..." are one kind, "jump-..." another. */
typedef struct Fight {
        Backoff backoff;
        char *code;   /* of the last repair */
        char *author; /* who had undone it when the fight began; NULL: not known */
} Fight;

struct Repairs {
        GHashTable *counts; /* char * code -> number */
        GHashTable *fights; /* char * kind -> Fight * */
        sd_event_source *guard_timer;
};

static bool is_of_docker_user(const char *kind) {
        return g_str_equal(kind, "jump") || g_str_equal(kind, "rules");
}

/* Without the guard a rule that is away lets somebody in, and one of a "forward" shuts somebody out in any case: for these nobody waits
 * longer than for the first repair, whatever it costs. */
static gint64 longest_usec(const Context *context, const char *kind) {
        const bool cannot_wait = is_of_docker_user(kind) && (!context->guard || forwards_wanted(context->runtime));
        return g_str_equal(kind, GUARD) ? GUARD_USEC : cannot_wait ? FIRST_USEC : LONGEST_USEC;
}

static void fight_free(gpointer p) {
        Fight *fight = p;
        g_free(fight->code);
        g_free(fight->author);
        g_free(fight);
}

static struct Repairs *get_repairs(Context *context) {
        if (!context->repairs) {
                context->repairs = g_new0(struct Repairs, 1);
                context->repairs->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
                context->repairs->fights = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, fight_free);
        }
        return context->repairs;
}

static char *kind_of(const char *code) {
        return g_strndup(code, strcspn(code, "-"));
}

static Fight *get_fight(Context *context, const char *kind) {
        GHashTable *fights = get_repairs(context)->fights;
        Fight *fight = g_hash_table_lookup(fights, kind);
        if (!fight) {
                fight = g_new0(Fight, 1);
                g_hash_table_insert(fights, g_strdup(kind), fight);
        }
        return fight;
}

static int on_guard_due(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        g_autoptr(GError) error = NULL;
        if (!enforce_guard(userdata, &error)) {
                journal_log(LOG_ERR, NULL, "%s", error->message);
                settle_within(userdata, G_USEC_PER_SEC);
        }
        return 0;
}

/* Not with the other looks: those take calls of firewalld, this one takes a millisecond. */
static void plan_guard(Context *context, gint64 due) {
        sd_event_source **timer = &get_repairs(context)->guard_timer;
        int r;
        if (!*timer)
                r = sd_event_add_time(context->event, timer, CLOCK_MONOTONIC, due, 1, on_guard_due, context);
        else if (sd_event_source_get_enabled(*timer, NULL) > 0)
                return;
        else {
                r = sd_event_source_set_time(*timer, due);
                if (r >= 0)
                        r = sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                journal_log(LOG_ERR, NULL, "cannot set a timer: %s", g_strerror(-r));
}

bool repair_is_due(Context *context, const char *code) {
        g_autofree char *kind = kind_of(code);
        const gint64 due = backoff_due(&get_fight(context, kind)->backoff), now = g_get_monotonic_time();
        if (now >= due)
                return true;
        if (g_str_equal(kind, GUARD))
                plan_guard(context, due);
        else
                settle_within(context, due - now);
        return false;
}

/* The kernel knows it for rulesets only. */
static const MonitorAuthor *author_of(Context *context, const char *kind) {
        static const MonitorAuthor nobody;
        return g_str_equal(kind, GUARD) ? &context->news.guard_author :
               is_of_docker_user(kind)  ? &context->news.others_author :
                                          &nobody;
}

void repair_done(Context *context, const char *code, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *sentence = g_strdup_vprintf(format, args);
        va_end(args);
        struct Repairs *repairs = get_repairs(context);
        g_autofree char *kind = kind_of(code);
        const guint count = GPOINTER_TO_UINT(g_hash_table_lookup(repairs->counts, code));
        g_hash_table_insert(repairs->counts, g_strdup(code), GUINT_TO_POINTER(MIN(count, G_MAXUINT32 - 1) + 1));

        Fight *fight = get_fight(context, kind);
        const bool guard = g_str_equal(kind, GUARD);
        const bool fought = fight->backoff.delay > 0;
        const char *author = author_of(context, kind)->name;
        const bool began = backoff_repaired(&fight->backoff, g_get_monotonic_time(), guard ? GUARD_USEC : FIRST_USEC,
                                            longest_usec(context, kind));
        if (g_strcmp0(fight->code, code) != 0) {
                g_free(fight->code);
                fight->code = g_strdup(code);
        }
        if (began) {
                g_free(fight->author);
                fight->author = author[0] ? g_strdup(author) : NULL;
                settle_within(context, 0); /* to have it in Problems */
        }
        /* A fight is told of when it begins and when it ends, or it would fill the journal. */
        if (!fought)
                journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_REPAIR", code, "QUAYWALL_AUTHOR", author), "%s%s%s", sentence,
                            author[0] ? "; the last to change it was " : "", author);
        if (context->service)
                bus_emit_repaired(context, code, sentence);
}

void repair_forgive(Context *context) {
        GHashTableIter iter;
        gpointer kind, value;
        g_hash_table_iter_init(&iter, get_repairs(context)->fights);
        while (g_hash_table_iter_next(&iter, &kind, &value)) {
                Fight *fight = value;
                if (!g_str_equal(kind, GUARD) && fight->backoff.delay == 0)
                        fight->backoff = (Backoff){ 0 };
        }
}

static void report_fight(Context *context, const char *kind, const Fight *fight, GPtrArray *problems) {
        const MonitorAuthor *author = author_of(context, kind);
        const char *name = fight->author ? fight->author : "another program";
        g_autofree char *sentence =
                g_str_equal(kind, GUARD) ?
                        g_strdup_printf("%s is changing the nftables table \"inet quaywall\" again and again; it is made again each time, at most 20 "
                                        "times a second, and may be away in between: end that program",
                                        name) :
                        g_strdup_printf("%s undoes again and again what quaywall repairs (%s); it is repaired %s: end that program", name, fight->code,
                                        longest_usec(context, kind) == FIRST_USEC ? "once a second" : "with longer and longer waits, up to 60 s");
        Problem *problem = problem_new("contested", sentence);
        g_autofree char *repairs = g_strdup_printf("%u", fight->backoff.repairs);
        problem_add_detail(problem, "contested", fight->code);
        problem_add_detail(problem, "repairs", repairs);
        if (fight->author)
                problem_add_detail(problem, "process", fight->author);
        if (fight->author && g_str_equal(fight->author, author->name)) {
                g_autofree char *pid = g_strdup_printf("%u", author->pid);
                problem_add_detail(problem, "pid", pid);
        }
        g_ptr_array_add(problems, problem);
}

void repair_report(Context *context, GPtrArray *problems) {
        const gint64 now = g_get_monotonic_time();
        GHashTableIter iter;
        gpointer kind, value;
        g_hash_table_iter_init(&iter, get_repairs(context)->fights);
        while (g_hash_table_iter_next(&iter, &kind, &value)) {
                Fight *fight = value;
                const guint repairs = fight->backoff.repairs;
                if (fight->backoff.delay == 0)
                        continue;
                if (backoff_calm_down(&fight->backoff, now)) {
                        journal_log(LOG_NOTICE, JOURNAL_FIELDS("QUAYWALL_REPAIR", fight->code), "Nobody undoes the repairs (%s) any more, after %u",
                                    fight->code, repairs);
                        continue;
                }
                report_fight(context, kind, fight, problems);
                settle_within(context, backoff_end(&fight->backoff) - now);
        }
}

void repair_visit(Context *context, RepairFunc visit, gpointer userdata) {
        g_autoptr(GList) codes = g_list_sort(g_hash_table_get_keys(get_repairs(context)->counts), (GCompareFunc) strcmp);
        for (GList *code = codes; code; code = code->next)
                visit(code->data, GPOINTER_TO_UINT(g_hash_table_lookup(get_repairs(context)->counts, code->data)), userdata);
}

void repair_clear(Context *context) {
        struct Repairs *repairs = g_steal_pointer(&context->repairs);
        if (!repairs)
                return;
        g_hash_table_unref(repairs->counts);
        g_hash_table_unref(repairs->fights);
        sd_event_source_unref(repairs->guard_timer);
        g_free(repairs);
}
