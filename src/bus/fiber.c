/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fiber.h"

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* Address space only: pages that are never touched cost nothing. libnftables' parser is the deepest caller. */
#define STACK_SIZE (1U << 20)

/* The address sanitizer must know of every stack switch: it searches for leaks from what stacks point to. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(keep, bottom, size)
#define __sanitizer_finish_switch_fiber(kept, bottom, size)
#endif

struct Fiber {
        ucontext_t context, resumer;
        FiberFunc func;
        gpointer argument;
        void *stack;
        bool done;
        /* For the sanitizer: its state for this stack and for the resumer's, and the resumer's stack. */
        void *kept, *resumer_kept;
        const void *resumer_stack;
        size_t resumer_size;
};

static Fiber *current;
static void *spare_stack; /* of the last fiber that ended: most calls are short and come one by one */

static void arrived(G_GNUC_UNUSED Fiber *self) {
        __sanitizer_finish_switch_fiber(self->kept, &self->resumer_stack, &self->resumer_size);
}

static void enter(void) {
        Fiber *self = current;
        arrived(self);
        self->func(self->argument);
        self->done = true;
        __sanitizer_start_switch_fiber(NULL, self->resumer_stack, self->resumer_size);
        swapcontext(&self->context, &self->resumer);
        g_assert_not_reached();
}

Fiber *fiber_self(void) {
        return current;
}

void fiber_resume(Fiber *fiber) {
        Fiber *resumer = current;
        current = fiber;
        __sanitizer_start_switch_fiber(&fiber->resumer_kept, fiber->stack, STACK_SIZE);
        swapcontext(&fiber->resumer, &fiber->context);
        __sanitizer_finish_switch_fiber(fiber->resumer_kept, NULL, NULL);
        current = resumer;
        if (fiber->done) {
                if (spare_stack)
                        munmap(fiber->stack, STACK_SIZE);
                else
                        spare_stack = fiber->stack;
                g_free(fiber);
        }
}

void fiber_suspend(void) {
        Fiber *self = current;
        g_assert(self);
        __sanitizer_start_switch_fiber(&self->kept, self->resumer_stack, self->resumer_size);
        swapcontext(&self->context, &self->resumer);
        arrived(self);
}

static void *new_stack(void) {
        void *stack =
                mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (stack == MAP_FAILED)
                g_error("no address space for a stack");
        /* An overflowing stack hits this page and not its neighbour. */
        mprotect(stack, sysconf(_SC_PAGESIZE), PROT_NONE);
        return stack;
}

void fiber_start(FiberFunc func, gpointer argument) {
        Fiber *fiber = g_new0(Fiber, 1);
        fiber->func = func;
        fiber->argument = argument;
        fiber->stack = g_steal_pointer(&spare_stack);
        if (!fiber->stack)
                fiber->stack = new_stack();
        getcontext(&fiber->context);
        fiber->context.uc_stack.ss_sp = fiber->stack;
        fiber->context.uc_stack.ss_size = STACK_SIZE;
        fiber->context.uc_link = NULL;
        makecontext(&fiber->context, enter, 0);
        fiber_resume(fiber);
}

static int on_turn(G_GNUC_UNUSED sd_event_source *source, void *fiber) {
        fiber_resume(fiber);
        return 0;
}

void fiber_yield(sd_event *event) {
        sd_event_source *turn = NULL;
        if (sd_event_add_defer(event, &turn, on_turn, current) < 0)
                return;
        /* Behind those of the same priority that are pending. */
        (void) sd_event_source_set_priority(turn, FIBER_YIELD_PRIORITY);
        fiber_suspend();
        sd_event_source_disable_unref(turn);
}

static int on_time(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *fiber) {
        fiber_resume(fiber);
        return 0;
}

void fiber_sleep(sd_event *event, guint64 usec) {
        sd_event_source *timer = NULL;
        if (sd_event_add_time_relative(event, &timer, CLOCK_MONOTONIC, usec, 0, on_time, current) < 0)
                return;
        fiber_suspend();
        sd_event_source_disable_unref(timer);
}

typedef struct Call {
        Fiber *fiber;
        sd_bus_message *reply;
} Call;

static int on_reply(sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Call *call = userdata;
        call->reply = sd_bus_message_ref(reply);
        fiber_resume(call->fiber);
        return 0;
}

sd_bus_message *fiber_call(sd_bus *bus, sd_bus_message *message, guint64 timeout_usec, int *ret_errno) {
        Call call = { current, NULL };
        *ret_errno = sd_bus_call_async(bus, NULL, message, on_reply, &call, timeout_usec);
        if (*ret_errno < 0)
                return NULL;
        fiber_suspend();
        return call.reply;
}

/* push: g_queue_push_tail or g_queue_push_head */
static void take_turn(FiberMutex *mutex, void (*push)(GQueue *, gpointer)) {
        if (mutex->locked) {
                push(&mutex->waiting, current);
                fiber_suspend();
        }
        mutex->locked = true;
}

void fiber_mutex_lock(FiberMutex *mutex) {
        take_turn(mutex, g_queue_push_tail);
}

void fiber_mutex_lock_next(FiberMutex *mutex) {
        take_turn(mutex, g_queue_push_head);
}

void fiber_mutex_unlock(FiberMutex *mutex) {
        mutex->locked = false;
        Fiber *next = g_queue_pop_head(&mutex->waiting);
        if (next)
                fiber_resume(next);
}
