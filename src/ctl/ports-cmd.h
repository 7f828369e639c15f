/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command ports: the ports that Docker publishes and who can reach them; and what "engine" shows of ports and networks. Must
 * not know why a port is reachable: the service explains it. */

#include "ctl/ctl.h"

bool ports_cmd_run(Ctl *ctl, GStrv words, GError **error);

/* The table of aa{sv} of ListPorts, without its notes. Free with g_free(). */
char *ports_format(GVariant *ports);

/* Of one port of ListPorts, its name as "8080/tcp" or "192.168.1.99:8080/tcp", and who can reach it. Free with g_free(). */
char *ports_name(GVariant *port);
char *ports_reach_all(GVariant *port);

/* Those of aa{sv} of ListPorts that are published on every address, as "8080/tcp (web)"; free with g_strfreev(). */
GStrv ports_everywhere(GVariant *ports);

/* "engine networks". */
bool ports_show_networks(Ctl *ctl, GError **error);
