/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock-faults.h"

typedef struct {
        char *pattern, *message;
        guint left;
        FaultKind kind;
} Fault;

/* Longer arguments are truncated in the record: a policy with 65,536 sources must not make it unreadable. */
#define ARGS_MAX 4096

static GPtrArray *faults;
static GPtrArray *calls; /* GVariant (ss) */

static void fault_free(Fault *self) {
        g_free(self->pattern);
        g_free(self->message);
        g_free(self);
}

void faults_plan(const char *pattern, guint nth, FaultKind kind, const char *message) {
        Fault *fault = g_new0(Fault, 1);

        if (!faults)
                faults = g_ptr_array_new_with_free_func((GDestroyNotify) fault_free);
        fault->pattern = g_strdup(pattern);
        fault->message = g_strdup(message);
        fault->left = MAX(nth, 1);
        fault->kind = kind;
        g_ptr_array_add(faults, fault);
}

void faults_clear(void) {
        g_clear_pointer(&faults, g_ptr_array_unref);
}

FaultKind faults_meet(const char *name, GVariant *args, char **ret_message) {
        g_autofree char *shown = g_variant_print(args, FALSE);

        if (strlen(shown) > ARGS_MAX)
                shown[ARGS_MAX] = '\0';
        if (!calls)
                calls = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
        g_ptr_array_add(calls, g_variant_ref_sink(g_variant_new("(ss)", name, shown)));
        for (guint i = 0; faults && i < faults->len; i++) {
                Fault *fault = faults->pdata[i];
                FaultKind kind = fault->kind;

                if (!g_pattern_match_simple(fault->pattern, name) || --fault->left > 0)
                        continue;
                *ret_message = g_strdup(fault->message);
                if (kind == FAULT_SILENT) {
                        g_free(fault->pattern);
                        fault->pattern = g_strdup("*");
                        fault->left = 1;
                        return kind;
                }
                g_ptr_array_remove_index(faults, i);
                return kind;
        }
        return FAULT_NONE;
}

GVariant *faults_calls(void) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ss)"));

        for (guint i = 0; calls && i < calls->len; i++)
                g_variant_builder_add_value(&b, calls->pdata[i]);
        return g_variant_builder_end(&b);
}

void faults_clear_calls(void) {
        g_clear_pointer(&calls, g_ptr_array_unref);
}
