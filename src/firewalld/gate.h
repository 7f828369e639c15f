/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's policies that quaywall makes: from zones to zones, with rich rules. Calls wait. */

#include "firewalld/client.h"

/* What one says, but for its target, which is CONTINUE. Lists are sorted; rules are written as firewalld does. */
typedef struct Gate {
        GStrv in, out, rules;
        int priority;   /* the smaller is asked first; below 0 before zones are */
        bool continues; /* as it was read: nobody changed the target */
} Gate;

Gate *gate_new(int priority, const char *const *in, const char *const *out, const char *const *rules);
void gate_free(Gate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gate, gate_free)
bool gate_equal(const Gate *a, const Gate *b);

/* Names of all policies, also of others; free with g_strfreev(). */
GStrv gate_list_runtime(Firewalld *firewalld, GError **error);
GStrv gate_list_permanent(Firewalld *firewalld, GError **error);

/* One of those lists. Free with gate_free(). */
Gate *gate_read_runtime(Firewalld *firewalld, const char *name, GError **error);
Gate *gate_read_permanent(Firewalld *firewalld, const char *name, GError **error);

/* Makes it permanently, or what it should be. A new one is there after a reload: firewalld has no runtime call that makes one. */
bool gate_put_permanent(Firewalld *firewalld, bool is_there, const char *name, const Gate *gate, GError **error);
bool gate_remove_permanent(Firewalld *firewalld, const char *name, GError **error);

/* Gives one of gate_list_runtime() its rules. *ret_must_reload: its zones, its priority or its target are not right, and only that mends them; then,
 * or if it was true before, nothing is done. */
bool gate_put_runtime(Firewalld *firewalld, const char *name, const Gate *gate, bool *ret_must_reload, GError **error);

/* Takes its zones from one of gate_list_runtime(), so that nothing is asked of it any more. */
bool gate_close_runtime(Firewalld *firewalld, const char *name, GError **error);
