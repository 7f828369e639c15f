/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import-json: policies from what 'policy export' printed: { "policies": { NAME: { KEY: VALUE } } }. Which keys and
 * values are right is for the service to say. Pure. */
#pragma once

#include "import-iptables.h"

/* Strings, booleans and arrays of strings become s, b and as; anything else is refused, and so is a name or key that
 * is there twice. name: as for import_iptables(). */
ImportResult *import_json(const char *text, const char *file, const char *name, GError **error);
