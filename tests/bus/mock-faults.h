/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-faults: planned failures of a mock, and a record of the calls it received. */
#pragma once

#include <gio/gio.h>

typedef enum { FAULT_NONE, FAULT_FAIL, FAULT_HANG, FAULT_DIE_BEFORE, FAULT_DIE_AFTER, FAULT_SILENT, FAULT_STRANGE } FaultKind;

/* The NTH call from now (1: the next) whose name matches PATTERN ("direct.addRule", "direct.*") fails as KIND says; with
 * FAULT_SILENT all later calls do, too. FAULT_STRANGE: it is done, and the answer has a type that no call has. */
void faults_plan(const char *pattern, guint nth, FaultKind kind, const char *message);
void faults_clear(void);
/* Records the call and returns the failure that is planned for it. RET_MESSAGE is set for FAULT_FAIL; the caller frees it. */
FaultKind faults_meet(const char *name, GVariant *args, char **ret_message);
/* a(ss): name and arguments of every call since the last clear. */
GVariant *faults_calls(void);
void faults_clear_calls(void);
