/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the page of "watch" says, and how it fits a terminal of any size. Must not know the terminal, nor where the values come
 * from. Pure. */

#include <stdbool.h>

#include <glib.h>

typedef struct PageCount {
        guint64 packets; /* blocked so far */
        double rate;     /* a second */
} PageCount;

/* Everything may be NULL, which reads as not known. */
typedef struct PageModel {
        GVariant *manager;   /* a{sv}, the properties of org.quaywall1.Manager */
        const char *trouble; /* a sentence: why what is shown is not up to date */
        const char *pending; /* a sentence about the change that waits to be confirmed */
        GVariant *policies;  /* a{sa{sv}} of List */
        GHashTable *counts;  /* name -> PageCount * */
        const char *ports;   /* a table, as lines */
} PageModel;

typedef enum PageStyle { PAGE_PLAIN, PAGE_HEADING, PAGE_GOOD, PAGE_BAD } PageStyle;

typedef struct PageLine {
        char *text; /* printable, as wide as it is */
        PageStyle style;
} PageLine;

/* The whole page (PageLine *; unref the array), sentences wrapped to the width. The first line is the state. */
GPtrArray *page_lines(const PageModel *model, guint width);

/* How far down the page can be scrolled in a terminal of this height. */
guint page_last_offset(GPtrArray *lines, guint height);

/* What a terminal of this size shows, row by row, with colours or without: the state, the page from its offset-th line on, and below
 * what the keys do. Every row is cut to the width. Escape sequences only for colour, and for what the terminal has to forget. Free
 * with g_free(). */
char *page_frame(GPtrArray *lines, guint offset, guint width, guint height, bool colour);
