/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lapse.h"

#include <glib/gi18n.h>

#include "bus/fiber.h"
#include "daemon/change.h"
#include "model/policy-time.h"
#include "world/journal.h"

/* After a failure, for example while firewalld is away. */
#define RETRY_SEC 5

struct Lapse {
        sd_event *event;
        Reconciler *reconciler;
        sd_event_source *timer;
        bool has_failed; /* the last time, and that was logged */
};

Lapse *lapse_new(sd_event *event, Reconciler *reconciler) {
        Lapse *lapse = g_new0(Lapse, 1);
        *lapse = (Lapse){ .event = event, .reconciler = reconciler };
        return lapse;
}

void lapse_free(Lapse *lapse) {
        if (!lapse)
                return;
        sd_event_source_disable_unref(lapse->timer);
        g_free(lapse);
}

/* names: of what changed. */
static void log_ended(GPtrArray *names, PolicySet *runtime, PolicySet *permanent) {
        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                const bool stays =
                        g_hash_table_contains(runtime->policies, name) || g_hash_table_contains(permanent->policies, name);
                journal_log(LOG_NOTICE, NULL,
                            stays ? _("The time of sources of the policy \"%s\" is over") :
                                    _("The time of the policy \"%s\" is over"),
                            name);
        }
}

static void end_locked(Lapse *lapse) {
        const Intent *intent = lapse->reconciler->intent;
        const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
        g_autoptr(PolicySet) runtime = policy_set_at(intent->runtime, now, false),
                             permanent = policy_set_at(intent->permanent, now, false);
        g_autoptr(GError) error = NULL;
        if (runtime == intent->runtime && permanent == intent->permanent)
                return;
        g_autoptr(GPtrArray) names = intent_difference(intent, runtime, permanent, STORE_POLICIES);
        if (change_run(lapse->reconciler, runtime, permanent, NULL, &error)) {
                log_ended(names, runtime, permanent);
                lapse->has_failed = false;
                return;
        }
        if (!lapse->has_failed)
                journal_log(LOG_ERR, NULL, _("What policies allow for a time is over, but cannot be ended yet: %s"),
                            error->message);
        lapse->has_failed = true;
}

static void end_main(gpointer argument) {
        Lapse *lapse = argument;
        fiber_mutex_lock(&lapse->reconciler->mutex);
        end_locked(lapse);
        fiber_mutex_unlock(&lapse->reconciler->mutex);
        lapse_arm(lapse);
}

static int on_time(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        fiber_start(end_main, userdata);
        return 0;
}

void lapse_arm(Lapse *lapse) {
        const Intent *intent = lapse->reconciler->intent;
        const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
        gint64 next = MIN(policy_set_next_end(intent->runtime), policy_set_next_end(intent->permanent));
        /* What was read from files may be over, and still be in them. */
        g_autoptr(PolicySet) runtime = policy_set_at(intent->runtime, now, false),
                             permanent = policy_set_at(intent->permanent, now, false);
        if (runtime != intent->runtime || permanent != intent->permanent)
                next = now;
        lapse->timer = sd_event_source_disable_unref(lapse->timer);
        if (next == G_MAXINT64)
                return;
        if (lapse->has_failed)
                next = MAX(next, now + RETRY_SEC);
        /* The wall clock: it is told when it is set, and counts while the machine sleeps. */
        int r = sd_event_add_time(lapse->event, &lapse->timer, CLOCK_REALTIME, (uint64_t) MAX(next, 0) * G_USEC_PER_SEC, 0,
                                  on_time, lapse);
        if (r < 0)
                journal_log(LOG_ERR, NULL, _("cannot set the timer for what holds for a time: %s"), g_strerror(-r));
}
