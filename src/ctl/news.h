/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how a change of the service reads, in words and once: it remembers what was known last, and says only what is different. Must
 * not know how changes arrive. Pure. */

#include <gio/gio.h>

typedef struct News News;

News *news_new(void);
void news_free(News *news);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(News, news_free)

/* All functions add sentences (char *) to lines; those that do not return anything take a value that was not known before without a
 * word. */

/* Properties (a{sv}) of the interface "org.quaywall1.NAME": all of them, or those that changed. */
void news_take_properties(News *news, const char *interface, GVariant *properties, GPtrArray *lines);

/* All policies as they are now (a{sa{sv}}), NULL when they cannot be read; names: those of the signal Changed, NULL: none was sent. */
void news_take_policies(News *news, GVariant *policies, const char *const *names, GPtrArray *lines);

/* How a list's items read, as in "port %s is published", "port %s is gone" and "port %s"; not translated yet. */
typedef struct NewsWords {
        const char *added, *gone, *one;
} NewsWords;

/* Adds "group NAME: changed". */
void news_say_changed(const NewsWords *words, const char *name, GPtrArray *lines);

/* A list: what is in it (char * -> char *, what there is to say of it). kind: "port", "network". */
void news_take_list(News *news, const char *kind, GHashTable *list, const NewsWords *words, GPtrArray *lines);
