/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what systemd, if it runs, reports about a process or unit. Must not know Docker. */

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>

/* The D-Bus path of the unit of this process; NULL if nobody knows. Waits in a fiber. Free with g_free(). */
char *unit_of_process(sd_bus *bus, pid_t pid);

/* Whether systemd has started the unit of this name ("firewalld.service") or is about to, as far as it knows. Waits in a fiber;
 * also false if nobody knows. */
bool unit_is_up(sd_bus *bus, const char *name);

/* Whether systemd is stopping this unit. Waits in a fiber; also false if nobody knows, and for no unit. */
bool unit_is_stopping(sd_bus *bus, const char *path);
