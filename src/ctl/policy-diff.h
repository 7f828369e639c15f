/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-diff: what is another in a policy now, for a person. Pure. */
#pragma once

#include <glib.h>

/* "ports: 8080/tcp -> any; log: yes -> no", in the order of policy show, with text_printable(); empty where both (a{sv}) mean the
 * same. */
char *policy_diff(GVariant *before, GVariant *after);
