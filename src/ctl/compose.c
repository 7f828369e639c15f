/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compose.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/ctl-error.h"

/* Docker Compose puts these on every container that it makes, version 1 as well as 2. */
#define COMPOSE_PROJECT "label=com.docker.compose.project="
#define COMPOSE_SERVICE "label=com.docker.compose.service="

/* No name of a container holds a blank. */
#define COMPOSE_SHOWN "compose "

/* What Compose takes for a service; a project has lower case letters only, but older versions were not so strict. */
static bool compose_is_name(const char *text) {
        return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789._-")];
}

GStrv compose_to_entries(const char *text, const char *option, GError **error) {
        g_auto(GStrv) names = g_strsplit(text, "/", 2);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        if (!names[0] || !compose_is_name(names[0]) || (names[1] && !compose_is_name(names[1]))) {
                ctl_usage_error(
                        error,
                        _("%s takes PROJECT or PROJECT/SERVICE, as \"docker compose ls\" and \"docker compose ps\" name them, "
                          "not '%s'"),
                        option, text);
                return NULL;
        }
        g_autofree char *project = g_strconcat(COMPOSE_PROJECT, names[0], NULL);
        g_autofree char *service = names[1] ? g_strconcat(COMPOSE_SERVICE, names[1], NULL) : NULL;

        g_strv_builder_add(builder, project);
        if (service)
                g_strv_builder_add(builder, service);
        return g_strv_builder_end(builder);
}

/* The value of the only entry with this prefix; NULL: there is none, or several, or it is not what compose_to_entries() makes. */
static const char *compose_find(const char *const *entries, const char *prefix) {
        const char *value = NULL;

        for (; *entries; entries++)
                if (g_str_has_prefix(*entries, prefix)) {
                        if (value || !compose_is_name(*entries + strlen(prefix)))
                                return NULL;
                        value = *entries + strlen(prefix);
                }
        return value;
}

GStrv compose_show(const char *const *entries) {
        const char *project = compose_find(entries, COMPOSE_PROJECT);
        const char *service = project ? compose_find(entries, COMPOSE_SERVICE) : NULL;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        bool is_shown = false;

        for (; *entries; entries++) {
                if (!(project && g_str_has_prefix(*entries, COMPOSE_PROJECT)) &&
                    !(service && g_str_has_prefix(*entries, COMPOSE_SERVICE))) {
                        g_strv_builder_add(builder, *entries);
                        continue;
                }
                if (is_shown)
                        continue;
                is_shown = true;
                g_autofree char *name = g_strconcat(COMPOSE_SHOWN, project, service ? "/" : NULL, service, NULL);
                g_strv_builder_add(builder, name);
        }
        return g_strv_builder_end(builder);
}

bool compose_is_shown(const char *word) {
        return g_str_has_prefix(word, COMPOSE_SHOWN);
}
