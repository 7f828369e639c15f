/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the user's pager, as systemctl(1) has it: $SYSTEMD_PAGER, else $PAGER, else less. Must not know what is shown. */

#include <stdbool.h>

/* Shows the text in the pager and waits for its end. false: stdout is no terminal, the user wants none, or it failed, and the text is to
 * be printed. */
bool pager_show(const char *text);
