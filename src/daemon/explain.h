/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns Manager.Explain: reads the connection, gathers what the kernel, iptables and /proc say, and answers with the
 * explanation. Changes nothing. */

#include "daemon/request.h"

bool explain_prepare(Request *request, GError **error);
bool explain_run(Request *request, GError **error);
