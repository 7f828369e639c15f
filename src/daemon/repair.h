/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the account of what was repaired: how often, who had undone it, and when it may be done again. */

#include "daemon/context.h"

/* Whether what this code stands for may be repaired now. If not, somebody fights for it, and a look is planned for the
 * time when it may. */
bool repair_is_due(Context *context, const char *code);

/* It was found and mended: counts it, logs it, tells everybody. */
void repair_done(Context *context, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* firewalld or Docker began anew, which undoes much and is no fight. */
void repair_forgive(Context *context);

/* Adds a problem "contested" for each fight, ends those that are over, and plans the look that sees the end. */
void repair_report(Context *context, GPtrArray *problems);

/* Calls visit for each code that was repaired since the start. */
typedef void (*RepairFunc)(const char *code, guint32 count, gpointer userdata);
void repair_visit(Context *context, RepairFunc visit, gpointer userdata);

void repair_clear(Context *context);
