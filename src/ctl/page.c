/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page.h"

#include <stdlib.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/text.h"

/* So many words of a list are in a cell: the page shows that there are more, "policy show" which. */
#define PAGE_WORDS 1

/* Rows that do not scroll: the state, and what the keys do. */
#define PAGE_FIXED 2

/* The columns of the numbers, which are at the right of them. */
#define PAGE_RATE 9
#define PAGE_BLOCKED 10

/* Blanks before the further lines of a sentence. */
#define PAGE_INDENT 4

static void page_line_free(gpointer data) {
        PageLine *line = data;

        g_free(line->text);
        g_free(line);
}

/* Takes the text. */
static void page_add(GPtrArray *lines, PageStyle style, char *text) {
        PageLine *line = g_new(PageLine, 1);

        *line = (PageLine){ text, style };
        g_ptr_array_add(lines, line);
}

static void page_add_blank(GPtrArray *lines) {
        page_add(lines, PAGE_PLAIN, g_strdup(""));
}

/* What follows its first line is indented. */
static void page_add_sentence(GPtrArray *lines, PageStyle style, const char *text, guint width) {
        g_autofree char *printable = text_printable(text);
        g_autoptr(GString) folded = g_string_new(NULL);

        text_append_folded(folded, printable, 0, PAGE_INDENT, width);
        g_auto(GStrv) parts = g_strsplit(folded->str, "\n", -1);
        for (GStrv part = parts; *part; part++)
                page_add(lines, style, g_strdup(*part));
}

/* The table's first line is its heading. */
static void page_add_table(GPtrArray *lines, const char *table) {
        g_auto(GStrv) rows = g_strsplit(table, "\n", -1);

        for (guint i = 0; rows[i]; i++)
                if (*rows[i] || rows[i + 1])
                        page_add(lines, i == 0 ? PAGE_HEADING : PAGE_PLAIN, g_strdup(rows[i]));
}

static const char *page_string(GVariant *dictionary, const char *key) {
        const char *value = "";

        if (dictionary)
                g_variant_lookup(dictionary, key, "&s", &value);
        return value;
}

/* "firewalld running 1.3.3" */
static void page_append_peer(GString *text, const PageModel *model, const char *name, const char *state, const char *version) {
        const char *is = page_string(model->manager, state), *number = page_string(model->manager, version);

        g_string_append_printf(text, "  %s %s%s%s", name, *is ? is : _("unknown"), *number ? " " : "", number);
}

static void page_add_state(GPtrArray *lines, const PageModel *model) {
        const char *state = page_string(model->manager, "State");
        const char *backend = page_string(model->manager, "DockerFirewallBackend");
        const bool good = g_str_equal(state, "enforcing") || g_str_equal(state, "idle");
        g_autoptr(GString) text = g_string_new(*state ? state : _("unknown"));

        page_append_peer(text, model, "firewalld", "FirewalldState", "FirewalldVersion");
        page_append_peer(text, model, "Docker", "DockerState", "DockerVersion");
        if (*backend)
                g_string_append_printf(text, " (%s)", backend);
        page_add(lines, good && !model->trouble ? PAGE_GOOD : PAGE_BAD, text_printable(text->str));
}

static void page_add_problems(GPtrArray *lines, const PageModel *model, guint width) {
        g_autoptr(GVariant) problems =
                model->manager ? g_variant_lookup_value(model->manager, "Problems", G_VARIANT_TYPE("a(ssa{sv})")) : NULL;
        const char *code, *sentence;
        GVariantIter iter;

        if (!problems || g_variant_n_children(problems) == 0)
                return;
        page_add_blank(lines);
        g_variant_iter_init(&iter, problems);
        while (g_variant_iter_loop(&iter, "(&s&sa{sv})", &code, &sentence, NULL)) {
                g_autofree char *text = g_strdup_printf("%s: %s", code, sentence);

                page_add_sentence(lines, PAGE_BAD, text, width);
        }
}

static char *page_list(GVariant *policy, const char *key, const char *none) {
        g_autofree const char **words = NULL;

        g_variant_lookup(policy, key, "^a&s", &words);
        return words && words[0] ? text_list(words, PAGE_WORDS) : g_strdup(none);
}

/* At the right of so many columns. */
static char *page_right(const char *text, guint columns) {
        const guint used = text_width(text);

        return g_strdup_printf("%*s%s", (int) (columns > used ? columns - used : 0), "", text);
}

/* "0.5", "12", "1200"; what is blocked now and then shows as well. */
static char *page_rate(const PageCount *count) {
        if (!count)
                return g_strdup("?");
        if (count->rate <= 0)
                return g_strdup("-");
        return g_strdup_printf(count->rate < 9.95 ? "%.1f" : "%.0f", count->rate);
}

/* The numbers come first: on a narrow terminal the end of a row is cut off. */
static void page_add_policy(TextTable *table, const PageModel *model, const char *name, GVariant *policy) {
        const char *action = page_string(policy, "action");
        const bool forward = g_str_equal(action, "forward");
        const PageCount *count = model->counts ? g_hash_table_lookup(model->counts, name) : NULL;
        gboolean enabled = TRUE;

        g_variant_lookup(policy, "enabled", "b", &enabled);
        g_autofree char *rate = forward ? g_strdup("") : page_rate(count);
        g_autofree char *blocked = forward ? g_strdup("") :
                                   count   ? g_strdup_printf("%" G_GUINT64_FORMAT, count->packets) :
                                             g_strdup("?");
        g_autofree char *rate_cell = page_right(rate, PAGE_RATE), *blocked_cell = page_right(blocked, PAGE_BLOCKED);
        g_autofree char *does = g_strdup_printf("%s%s", action, enabled ? "" : _(", disabled"));
        g_autofree char *from = page_list(policy, forward ? "interfaces" : "sources",
                                          g_str_equal(action, "obey-zones") ? _("zones") : _("any"));
        g_autofree char *ports = page_list(policy, "ports", forward ? "" : _("any"));

        text_table_add(table, (const char *const[]){ rate_cell, blocked_cell, name, does, from, ports, NULL });
}

static void page_add_policies(GPtrArray *lines, const PageModel *model) {
        g_auto(GStrv) names = json_out_sorted_keys(model->policies);
        g_autofree char *rate = page_right(_("BLOCKED/S"), PAGE_RATE), *blocked = page_right(_("BLOCKED"), PAGE_BLOCKED);
        g_autoptr(TextTable) table =
                text_table_new((const char *const[]){ rate, blocked, _("POLICY"), _("ACTION"), _("FROM"), _("PORT"), NULL });

        qsort(names, g_strv_length(names), sizeof *names, text_compare_natural);
        page_add_blank(lines);
        if (!names[0]) {
                page_add(lines, PAGE_PLAIN, g_strdup(_("There are no policies.")));
                return;
        }
        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(model->policies, names[i], G_VARIANT_TYPE_VARDICT);

                page_add_policy(table, model, names[i], policy);
        }
        g_autofree char *text = text_table_format(table, false);
        page_add_table(lines, text);
}

GPtrArray *page_lines(const PageModel *model, guint width) {
        GPtrArray *lines = g_ptr_array_new_with_free_func(page_line_free);

        page_add_state(lines, model);
        if (model->trouble) {
                page_add_blank(lines);
                page_add_sentence(lines, PAGE_BAD, model->trouble, width);
        }
        page_add_problems(lines, model, width);
        if (model->pending) {
                page_add_blank(lines);
                page_add_sentence(lines, PAGE_BAD, model->pending, width);
        }
        if (model->policies)
                page_add_policies(lines, model);
        if (model->ports) {
                page_add_blank(lines);
                page_add_table(lines, model->ports);
        }
        return lines;
}

static guint page_rows(guint height) {
        return height > PAGE_FIXED ? height - PAGE_FIXED : 0;
}

guint page_last_offset(GPtrArray *lines, guint height) {
        const guint rows = page_rows(height), body = lines->len - 1;

        return body > rows ? body - rows : 0;
}

static void page_append_row(GString *frame, const char *text, PageStyle style, guint width, bool colour) {
        static const TextColour colours[] = { [PAGE_HEADING] = TEXT_BOLD, [PAGE_GOOD] = TEXT_GREEN, [PAGE_BAD] = TEXT_RED };
        g_autofree char *row = text_clip(text, width);
        g_autofree char *shown = style == PAGE_PLAIN ? g_strdup(row) : text_coloured(row, colours[style], colour);

        /* The rest of the row may hold what was there before. A row as wide as the terminal leaves nothing, and there the sequence would
         * take its last column. */
        g_string_append_printf(frame, "%s%s", shown, text_width(row) < width ? "\033[K" : "");
}

char *page_frame(GPtrArray *lines, guint offset, guint width, guint height, bool colour) {
        const guint rows = page_rows(height), body = lines->len - 1, last = page_last_offset(lines, height);
        const guint first = MIN(offset, last);
        const PageLine *state = lines->pdata[0];
        g_autoptr(GString) frame = g_string_new(NULL);
        g_autofree char *keys = last == 0 ? g_strdup(_("q: quit")) :
                                            g_strdup_printf(_("q: quit, arrows: scroll   (lines %u to %u of %u)"), first + 1,
                                                            MIN(first + rows, body), body);

        page_append_row(frame, state->text, state->style, width, colour);
        for (guint i = 0; i < rows; i++) {
                const PageLine *line = first + i < body ? lines->pdata[1 + first + i] : NULL;

                g_string_append(frame, "\r\n");
                page_append_row(frame, line ? line->text : "", line ? line->style : PAGE_PLAIN, width, colour);
        }
        if (height >= PAGE_FIXED) {
                g_string_append(frame, "\r\n");
                page_append_row(frame, keys, PAGE_HEADING, width, colour);
        }
        return g_string_free(g_steal_pointer(&frame), FALSE);
}
