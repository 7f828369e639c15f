/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns "quaywalld --remove-rules": everything that quaywall put into nftables, firewalld and its own folders is taken away, for an
 * uninstallation. Policy files and settings stay. Runs instead of the service, never beside it. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "world/settings.h"

/* bus: to firewalld. Runs the event loop, prints what was removed, kept, and left to others, and returns the exit status. only_check:
 * changes nothing, and fails if it would be refused; also beside the service. */
int removal_run(const Settings *settings, sd_event *event, sd_bus *bus, bool only_check);
