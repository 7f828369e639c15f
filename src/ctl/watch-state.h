/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the page of "watch" knows, as the service's answers and signals tell it. Must not know how they arrive, nor how the page
 * looks. */

#include "ctl/page.h"

typedef struct WatchState {
        GVariant *manager, *policies; /* as of PageModel */
        GVariant *pending;            /* the property PendingChange */
        GHashTable *counts;           /* name -> PageCount * */
        char *ports;                  /* a table, or why there is none */
} WatchState;

void watch_state_init(WatchState *state);
void watch_state_clear(WatchState *state);

/* Whole answers: of GetAll for Manager and for Policies, of List, ListPorts and WatchCounters. */
void watch_take_manager(WatchState *state, GVariant *reply);
void watch_take_pending(WatchState *state, GVariant *reply);
void watch_take_policies(WatchState *state, GVariant *reply);
void watch_take_ports(WatchState *state, GVariant *reply);
void watch_take_counters(WatchState *state, GVariant *reply);

/* The parameters of the signals PropertiesChanged and CountersChanged. */
void watch_take_properties(WatchState *state, GVariant *parameters);
void watch_take_changed_counters(WatchState *state, GVariant *parameters);

/* Nobody counts any more. */
void watch_forget_counters(WatchState *state);

/* Whether a change waits to be confirmed. */
bool watch_is_pending(const WatchState *state);

/* The page (PageLine *; unref the array). trouble: as of PageModel. */
GPtrArray *watch_page(const WatchState *state, const char *trouble, guint width);
