/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns fibers: functions on a stack of their own that wait for a bus reply while the single event loop goes on. A method that
 * makes several firewalld calls reads from top to bottom, and nothing ever blocks. One thread only. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

typedef struct Fiber Fiber;
typedef void (*FiberFunc)(gpointer argument);

/* Runs func until it first waits; the event loop runs the rest. */
void fiber_start(FiberFunc func, gpointer argument);

/* The running fiber; NULL outside of any. */
Fiber *fiber_self(void);

/* Suspends the running fiber until fiber_resume(). */
void fiber_suspend(void);
void fiber_resume(Fiber *fiber);

/* Yields to all other events that are pending; for long work. No event source that may always have something to do has a higher number
 * than this priority: with one that did, a fiber that yields got no turn while hundreds of callers waited (make check-load). */
#define FIBER_YIELD_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 20)
void fiber_yield(sd_event *event);

/* Suspends the running fiber for a time: for what no event reports. */
void fiber_sleep(sd_event *event, guint64 usec);

/* Sends a call and waits for its reply. Returns the reply (also an error reply; unref it), or NULL with a negative errno in
 * ret_errno if the call could not be sent. Takes no ownership of the message. */
sd_bus_message *fiber_call(sd_bus *bus, sd_bus_message *message, guint64 timeout_usec, int *ret_errno);

/* One fiber at a time between lock and unlock, first come, first served; lock_next: ahead of all that already wait. */
typedef struct FiberMutex {
        bool locked;
        GQueue waiting; /* Fiber * */
} FiberMutex;
void fiber_mutex_lock(FiberMutex *mutex);
void fiber_mutex_lock_next(FiberMutex *mutex);
void fiber_mutex_unlock(FiberMutex *mutex);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FiberMutex, fiber_mutex_unlock)
