/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels are text from strangers. Input: a container's labels, "KEY=VALUE", one per line; a line that begins with "+" begins another
 * container, whose name is the rest of the line. Policies from labels only restrict; each container with labels of quaywall's is in
 * one of them, and if one label is wrong it is closed; the policies can be rendered. */
#include "compile/rule.h"
#include "model/labels.h"
#include "model/policy-check.h"

#include "fuzz.h"

#define CONTAINERS_MAX 16U

static void add_address(DockerContainer *container, const char *network, guint n) {
        g_autofree char *text = g_strdup_printf("%s%u", network, n + 2);
        DockerAddress *own = g_new(DockerAddress, 1);
        own->network = g_strdup("bridge");
        if (!address_range_parse(text, &own->address, NULL))
                abort();
        g_ptr_array_add(container->addresses, own);
}

static DockerContainer *new_container(const char *name, guint n) {
        g_autofree char *id = g_strdup_printf("%064u", n);
        DockerContainer *container = docker_container_new(id, name);
        container->running = true;
        g_ptr_array_add(container->networks, g_strdup("bridge"));
        add_address(container, "172.17.0.", n);
        add_address(container, "fd17::", n);
        return container;
}

static DockerFacts *read_facts(const char *text) {
        DockerFacts *facts = docker_facts_new();
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        DockerContainer *container = new_container("web", 0);
        guint n = 0;
        for (char **line = lines; *line; line++) {
                if (**line == '+' && n + 1 < CONTAINERS_MAX) {
                        docker_facts_add_container(facts, container);
                        container = new_container(*line + 1, ++n);
                        continue;
                }
                char *value = strchr(*line, '=');
                if (value)
                        *value++ = '\0';
                g_hash_table_insert(container->labels, g_strdup(*line), g_strdup(value ? value : ""));
        }
        docker_facts_add_container(facts, container);
        return facts;
}

static bool carries(const Policy *policy, const char *id) {
        for (guint i = 0; i < policy->carriers->len; i++)
                if (g_str_equal(policy->carriers->pdata[i], id))
                        return true;
        return false;
}

/* Whether a policy of this action, or any (_POLICY_ACTION_MAX), has this container. */
static bool is_carried(PolicySet *set, const char *id, PolicyAction action) {
        GHashTableIter iter;
        gpointer policy;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                if (carries(policy, id) && (action == _POLICY_ACTION_MAX || ((Policy *) policy)->action == action))
                        return true;
        return false;
}

static bool is_closed(PolicySet *set, DockerFacts *facts, const char *name) {
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                if (g_str_equal(container->name, name) && is_carried(set, container->id, POLICY_DENY))
                        return true;
        }
        return false;
}

static void check_policies(PolicySet *set) {
        GHashTableIter iter;
        gpointer name, p;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &name, &p)) {
                Policy *policy = p;
                if (!g_str_has_prefix(name, POLICY_LABEL) || policy->action == POLICY_FORWARD || !policy->enabled ||
                    policy->carriers->len == 0 || policy->containers->len == 0 || !policy_check(policy, NULL))
                        abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const BRIDGES[] = { "docker0", NULL };
        g_autofree char *text = g_strndup((const char *) data, size);
        if (!g_utf8_validate(text, -1, NULL)) /* Docker's answer was JSON */
                return 0;
        g_autoptr(DockerFacts) facts = read_facts(text);
        g_autoptr(PolicySet) set = policy_set_new();
        g_autoptr(GPtrArray) flaws = labels_flaws_new();
        labels_add(set, facts, NULL, flaws);
        check_policies(set);
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                if (container->carries != is_carried(set, container->id, _POLICY_ACTION_MAX))
                        abort();
        }
        for (guint i = 0; i < flaws->len; i++) {
                const LabelFlaw *flaw = flaws->pdata[i];
                if (!g_str_has_prefix(flaw->label, DOCKER_LABEL_OURS) || !g_utf8_validate(flaw->sentence, -1, NULL) ||
                    !is_closed(set, facts, flaw->container))
                        abort();
        }
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, facts, NULL, NULL, false);
        if ((rules->len > 0) != (g_hash_table_size(set->policies) > 0))
                abort();
        return 0;
}
