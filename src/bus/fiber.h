/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns fibers: functions on a stack of their own that wait for a bus reply while the one event loop goes on. So a
 * method of several firewalld calls reads from top to bottom, and nothing ever blocks. One thread only. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

typedef struct Fiber Fiber;
typedef void (*FiberFunc)(gpointer argument);

/* Runs func until it first waits; the rest runs from the event loop. */
void fiber_start(FiberFunc func, gpointer argument);

/* The fiber that runs now; NULL outside of any. */
Fiber *fiber_self(void);

/* Stops the fiber that runs now until somebody calls fiber_resume(). */
void fiber_suspend(void);
void fiber_resume(Fiber *fiber);

/* Lets everything else that waits have its turn, in the midst of work that takes long. */
void fiber_yield(sd_event *event);

/* Sends a call and waits for its reply. Returns the reply (also an error reply; unref it) or NULL with a negative errno
 * in ret_errno when the call could not be sent. Takes no ownership of the call. */
sd_bus_message *fiber_call(sd_bus *bus, sd_bus_message *call, guint64 timeout_usec, int *ret_errno);

/* One fiber at a time between lock and unlock, first come first served. */
typedef struct FiberMutex {
        bool locked;
        GQueue waiting; /* Fiber * */
} FiberMutex;
void fiber_mutex_lock(FiberMutex *mutex);
void fiber_mutex_unlock(FiberMutex *mutex);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FiberMutex, fiber_mutex_unlock)
