/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywalld.conf, the zone file, dockerd's command line, and what quaywalld keeps for its next start, all of which may be altered, cut
 * off, or of another version. Input: a name of FILES, then the content. */
#include "daemon/counts.h"
#include "daemon/zone-file.h"
#include "daemon/zone-record.h"
#include "docker/dockerd.h"
#include "docker/facts-file.h"
#include "model/published-port.h"
#include "world/published.h"
#include "world/settings.h"
#include "world/spared.h"
#include "world/world.h"

#include <fcntl.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "fuzz.h"

static Settings settings;

static void write_file(const char *path, const char *text, gsize length) {
        const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, text, length) != (gssize) length)
                abort();
        close(fd);
}

static void check_settings(const char *path) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) read = settings_load(path, true, &error);
        if (!read)
                check_raw_error(error);
        else if (!g_path_is_absolute(read->policy_folder) || !g_path_is_absolute(read->state_folder) ||
                 !g_path_is_absolute(read->docker_socket) || (!read->use_direct && !read->use_guard) ||
                 (read->labels && !read->use_guard))
                abort();
}

static void check_zone(const char *path) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ZoneFile) file = zone_file_read(path, &error);
        if (!file)
                check_error(error, SIZE_MAX);
        else if (!file->target || !g_utf8_validate(file->target, -1, NULL))
                abort();
}

static void check_facts(const char *path) {
        g_autoptr(GError) error = NULL;
        bool whole;
        g_autoptr(DockerFacts) facts = facts_file_load(path, &error);
        if (error)
                check_error(error, SIZE_MAX);
        g_autofree char *text = facts_file_text(facts, FACTS_FILE_MAX, &whole);
        if (!g_utf8_validate(text, -1, NULL))
                abort();
        /* It is written as it was read, and read as it was written. */
        g_autoptr(GError) again_error = NULL;
        write_file(path, text, strlen(text));
        g_autoptr(DockerFacts) again = facts_file_load(path, &again_error);
        g_autofree char *text_again = facts_file_text(again, FACTS_FILE_MAX, &whole);
        if (again_error || !g_str_equal(text, text_again))
                abort();
}

/* Its words in lines, not ended by zero bytes as in /proc. */
static void check_command_line(const char *path) {
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL))
                abort();
        g_auto(GStrv) words = g_strsplit(text, "\n", -1);
        DockerdFlags flags;
        dockerd_flags_parse(&flags, (const char *const *) words);
        for (guint i = 0; i + 1 < flags.given->len; i++)
                if (!g_str_has_prefix(flags.given->pdata[i], "--"))
                        abort();
        if (flags.given->len == 0 || flags.given->pdata[flags.given->len - 1])
                abort();
        dockerd_flags_clear(&flags);
}

static void check_ipsets(const char *path) {
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL))
                abort();
        g_autoptr(Ipsets) ipsets = ipsets_from_text(text);
        g_autofree char *written = ipsets_to_text(ipsets);
        g_autoptr(Ipsets) again = ipsets_from_text(written);
        if (!ipsets_equal(ipsets, again))
                abort();
}

static void check_counters(G_GNUC_UNUSED const char *path) {
        g_autoptr(GHashTable) counts = counts_recall(&settings);
        if (!counts)
                abort();
}

static void check_zone_record(G_GNUC_UNUSED const char *path) {
        g_auto(GStrv) names = zone_record_list(&settings);
        for (char **name = names; *name; name++)
                if (!**name || strchr(*name, '\n'))
                        abort();
}

static void check_spared(G_GNUC_UNUSED const char *path) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_auto(GStrv) names = spared_recall(&settings, facts);
        for (char **name = names; *name; name++)
                if (!interface_name_check("bridge", *name, NULL) || g_str_equal(*name, "docker0"))
                        abort();
}

static void check_published(G_GNUC_UNUSED const char *path) {
        Docker docker = { .facts = docker_facts_new(), .state = "not-running" };
        World world = { .settings = &settings, .docker = &docker };
        g_autoptr(GArray) ports = published_list(&world);
        for (guint i = 0; i < ports->len; i++) {
                const PublishedPort *port = &g_array_index(ports, PublishedPort, i);
                g_autofree char *text = published_port_format(port);
                PublishedPort again;
                if (!published_port_parse(text, &again, NULL) || !published_port_equal(port, &again))
                        abort();
        }
        g_hash_table_unref(world.published);
        docker_facts_free(docker.facts);
}

static const struct {
        const char *name;
        void (*check)(const char *path);
} FILES[] = {
        { "quaywalld.conf", check_settings },     { "docker.xml", check_zone },       { "docker-facts", check_facts },
        { "cmdline", check_command_line },        { "ipsets", check_ipsets },         { "counters", check_counters },
        { "zone-interfaces", check_zone_record }, { "spared-bridges", check_spared }, { "published-ports", check_published },
};

static void remove_folder(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(FILES); i++) {
                g_autofree char *path = g_build_filename(settings.state_folder, FILES[i].name, NULL);
                (void) g_unlink(path);
        }
        (void) g_rmdir(settings.state_folder);
        g_free(settings.state_folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *text = (const char *) data, *end = memchr(text, '\n', size);
        if (!settings.state_folder) {
                settings.state_folder = settings.runtime_folder = g_dir_make_tmp("fuzz-files-XXXXXX", NULL);
                (void) atexit(remove_folder);
        }
        for (gsize i = 0; end && i < G_N_ELEMENTS(FILES); i++)
                if (strlen(FILES[i].name) == (gsize) (end - text) && memcmp(FILES[i].name, text, end - text) == 0) {
                        g_autofree char *path = g_build_filename(settings.state_folder, FILES[i].name, NULL);
                        write_file(path, end + 1, size - (end + 1 - text));
                        FILES[i].check(path);
                        (void) g_unlink(path);
                }
        return 0;
}
