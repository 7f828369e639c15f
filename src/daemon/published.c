/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "published.h"

#include <string.h>

#include "compile/endpoint.h"
#include "daemon/enforce.h"
#include "daemon/journal.h"
#include "docker/docker.h"
#include "model/durable.h"
#include "model/port.h"

/* How long a port that Docker publishes no more is still taken for a published one: firewalld and Docker take the rules
 * away and write them again all the time, and docker-proxy answers meanwhile. */
#define PUBLISHED_USEC (60 * G_USEC_PER_SEC)

static char *published_file(Context *context) {
        return g_build_filename(context->settings->runtime_folder, "published-ports", NULL);
}

static void see_port(GHashTable *published, const char *port, gint64 when) {
        g_hash_table_insert(published, g_strdup(port), g_memdup2(&when, sizeof when));
}

static void see_ports(GHashTable *published, GArray *nat, gint64 when) {
        for (guint i = 0; nat && i < nat->len; i++) {
                const DockerPort *port = &g_array_index(nat, DockerNat, i).port;
                g_autofree char *element = endpoint_format_published(port);
                see_port(published, element, when);
        }
}

static gboolean is_past(G_GNUC_UNUSED gpointer port, gpointer seen, gpointer now) {
        return *(gint64 *) now - *(gint64 *) seen > PUBLISHED_USEC;
}

/* "[ADDRESS . ]tcp . 8080". It becomes an element of the guard, and a bad one would cost the whole guard. */
static bool is_port(const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " . ", 3);
        const guint n = g_strv_length(words);
        guint16 port;
        AddressRange address;
        if (n < 2 || !protocol_from_string(words[n - 2]) || !port_parse(words[n - 1], &port))
                return false;
        return n == 2 || (address_range_parse(words[0], &address, NULL) && memcmp(address.first, address.last, sizeof address.first) == 0);
}

/* Ports that were published before this daemon started, in case that firewalld and Docker cannot say now. */
static void recall_published(Context *context) {
        context->published = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autofree char *file = published_file(context);
        g_autofree char *text = NULL;
        if (!g_file_get_contents(file, &text, NULL, NULL))
                return;
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                if (is_port(*line))
                        see_port(context->published, *line, g_get_monotonic_time());
}

/* Whether Docker's API tells of everything that is published, so that nothing needs to be remembered. */
static bool is_told(const Context *context) {
        const Docker *docker = context->docker;
        return docker->is_complete && g_str_equal(docker->state, "running") && !docker_facts_have_swarm(docker->facts);
}

static void add_ruled(const Context *context, GHashTable *ports) {
        for (guint i = 0; context->nat && i < context->nat->len; i++)
                g_hash_table_add(ports, endpoint_format_published(&g_array_index(context->nat, DockerNat, i).port));
}

static void add_remembered(const Context *context, GHashTable *ports) {
        GHashTableIter iter;
        gpointer port;
        g_hash_table_iter_init(&iter, context->published);
        while (g_hash_table_iter_next(&iter, &port, NULL))
                g_hash_table_add(ports, g_strdup(port));
}

GStrv published_list(Context *context) {
        if (!context->published)
                recall_published(context);
        g_autoptr(GHashTable) ports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        if (is_told(context))
                add_ruled(context, ports);
        else
                add_remembered(context, ports);
        /* What Docker's API tells is there before a container starts; what its rules tell needs no API. */
        g_autoptr(GPtrArray) told = endpoint_list_published(context->docker->facts);
        for (guint i = 0; i < told->len; i++)
                g_hash_table_add(ports, g_strdup(told->pdata[i]));
        g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(ports), (GCompareFunc) strcmp);
        g_autoptr(GStrvBuilder) list = g_strv_builder_new();
        for (GList *port = sorted; port; port = port->next)
                g_strv_builder_add(list, port->data);
        return g_strv_builder_end(list);
}

/* A container has its rules before its program runs; Docker's API tells of its ports only afterwards. */
void published_place(Context *context) {
        for (guint i = 0; context->nat && i < context->nat->len; i++) {
                const DockerNat *nat = &g_array_index(context->nat, DockerNat, i);
                if (nat->has_address)
                        context->facts_changed |= docker_facts_note_port(context->docker->facts, &nat->address, &nat->port);
        }
}

static void save_published(Context *context, GStrv list) {
        g_autofree char *file = published_file(context);
        g_autofree char *text = g_strjoinv("\n", list);
        g_autoptr(GError) error = NULL;
        if (!durable_write_soon(file, text, strlen(text), 0644, &error))
                journal_log(LOG_WARNING, NULL, "%s", error->message);
}

static int on_past(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        enforce_published(userdata);
        return 0;
}

/* One that is only remembered is looked at again when it is past; nobody else would tell. */
static void plan_past(Context *context) {
        const uint64_t usec = PUBLISHED_USEC + G_USEC_PER_SEC;
        int r = 0;
        if (context->published_past)
                r = sd_event_source_set_time_relative(context->published_past, usec);
        else
                r = sd_event_add_time_relative(context->event, &context->published_past, CLOCK_MONOTONIC, usec, 0, on_past,
                                               context);
        if (r >= 0)
                r = sd_event_source_set_enabled(context->published_past, SD_EVENT_ONESHOT);
        if (r < 0)
                journal_log(LOG_ERR, NULL, "cannot set a timer: %s", g_strerror(-r));
}

void published_read(Context *context) {
        g_auto(GStrv) before = published_list(context);
        g_autoptr(GArray) list = guard_read_nat(context->guard);
        /* Without rules what was known stays: they are only away. */
        if (!list)
                return;
        gint64 now = g_get_monotonic_time();
        GHashTableIter iter;
        gpointer seen;
        bool remembers = false;
        /* Docker had the old ones until now. */
        see_ports(context->published, context->nat, now - 1);
        see_ports(context->published, list, now);
        g_hash_table_foreach_remove(context->published, is_past, &now);
        g_hash_table_iter_init(&iter, context->published);
        while (!remembers && g_hash_table_iter_next(&iter, NULL, &seen))
                remembers = *(gint64 *) seen != now;
        if (remembers)
                plan_past(context);
        g_clear_pointer(&context->nat, g_array_unref);
        context->nat = g_steal_pointer(&list);
        published_place(context);
        g_auto(GStrv) after = published_list(context);
        if (!g_strv_equal((const char *const *) before, (const char *const *) after))
                save_published(context, after);
}
