/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusals.h"

#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "world/journal.h"

#define MINUTE_USEC (60 * G_USEC_PER_SEC)

/* With sub-uids one person is 65,536 users: beyond this many, users share one entry. */
#define USERS_MAX 16
#define THE_REST ((uid_t) -1)

typedef struct Refusals {
        uid_t uid;
        gint64 since; /* of the last line, monotonic */
        guint count;  /* since then */
        char *method, *why;
        sd_event_source *timer; /* for the next line; NULL: there is nothing to log */
} Refusals;

static GHashTable *users; /* uid -> Refusals */

static void refusals_free(gpointer p) {
        Refusals *refusals = p;
        sd_event_source_disable_unref(refusals->timer);
        g_free(refusals->method);
        g_free(refusals->why);
        g_free(refusals);
}

static void say(Refusals *refusals) {
        g_autofree char *uid = refusals->uid == THE_REST ? g_strdup("") : g_strdup_printf("%u", (unsigned) refusals->uid),
                        *who = refusals->uid == THE_REST ? g_strdup(_("other users")) : g_strdup_printf(_("uid %s"), uid);
        if (refusals->count == 1)
                journal_log(LOG_NOTICE, JOURNAL_FIELDS("QUAYWALL_METHOD", refusals->method, "QUAYWALL_UID", uid),
                            _("%s by %s failed: %s"), refusals->method, who, refusals->why);
        else
                journal_log(LOG_NOTICE, JOURNAL_FIELDS("QUAYWALL_METHOD", refusals->method, "QUAYWALL_UID", uid),
                            _("%u calls of %s were refused in the last minute, the last one %s: %s"), refusals->count, who,
                            refusals->method, refusals->why);
        refusals->count = 0;
        refusals->since = g_get_monotonic_time();
}

static int on_minute(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        Refusals *refusals = userdata;
        refusals->timer = sd_event_source_disable_unref(refusals->timer);
        say(refusals);
        return 0;
}

static gboolean is_over(G_GNUC_UNUSED gpointer uid, gpointer value, gpointer now) {
        const Refusals *refusals = value;
        return !refusals->timer && *(gint64 *) now - refusals->since >= MINUTE_USEC;
}

static Refusals *find(uid_t uid, gint64 now) {
        Refusals *refusals = g_hash_table_lookup(users, GUINT_TO_POINTER(uid));
        if (refusals)
                return refusals;
        if (g_hash_table_size(users) >= USERS_MAX)
                g_hash_table_foreach_remove(users, is_over, &now);
        if (g_hash_table_size(users) >= USERS_MAX && uid != THE_REST)
                return find(THE_REST, now);
        refusals = g_new0(Refusals, 1);
        refusals->uid = uid;
        refusals->since = now - MINUTE_USEC;
        g_hash_table_insert(users, GUINT_TO_POINTER(uid), refusals);
        return refusals;
}

void refusals_note(sd_event *event, uid_t uid, const char *method, const GError *error) {
        const gint64 now = g_get_monotonic_time();
        if (!users)
                users = g_hash_table_new_full(NULL, NULL, NULL, refusals_free);
        Refusals *refusals = find(uid, now);
        refusals->count++;
        g_free(refusals->method);
        g_free(refusals->why);
        refusals->method = g_strdup(method);
        refusals->why = g_strdup(error->message);
        if (refusals->timer)
                return;
        if (now - refusals->since >= MINUTE_USEC ||
            sd_event_add_time(event, &refusals->timer, CLOCK_MONOTONIC, refusals->since + MINUTE_USEC, G_USEC_PER_SEC,
                              on_minute, refusals) < 0)
                say(refusals);
}
