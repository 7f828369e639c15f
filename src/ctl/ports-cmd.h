/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ports-cmd: what Docker publishes and who can reach it: the command ports, and what "engine" tells of ports and networks. */
#pragma once

#include "ctl.h"

gboolean ports_cmd_run(Ctl *ctl, GStrv argv, GError **error);

/* aa{sv} of ListPorts: those that listen on every address, "0.0.0.0:8080/tcp (web)"; free with g_strfreev(). */
GStrv ports_everywhere(GVariant *ports);

/* "quaywallctl engine networks". */
gboolean ports_show_networks(Ctl *ctl, GError **error);
