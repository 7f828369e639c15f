/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the firewalld policies that quaywall makes: from zones to zones, with rich rules. Calls wait. */

#include "firewalld/client.h"

/* The content of one policy. Its target is CONTINUE. Lists are sorted; rules are written as firewalld prints them. */
typedef struct Gate {
        GStrv in, out, rules;
        int priority;   /* the lowest comes first; those below 0 come before zones */
        bool continues; /* as read: nobody changed the target */
} Gate;

Gate *gate_new(int priority, const char *const *in, const char *const *out, const char *const *rules);
void gate_free(Gate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gate, gate_free)
bool gate_equal(const Gate *a, const Gate *b);

/* Names of all policies, not only quaywall's; free with g_strfreev(). */
GStrv gate_list_runtime(Firewalld *firewalld, GError **error);
GStrv gate_list_permanent(Firewalld *firewalld, GError **error);

/* A policy from one of those lists. Free with gate_free(). */
Gate *gate_read_runtime(Firewalld *firewalld, const char *name, GError **error);
Gate *gate_read_permanent(Firewalld *firewalld, const char *name, GError **error);

/* Creates the permanent policy, or updates it. A new one takes effect after a reload: firewalld has no runtime call to create
 * one. */
bool gate_put_permanent(Firewalld *firewalld, bool is_there, const char *name, const Gate *gate, GError **error);
/* Appends the commands of firewall-cmd (firewall-cmd.h) that make it so. before: as it is; NULL: it is not there. */
void gate_list_commands(GPtrArray *commands, const char *name, const Gate *before, const Gate *gate);
bool gate_remove_permanent(Firewalld *firewalld, const char *name, GError **error);

/* Sets the rules of a policy from gate_list_runtime(). *ret_must_reload: its zones, priority or target are wrong, which only a
 * reload repairs; then, or if it was true before, nothing is done. */
bool gate_put_runtime(Firewalld *firewalld, const char *name, const Gate *gate, bool *ret_must_reload, GError **error);

/* Removes the zones of a policy from gate_list_runtime(), so that no packet meets it any more. */
bool gate_close_runtime(Firewalld *firewalld, const char *name, GError **error);
