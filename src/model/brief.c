/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "brief.h"

#include <string.h>

#include <glib/gi18n.h>

#include "error.h"

bool brief_time_parse(const char *key, const char *text, gint64 *ret, GError **error) {
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
        if (time && g_date_time_to_unix(time) > 0) {
                *ret = g_date_time_to_unix(time);
                return true;
        }
        g_autofree char *shown = quaywall_error_show(text);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                    _("%s: \"%s\" is not a time; it must be like \"2026-11-30T18:00:00Z\""), key, shown);
        return false;
}

char *brief_time_format(gint64 time) {
        g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
        return g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ");
}

bool brief_source_parse(const char *key, const char *text, BriefSource *ret, GError **error) {
        const char *until = strstr(text, BRIEF_UNTIL);
        g_autofree char *source = g_strndup(text, until - text);
        *ret = (BriefSource){ 0 };
        if (address_range_parse(source, &ret->range, error))
                return brief_time_parse(key, until + strlen(BRIEF_UNTIL), &ret->until, error);
        g_prefix_error(error, "%s: ", key);
        return false;
}

char *brief_source_format(const BriefSource *source) {
        g_autofree char *range = address_range_format(&source->range), *until = brief_time_format(source->until);
        return g_strconcat(range, BRIEF_UNTIL, until, NULL);
}

void brief_add(GArray *sources, const BriefSource *source) {
        for (guint i = 0; i < sources->len; i++) {
                BriefSource *one = &g_array_index(sources, BriefSource, i);
                if (memcmp(&one->range, &source->range, sizeof one->range) != 0)
                        continue;
                if (one->until < source->until)
                        *one = *source;
                return;
        }
        g_array_append_vals(sources, source, 1);
}

bool brief_equal(const GArray *a, const GArray *b) {
        bool equal = a->len == b->len;
        for (guint i = 0; equal && i < a->len; i++) {
                const BriefSource *one = &g_array_index(a, BriefSource, i), *other = &g_array_index(b, BriefSource, i);
                equal = memcmp(&one->range, &other->range, sizeof one->range) == 0 && one->until == other->until &&
                        one->over == other->over;
        }
        return equal;
}

void brief_append(const GArray *sources, gint64 until, GArray *ranges) {
        for (guint i = 0; i < sources->len; i++) {
                const BriefSource *source = &g_array_index(sources, BriefSource, i);
                if (!source->over && (until == 0 || source->until == until))
                        g_array_append_val(ranges, source->range);
        }
}

gint64 brief_next_end(const GArray *sources, gint64 after) {
        gint64 next = G_MAXINT64;
        for (guint i = 0; i < sources->len; i++) {
                const BriefSource *source = &g_array_index(sources, BriefSource, i);
                if (!source->over && source->until > after)
                        next = MIN(next, source->until);
        }
        return next;
}
