/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-faults: what a test wants to go wrong in a mock, and the record of the calls that were made. */
#pragma once

#include <gio/gio.h>

typedef enum { FAULT_NONE, FAULT_FAIL, FAULT_HANG, FAULT_DIE_BEFORE, FAULT_DIE_AFTER, FAULT_SILENT } FaultKind;

/* From now on, the NTH call (1 is the next) whose name matches PATTERN ("direct.addRule", "direct.*") meets KIND; with
 * FAULT_SILENT so do all calls after it. */
void faults_plan(const char *pattern, guint nth, FaultKind kind, const char *message);
void faults_clear(void);
/* Records the call and tells what is planned for it; RET_MESSAGE is set for FAULT_FAIL and belongs to the caller. */
FaultKind faults_meet(const char *name, GVariant *args, char **ret_message);
/* a(ss): name and arguments of every call since the last clear. */
GVariant *faults_calls(void);
void faults_clear_calls(void);
