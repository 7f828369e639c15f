/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain-text.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/text.h"

/* Before what a step's rule did; the lines of a long rule have twice as many blanks. */
#define EXPLAIN_INDENT 4

static const char *explain_lookup(GVariant *explanation, const char *key) {
        const char *value = "";

        g_variant_lookup(explanation, key, "&s", &value);
        return value;
}

/* The word of the verdict with which the sentence begins, in the language of either. */
static const char *explain_verdict(const char *verdict, const char *sentence) {
        const char *word = g_str_equal(verdict, "allowed")   ? C_("verdict", "allowed") :
                           g_str_equal(verdict, "blocked")   ? C_("verdict", "blocked") :
                           g_str_equal(verdict, "uncertain") ? C_("verdict", "uncertain") :
                                                               verdict;
        return g_str_has_prefix(sentence, word) ? word : verdict;
}

/* "decides: REASON" and "cannot tell: REASON" as a person reads them. */
static char *explain_effect(const char *effect) {
        if (g_str_has_prefix(effect, "decides: "))
                return g_strdup_printf(C_("shown", "decides: %s"), effect + strlen("decides: "));
        if (g_str_has_prefix(effect, "cannot tell: "))
                return g_strdup_printf(C_("shown", "cannot tell: %s"), effect + strlen("cannot tell: "));
        return g_strdup(effect);
}

static TextColour explain_colour(const char *verdict) {
        return g_str_equal(verdict, "allowed") ? TEXT_GREEN : g_str_equal(verdict, "uncertain") ? TEXT_YELLOW : TEXT_RED;
}

/* The sentence begins with the verdict. */
static void explain_append_sentence(GString *text, GVariant *explanation, guint width, bool colour) {
        const char *verdict = explain_lookup(explanation, "verdict");
        g_autofree char *sentence = text_printable(explain_lookup(explanation, "sentence"));
        g_autoptr(GString) lines = g_string_new(NULL);

        text_append_folded(lines, sentence, 0, EXPLAIN_INDENT, width);
        const char *word = explain_verdict(verdict, lines->str);
        if (g_str_has_prefix(lines->str, word)) {
                g_autofree char *coloured = text_coloured(word, explain_colour(verdict), colour);

                g_string_append(text, coloured);
                g_string_erase(lines, 0, strlen(word));
        }
        g_string_append_printf(text, "%s\n", lines->str);
}

static void explain_append_step(GString *text, const char *where, const char *rule, const char *effect, guint width,
                                bool colour) {
        g_autofree char *meant = explain_effect(effect), *place = text_printable(where), *shown_rule = text_printable(rule),
                        *shown_effect = text_printable(meant);
        g_autofree char *shown_place = text_coloured(place, TEXT_BOLD, colour);

        g_string_append_printf(text, "%s%s", shown_place, *rule ? ": " : "");
        text_append_folded(text, shown_rule, strlen(place) + 2, 2 * EXPLAIN_INDENT, width);
        g_string_append_printf(text, "\n%*s", EXPLAIN_INDENT, "");
        text_append_folded(text, shown_effect, EXPLAIN_INDENT, EXPLAIN_INDENT, width);
        g_string_append_c(text, '\n');
}

char *explain_text_format(GVariant *explanation, bool all, guint width, bool colour) {
        g_autoptr(GVariant) trace = g_variant_lookup_value(explanation, "trace", G_VARIANT_TYPE("a(sss)"));
        g_autoptr(GString) text = g_string_new(NULL);
        const char *where, *rule, *effect;
        GVariantIter iter;

        explain_append_sentence(text, explanation, width, colour);
        g_string_append_c(text, '\n');
        if (!trace)
                return g_string_free(g_steal_pointer(&text), FALSE);
        g_variant_iter_init(&iter, trace);
        while (g_variant_iter_loop(&iter, "(&s&s&s)", &where, &rule, &effect))
                if (all || g_str_has_prefix(effect, "decides:") || g_str_has_prefix(effect, "cannot tell:"))
                        explain_append_step(text, where, rule, effect, width, colour);
        return g_string_free(g_steal_pointer(&text), FALSE);
}
