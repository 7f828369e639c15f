/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what systemd, if it is there, thinks of a process or unit. Must not know Docker. */

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>

/* The D-Bus path of the unit of this process; NULL when nobody can say. Waits in a fiber. Free with g_free(). */
char *unit_of_process(sd_bus *bus, pid_t pid);

/* Whether systemd has started the unit of this name ("firewalld.service") or is about to, as far as it knows. Waits in a fiber; false
 * also when nobody can say. */
bool unit_is_up(sd_bus *bus, const char *name);

/* Whether systemd is ending this unit. Waits in a fiber; false also when nobody can say, and for no unit. */
bool unit_is_stopping(sd_bus *bus, const char *path);
