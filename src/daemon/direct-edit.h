/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns single rules of DOCKER-USER that are not a policy's. */

#include "compile/direct-rule.h"
#include "daemon/context.h"

/* Adds or removes one rule at runtime, permanently or both (Scope). Waits; the caller holds the mutex. */
bool direct_edit(Context *context, const DirectRule *rule, bool add, int scope, GError **error);
