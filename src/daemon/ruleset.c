/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruleset.h"

#include <sys/epoll.h>

#include "daemon/enforce.h"
#include "daemon/journal.h"
#include "daemon/settle.h"
#include "docker/docker.h"

/* Others change the ruleset in bursts. The guard is looked after at once; the rest, which takes calls of firewalld, when
 * the burst had time to end. */
#define QUIET_USEC (100 * 1000ULL)
/* With the guard in force nothing is in a hurry, and each call keeps firewalld from Docker, which is writing its rules. */
#define QUIET_GUARDED_USEC (1000 * 1000ULL)
/* While Docker starts it has firewalld run iptables some dozens of times. Looked at each second meanwhile, 5 s of that became 10 s
 * (tests/lab/t/90-hold.lab). That it is done is told. */
#define QUIET_STARTING_USEC (5 * G_USEC_PER_SEC)

static bool is_firewalld(const MonitorAuthor *author) {
        return g_str_equal(author->name, "firewalld") || g_str_has_prefix(author->name, "iptables") ||
               g_str_has_prefix(author->name, "ip6tables");
}

static guint64 quiet_usec(const Context *context) {
        if (!context->guard)
                return QUIET_USEC;
        return docker_is_starting(context->docker) ? QUIET_STARTING_USEC : QUIET_GUARDED_USEC;
}

bool ruleset_take(Context *context) {
        MonitorNews *news = &context->news;
        const MonitorAuthor before = news->others_author;
        news->guard = news->elements = news->others = news->nat = news->lost = false;
        news->guard_commits = 0;
        if (!context->monitor || !monitor_drain(context->monitor, news))
                return false;
        /* While we have firewalld change rules, its processes are ours. */
        if (context->mutex.locked && is_firewalld(&news->others_author))
                news->others_author = before;
        g_autoptr(GError) error = NULL;
        if (context->guard)
                guard_hear(context->guard, news);
        /* Also while a change is under way: it would take until firewalld has answered all its calls. A change puts the
         * guard in force and takes its policies for the runtime ones without giving way to anybody in between. */
        if ((news->guard || news->lost) && !enforce_guard(context, &error)) {
                journal_log(LOG_ERR, NULL, "%s", error->message);
                settle_within(context, G_USEC_PER_SEC);
        }
        if (news->nat || news->lost) {
                context->nat_changed = true;
                enforce_published(context);
        }
        /* What only we have in our own table was dealt with. */
        if (news->others || news->lost) {
                context->kernel_is_stale = true;
                settle_within(context, quiet_usec(context));
        }
        return true;
}

static int on_ruleset_changed(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t revents,
                              void *userdata) {
        Context *context = userdata;
        (void) ruleset_take(context);
        settle_wake(context);
        return 0;
}

static int on_links_changed(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t revents,
                            void *userdata) {
        Context *context = userdata;
        if (links_drain(context->links))
                enforce_links(context);
        return 0;
}

int ruleset_open(Context *context) {
        g_autoptr(GError) error = NULL, unread = NULL;
        int r = 0;
        context->monitor = monitor_new(&error);
        if (context->monitor)
                r = sd_event_add_io(context->event, NULL, monitor_fd(context->monitor), EPOLLIN, on_ruleset_changed, context);
        else
                journal_log(LOG_WARNING, NULL, "%s", error->message);
        context->links = links_new(&unread);
        if (context->links && r >= 0)
                r = sd_event_add_io(context->event, NULL, links_fd(context->links), EPOLLIN, on_links_changed, context);
        else if (unread)
                journal_log(LOG_WARNING, NULL, "%s", unread->message);
        return r;
}
