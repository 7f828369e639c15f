/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "findings.h"

#include <string.h>

#include <glib/gi18n.h>

#include "model/bounds.h"
#include "model/error.h"

static void flaw_free(gpointer p) {
        Flaw *flaw = p;
        g_free(flaw->policy);
        g_clear_error(&flaw->error);
        g_free(flaw);
}

Findings *findings_new(bool all) {
        Findings *findings = g_new(Findings, 1);
        *findings = (Findings){ .list = g_ptr_array_new_with_free_func(flaw_free),
                                .all = all,
                                .entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
        return findings;
}

void findings_free(Findings *findings) {
        g_ptr_array_unref(findings->list);
        g_hash_table_unref(findings->entries);
        g_free(findings);
}

static char *entry_of(const char *policy, const char *value) {
        return g_strconcat(policy, "\n", value, NULL);
}

void findings_note_entry(Findings *findings, const char *policy, const char *value, guint index) {
        g_hash_table_insert(findings->entries, entry_of(policy, value), GUINT_TO_POINTER(index + 1));
}

static void append(Findings *findings, const char *policy, GError *error) {
        Flaw *flaw = g_new(Flaw, 1);
        *flaw = (Flaw){ g_strdup(policy), error };
        g_ptr_array_add(findings->list, flaw);
}

bool findings_add(Findings *findings, const char *policy, GError *error) {
        if (findings->ended || !error) {
                g_clear_error(&error);
                return false;
        }
        if (findings->all && findings->list->len >= LIMIT_FINDINGS) {
                g_error_free(error);
                error = g_error_new(QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                                    _("there are more than %u errors; the rest was not checked"), LIMIT_FINDINGS);
                append(findings, "", error);
                findings->ended = true;
                return false;
        }
        const ErrorPlace *place = quaywall_error_place(error);
        if (place && place->value && place->index < 0) {
                g_autofree char *entry = entry_of(policy, place->value);
                const guint index = GPOINTER_TO_UINT(g_hash_table_lookup(findings->entries, entry));
                if (index > 0)
                        quaywall_error_at(&error, place->key, (int) index - 1, NULL);
        }
        append(findings, policy, error);
        findings->ended = !findings->all;
        return findings->all;
}

void findings_end(Findings *findings, GError *error) {
        (void) findings_add(findings, "", error);
        findings->ended = true;
}

bool findings_check(Findings *findings, const char *policy, bool is_good, GError **error) {
        return is_good || findings_add(findings, policy, g_steal_pointer(error));
}

bool findings_have(const Findings *findings, const char *policy, const char *key) {
        for (guint i = 0; i < findings->list->len; i++) {
                const Flaw *flaw = findings->list->pdata[i];
                const ErrorPlace *place = quaywall_error_place(flaw->error);
                if (place && g_strcmp0(place->key, key) == 0 && g_str_equal(flaw->policy, policy))
                        return true;
        }
        return false;
}

bool findings_are_none(Findings *findings, GError **error) {
        if (findings->list->len == 0)
                return true;
        g_propagate_error(error, g_steal_pointer(&((Flaw *) findings->list->pdata[0])->error));
        return false;
}
