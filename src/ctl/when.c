/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "when.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/ctl-error.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define LONGEST (36525LL * DAY)

static char *format(GDateTime *time) {
        g_autoptr(GDateTime) utc = g_date_time_to_utc(time);
        return g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ");
}

char *when_for(const char *text, GDateTime *now, GError **error) {
        static const struct {
                const char *name;
                gint64 seconds;
        } UNITS[] = { { "s", 1 }, { "min", MINUTE }, { "m", MINUTE }, { "h", HOUR }, { "d", DAY }, { "w", 7 * DAY } };
        gint64 seconds = 0;
        const char *at = text;

        do {
                char *end;
                while (*at == ' ')
                        at++;
                const guint64 number = g_ascii_isdigit(*at) ? g_ascii_strtoull(at, &end, 10) : G_MAXUINT64;
                gsize unit = 0;
                while (number < LONGEST && unit < G_N_ELEMENTS(UNITS) && !g_str_has_prefix(end, UNITS[unit].name))
                        unit++;
                if (number >= LONGEST || unit == G_N_ELEMENTS(UNITS) || number > (guint64) (LONGEST / UNITS[unit].seconds)) {
                        (void) ctl_usage_error(
                                error,
                                _("--for: '%s' is not a time; it must be like 30min, 8h, 2d or 1h 30min, and at most a "
                                  "hundred years"),
                                text);
                        return NULL;
                }
                seconds += (gint64) number * UNITS[unit].seconds;
                at = end + strlen(UNITS[unit].name);
        } while (*at && seconds <= LONGEST);
        if (seconds == 0 || seconds > LONGEST) {
                (void) ctl_usage_error(error, _("--for: '%s' must be more than nothing, and at most a hundred years"), text);
                return NULL;
        }
        g_autoptr(GDateTime) then = g_date_time_add_seconds(now, (double) seconds);
        return format(then);
}

static bool two_digits(const char **at, int most, int *ret) {
        if (!g_ascii_isdigit((*at)[0]) || !g_ascii_isdigit((*at)[1]))
                return false;
        *ret = ((*at)[0] - '0') * 10 + (*at)[1] - '0';
        *at += 2;
        return *ret <= most;
}

/* "18:00", "18:00:30" */
static bool read_clock(const char *text, int *ret_hour, int *ret_minute, int *ret_second) {
        *ret_second = 0;
        if (!two_digits(&text, 23, ret_hour) || *text++ != ':' || !two_digits(&text, 59, ret_minute))
                return false;
        return !*text || (*text++ == ':' && two_digits(&text, 59, ret_second) && !*text);
}

/* "2026-12-01", and what follows. */
static bool read_date(const char *text, int *ret_year, int *ret_month, int *ret_day, const char **ret_rest) {
        int century = 0, year = 0;
        if (!two_digits(&text, 99, &century) || !two_digits(&text, 99, &year) || *text++ != '-' ||
            !two_digits(&text, 12, ret_month) || *text++ != '-' || !two_digits(&text, 31, ret_day))
                return false;
        *ret_year = century * 100 + year;
        *ret_rest = text;
        return true;
}

/* NULL: it is none. */
static GDateTime *read_until(const char *text, GDateTime *now) {
        int year, month, day, hour = 0, minute = 0, second = 0;
        const char *rest;
        GTimeZone *zone = g_date_time_get_timezone(now);

        if (read_clock(text, &hour, &minute, &second)) {
                g_date_time_get_ymd(now, &year, &month, &day);
                g_autoptr(GDateTime) today = g_date_time_new(zone, year, month, day, hour, minute, second);
                if (!today || g_date_time_compare(today, now) > 0)
                        return g_steal_pointer(&today);
                return g_date_time_add_days(today, 1);
        }
        if (!read_date(text, &year, &month, &day, &rest))
                return NULL;
        hour = minute = second = 0;
        if (!*rest || (*rest == ' ' && read_clock(rest + 1, &hour, &minute, &second)))
                return g_date_time_new(zone, year, month, day, hour, minute, second);
        return g_date_time_new_from_iso8601(text, zone);
}

char *when_until(const char *text, GDateTime *now, GError **error) {
        g_autoptr(GDateTime) then = read_until(text, now);

        if (!then) {
                (void) ctl_usage_error(
                        error, _("--until: '%s' is not a time; it must be like 18:00, 2026-12-01 or \"2026-12-01 18:00\""),
                        text);
                return NULL;
        }
        if (g_date_time_compare(then, now) <= 0 || g_date_time_difference(then, now) / G_USEC_PER_SEC > LONGEST) {
                g_autofree char *present = g_date_time_format(now, "%Y-%m-%d %H:%M");
                (void) ctl_usage_error(error,
                                       g_date_time_compare(then, now) <= 0 ? _("--until: '%s' is past; it is %s") :
                                                                             _("--until: '%s' is too far away; it is %s"),
                                       text, present);
                return NULL;
        }
        return format(then);
}

/* "1 h 55 min", rounded down, of the two largest units */
static char *format_left(gint64 seconds) {
        if (seconds < MINUTE)
                return g_strdup_printf(_("%d s"), (int) seconds);
        if (seconds < HOUR)
                return g_strdup_printf(_("%d min"), (int) (seconds / MINUTE));
        if (seconds < DAY)
                return g_strdup_printf(_("%d h %d min"), (int) (seconds / HOUR), (int) (seconds % HOUR / MINUTE));
        return g_strdup_printf(_("%" PRId64 " d %d h"), seconds / DAY, (int) (seconds % DAY / HOUR));
}

char *when_show(const char *until, GDateTime *now) {
        g_autoptr(GDateTime) utc = g_date_time_new_from_iso8601(until, NULL);
        if (!utc)
                return g_strdup(until);
        g_autoptr(GDateTime) then = g_date_time_to_timezone(utc, g_date_time_get_timezone(now));
        g_autofree char *day = g_date_time_format(then, "%Y-%m-%d"), *today = g_date_time_format(now, "%Y-%m-%d"),
                        *clock = g_date_time_format(then, "%H:%M");
        const gint64 left = g_date_time_difference(then, now) / G_USEC_PER_SEC;
        g_autofree char *rest = left > 0 ? format_left(left) : NULL;
        g_autofree char *time = g_str_equal(day, today) ? g_strdup(clock) : g_strdup_printf("%s %s", day, clock);
        return rest ? g_strdup_printf(_("%s (%s left)"), time, rest) : g_strdup_printf(_("%s (over)"), time);
}

static gboolean show_match(const GMatchInfo *match, GString *text, gpointer now) {
        g_autofree char *time = g_match_info_fetch(match, 0), *shown = when_show(time, now);
        g_string_append(text, shown);
        return FALSE;
}

char *when_show_all(const char *text, GDateTime *now) {
        g_autoptr(GRegex) time = g_regex_new("\\b\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", 0, 0, NULL);
        g_autofree char *shown = g_regex_replace_eval(time, text, -1, 0, 0, show_match, now, NULL);
        return shown ? g_steal_pointer(&shown) : g_strdup(text);
}
