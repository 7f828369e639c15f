/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever Docker's socket answers: the result is an error, or facts that can be saved and read again. */
#include "docker/facts-file.h"
#include "docker/inspect.h"

#include "fuzz.h"

/* The saved file contains what it should. */
static void check_kept(DockerFacts *facts) {
        bool whole;
        g_autofree char *written = facts_file_text(facts, FACTS_FILE_MAX, &whole);
        if (!g_utf8_validate(written, -1, NULL))
                abort();
        for (const char *line = written, *end; (end = strchr(line, '\n')); line = end + 1) {
                g_autoptr(GError) error = NULL;
                DockerContainer *container = strstr(line, "\"Driver\":") && strstr(line, "\"Driver\":") < end ?
                                                     NULL :
                                                     inspect_container(line, end - line, &error);
                if (container)
                        docker_container_free(container);
                else if (error)
                        abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *text = (const char *) data;
        g_autoptr(DockerFacts) facts = docker_facts_new();
        GError *errors[6] = { NULL };
        DockerContainer *container = inspect_container(text, size, &errors[0]);
        DockerNetwork *network = inspect_network(text, size, &errors[1]);
        g_autoptr(EngineVersion) version = inspect_version(text, size, &errors[2]);
        g_autoptr(GPtrArray) ids = inspect_ids(text, size, 10, &errors[3]);
        EngineFeatures features;
        g_auto(EngineEvent) event = { NULL };
        const bool results[] = { container,
                                 network,
                                 version,
                                 ids,
                                 inspect_info(text, size, &features, &errors[4]),
                                 inspect_event(text, size, &event, &errors[5]) };
        g_autofree char *message = inspect_message(text, size);
        if (message && !g_utf8_validate(message, -1, NULL))
                abort();
        for (gsize i = 0; i < G_N_ELEMENTS(results); i++) {
                if (results[i] == (errors[i] != NULL))
                        abort();
                if (errors[i])
                        check_error(errors[i], MESSAGE_MAX);
                g_clear_error(&errors[i]);
        }
        if (container)
                docker_facts_add_container(facts, container);
        if (network)
                docker_facts_add_network(facts, network);
        check_kept(facts);
        return 0;
}
