/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the cleanup macros for sd-bus and sd-event objects. */

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

typedef sd_bus SdBus;
typedef sd_bus_message SdBusMessage;
typedef sd_bus_slot SdBusSlot;
typedef sd_event SdEvent;
typedef sd_event_source SdEventSource;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SdBus, sd_bus_flush_close_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SdBusMessage, sd_bus_message_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SdBusSlot, sd_bus_slot_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SdEvent, sd_event_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SdEventSource, sd_event_source_unref)
