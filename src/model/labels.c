/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "labels.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bounds.h"
#include "error.h"
#include "policy-check.h"
#include "sort.h"

/* Characters of a container's name in the names of its policies, which nft takes for counters and comments. */
#define MAX_SHOWN 64U
/* Flaws that are told: nobody reads more. */
#define MAX_FLAWS 32U

static const char *const ACTIONS[] = { "allow-only", "deny", "obey-zones" };

static void flaw_free(gpointer p) {
        LabelFlaw *flaw = p;
        g_free(flaw->container);
        g_free(flaw->label);
        g_free(flaw->sentence);
        g_free(flaw);
}

GPtrArray *labels_flaws_new(void) {
        return g_ptr_array_new_with_free_func(flaw_free);
}

static void add_flaw(GPtrArray *flaws, const char *container, const char *label, char *sentence, bool is_open) {
        LabelFlaw *flaw = g_new(LabelFlaw, 1);
        *flaw = (LabelFlaw){ g_strdup(container), g_strdup(label), sentence, is_open };
        g_ptr_array_add(flaws, flaw);
}

/* --- one policy --------------------------------------------------------------------------------------------------- */

static bool is_plain(const char *name) {
        bool plain = g_ascii_isalnum(name[0]) && strlen(name) <= MAX_SHOWN;
        for (const char *c = name; plain && *c; c++)
                plain = g_ascii_isalnum(*c) || strchr("_.-", *c);
        return plain;
}

/* The container's name, or what can be shown of it and a part of its id's digest: no name of Docker's has a slash. */
static char *name_policy(const DockerContainer *container, const char *kind) {
        if (is_plain(container->name))
                return g_strdup_printf(POLICY_LABEL "%s/%s", container->name, kind);
        g_autofree char *shown = g_strndup(container->name, MAX_SHOWN - 13);
        for (char *c = shown; *c; c++)
                if (!g_ascii_isalnum(*c) && !strchr("_.-", *c))
                        *c = '_';
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, container->id, -1);
        return g_strdup_printf(POLICY_LABEL "%s/%.12s/%s", shown, digest, kind);
}

static Policy *new_policy(PolicyAction action, char *origin) {
        Policy *policy = policy_new();
        policy->action = action;
        policy->origin = origin;
        policy->carriers = g_ptr_array_new_with_free_func(g_free);
        return policy;
}

static void add_carrier(Policy *policy, const DockerContainer *container) {
        g_ptr_array_add(policy->carriers, g_strdup(container->id));
        if (policy->containers->len < LIMIT_MATCHES)
                g_ptr_array_add(policy->containers, g_strdup(container->name));
}

static Policy *new_of(PolicyAction action, const DockerContainer *container) {
        Policy *policy = new_policy(action, g_strdup_printf(_("label of container %s"), container->name));
        add_carrier(policy, container);
        return policy;
}

static void take_policy(PolicySet *set, char *name, Policy *policy) {
        policy_set_insert(set, name, policy);
        policy_unref(policy);
        g_free(name);
}

static bool add_sources(Policy *policy, const char *value, GError **error) {
        g_auto(GStrv) words = g_strsplit(value, ",", -1);
        for (char **word = words; *word; word++)
                if (!policy_add_string(policy, "sources", g_strstrip(*word), error))
                        return false;
        /* A label is as it is for as long as its container is there. */
        if (policy->brief->len == 0)
                return true;
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            _("sources: a label lists nobody for a time; a policy does, see quaywallctl(1)"));
        return false;
}

/* key: in ACTIONS. In a file for compose each label has a value, so "true" says no more than none. */
static Policy *read_label(const DockerContainer *container, const char *key, const char *value, GError **error) {
        const bool bare = value[0] == '\0' || g_str_equal(value, "true");
        g_autoptr(Policy) policy = new_of(_POLICY_ACTION_MAX, container);
        /* Docker's facts keep no more of it. */
        if (strlen(value) >= LIMIT_DOCKER_LABEL) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("the value is too long; at most %u bytes are read; name a group of addresses instead"),
                            LIMIT_DOCKER_LABEL - 1);
                return NULL;
        }
        (void) policy_set_string(policy, "action", key, NULL);
        if (policy->action == POLICY_OBEY_ZONES && !bare) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                                    _("must have no value, or \"true\", since firewalld's zones say who may come in"));
                return NULL;
        }
        if ((!bare || policy->action == POLICY_ALLOW_ONLY) && value[0] && !add_sources(policy, value, error))
                return NULL;
        return policy_check(policy, error) ? g_steal_pointer(&policy) : NULL;
}

/* --- one container ------------------------------------------------------------------------------------------------ */

/* quaywall's labels of a container, sorted; borrowed. */
static GPtrArray *list_labels(const DockerContainer *container) {
        GPtrArray *labels = g_ptr_array_new();
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, container->labels);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                if (g_str_has_prefix(key, DOCKER_LABEL_OURS))
                        g_ptr_array_add(labels, key);
        g_ptr_array_sort(labels, compare_strings);
        return labels;
}

static bool is_action(const char *key) {
        for (gsize i = 0; i < G_N_ELEMENTS(ACTIONS); i++)
                if (g_str_equal(ACTIONS[i], key))
                        return true;
        return false;
}

/* Why the label closes its container; NULL: it is fine, and its policy is in the set. */
static char *take_label(PolicySet *set, const DockerContainer *container, const char *label) {
        const char *key = label + strlen(DOCKER_LABEL_OURS);
        g_autofree char *shown = quaywall_error_show(label);
        g_autoptr(GError) error = NULL;
        if (!is_action(key))
                return g_strdup_printf(_("%s: is no label of quaywall's; these are %sallow-only, %sdeny and %sobey-zones"),
                                       shown, DOCKER_LABEL_OURS, DOCKER_LABEL_OURS, DOCKER_LABEL_OURS);
        /* Two lists of one container would have to be one: whoever is in either. */
        if (g_str_equal(key, "obey-zones") && g_hash_table_contains(container->labels, DOCKER_LABEL_OURS "allow-only"))
                return g_strdup_printf(_("%s: cannot stand beside %sallow-only, which may name zones itself, as \"zone:home\""),
                                       shown, DOCKER_LABEL_OURS);
        Policy *policy = read_label(container, key, g_hash_table_lookup(container->labels, label), &error);
        if (!policy)
                return g_strdup_printf("%s: %s", shown, error->message);
        take_policy(set, name_policy(container, key), policy);
        return NULL;
}

/* --- containers that share a network ------------------------------------------------------------------------------ */

static bool is_list(const char *label) {
        return g_str_equal(label, DOCKER_LABEL_OURS "allow-only") || g_str_equal(label, DOCKER_LABEL_OURS "obey-zones");
}

/* The kernel cannot tell containers apart that share a network, and lists of the same port unite: a second one would let in whom
 * the first keeps out. lists: the first container that has one, by the id of the network's owner. Returns why the label closes
 * its container, and with it all that share the network; NULL: it is the only list there. */
static char *take_list(GHashTable *lists, DockerFacts *facts, const DockerContainer *container, const char *label) {
        const DockerContainer *owner = docker_facts_find_owner(facts, container);
        const char *id = owner ? owner->id : container->id;
        const DockerContainer *first = g_hash_table_lookup(lists, id);
        if (!is_list(label) || container->dormant || first == container)
                return NULL;
        if (!first) {
                g_hash_table_insert(lists, (char *) id, (DockerContainer *) container);
                return NULL;
        }
        g_autofree char *shown = quaywall_error_show(first->name);
        return g_strdup_printf(_("%s: the container shares its network with %s, which has a list of its own"), label, shown);
}

/* All policies of one container (unref): if one of its labels is wrong, it is closed. */
static PolicySet *read_container(const DockerContainer *container, DockerFacts *facts, GHashTable *lists, GPtrArray *flaws) {
        PolicySet *own = policy_set_new();
        g_autoptr(GPtrArray) labels = list_labels(container);
        for (guint i = 0; i < labels->len; i++) {
                g_autofree char *why = take_list(lists, facts, container, labels->pdata[i]);
                if (!why)
                        why = take_label(own, container, labels->pdata[i]);
                if (!why)
                        continue;
                g_hash_table_remove_all(own->policies);
                take_policy(own, name_policy(container, "closed"), new_of(POLICY_DENY, container));
                if (flaws && flaws->len < MAX_FLAWS)
                        add_flaw(flaws, container->name, labels->pdata[i], g_steal_pointer(&why), container->host_network);
                break;
        }
        return own;
}

/* How much there is so far. */
typedef struct Sum {
        guint policies;
        guint64 sources;
} Sum;

/* While one of two containers is renamed, both may be known by the same name: neither may lose its policies then. */
static void move_policy(PolicySet *set, const char *name, Policy *policy) {
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, policy->carriers->pdata[0], -1);
        g_autofree char *other = g_strdup_printf("%s/%.12s", name, digest);
        policy_set_insert(set, g_hash_table_contains(set->policies, name) ? other : name, policy);
}

/* Moves the policies to the set, unless they are too many. */
static bool take_container(PolicySet *set, PolicySet *own, Ipsets *ipsets, Sum *sum) {
        g_autoptr(GPtrArray) names = policy_set_names(own);
        Sum more = { sum->policies + names->len, sum->sources };
        for (guint n = 0; n < names->len; n++) {
                g_autoptr(GArray) sources = ipsets_sources(set, g_hash_table_lookup(own->policies, names->pdata[n]), ipsets);
                more.sources += sources->len;
        }
        if (more.policies > LIMIT_CARRIED || more.sources > LIMIT_ADDRESSES_ALL)
                return false;
        for (guint n = 0; n < names->len; n++)
                move_policy(set, names->pdata[n], g_hash_table_lookup(own->policies, names->pdata[n]));
        *sum = more;
        return true;
}

void labels_add(PolicySet *set, DockerFacts *facts, Ipsets *ipsets, GPtrArray *flaws) {
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        g_autoptr(GHashTable) lists = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(Policy) rest = NULL;
        Sum sum = { 0, 0 };
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                if (!container->carries)
                        continue;
                g_autoptr(PolicySet) own = rest ? NULL : read_container(container, facts, lists, flaws);
                if (own && take_container(set, own, ipsets, &sum))
                        continue;
                if (!rest)
                        rest = new_policy(POLICY_DENY, g_strdup(_("labels of too many containers")));
                add_carrier(rest, container);
        }
        if (!rest)
                return;
        policy_set_insert(set, POLICY_LABEL "/closed", rest);
        if (flaws)
                add_flaw(
                        flaws, "", "",
                        g_strdup_printf(
                                _("containers carry more than %u policies, or %u sources; %u containers with labels org.quaywall.* "
                                  "are closed instead, the last ones by name"),
                                LIMIT_CARRIED, LIMIT_ADDRESSES_ALL, rest->carriers->len),
                        false);
}
