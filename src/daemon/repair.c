/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "repair.h"

#include <glib/gi18n.h>

#include "world/journal.h"

bool repair_is_due(const Repairs *repairs, ProblemCode code) {
        const gint64 due = fights_due(repairs->fights, code), now = g_get_monotonic_time();
        if (now >= due)
                return true;
        agenda_within(repairs->agenda, code == PROBLEM_GUARD_ALTERED ? AGENDA_GUARD : AGENDA_RECONCILE, due - now);
        return false;
}

/* Without the guard, a missing rule lets somebody in; one of a "forward" locks somebody out in any case. */
static bool is_urgent(const Repairs *repairs, ProblemCode code) {
        const FightKind kind = problem_code_fight(code);
        return (kind == FIGHT_RULES || kind == FIGHT_JUMP) &&
               (!repairs->world->guard || policy_set_forwards(repairs->intent->runtime));
}

void repair_done(const Repairs *repairs, ProblemCode code, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *sentence = g_strdup_vprintf(format, args);
        va_end(args);
        const char *author = fights_author(code, &repairs->world->news)->name, *name = problem_code_to_string(code);
        const FightState state =
                fights_repaired(repairs->fights, code, author, is_urgent(repairs, code), g_get_monotonic_time());
        if (state == FIGHT_BEGINS)
                agenda_within(repairs->agenda, AGENDA_RECONCILE, 0); /* to report it in Problems */
        /* A fight is logged when it begins and when it ends, or it would fill the journal. */
        if (state != FIGHT_GOES_ON)
                journal_log(LOG_WARNING, JOURNAL_FIELDS("QUAYWALL_REPAIR", name, "QUAYWALL_AUTHOR", author), "%s%s%s", sentence,
                            author[0] ? _("; the last to change it was ") : "", author);
        announce(&repairs->announcer, (Announcement){ .kind = ANNOUNCE_REPAIR, .code = code, .sentence = sentence });
}
