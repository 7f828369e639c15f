/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns single rules in DOCKER-USER that belong to no policy. */

#include "compile/direct-rule.h"
#include "daemon/in-force.h"
#include "daemon/repair.h"
#include "model/scope.h"
#include "world/world.h"

/* Sets the error of a rule that cannot be removed, and returns false. */
bool direct_edit_no_such(const DirectRule *rule, GError **error);

/* Whether a rule in DOCKER-USER has an effect; false with an error if Docker's backend is nftables. */
bool direct_edit_has_effect(const World *world, GError **error);

/* Adds or removes one rule at runtime, permanently or both. Waits; the caller holds the mutex. */
bool direct_edit(InForce *in_force, World *world, const Repairs *repairs, const DirectRule *rule, bool add, Scope scope,
                 GError **error);
