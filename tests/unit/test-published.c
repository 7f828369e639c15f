/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which ports are known to be published, also after a restart of the daemon. */
#include "world/published.h"

#include <string.h>

#include "compile/docker-nat.h"
#include "model/durable.h"
#include "world/journal.h"
#include "world/zones.h"

/* --- what published.c calls --------------------------------------------------------------------------------------- */

static GArray *kernel; /* DockerNat; NULL: Docker's chains are missing */

static const char *bridge; /* in the tables of Docker's nftables backend; NULL: there are none */
static char *noted;        /* what zones_note_nft() got */

GArray *guard_read_nat(GPtrArray *bridges) {
        if (bridge)
                g_ptr_array_add(bridges, g_strdup(bridge));
        return kernel ? g_array_ref(kernel) : NULL;
}

void zones_note_nft(G_GNUC_UNUSED World *world, const GPtrArray *bridges) {
        g_free(noted);
        noted = g_strdup(bridges->len > 0 ? bridges->pdata[0] : "none");
}

void journal_log(G_GNUC_UNUSED int priority, G_GNUC_UNUSED const char *const *fields, const char *format, ...) {
        g_error("logged: %s", format);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

typedef struct Case {
        char *folder;
        Settings settings;
        Docker docker;
        World world;
} Case;

static void start(Case *c, const char *folder) {
        *c = (Case){ .folder = g_strdup(folder) };
        c->settings.runtime_folder = c->folder;
        c->docker.facts = docker_facts_new();
        c->docker.state = "not-running";
        c->world.settings = &c->settings;
        c->world.docker = &c->docker;
}

static void stop(Case *c) {
        g_clear_pointer(&c->world.published, g_hash_table_unref);
        g_clear_pointer(&c->world.nat, g_array_unref);
        docker_facts_free(c->docker.facts);
        g_free(c->folder);
}

static void begin(Case *c) {
        g_autofree char *folder = g_dir_make_tmp("published-XXXXXX", NULL);
        g_assert_nonnull(folder);
        start(c, folder);
}

static void end(Case *c) {
        g_assert_true(durable_remove_tree(c->folder, NULL));
        g_clear_pointer(&kernel, g_array_unref);
        stop(c);
}

static void restart(Case *c) {
        g_autofree char *folder = g_strdup(c->folder);
        stop(c);
        start(c, folder);
}

static void docker_writes(const char *const *ports) {
        g_clear_pointer(&kernel, g_array_unref);
        kernel = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        for (; *ports; ports++) {
                PublishedPort port;
                g_assert_true(published_port_parse(*ports, &port, NULL));
                const DockerNat nat = { .port = { .host = port.is_anywhere ? address_everybody(FAMILY_IPV6) : port.address,
                                                  .protocol = port.protocol,
                                                  .host_port = port.port } };
                g_array_append_val(kernel, nat);
        }
}

static void expect(Case *c, const char *wanted) {
        g_autoptr(GArray) list = published_list(&c->world);
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < list->len; i++) {
                g_autofree char *port = published_port_format(&g_array_index(list, PublishedPort, i));
                g_string_append_printf(text, "%s%s", i ? " " : "", port);
        }
        g_assert_cmpstr(text->str, ==, wanted);
}

#define ALL "53/udp 8080/udp 192.168.1.99:8080/tcp [fd00::1]:8080/tcp"

static void test_restart(void) {
        const char *const ports[] = { "[fd00::1]:8080/tcp", "53/udp", "192.168.1.99:8080/tcp", "8080/udp", "53/udp", NULL };
        Case c;
        begin(&c);
        docker_writes(ports);
        g_assert_false(published_read(&c.world));
        expect(&c, ALL);
        restart(&c);
        expect(&c, ALL);
        g_clear_pointer(&kernel, g_array_unref);
        g_assert_false(published_read(&c.world));
        expect(&c, ALL);
        end(&c);
}

/* A port that Docker no longer publishes is remembered until Docker's API has reported everything. */
static void test_told(void) {
        const char *const before[] = { "80/tcp", "81/tcp", NULL }, *const after[] = { "81/tcp", NULL };
        Case c;
        begin(&c);
        docker_writes(before);
        g_assert_false(published_read(&c.world));
        docker_writes(after);
        g_assert_true(published_read(&c.world));
        expect(&c, "80/tcp 81/tcp");
        c.docker.state = "running";
        expect(&c, "80/tcp 81/tcp");
        c.docker.is_complete = true;
        expect(&c, "81/tcp");
        DockerContainer *container = docker_container_new("1", "web");
        const DockerPort port = { .host = address_everybody(FAMILY_IPV4), .protocol = "tcp", .host_port = 8080 };
        const DockerPort chosen = { .host = address_everybody(FAMILY_IPV4), .protocol = "tcp" };
        g_array_append_val(container->ports, port);
        g_array_append_val(container->ports, chosen);
        docker_facts_add_container(c.docker.facts, container);
        expect(&c, "81/tcp 8080/tcp");
        end(&c);
}

/* The file of quaywalld 0.1, and lines that nobody wrote: one bad element would cost the whole guard. */
/* One reading holds until the kernel reports a change, if it does report them. */
static void test_holds(void) {
        static const char *const PORTS[] = { "8080/tcp", NULL };
        Case c;
        begin(&c);
        c.world.monitor = (Monitor *) &c;
        (void) published_read(&c.world); /* Docker's chains are away */
        g_assert_false(published_is_read(&c.world));
        docker_writes(PORTS);
        (void) published_read(&c.world);
        g_assert_true(published_is_read(&c.world));
        c.world.monitor = NULL;
        g_assert_false(published_is_read(&c.world));
        end(&c);
}

/* Whatever the API says: a Docker with the nftables backend has bridges in its rules, too. */
static void test_bridges(void) {
        Case c;
        begin(&c);
        (void) published_read(&c.world);
        g_assert_cmpstr(noted, ==, "none");
        bridge = "br-front";
        (void) published_read(&c.world);
        g_assert_cmpstr(noted, ==, "br-front");
        bridge = NULL;
        g_clear_pointer(&noted, g_free);
        end(&c);
}

static void test_file(void) {
        static const struct {
                const char *text, *wanted;
        } CASES[] = {
                { "tcp . 8080\nudp . 53\nsctp . 9", "9/sctp 8080/tcp 53/udp" },
                { "8080/tcp\n[fd00::1]:53/udp\n", "8080/tcp [fd00::1]:53/udp" },
                { "\n\ntcp . 0\nudp . 65536\nicmp . 80\ntcp . 80-81\n . \ntcp . 81 . 82\n0/tcp\n65536/tcp\n80/icmp\n80-81/tcp\n"
                  "[192.168.1.99]:80/tcp\n192.168.1.0/24:80/tcp\n1.1.1.1 . tcp . 80\n} drop\n82/tcp",
                  "82/tcp" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                Case c;
                begin(&c);
                g_autofree char *file = g_build_filename(c.folder, "published-ports", NULL);
                g_assert_true(g_file_set_contents(file, CASES[i].text, -1, NULL));
                expect(&c, CASES[i].wanted);
                end(&c);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/published/restart", test_restart);
        g_test_add_func("/published/told", test_told);
        g_test_add_func("/published/holds", test_holds);
        g_test_add_func("/published/bridges", test_bridges);
        g_test_add_func("/published/file", test_file);
        return g_test_run();
}
