/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what systemd, if it is there, thinks of a process. Must not know Docker. */

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>

/* Whether systemd is ending the unit of this process. Waits in a fiber; false also when nobody can say. */
bool unit_is_stopping(sd_bus *bus, pid_t pid);
