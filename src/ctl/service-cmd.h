/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service-cmd: the commands status, verify, repair and reload. */
#pragma once

#include "ctl.h"

gboolean service_cmd_status(Ctl *ctl, GStrv argv, GError **error);
gboolean service_cmd_verify(Ctl *ctl, GStrv argv, GError **error);
gboolean service_cmd_repair(Ctl *ctl, GStrv argv, GError **error);
gboolean service_cmd_reload(Ctl *ctl, GStrv argv, GError **error);
