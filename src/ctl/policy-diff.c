/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-diff.h"

#include <glib/gi18n.h>

#include "ctl/compose.h"
#include "ctl/option-names.h"
#include "ctl/text.h"
#include "ctl/when.h"

/* So many words of a list are shown; "policy show" has all of them. */
#define DIFF_WORDS 4

/* The keys as "policy show" and "group show" have them, and how a key that is missing reads. */
static const struct {
        const char *key, *none;
} DIFF_KEYS[] = { { "action", "-" },
                  { "sources", N_("any") },
                  { "addresses", N_("none") },
                  { "interfaces", N_("any") },
                  { "out-interfaces", N_("any") },
                  { "destinations", N_("any") },
                  { "ports", N_("any") },
                  { "containers", N_("any") },
                  { "networks", N_("any") },
                  { "reject", N_("no") },
                  { "log", N_("no") },
                  { "enabled", N_("yes") },
                  { "description", "-" },
                  { "until", "-" } };

/* limit: as for text_list(). */
static char *diff_value(GVariant *policy, const char *key, const char *none, guint limit) {
        g_autoptr(GVariant) value = g_variant_lookup_value(policy, key, NULL);

        if (!value)
                return g_strdup(none);
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
                return g_strdup(g_variant_get_boolean(value) ? _("yes") : _("no"));
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
                return g_strdup(*g_variant_get_string(value, NULL) ? g_variant_get_string(value, NULL) : none);

        g_autofree const char **entries = g_variant_get_strv(value, NULL);
        g_auto(GStrv) words = compose_show(entries);
        return words[0] ? text_list((const char *const *) words, limit) : g_strdup(none);
}

/* As diff_value(), with times as "policy show" has them. */
static char *diff_show(GVariant *policy, const char *key, const char *none, GDateTime *now) {
        g_autofree char *value = diff_value(policy, key, none, DIFF_WORDS);

        return g_str_equal(key, "sources") || g_str_equal(key, "until") ? when_show_all(value, now) : g_steal_pointer(&value);
}

char *policy_diff(const char *command, GVariant *before, GVariant *after) {
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        g_autoptr(GString) text = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(DIFF_KEYS); i++) {
                const char *key = DIFF_KEYS[i].key, *none = gettext(DIFF_KEYS[i].none);
                g_autofree char *was = diff_value(before, key, none, 0), *is = diff_value(after, key, none, 0);

                if (g_str_equal(was, is))
                        continue;
                g_autofree char *old = diff_show(before, key, none, now), *new = diff_show(after, key, none, now);
                /* What only the policy before could have. */
                const char *option = command ? option_names_find(command, key) : NULL,
                           *other = command ? option_names_find("forward", key) : NULL;
                g_string_append_printf(text, "%s%s: %s -> %s", text->len > 0 ? "; " : "",
                                       option ? option :
                                       other  ? other :
                                                key,
                                       old, new);
        }
        return text_printable(text->str);
}
