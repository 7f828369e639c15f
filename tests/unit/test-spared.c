/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which bridges are spared while packets to unknown containers are held: one of Docker's must never be by mistake. */
#include "world/spared.h"

#include <glib/gstdio.h>
#include <string.h>

#include "world/memory.h"
#include "world/zones.h"

const char *const DEFAULT_BRIDGES[] = { "docker0", NULL };

/* --- a fake world ------------------------------------------------------------------------------------------------- */

static struct Fake {
        const char *bridges;     /* of this host, separated by spaces */
        const char *leading_out; /* those of them that lead further than to containers */
        DockerNetworks told;
        char *saved;
        guint saves;
} fake;

static bool has_word(const char *words, const char *word) {
        g_auto(GStrv) all = g_strsplit(words, " ", -1);
        return g_strv_contains((const char *const *) all, word);
}

bool links_is_bridge(G_GNUC_UNUSED const Links *links, const char *name) {
        return has_word(fake.bridges, name);
}

GPtrArray *links_list_bridges(G_GNUC_UNUSED const Links *links, GHashTable *leading_out) {
        GPtrArray *bridges = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) names = g_strsplit(fake.bridges, " ", -1);
        for (char **name = names; *name; name++) {
                g_ptr_array_add(bridges, g_strdup(*name));
                if (has_word(fake.leading_out, *name))
                        g_hash_table_add(leading_out, g_strdup(*name));
        }
        return bridges;
}

DockerNetworks docker_networks(G_GNUC_UNUSED const Docker *docker) {
        return fake.told;
}

void memory_save(const char *file, const char *text, G_GNUC_UNUSED mode_t mode) {
        g_assert_true(g_str_has_suffix(file, "/spared-bridges"));
        g_free(fake.saved);
        fake.saved = g_strdup(text);
        fake.saves++;
}

typedef struct Case {
        World world;
        Docker docker;
        Settings settings;
} Case;

static const char *const DOCKER0[] = { "docker0", NULL };

/* As at the start of quaywalld, on a host with these bridges. */
static void begin(Case *c, const char *bridges, const char *remembered) {
        g_autofree char *file = NULL;
        memset(c, 0, sizeof *c);
        g_free(fake.saved);
        fake = (struct Fake){ .bridges = bridges, .leading_out = "", .told = NETWORKS_KNOWN };
        c->settings.state_folder = g_dir_make_tmp("quaywall-spared-XXXXXX", NULL);
        c->docker.facts = docker_facts_new();
        c->world = (World){ .settings = &c->settings,
                            .docker = &c->docker,
                            .links = (Links *) &fake,
                            .bridges = g_strdupv((char **) DOCKER0) };
        file = g_build_filename(c->settings.state_folder, "spared-bridges", NULL);
        if (remembered)
                g_assert_true(g_file_set_contents(file, remembered, -1, NULL));
        spared_open(&c->world);
        g_unlink(file);
}

static void end(Case *c) {
        g_rmdir(c->settings.state_folder);
        g_free(c->settings.state_folder);
        docker_facts_free(c->docker.facts);
        g_strfreev(c->world.bridges);
        g_strfreev(c->world.spared);
        g_hash_table_unref(c->world.bridges_since);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, end)

static void assert_spared(const Case *c, const char *expected) {
        g_autofree char *spared = g_strjoinv(" ", c->world.spared);
        g_assert_cmpstr(spared, ==, expected);
}

/* As if a second had passed since the bridge was seen first. */
static void grow_old(Case *c, const char *bridge) {
        gint64 *since = g_hash_table_lookup(c->world.bridges_since, bridge);
        g_assert_nonnull(since);
        *since -= G_USEC_PER_SEC;
}

static void add_network(Case *c, const char *name, const char *bridge) {
        DockerNetwork *network = docker_network_new(name, name);
        network->bridge = g_strdup(bridge);
        docker_facts_add_network(c->docker.facts, network);
}

/* Docker makes a bridge before it reports the network. */
static void test_new_bridge(void) {
        g_auto(Case) c;
        begin(&c, "docker0 virbr0", NULL);
        g_assert_cmpuint(spared_update(&c.world), ==, 0);
        assert_spared(&c, "virbr0 docker_gwbridge");
        g_assert_cmpstr(fake.saved, ==, "virbr0\ndocker_gwbridge");
        fake.bridges = "docker0 virbr0 br-1 br-2";
        const guint64 wait = spared_update(&c.world);
        g_assert_cmpuint(wait, >, G_USEC_PER_SEC / 2);
        g_assert_cmpuint(wait, <=, G_USEC_PER_SEC);
        assert_spared(&c, "virbr0 docker_gwbridge");
        /* One turns out to be Docker's, and the other is not. */
        add_network(&c, "front", "br-1");
        grow_old(&c, "br-1");
        grow_old(&c, "br-2");
        g_assert_cmpuint(spared_update(&c.world), ==, 0);
        assert_spared(&c, "virbr0 br-2 docker_gwbridge");
        /* Nothing new: nothing is written. */
        const guint saves = fake.saves;
        g_assert_cmpuint(spared_update(&c.world), ==, 0);
        g_assert_cmpuint(fake.saves, ==, saves);
}

/* A name may come again, as another bridge. */
static void test_gone(void) {
        g_auto(Case) c;
        begin(&c, "docker0 br-1", NULL);
        (void) spared_update(&c.world);
        assert_spared(&c, "br-1 docker_gwbridge");
        fake.bridges = "docker0";
        (void) spared_update(&c.world);
        assert_spared(&c, "docker_gwbridge");
        fake.bridges = "docker0 br-1";
        g_assert_cmpuint(spared_update(&c.world), >, 0);
        assert_spared(&c, "docker_gwbridge");
}

/* Until Docker has reported its networks, each bridge may be one of them. */
static void test_not_told(void) {
        g_auto(Case) c;
        begin(&c, "docker0 br-1", NULL);
        fake.told = NETWORKS_SOON;
        g_assert_cmpuint(spared_update(&c.world), >, 0);
        assert_spared(&c, "docker_gwbridge");
        /* It will not report them by itself: nothing to wait for. */
        fake.told = NETWORKS_UNKNOWN;
        g_assert_cmpuint(spared_update(&c.world), ==, 0);
        assert_spared(&c, "docker_gwbridge");
}

/* What was spared before counts until Docker has reported its networks, but not for what is Docker's. */
static void test_remembered(void) {
        g_auto(Case) c;
        begin(&c, "docker0 br-1 br-2", "br-1\nbr-2\ndocker0\nnot a name\n\nway-too-long-for-a-name");
        assert_spared(&c, "br-1 br-2 docker_gwbridge");
        fake.told = NETWORKS_SOON;
        g_assert_cmpuint(spared_update(&c.world), ==, 0);
        assert_spared(&c, "br-1 br-2 docker_gwbridge");
        add_network(&c, "front", "br-2");
        fake.told = NETWORKS_KNOWN;
        (void) spared_update(&c.world);
        assert_spared(&c, "br-1 docker_gwbridge");
        /* For the boot, by the facts of before it. */
        g_auto(GStrv) recalled = spared_recall(&c.settings, c.docker.facts);
        g_autofree char *text = g_strjoinv(" ", recalled);
        g_assert_cmpstr(text, ==, "docker_gwbridge");
}

/* One of Docker's that also leads to others, by a port that somebody added. */
static void test_leads_out(void) {
        g_auto(Case) c;
        begin(&c, "docker0 br-1 docker_gwbridge", NULL);
        add_network(&c, "front", "br-1");
        (void) spared_update(&c.world);
        assert_spared(&c, "docker_gwbridge");
        fake.leading_out = "br-1";
        (void) spared_update(&c.world);
        assert_spared(&c, "br-1 docker_gwbridge");
        fake.leading_out = "";
        (void) spared_update(&c.world);
        assert_spared(&c, "docker_gwbridge");
}

/* Without netlink nothing is known of links, and what was spared stays so. */
static void test_no_links(void) {
        g_auto(Case) c;
        begin(&c, "docker0", "br-1");
        c.world.links = NULL;
        g_assert_cmpuint(spared_update(&c.world), ==, 0);
        assert_spared(&c, "br-1 docker_gwbridge");
        g_assert_cmpuint(fake.saves, ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/spared/new-bridge", test_new_bridge);
        g_test_add_func("/spared/gone", test_gone);
        g_test_add_func("/spared/not-told", test_not_told);
        g_test_add_func("/spared/remembered", test_remembered);
        g_test_add_func("/spared/leads-out", test_leads_out);
        g_test_add_func("/spared/no-links", test_no_links);
        return g_test_run();
}
