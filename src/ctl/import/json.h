/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading what "policy export" printed: { "policies": { NAME: { KEY: VALUE } } }, and "groups", alike, where policies name some. Must not know which keys and values are right:
 * the service checks them. Pure. */

#include "ctl/import/result.h"

/* Strings, booleans and arrays of strings become s, b and as. Anything else is IMPORT_ERROR_REFUSED, and so is a name or a key that is
 * there twice; file: its name for that sentence. Free with import_result_free(). */
ImportResult *import_json(const char *text, const char *file, GError **error);
