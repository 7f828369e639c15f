/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts from what Docker 20.10 and 26.1 answered in the lab, and from what 28, 29, rootless Docker and Podman answer according
 * to their documentation. */
#include <string.h>

#include <glib/gstdio.h>

#include "docker/facts-file.h"
#include "docker/inspect.h"
#include "docker/json-scan.h"
#include "model/bounds.h"
#include "model/error.h"

static char *read_file(const char *name, gsize *ret_length) {
        g_autofree char *path = g_build_filename(TEST_SRCDIR, "tests", "unit", "docker-api", name, NULL);
        g_autoptr(GError) error = NULL;
        char *text = NULL;
        g_file_get_contents(path, &text, ret_length, &error);
        g_assert_no_error(error);
        return text;
}

static char *show_container(const DockerContainer *container) {
        GString *text = g_string_new(NULL);
        g_string_append_printf(text, "%s%s%s", container->name, container->running ? " running" : "",
                               container->host_network ? " host" : "");
        /* Docker names the container by its id, which differs between recordings. */
        g_string_append(text, !container->joined ? "" : strlen(container->joined) == 64 ? " joins another" : " joins nothing");
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                g_autofree char *host = address_range_format(&port->host);
                g_string_append_printf(text, "\n%s %u -> %u/%s%s", host, port->host_port, port->container_port, port->protocol,
                                       port->chosen ? " chosen" : "");
        }
        for (guint i = 0; i < container->networks->len; i++)
                g_string_append_printf(text, "\nin %s", (char *) container->networks->pdata[i]);
        for (guint i = 0; i < container->addresses->len; i++) {
                const DockerAddress *address = container->addresses->pdata[i];
                g_autofree char *where = address_range_format(&address->address);
                g_string_append_printf(text, "\n%s: %s", address->network, where);
        }
        return g_string_free(text, FALSE);
}

static const struct {
        const char *file, *facts;
} CONTAINERS[] = {
        { "container-web.json", "web running\n"
                                "192.168.1.99 32768 -> 7000/tcp chosen\n"
                                "127.0.0.1 8081 -> 80/tcp\n"
                                "192.168.1.99 8080 -> 80/tcp\n"
                                "192.168.1.99 8080 -> 80/udp\n"
                                "192.168.1.99 9000 -> 9000/tcp\n"
                                "192.168.1.99 9001 -> 9001/tcp\n"
                                "in back\nin front\n"
                                "back: 172.18.0.2\nfront: 172.28.0.2\nfront: fd00:77::2" },
        { "container-created.json", "created\n"
                                    "0.0.0.0/0 8090 -> 80/tcp\n::/0 8090 -> 80/tcp\n"
                                    "fd01::99 8091 -> 81/tcp\n"
                                    "0.0.0.0/0 0 -> 82/tcp chosen\n::/0 0 -> 82/tcp chosen\n"
                                    "0.0.0.0/0 0 -> 83/tcp chosen\n::/0 0 -> 83/tcp chosen\n"
                                    "in bridge" },
        { "container-hostnet.json", "hostnet running host\nin host" },
        { "container-joined.json", "joined running joins another" },
};

static const char *const RECORDED[] = { "20.10", "26.1" };

static void check_container(const char *file, const char *facts) {
        gsize length;
        g_autofree char *text = read_file(file, &length);
        g_autoptr(GError) error = NULL;
        g_autoptr(DockerContainer) container = inspect_container(text, length, &error);
        g_assert_no_error(error);
        g_autofree char *shown = show_container(container);
        g_assert_cmpstr(shown, ==, facts);
}

static void test_containers(void) {
        for (gsize v = 0; v < G_N_ELEMENTS(RECORDED); v++)
                for (gsize i = 0; i < G_N_ELEMENTS(CONTAINERS); i++) {
                        g_autofree char *file = g_strdup_printf("%s-%s", RECORDED[v], CONTAINERS[i].file);
                        check_container(file, CONTAINERS[i].facts);
                }
        check_container("29.0-container.json", "web running\n"
                                               "0.0.0.0/0 8080 -> 80/tcp\n::/0 8080 -> 80/tcp\n"
                                               "::/0 5353 -> 53/udp\n"
                                               "0.0.0.0/0 9903 -> 99/sctp chosen\n"
                                               "in bridge\nbridge: 172.17.0.2\nbridge: fd00::2");
}

/* The ports of an ended container are free, unless Docker restarts it by itself. */
static void test_dormant(void) {
        static const struct {
                const char *status, *restart;
                bool dormant;
        } STATES[] = { { "exited", "no", true },      { "exited", "", true },
                       { "dead", "no", true },        { "exited", "unless-stopped", true },
                       { "exited", "always", false }, { "created", "no", false },
                       { "running", "no", false },    { "restarting", "always", false } };
        for (gsize i = 0; i < G_N_ELEMENTS(STATES); i++) {
                g_autofree char *text = g_strdup_printf("{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"State\":{\"Status\":\"%s\"},"
                                                        "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"%s\"}}}",
                                                        STATES[i].status, STATES[i].restart);
                g_autoptr(GError) error = NULL;
                g_autoptr(DockerContainer) container = inspect_container(text, strlen(text), &error);
                g_assert_no_error(error);
                g_assert_cmpint(container->dormant, ==, STATES[i].dormant);
        }
}

/* An image decides how many labels a container has. That must not hide it from a policy by label. */
static void test_no_count_of_labels_hides_a_container(void) {
        g_autoptr(GString) labels = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        for (guint i = 0; i < 1100; i++)
                g_string_append_printf(labels, "\"l%u\":\"%0*u\",", i, i == 7 ? 5000 : 1, i);
        /* A key that is too long is ignored, unless it is for quaywall: then it is a mistake that closes the container. */
        g_autofree char *end = g_strnfill(LIMIT_DOCKER_LABEL, 'k');
        g_string_append_printf(labels, "\"x%s\":\"\",\"" DOCKER_LABEL_OURS "%s\":\"\",", end, end);
        g_autofree char *text = g_strdup_printf(
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Config\":{\"Labels\":{%s\"tier\":\"db\"}}}", labels->str);
        g_autoptr(DockerContainer) container = inspect_container(text, strlen(text), &error);
        g_assert_no_error(error);
        g_assert_true(docker_container_matches(container, "label=tier=db"));
        g_assert_true(docker_container_matches(container, "label=l1099"));
        g_assert_true(docker_container_matches(container, "label=l7"));
        g_assert_cmpuint(g_hash_table_size(container->labels), ==, 1100 + 2);
}

/* json-glib ends a string at a NUL: two different keys, which Docker allows, must not become one. */
static void test_nul_hides_no_label(void) {
        static const char TEXT[] =
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Config\":{\"Labels\":"
                "{\"tier\":\"db\",\"tier\\u0000\":\"x\",\"tier\\u00001\":\"\",\"\\\\u0000\":\"db\\u0000\"}}}";
        g_autoptr(GError) error = NULL;
        g_autoptr(DockerContainer) container = inspect_container(TEXT, strlen(TEXT), &error);
        g_assert_no_error(error);
        g_assert_true(docker_container_matches(container, "label=tier=db"));
        g_assert_cmpuint(g_hash_table_size(container->labels), ==, 4);
        g_assert_cmpstr(g_hash_table_lookup(container->labels, "\\u0000"), ==, "db\357\277\275");
}

static void test_labels(void) {
        gsize length;
        g_autofree char *text = read_file("20.10-container-web.json", &length);
        g_autoptr(DockerContainer) container = inspect_container(text, length, NULL);
        g_assert_true(docker_container_matches(container, "web"));
        g_assert_true(docker_container_matches(container, "label=tier=front"));
        g_assert_true(docker_container_matches(container, "label=com.docker.compose.project"));
        g_assert_false(docker_container_matches(container, "label=tier=back"));
}

static const struct {
        const char *file, *facts;
} NETWORKS[] = {
        { "network-front.json", "front bridge br-%.12s 192.168.1.99 172.28.0.0/16 fd00:77::/64" },
        { "network-back.json", "back bridge back0 - internal 172.18.0.0/16" },
        { "network-host.json", "host host - -" },
};

static char *show_network(const DockerNetwork *network) {
        GString *text = g_string_new(NULL);
        g_string_append_printf(text, "%s %s %s %s%s", network->name, network->driver, network->bridge ? network->bridge : "-",
                               network->default_address ? network->default_address : "-", network->internal ? " internal" : "");
        for (guint i = 0; i < network->subnets->len; i++) {
                g_autofree char *subnet = address_range_format(&g_array_index(network->subnets, AddressRange, i));
                g_string_append_printf(text, " %s", subnet);
        }
        return g_string_free(text, FALSE);
}

static void test_networks(void) {
        for (gsize v = 0; v < G_N_ELEMENTS(RECORDED); v++)
                for (gsize i = 0; i < G_N_ELEMENTS(NETWORKS); i++) {
                        g_autofree char *file = g_strdup_printf("%s-%s", RECORDED[v], NETWORKS[i].file);
                        gsize length;
                        g_autofree char *text = read_file(file, &length);
                        g_autoptr(GError) error = NULL;
                        g_autoptr(DockerNetwork) network = inspect_network(text, length, &error);
                        g_assert_no_error(error);
                        g_autofree char *shown = show_network(network);
                        g_autofree char *id = g_strdup_printf("br-%.12s", network->id);
                        g_auto(GStrv) parts = g_strsplit(NETWORKS[i].facts, "br-%.12s", 2);
                        g_autofree char *expected = g_strjoinv(id, parts);
                        g_assert_cmpstr(shown, ==, expected);
                }
        gsize length;
        g_autofree char *text = read_file("26.1-network-bridge.json", &length);
        g_autoptr(DockerNetwork) network = inspect_network(text, length, NULL);
        g_assert_cmpstr(network->bridge, ==, "docker0");
        /* As 20.10 reports it with "bip" in its daemon.json. */
        g_auto(GStrv) parts = g_strsplit(text, "172.17.0.0/16", 2);
        g_autofree char *bip = g_strjoinv("192.168.5.1/24", parts);
        g_autoptr(GError) error = NULL;
        g_autoptr(DockerNetwork) masked = inspect_network(bip, strlen(bip), &error);
        g_assert_no_error(error);
        g_autofree char *shown = show_network(masked);
        g_assert_cmpstr(shown, ==, "bridge bridge docker0 0.0.0.0 192.168.5.0/24");
}

static const struct {
        const char *file, *version, *api;
        bool is_podman;
} VERSIONS[] = {
        { "20.10-version.json", "20.10.24+dfsg1", "1.41", false }, { "26.1-version.json", "26.1.5+dfsg1", "1.44", false },
        { "28.0-version.json", "28.0.4", "1.44", false },          { "29.0-version.json", "29.0.1", "1.44", false },
        { "podman-version.json", "4.3.1", "1.41", true },
};

static void test_versions(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(VERSIONS); i++) {
                gsize length;
                g_autofree char *text = read_file(VERSIONS[i].file, &length);
                g_autoptr(GError) error = NULL;
                g_autoptr(EngineVersion) version = inspect_version(text, length, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(version->version, ==, VERSIONS[i].version);
                g_assert_cmpstr(version->api_version, ==, VERSIONS[i].api);
                g_assert_true(version->is_podman == VERSIONS[i].is_podman);
        }
        /* A Docker that is too new, and versions that make no sense. */
        static const char future[] = "{\"Version\":\"99\",\"ApiVersion\":\"1.99\",\"MinAPIVersion\":\"1.60\"}";
        g_autoptr(EngineVersion) version = inspect_version(future, strlen(future), NULL);
        g_assert_cmpstr(version->api_version, ==, "1.60");
        static const char *const wrong[] = { "{\"Version\":\"1\",\"ApiVersion\":\"2.0\"}",
                                             "{\"Version\":\"1\",\"ApiVersion\":\"1.4x\"}",
                                             "{\"Version\":\"1\"}",
                                             "{\"ApiVersion\":\"1.41\"}",
                                             "{\"Version\":1,\"ApiVersion\":\"1.41\"}",
                                             "{\"Version\":\"1\",\"ApiVersion\":\"1.41/../../x\"}" };
        for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(inspect_version(wrong[i], strlen(wrong[i]), &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        }
}

static const struct {
        const char *file, *backend;
        bool is_rootless;
} FEATURES[] = {
        { "20.10-info.json", "iptables", false },   { "26.1-info.json", "iptables", false },
        { "28.0-info.json", "iptables", false },    { "29.0-info.json", "nftables", false },
        { "rootless-info.json", "iptables", true },
};

static void test_features(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(FEATURES); i++) {
                gsize length;
                g_autofree char *text = read_file(FEATURES[i].file, &length);
                g_autoptr(GError) error = NULL;
                EngineFeatures features;
                g_assert_true(inspect_info(text, length, &features, &error));
                g_assert_cmpstr(features.firewall_backend, ==, FEATURES[i].backend);
                g_assert_true(features.is_rootless == FEATURES[i].is_rootless);
                g_assert_false(features.no_raw);
        }
        static const char INSECURE[] =
                "{\"Warnings\":[\"WARNING: No swap limit support\",\"WARNING: DOCKER_INSECURE_NO_IPTABLES_RAW is set\"]}";
        EngineFeatures features;
        g_assert_true(inspect_info(INSECURE, strlen(INSECURE), &features, NULL));
        g_assert_true(features.no_raw);
        g_assert_false(features.is_rootless);
}

static void test_lists(void) {
        for (gsize v = 0; v < G_N_ELEMENTS(RECORDED); v++) {
                g_autofree char *file = g_strdup_printf("%s-containers.json", RECORDED[v]);
                gsize length;
                g_autofree char *text = read_file(file, &length);
                g_autoptr(GError) error = NULL;
                g_autoptr(GPtrArray) ids = inspect_ids(text, length, 100, &error), few = inspect_ids(text, length, 2, NULL);
                g_assert_no_error(error);
                g_assert_cmpuint(ids->len, ==, 4);
                g_assert_cmpuint(few->len, ==, 2);
                g_assert_cmpuint(strlen(ids->pdata[3]), ==, 64);
        }
        static const struct {
                const char *text;
                int n; /* -1: an error */
        } cases[] = {
                { "[]", 0 },
                { " [ ] ", 0 },
                { "[{\"Id\":\"0123456789ab\"} , {\"Id\":\"0123456789ac\"}]\n", 2 },
                { "[{\"Id\":\"0123456789ab\",\"x\":\"]},[{\\\"\"}]", 1 },
                { "", -1 },
                { "{}", -1 },
                { "[", -1 },
                { "[1]", -1 },
                { "[{\"Id\":\"../../../etc\"}]", -1 },
                { "[{\"Id\":\"0123456789ab\"}", -1 },
                { "[{\"Id\":\"0123456789ab\"}]]", -1 },
                { "[{\"Name\":\"x\"}]", -1 },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GPtrArray) ids = inspect_ids(cases[i].text, strlen(cases[i].text), 100, &error);
                g_assert_cmpint(ids ? (int) ids->len : -1, ==, cases[i].n);
                g_assert_true(!ids == !!error);
        }
}

static void test_events(void) {
        static const char *const files[] = { "20.10-events.txt", "26.1-events.txt", "29.0-events.txt" };
        static const guint containers[] = { 13, 13, 1 }, networks[] = { 0, 0, 1 };
        for (gsize f = 0; f < G_N_ELEMENTS(files); f++) {
                gsize length;
                g_autofree char *text = read_file(files[f], &length);
                g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
                guint n_containers = 0, n_networks = 0, n_lines = 0, connects = 0, created = 0;
                for (char **line = lines; *line && **line; line++, n_lines++) {
                        g_auto(EngineEvent) event = { NULL };
                        g_autoptr(GError) error = NULL;
                        g_assert_true(inspect_event(*line, strlen(*line), &event, &error));
                        n_containers += event.container != NULL;
                        n_networks += event.network != NULL;
                        connects += event.container && event.network;
                        created += event.created != NULL;
                        if (event.created && g_str_equal(event.created->name, "web")) {
                                g_assert_cmpstr(event.created->id, ==, event.container);
                                g_assert_true(docker_container_matches(event.created, "label=tier=front"));
                                g_assert_false(docker_container_matches(event.created, "label=name"));
                        }
                        g_assert_true(!event.container || strlen(event.container) == 64);
                }
                if (f < 2) {
                        g_assert_cmpuint(n_containers, ==, n_lines); /* a network's event names its container */
                        g_assert_cmpuint(connects, >=, 2);
                        g_assert_cmpuint(created, >=, 3);
                } else {
                        g_assert_cmpuint(n_containers, ==, containers[f]);
                        g_assert_cmpuint(n_networks, ==, networks[f]);
                }
        }
}

/* Each answer is valid but for one error. */
static const struct {
        const char *label, *text;
} WRONG[] = {
        { "no id", "{\"Name\":\"/a\"}" },
        { "a short id", "{\"Id\":\"abc\",\"Name\":\"/a\"}" },
        { "an id with a path", "{\"Id\":\"../../containers\",\"Name\":\"/a\"}" },
        { "no name", "{\"Id\":\"0123456789ab\"}" },
        { "a number for a name", "{\"Id\":\"0123456789ab\",\"Name\":1}" },
        { "an empty name", "{\"Id\":\"0123456789ab\",\"Name\":\"\"}" },
        { "a control character in a name", "{\"Id\":\"0123456789ab\",\"Name\":\"a\\nb\"}" },
        { "a list for a state", "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"State\":[]}" },
        { "a string for true", "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"State\":{\"Running\":\"yes\"}}" },
        { "a list for labels", "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Config\":{\"Labels\":[]}}" },
        { "a number for a label", "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Config\":{\"Labels\":{\"a\":1}}}" },
        { "a port that is none", "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"HostConfig\":{\"PortBindings\":{\"http\":[{}]}}}" },
        { "a port of 0", "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"HostConfig\":{\"PortBindings\":{\"0/tcp\":[{}]}}}" },
        { "a large host port",
          "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":"
          "\"65536\"}]}}}" },
        { "a number for a host port",
          "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":"
          "80}]}}}" },
        { "a prefix for a host address",
          "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":"
          "\"10.0.0.0/8\",\"HostPort\":\"80\"}]}}}" },
        { "a name for a host address",
          "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":"
          "\"localhost\",\"HostPort\":\"80\"}]}}}" },
        { "an address that is none",
          "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"State\":{\"Running\":true},\"NetworkSettings\":{\"Networks\":"
          "{\"b\":{\"IPAddress\":\"1.2.3\"}}}}" },
        { "not an object", "[]" },
        { "nothing", "" },
        { "half of it", "{\"Id\":\"0123456789ab\",\"Na" },
        { "two", "{}{}" },
};

static void test_wrong(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(WRONG); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(DockerContainer) container = inspect_container(WRONG[i].text, strlen(WRONG[i].text), &error);
                if (container || !g_error_matches(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO)) {
                        g_test_message("%s: taken", WRONG[i].label);
                        g_test_fail();
                }
        }
        static const char *const networks[] = {
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\"}",
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge.name\":\"a b\"}}",
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge.name\":\"a123456789012345\"}}",
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge.name\":\"br+\"}}",
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge.name\":\"br\\\\\"}}",
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge.name\":\"-o\"}}",
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Driver\":\"bridge\",\"Options\":{\"com.docker.network.bridge.host_binding_ipv4\":\"x\"}}",
                "{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"Driver\":\"bridge\",\"IPAM\":{\"Config\":[{\"Subnet\":\"x\"}]}}",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(networks); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(inspect_network(networks[i], strlen(networks[i]), &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        }
}

/* json-glib recurses as deep as the text is nested, on a fiber's stack. */
static void test_depth(void) {
        g_autofree char *open = g_strnfill(200000, '['), *close = g_strnfill(200000, ']');
        g_autofree char *text = g_strconcat("{\"Id\":\"0123456789ab\",\"Name\":\"a\",\"x\":", open, close, "}", NULL);
        g_autoptr(GError) error = NULL;
        g_assert_null(inspect_container(text, strlen(text), &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        g_assert_nonnull(strstr(error->message, "deep"));
        g_assert_cmpuint(strlen(error->message), <, 200);
        g_autofree char *fine = g_strdup_printf("%.*s%.*s", (int) LIMIT_DOCKER_DEPTH, open, (int) LIMIT_DOCKER_DEPTH, close);
        g_assert_true(json_scan(fine, strlen(fine), NULL));
}

/* Kept across a reboot: neither addresses nor ports that Docker chose. */
static void test_file(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        static const char *const containers[] = { "20.10-container-web.json", "20.10-container-created.json",
                                                  "20.10-container-hostnet.json", "29.0-container.json" };
        static const char *const kept[] = {
                "created\n0.0.0.0/0 8090 -> 80/tcp\n::/0 8090 -> 80/tcp\nfd01::99 8091 -> 81/tcp\nin bridge",
                "hostnet host\nin host", NULL, NULL
        };
        gsize length;
        for (gsize i = 0; i < G_N_ELEMENTS(containers); i++) {
                g_autofree char *text = read_file(containers[i], &length);
                docker_facts_add_container(facts, inspect_container(text, length, NULL));
        }
        g_autofree char *text = read_file("20.10-network-front.json", &length);
        docker_facts_add_network(facts, inspect_network(text, length, NULL));
        g_autofree char *folder = g_dir_make_tmp("quaywall-facts-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(folder, "docker-facts", NULL);
        bool whole;
        g_autofree char *written = facts_file_text(facts, FACTS_FILE_MAX, &whole);
        g_autoptr(GError) error = NULL;
        g_assert_true(facts_file_save(path, written, &error));
        g_autoptr(DockerFacts) again = facts_file_load(path, &error);
        g_assert_no_error(error);
        g_autofree char *rewritten = facts_file_text(again, FACTS_FILE_MAX, &whole);
        g_assert_cmpstr(rewritten, ==, written);
        g_assert_true(whole);
        g_assert_cmpuint(again->bytes, >, 0);
        /* Whatever fits into the given size can be read again. Labels are dropped first. */
        guint labelled = 0, bare = 0;
        for (gsize max = 0; max < strlen(written); max += 7) {
                g_autofree char *part = facts_file_text(facts, max, &whole);
                g_assert_false(whole);
                g_assert_cmpuint(strlen(part), <=, max);
                g_assert_true(facts_file_save(path, part, &error));
                g_autoptr(DockerFacts) some = facts_file_load(path, &error);
                g_assert_no_error(error);
                labelled += strstr(part, "tier") != NULL;
                bare += strstr(part, "\"web\"") && !strstr(part, "tier");
        }
        g_assert_cmpuint(labelled, >, 0);
        g_assert_cmpuint(bare, >, 0);
        g_assert_cmpuint(g_hash_table_size(again->containers), ==, 4);
        g_autoptr(GPtrArray) list = docker_facts_list_containers(again), networks = docker_facts_list_networks(again);
        for (guint i = 0; i < list->len; i++) {
                const DockerContainer *container = list->pdata[i];
                g_autofree char *shown = show_container(container);
                g_assert_cmpuint(container->addresses->len, ==, 0);
                g_assert_null(strstr(shown, "chosen"));
                if (kept[i])
                        g_assert_cmpstr(shown, ==, kept[i]);
        }
        g_autoptr(GPtrArray) before = docker_facts_list_networks(facts);
        g_assert_true(docker_network_equal(before->pdata[0], networks->pdata[0]));
        docker_facts_remove_network(facts, ((DockerNetwork *) before->pdata[0])->id);
        while (g_hash_table_size(facts->containers) > 0) {
                g_autoptr(GPtrArray) left = docker_facts_list_containers(facts);
                g_assert_true(docker_facts_remove_container(facts, ((DockerContainer *) left->pdata[0])->id));
        }
        g_assert_cmpuint(facts->bytes, ==, 0);
        g_unlink(path);
        g_rmdir(folder);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/docker-inspect/containers", test_containers);
        g_test_add_func("/docker-inspect/dormant", test_dormant);
        g_test_add_func("/docker-inspect/labels", test_labels);
        g_test_add_func("/docker-inspect/nul-hides-no-label", test_nul_hides_no_label);
        g_test_add_func("/docker-inspect/no-count-of-labels-hides-a-container", test_no_count_of_labels_hides_a_container);
        g_test_add_func("/docker-inspect/networks", test_networks);
        g_test_add_func("/docker-inspect/versions", test_versions);
        g_test_add_func("/docker-inspect/features", test_features);
        g_test_add_func("/docker-inspect/lists", test_lists);
        g_test_add_func("/docker-inspect/events", test_events);
        g_test_add_func("/docker-inspect/wrong", test_wrong);
        g_test_add_func("/docker-inspect/depth", test_depth);
        g_test_add_func("/docker-inspect/file", test_file);
        return g_test_run();
}
