/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-time.h"

#include <glib/gi18n.h>

#include "brief.h"
#include "error.h"

bool policy_time_check(const char *key, gint64 until, gint64 now, GError **error) {
        if (until > now)
                return true;
        g_autofree char *text = brief_time_format(until), *present = brief_time_format(now);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("%s: %s is past; it is %s"), key, text, present);
        return false;
}

/* How many sources are listed, apart from those that end by now. */
static guint count_lasting(const Policy *policy, gint64 now) {
        guint n = policy->sources->len + policy_count_references(policy);
        for (guint i = 0; i < policy->brief->len; i++)
                n += g_array_index(policy->brief, BriefSource, i).until > now;
        return n;
}

void policy_time_tidy(Policy *policy) {
        guint over = 0;
        for (guint i = 0; i < policy->brief->len; i++)
                over += g_array_index(policy->brief, BriefSource, i).over;
        /* the last one stays where nothing else is listed */
        const bool others = count_lasting(policy, G_MAXINT64) > 0 || over < policy->brief->len;
        for (guint i = policy->brief->len; others && i-- > 0;)
                if (g_array_index(policy->brief, BriefSource, i).over)
                        g_array_remove_index(policy->brief, i);
}

/* The policy at this time, with a reference: itself, or a copy. */
static Policy *policy_at(Policy *policy, gint64 now, bool keep) {
        const bool is_last = count_lasting(policy, now) == 0;
        guint past = 0, ended = 0;
        for (guint i = 0; i < policy->brief->len; i++) {
                const BriefSource *source = &g_array_index(policy->brief, BriefSource, i);
                past += source->until <= now;
                ended += source->until <= now && !source->over;
        }
        guint removed = keep ? 0 : past - MIN(past, is_last);
        if (ended + removed == 0)
                return policy_ref(policy);
        Policy *copy = policy_copy(policy);
        for (guint i = copy->brief->len; i-- > 0;) {
                BriefSource *source = &g_array_index(copy->brief, BriefSource, i);
                if (source->until > now)
                        continue;
                source->over = true;
                if (removed > 0 && removed--)
                        g_array_remove_index(copy->brief, i);
        }
        return copy;
}

PolicySet *policy_set_at(PolicySet *set, gint64 now, bool keep) {
        g_autoptr(PolicySet) at = policy_set_copy(set);
        bool changed = false;
        GHashTableIter iter;
        gpointer name, value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &name, &value)) {
                Policy *policy = value;
                const bool over = policy->until && policy->until <= now;
                if (over && !keep) {
                        g_hash_table_remove(at->policies, name);
                        changed = true;
                        continue;
                }
                g_autoptr(Policy) now_policy = over ? policy_copy(policy) : policy_at(policy, now, keep);
                if (over)
                        now_policy->enabled = false;
                if (now_policy == policy)
                        continue;
                policy_set_insert(at, name, now_policy);
                changed = true;
        }
        return changed ? g_steal_pointer(&at) : policy_set_ref(set);
}

gint64 policy_set_next_end(const PolicySet *set) {
        gint64 next = G_MAXINT64;
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                if (policy->until)
                        next = MIN(next, policy->until);
                next = MIN(next, brief_next_end(policy->brief, G_MININT64));
        }
        return next;
}
