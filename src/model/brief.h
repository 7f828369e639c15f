/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns sources that are listed for a time ("203.0.113.9 until 2026-11-30T18:00:00Z"), and how times are written. Must not know
 * policies, nor the clock. Times are seconds since 1970. */

#include "address.h"

/* Between a source and its end. */
#define BRIEF_UNTIL " until "

/* A source that is listed for a time. */
typedef struct BriefSource {
        AddressRange range;
        gint64 until;
        bool over; /* it is not listed any more, and stays only because it was the last source */
} BriefSource;

/* Parses a time of ISO 8601 with its zone: "2026-11-30T18:00:00Z". The error names the key. */
bool brief_time_parse(const char *key, const char *text, gint64 *ret, GError **error);

/* In UTC; free with g_free(). */
char *brief_time_format(gint64 time);

/* Parses an address with BRIEF_UNTIL behind it. */
bool brief_source_parse(const char *key, const char *text, BriefSource *ret, GError **error);
char *brief_source_format(const BriefSource *source);

/* Adds it; the same address is listed once, until the later time. */
void brief_add(GArray *sources, const BriefSource *source);

bool brief_equal(const GArray *a, const GArray *b);

/* Adds the addresses that are listed now to ranges (AddressRange). until: those whose listing ends then; 0: all. */
void brief_append(const GArray *sources, gint64 until, GArray *ranges);

/* When, after a time, the listing of one of them ends next; G_MAXINT64: of none. */
gint64 brief_next_end(const GArray *sources, gint64 after);
