/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fights.h"

#include <glib/gi18n.h>

#include "daemon/backoff.h"

/* A repair costs firewalld calls, and a reload at worst. */
#define FIRST_USEC ((gint64) G_USEC_PER_SEC)
#define LONGEST_USEC ((gint64) 60 * G_USEC_PER_SEC)
/* What the guard blocks must stay blocked, so its repair never waits longer than this: 20 times a second is some percent of a
 * CPU. */
#define GUARD_USEC ((gint64) 50 * 1000)

typedef struct Fight {
        Backoff backoff;
        ProblemCode code; /* of the last repair */
        gint64 longest;   /* wait between two repairs */
        char *author;     /* who had undone it when the fight began; NULL: not known */
} Fight;

struct Fights {
        guint32 counts[_PROBLEM_MAX];
        Fight of[_FIGHT_MAX];
        FightKind joined; /* its repairs count once, see fights_join(); _FIGHT_MAX: none */
        bool is_counted;  /* they have been */
};

Fights *fights_new(void) {
        Fights *fights = g_new0(Fights, 1);
        fights_part(fights);
        return fights;
}

void fights_free(Fights *fights) {
        if (!fights)
                return;
        for (FightKind kind = 0; kind < _FIGHT_MAX; kind++)
                g_free(fights->of[kind].author);
        g_free(fights);
}

gint64 fights_due(const Fights *fights, ProblemCode code) {
        return backoff_due(&fights->of[problem_code_fight(code)].backoff);
}

FightState fights_repaired(Fights *fights, ProblemCode code, const char *author, bool is_urgent, gint64 now) {
        const FightKind kind = problem_code_fight(code);
        guint32 *count = &fights->counts[code];
        Fight *fight = &fights->of[kind];
        const bool goes_on = fight->backoff.delay > 0;
        *count = MIN(*count, G_MAXUINT32 - 1) + 1;
        fight->code = code;
        if (kind == fights->joined) {
                if (fights->is_counted)
                        return goes_on ? FIGHT_GOES_ON : FIGHT_PEACE;
                fights->is_counted = true;
        }
        fight->longest = kind == FIGHT_GUARD ? GUARD_USEC : is_urgent ? FIRST_USEC : LONGEST_USEC;
        if (!backoff_repaired(&fight->backoff, now, MIN(FIRST_USEC, fight->longest), fight->longest))
                return goes_on ? FIGHT_GOES_ON : FIGHT_PEACE;
        g_free(fight->author);
        fight->author = author[0] ? g_strdup(author) : NULL;
        return FIGHT_BEGINS;
}

void fights_join(Fights *fights, ProblemCode code) {
        fights->joined = problem_code_fight(code);
        fights->is_counted = false;
}

void fights_part(Fights *fights) {
        fights->joined = _FIGHT_MAX;
}

void fights_forgive(Fights *fights) {
        for (FightKind kind = 0; kind < _FIGHT_MAX; kind++)
                if (kind != FIGHT_GUARD && fights->of[kind].backoff.delay == 0)
                        fights->of[kind].backoff = (Backoff){ 0 };
}

/* The kernel reports it for rulesets only. */
const MonitorAuthor *fights_author(ProblemCode code, const MonitorNews *news) {
        static const MonitorAuthor nobody;
        switch (problem_code_fight(code)) {
        case FIGHT_GUARD:
                return &news->guard_author;
        case FIGHT_RULES:
        case FIGHT_JUMP:
                return &news->others_author;
        default:
                return &nobody;
        }
}

static void report(const Fight *fight, const MonitorNews *news, GPtrArray *problems) {
        const MonitorAuthor *author = fights_author(fight->code, news);
        const char *name = fight->author ? fight->author : _("another program"), *code = problem_code_to_string(fight->code);
        Problem *problem =
                fight->code == PROBLEM_GUARD_ALTERED ?
                        problems_add(
                                problems, PROBLEM_CONTESTED,
                                _("%s is changing the nftables table \"inet quaywall\" again and again; it is made again each time, at most 20 "
                                  "times a second, and may be away in between: end that program"),
                                name) :
                        problems_add(
                                problems, PROBLEM_CONTESTED,
                                fight->longest == FIRST_USEC ?
                                        _("%s undoes again and again what quaywall repairs (%s); it is repaired once a second: end "
                                          "that program") :
                                        _("%s undoes again and again what quaywall repairs (%s); it is repaired with longer and longer "
                                          "waits, up to 60 s: end that program"),
                                name, code);
        g_autofree char *repairs = g_strdup_printf("%u", fight->backoff.repairs);
        problem_add_detail(problem, "contested", code);
        problem_add_detail(problem, "repairs", repairs);
        if (fight->author)
                problem_add_detail(problem, "process", fight->author);
        if (fight->author && g_str_equal(fight->author, author->name)) {
                g_autofree char *pid = g_strdup_printf("%u", author->pid);
                problem_add_detail(problem, "pid", pid);
        }
}

gint64 fights_report(Fights *fights, const MonitorNews *news, gint64 now, GPtrArray *problems, FightsFunc over,
                     gpointer userdata) {
        gint64 next = 0;
        for (FightKind kind = 0; kind < _FIGHT_MAX; kind++) {
                Fight *fight = &fights->of[kind];
                const guint repairs = fight->backoff.repairs;
                if (fight->backoff.delay == 0)
                        continue;
                if (backoff_calm_down(&fight->backoff, now)) {
                        over(fight->code, repairs, userdata);
                        continue;
                }
                report(fight, news, problems);
                const gint64 end = backoff_end(&fight->backoff);
                next = next == 0 ? end : MIN(next, end);
        }
        return next;
}

void fights_visit(const Fights *fights, FightsFunc visit, gpointer userdata) {
        for (ProblemCode code = 0; code < _PROBLEM_MAX; code++)
                if (fights->counts[code] > 0)
                        visit(code, fights->counts[code], userdata);
}
