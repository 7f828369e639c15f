/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "published.h"

#include "compile/endpoint.h"
#include "world/memory.h"
#include "world/zones.h"

static char *published_file(World *world) {
        return g_build_filename(world->settings->runtime_folder, "published-ports", NULL);
}

static void see_port(GHashTable *published, const PublishedPort *port, gint64 when) {
        g_hash_table_insert(published, g_memdup2(port, sizeof *port), g_memdup2(&when, sizeof when));
}

static PublishedPort ruled_port(const GArray *nat, guint i) {
        const DockerPort *port = &g_array_index(nat, DockerNat, i).port;
        return published_port_at(&port->host, port->protocol, port->host_port);
}

static void see_ports(GHashTable *published, GArray *nat, gint64 when) {
        for (guint i = 0; nat && i < nat->len; i++) {
                const PublishedPort port = ruled_port(nat, i);
                see_port(published, &port, when);
        }
}

static gboolean is_past(G_GNUC_UNUSED gpointer port, gpointer seen, gpointer now) {
        return *(gint64 *) now - *(gint64 *) seen > PUBLISHED_USEC;
}

/* quaywalld 0.1 wrote "tcp . 8080" for "8080/tcp": an update must not forget what is published. */
static bool read_port(const char *line, PublishedPort *ret) {
        g_auto(GStrv) words = g_strsplit(line, " . ", 2);
        g_autofree char *old = g_strv_length(words) == 2 ? g_strdup_printf("%s/%s", words[1], words[0]) : NULL;
        return published_port_parse(old ? old : line, ret, NULL);
}

/* Ports that were published before this daemon started, in case firewalld and Docker cannot report them now. */
static void recall_published(World *world) {
        world->published = g_hash_table_new_full(published_port_hash, published_port_equal, g_free, g_free);
        g_autofree char *file = published_file(world);
        g_autofree char *text = NULL;
        if (!g_file_get_contents(file, &text, NULL, NULL))
                return;
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        PublishedPort port;
        for (char **line = lines; *line; line++)
                if (read_port(*line, &port))
                        see_port(world->published, &port, g_get_monotonic_time());
}

/* Whether Docker's API reports everything that is published, so that nothing needs to be remembered. */
static bool is_told(const World *world) {
        const Docker *docker = world->docker;
        return docker->is_complete && g_str_equal(docker->state, "running") && !docker_facts_have_swarm(docker->facts);
}

static void add_ruled(const World *world, GArray *ports) {
        for (guint i = 0; world->nat && i < world->nat->len; i++) {
                const PublishedPort port = ruled_port(world->nat, i);
                g_array_append_val(ports, port);
        }
}

static void add_remembered(const World *world, GArray *ports) {
        GHashTableIter iter;
        gpointer port;
        g_hash_table_iter_init(&iter, world->published);
        while (g_hash_table_iter_next(&iter, &port, NULL))
                g_array_append_vals(ports, port, 1);
}

GArray *published_list(World *world) {
        if (!world->published)
                recall_published(world);
        /* The API knows a port before its container starts; the rules show a port without the API. */
        GArray *ports = endpoint_list_published(world->docker->facts);
        if (is_told(world))
                add_ruled(world, ports);
        else
                add_remembered(world, ports);
        published_ports_normalize(ports);
        return ports;
}

/* A container's rules exist before its program runs; Docker's API reports its ports only afterwards. */
void published_place(World *world) {
        for (guint i = 0; world->nat && i < world->nat->len; i++) {
                const DockerNat *nat = &g_array_index(world->nat, DockerNat, i);
                if (nat->has_address)
                        world->facts_changed |= docker_facts_note_port(world->docker->facts, &nat->address, &nat->port);
        }
}

static void save_published(World *world, const GArray *list) {
        g_autofree char *file = published_file(world);
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < list->len; i++) {
                g_autofree char *line = published_port_format(&g_array_index(list, PublishedPort, i));
                g_string_append_printf(text, "%s\n", line);
        }
        memory_save(file, text->str, 0644);
}

bool published_is_read(const World *world) {
        return world->monitor && world->nat_is_read;
}

bool published_read(World *world) {
        g_autoptr(GArray) before = published_list(world);
        g_autoptr(GPtrArray) bridges = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GArray) list = guard_read_nat(bridges);
        zones_note_nft(world, bridges);
        /* Missing rules are only away for a while: keep the known ports. */
        if (!list)
                return false;
        gint64 now = g_get_monotonic_time();
        GHashTableIter iter;
        gpointer seen;
        bool remembers = false;
        /* Docker had the old ones until now. */
        see_ports(world->published, world->nat, now - 1);
        see_ports(world->published, list, now);
        g_hash_table_foreach_remove(world->published, is_past, &now);
        g_hash_table_iter_init(&iter, world->published);
        while (!remembers && g_hash_table_iter_next(&iter, NULL, &seen))
                remembers = *(gint64 *) seen != now;
        g_clear_pointer(&world->nat, g_array_unref);
        world->nat = g_steal_pointer(&list);
        world->nat_is_read = true;
        published_place(world);
        g_autoptr(GArray) after = published_list(world);
        if (!published_ports_equal(before, after))
                save_published(world, after);
        return remembers;
}
