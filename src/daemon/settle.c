/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settle.h"

#include "compile/kernel-rules.h"
#include "daemon/enforce.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "firewalld/direct.h"
#include "guard/tables.h"

/* Docker rebuilds after firewalld's signal, DNAT last; measured: after 0.3 to 1 s. */
#define REBUILD_USEC (5 * G_USEC_PER_SEC)

static int on_settle(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        enforce_want(userdata);
        return 0;
}

void settle_within(Context *context, guint64 usec) {
        uint64_t now, planned;
        int enabled = SD_EVENT_OFF, r;
        if (sd_event_now(context->event, CLOCK_MONOTONIC, &now) < 0)
                return;
        if (context->settle && sd_event_source_get_enabled(context->settle, &enabled) > 0 && enabled != SD_EVENT_OFF &&
            sd_event_source_get_time(context->settle, &planned) >= 0 && planned <= now + usec)
                return; /* it looks sooner anyway, and what is still to come sends an event */
        if (!context->settle)
                r = sd_event_add_time(context->event, &context->settle, CLOCK_MONOTONIC, now + usec, 0, on_settle, context);
        else {
                r = sd_event_source_set_time(context->settle, now + usec);
                if (r >= 0)
                        r = sd_event_source_set_enabled(context->settle, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                journal_log(LOG_ERR, NULL, "cannot set a timer: %s", g_strerror(-r));
}

guint64 settle_deadline(Context *context) {
        guint64 usec = 0;
        if (context->settle)
                (void) sd_event_source_get_time(context->settle, &usec);
        return usec;
}

bool settle_is_armed(Context *context) {
        return context->settle && sd_event_source_get_enabled(context->settle, NULL) > 0;
}

void settle_wake(Context *context) {
        context->ruleset_notices++;
        Fiber *waiter = g_steal_pointer(&context->ruleset_waiter);
        if (waiter)
                fiber_resume(waiter);
}

static int on_wait_over(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        settle_wake(userdata);
        return 0;
}

/* How many rules Docker has for published ports and bridges; 0: it is not there, or cannot be asked for. */
static guint count_docker_rules(Context *context) {
        const char *const args[] = { "-t", "nat", "-S", NULL };
        g_autofree char *text = direct_iptables(context->firewalld, FAMILY_IPV4, args, NULL);
        g_autoptr(KernelTable) table = text ? kernel_table_parse(text) : NULL;
        guint count = 0;
        for (guint i = 0; table && i < table->rules->len; i++)
                count += g_str_equal(((KernelRule *) table->rules->pdata[i])->chain, "DOCKER");
        return count;
}

void settle_until(Context *context, SettleFunc done, gpointer userdata, guint64 usec) {
        g_autoptr(SdEventSource) timer = NULL;
        uint64_t now, end;
        if (!context->monitor || sd_event_now(context->event, CLOCK_MONOTONIC, &end) < 0)
                return;
        end += usec;
        for (;;) {
                const guint notices = context->ruleset_notices;
                if (done(context, userdata) || sd_event_now(context->event, CLOCK_MONOTONIC, &now) < 0 || now >= end)
                        break;
                /* One that came while the question was on its way found nobody waiting. */
                if (notices != context->ruleset_notices)
                        continue;
                g_clear_pointer(&timer, sd_event_source_unref);
                if (sd_event_add_time(context->event, &timer, CLOCK_MONOTONIC, end, 0, on_wait_over, context) < 0)
                        break;
                context->ruleset_waiter = fiber_self();
                fiber_suspend();
        }
}

static bool has_as_many(Context *context, gpointer before) {
        return count_docker_rules(context) >= GPOINTER_TO_UINT(before);
}

/* firewalld begins by deleting its table. Where somebody has done so it gives up, and leaves everybody shut out (1.3.3); the next one
 * does not try. */
static bool reload_twice(Context *context, GError **error) {
        g_autoptr(GError) failure = NULL;
        if (direct_reload(context->firewalld, &failure))
                return true;
        if (!context->firewalld_table || tables_have("inet", "firewalld")) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        journal_log(LOG_NOTICE, NULL, "firewalld could not reload, as its table is gone; once more");
        return direct_reload(context->firewalld, error);
}

bool settle_reload_firewalld(Context *context, GError **error) {
        const guint before = count_docker_rules(context);
        kernel_forget(context);
        context->reloading = true;
        const bool reloaded = reload_twice(context, error);
        context->reloading = false;
        if (!reloaded)
                return false;
        settle_within(context, 2 * G_USEC_PER_SEC);
        if (before > 0)
                settle_until(context, has_as_many, GUINT_TO_POINTER(before), REBUILD_USEC);
        return true;
}
