/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notices.h"

#include <sys/epoll.h>

#include <glib/gi18n.h>

#include "world/journal.h"

static bool is_firewalld(const MonitorAuthor *author) {
        return g_str_equal(author->name, "firewalld") || g_str_has_prefix(author->name, "iptables") ||
               g_str_has_prefix(author->name, "ip6tables");
}

bool notices_take(World *world) {
        MonitorNews *news = &world->news;
        const MonitorAuthor before = news->others_author;
        news->guard = news->elements = news->others = news->nat = news->zones = news->lost = false;
        news->guard_commits = 0;
        if (!world->monitor || !monitor_drain(world->monitor, news))
                return false;
        /* While the mutex is held, firewalld changes rules at quaywall's request. */
        if (world->mutex->locked && is_firewalld(&news->others_author))
                news->others_author = before;
        if (world->guard)
                guard_hear(world->guard, news);
        const bool nat = news->nat || news->lost, others = news->others || news->lost, guard = news->guard || news->lost,
                   zones = news->zones || news->lost;
        world->nat_changed |= nat;
        world->nat_is_read &= !nat;
        world->tables_are_stale |= others;
        world->zone_rules_stale |= zones;
        /* guard_hear() has dealt with what concerns only the sets of the own table. */
        const WorldChange what = (guard ? WORLD_GUARD : 0) | (nat ? WORLD_PUBLISHED : 0) | (others ? WORLD_RULES : 0) |
                                 (zones ? WORLD_ZONE_RULES : 0);
        if (what)
                world->changed(what, world->userdata);
        return true;
}

void notices_rest(World *world) {
        if (world->guard)
                guard_rest(world->guard);
        g_autofree char *listing = world->guard && world->monitor ? guard_list(world->guard) : NULL;
        if (!listing)
                return;
        (void) notices_take(world);
        guard_keep_listing(world->guard, listing);
}

/* Resumes the fiber that waits for the ruleset. */
static void wake(World *world) {
        world->notices++;
        Fiber *waiter = g_steal_pointer(&world->waiter);
        if (waiter)
                fiber_resume(waiter);
}

static int on_wait_over(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        wake(userdata);
        return 0;
}

void notices_wait(World *world, NoticesDoneFunc done, gpointer userdata, guint64 usec) {
        g_autoptr(SdEventSource) timer = NULL;
        uint64_t now, end;
        if (!world->monitor || sd_event_now(world->event, CLOCK_MONOTONIC, &end) < 0)
                return;
        end += usec;
        for (;;) {
                const guint notices = world->notices;
                if (done(world, userdata) || sd_event_now(world->event, CLOCK_MONOTONIC, &now) < 0 || now >= end)
                        break;
                /* A notice that came while done() ran found nobody waiting: check again. */
                if (notices != world->notices)
                        continue;
                g_clear_pointer(&timer, sd_event_source_unref);
                if (sd_event_add_time(world->event, &timer, CLOCK_MONOTONIC, end, 0, on_wait_over, world) < 0)
                        break;
                world->waiter = fiber_self();
                fiber_suspend();
        }
}

static int on_ruleset(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t revents,
                      void *userdata) {
        (void) notices_take(userdata);
        wake(userdata);
        return 0;
}

static int on_links(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t revents,
                    void *userdata) {
        World *world = userdata;
        if (links_drain(world->links))
                world->changed(WORLD_LINKS, world->userdata);
        return 0;
}

static void listen_to(World *world, int fd, sd_event_io_handler_t handler) {
        const int r = sd_event_add_io(world->event, NULL, fd, EPOLLIN, handler, world);
        if (r < 0)
                journal_log(LOG_WARNING, NULL, _("cannot listen to the kernel: %s"), g_strerror(-r));
}

void notices_open(World *world) {
        g_autoptr(GError) unheard = NULL, unread = NULL;
        world->monitor = monitor_new(&unheard);
        if (world->monitor) {
                listen_to(world, monitor_fd(world->monitor), on_ruleset);
                if (world->guard)
                        guard_hear(world->guard, &(MonitorNews){ 0 }); /* so that it relies on what follows */
        } else
                journal_log(LOG_WARNING, NULL, "%s", unheard->message);
        world->links = links_new(&unread);
        if (world->links)
                listen_to(world, links_fd(world->links), on_links);
        else
                journal_log(LOG_WARNING, NULL, "%s", unread->message);
}
