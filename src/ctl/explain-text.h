/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns an explanation as people read it. Must not know how it was obtained. Pure. */

#include <stdbool.h>

#include <glib.h>

/* explanation: a{sv} of ExplainConnection. The sentence, and below it each step of the trace: where the packet was, the rule, and what it
 * did; unless all, only the step that decides and those that cannot be told. Free with g_free(). */
char *explain_text_format(GVariant *explanation, bool all, guint width, bool colour);
