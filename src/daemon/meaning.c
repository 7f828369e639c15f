/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "meaning.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "compile/endpoint.h"
#include "daemon/apply.h"
#include "daemon/published.h"
#include "docker/docker.h"
#include "docker/dockerd.h"

static void note_free(gpointer p) {
        Note *note = p;
        g_free(note->sentence);
        g_free(note);
}

static void add(GPtrArray *notes, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void add(GPtrArray *notes, const char *code, const char *format, ...) {
        va_list args;
        Note *note = g_new0(Note, 1);
        va_start(args, format);
        *note = (Note){ code, g_strdup_vprintf(format, args), NULL };
        va_end(args);
        g_ptr_array_add(notes, note);
}

/* --- interfaces --------------------------------------------------------------------------------------------------- */

/* Packets of a bridge's or bond's port come in by the bridge or bond. A VRF's port keeps its name. */
static const Link *find_master(const Links *links, const Link *link) {
        const Link *master = link->master ? links_find_index(links, link->master) : NULL;
        return master && !g_str_equal(master->kind, "vrf") ? master : NULL;
}

static void note_interface(GPtrArray *notes, const Links *links, const char *key, const char *name) {
        const Link *link = links_find(links, name);
        if (link) {
                const Link *master = find_master(links, link);
                if (master)
                        add(notes, "interface-is-port", "%s: \"%s\" is a port of \"%s\", by which its packets come and go; name \"%s\"", key,
                            name, master->name, master->name);
                return;
        }
        char real[IF_NAMESIZE];
        const unsigned index = if_nametoindex(name); /* knows alternative names, too */
        if (index != 0 && if_indextoname(index, real))
                add(notes, "interface-altname", "%s: \"%s\" is another name of \"%s\", by which packets are known; name \"%s\"", key, name, real,
                    real);
        else
                add(notes, "interface-missing",
                    "%s: there is no interface \"%s\", so nothing comes in or goes out by it; see \"ip link\" for those that there are", key, name);
}

static void note_interfaces(GPtrArray *notes, const Links *links, const Policy *policy) {
        for (guint i = 0; links && i < policy->interfaces->len; i++)
                note_interface(notes, links, "interfaces", policy->interfaces->pdata[i]);
        for (guint i = 0; links && i < policy->out_interfaces->len; i++)
                note_interface(notes, links, "out-interfaces", policy->out_interfaces->pdata[i]);
}

/* A "forward" to a bridge of Docker's says what Docker itself drops before any of quaywall's rules. */
static void note_routed(GPtrArray *notes, const Context *context, const Policy *policy) {
        const Docker *docker = context->docker;
        if (policy->action != POLICY_FORWARD || docker->no_raw || !dockerd_drops_routed(docker->version))
                return;
        for (guint i = 0; i < policy->out_interfaces->len; i++)
                if (apply_is_bridge(context, policy->out_interfaces->pdata[i]))
                        add(notes, "docker-drops-routed",
                            "out-interfaces: Docker %s itself drops what is routed to a container's own address on \"%s\", unless the network was made with "
                            "the option com.docker.network.bridge.gateway_mode_ipv4=routed (and _ipv6), or dockerd has \"allow-direct-routing\"; or publish "
                            "the ports",
                            docker->version, (char *) policy->out_interfaces->pdata[i]);
}

/* --- what Docker has ---------------------------------------------------------------------------------------------- */

static bool is_known(const char *entry, bool network, GPtrArray *there) {
        for (guint i = 0; i < there->len; i++)
                if (network ? g_str_equal(((DockerNetwork *) there->pdata[i])->name, entry) :
                              docker_container_matches(there->pdata[i], entry))
                        return true;
        return false;
}

static void note_unknown(GPtrArray *notes, GPtrArray *entries, bool network, GPtrArray *there) {
        for (guint i = 0; i < entries->len; i++)
                if (!is_known(entries->pdata[i], network, there))
                        add(notes, network ? "no-such-network" : "no-such-container",
                            "%s: \"%s\" means nothing that Docker has now, so it covers nothing yet", network ? "networks" : "containers",
                            (char *) entries->pdata[i]);
}

static bool is_together(const GPtrArray *entries) {
        guint labels = 0;
        for (guint i = 0; i < entries->len; i++)
                labels += docker_entry_is_label(entries->pdata[i]);
        return labels > 0 && entries->len > 1;
}

static bool any_is_named(GPtrArray *containers, GPtrArray *entries) {
        for (guint i = 0; i < containers->len; i++)
                if (docker_container_is_named(containers->pdata[i], entries))
                        return true;
        return false;
}

/* What each of them means alone says nothing of what they mean together. */
static void note_together(GPtrArray *notes, GPtrArray *entries, GPtrArray *containers) {
        if (!is_together(entries))
                return;
        add(notes, "containers-together",
            "containers: only a container that has all of these labels, and one of the names if there are any, is meant; "
            "until quaywall 0.1 any of them was enough. Two policies cover either");
        if (!any_is_named(containers, entries))
                add(notes, "no-such-container",
                    "containers: Docker has no container now that all of these together mean, so they cover nothing yet");
}

/* These connect containers to a link of the host's, at which the host's own firewall does not stand (DockerNetwork *; unref). */
static GPtrArray *list_past_host(DockerFacts *facts) {
        GPtrArray *networks = docker_facts_list_networks(facts);
        for (guint i = networks->len; i-- > 0;) {
                const char *driver = ((DockerNetwork *) networks->pdata[i])->driver;
                if (g_strcmp0(driver, "macvlan") != 0 && g_strcmp0(driver, "ipvlan") != 0)
                        g_ptr_array_remove_index(networks, i);
        }
        return networks;
}

static void note_containers_past_host(GPtrArray *notes, const Policy *policy, const DockerNetwork *network, DockerFacts *facts) {
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                if (docker_container_is_named(container, policy->containers) && docker_container_is_in(container, network->name))
                        add(notes, "not-enforceable",
                            "containers: packets reach \"%s\" by its network \"%s\", of the driver \"%s\", past this host's firewall; use a network of "
                            "the driver \"bridge\", or filter inside of the container",
                            container->name, network->name, network->driver);
        }
}

static void note_past_host(GPtrArray *notes, const Policy *policy, GPtrArray *past_host, DockerFacts *facts) {
        for (guint i = 0; i < past_host->len; i++) {
                const DockerNetwork *network = past_host->pdata[i];
                if (policy->containers->len > 0)
                        note_containers_past_host(notes, policy, network, facts);
                else if (g_ptr_array_find_with_equal_func(policy->networks, network->name, g_str_equal, NULL))
                        add(notes, "not-enforceable",
                            "networks: packets reach \"%s\", of the driver \"%s\", past this host's firewall; use a network of the driver \"bridge\", or "
                            "filter inside of the containers",
                            network->name, network->driver);
        }
}

/* The kernel cannot tell who in a network namespace is asked. */
static void note_joined(GPtrArray *notes, const Policy *policy, DockerFacts *facts) {
        g_autoptr(GHashTable) joined = policy->containers->len > 0 ? docker_facts_index_joined(facts) : NULL;
        GHashTableIter iter;
        gpointer id, value;
        if (!joined)
                return;
        g_hash_table_iter_init(&iter, joined);
        while (g_hash_table_iter_next(&iter, &id, &value)) {
                const DockerContainer *owner = g_hash_table_lookup(facts->containers, id);
                const GPtrArray *others = value;
                for (guint i = 0; !docker_container_is_named(owner, policy->containers) && i < others->len; i++) {
                        const DockerContainer *other = others->pdata[i];
                        if (docker_container_is_named(other, policy->containers))
                                add(notes, "container-joined",
                                    "containers: \"%s\" shares the network of \"%s\", so the policy covers all that \"%s\" publishes", other->name,
                                    owner->name, owner->name);
                }
        }
}

/* "[ADDRESS . ]tcp . 8080" */
static bool is_in_range(const char *published, const PortRange *range) {
        g_auto(GStrv) words = g_strsplit(published, " . ", 3);
        const guint n = g_strv_length(words);
        guint16 port;
        return n >= 2 && port_parse(words[n - 1], &port) && port_range_contains(range, words[n - 2], port);
}

static bool publishes(const DockerContainer *container, const PortRange *range) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                if (port_range_contains(range, port->protocol, port->host_port))
                        return true;
        }
        return false;
}

static bool any_named_publishes(const Policy *policy, const PortRange *range, DockerFacts *facts, GHashTable *joined) {
        GHashTableIter iter;
        gpointer container;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &container))
                if (endpoint_names_container(policy, container, joined) && publishes(container, range))
                        return true;
        return false;
}

static void note_ports(GPtrArray *notes, Context *context, const Policy *policy) {
        const bool named = endpoint_is_named(policy);
        g_auto(GStrv) published = named || policy->ports->len == 0 ? NULL : published_list(context);
        g_autoptr(GHashTable) joined = named ? docker_facts_index_joined(context->docker->facts) : NULL;
        for (guint i = 0; i < policy->ports->len; i++) {
                const PortRange *range = &g_array_index(policy->ports, PortRange, i);
                bool found = named && any_named_publishes(policy, range, context->docker->facts, joined);
                for (char **port = published; port && !found && *port; port++)
                        found = is_in_range(*port, range);
                if (found)
                        continue;
                g_autofree char *text = port_range_format(range);
                add(notes, "port-not-published", "ports: no container%s publishes %s now, so it covers nothing yet",
                    named ? " that is named" : "", text);
        }
}

/* --- destinations ------------------------------------------------------------------------------------------------- */

static bool address_of(const struct ifaddrs *one, AddressRange *ret) {
        const int family = one->ifa_addr ? one->ifa_addr->sa_family : AF_UNSPEC;
        if (family != AF_INET && family != AF_INET6)
                return false;
        memset(ret, 0, sizeof *ret);
        ret->family = family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
        if (family == AF_INET)
                memcpy(ret->first, &((const struct sockaddr_in *) (const void *) one->ifa_addr)->sin_addr, 4);
        else
                memcpy(ret->first, &((const struct sockaddr_in6 *) (const void *) one->ifa_addr)->sin6_addr, 16);
        memcpy(ret->last, ret->first, sizeof ret->first);
        return true;
}

static bool is_of_host(const struct ifaddrs *all, const AddressRange *range) {
        AddressRange own;
        for (const struct ifaddrs *one = all; one; one = one->ifa_next)
                if (address_of(one, &own) && address_range_overlaps(range, &own))
                        return true;
        return false;
}

static const DockerContainer *find_at(DockerFacts *facts, const AddressRange *range) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                for (guint i = 0; i < container->addresses->len; i++)
                        if (address_range_overlaps(range, &((DockerAddress *) container->addresses->pdata[i])->address))
                                return container;
        }
        return NULL;
}

/* One that another host has now may be this one's in a moment (keepalived), so nothing is wrong with that. */
static void note_destinations(GPtrArray *notes, const Policy *policy, DockerFacts *facts) {
        struct ifaddrs *all = NULL;
        if (policy->destinations->len == 0 || getifaddrs(&all) < 0)
                return;
        for (guint i = 0; i < policy->destinations->len; i++) {
                const AddressRange *range = &g_array_index(policy->destinations, AddressRange, i);
                if (is_of_host(all, range))
                        continue;
                g_autofree char *text = address_range_format(range);
                const DockerContainer *container = find_at(facts, range);
                if (container)
                        add(notes, "destination-not-here",
                            "destinations: %s is the container \"%s\"'s own address, and no address of this host that a client dials; name the container "
                            "in \"containers\"",
                            text, container->name);
                else
                        add(notes, "destination-not-here", "destinations: %s is no address of this host now, so it covers nothing yet", text);
        }
        freeifaddrs(all);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

GPtrArray *meaning_list(Context *context, const Policy *policy) {
        GPtrArray *notes = g_ptr_array_new_with_free_func(note_free);
        DockerFacts *facts = context->docker->facts;
        note_interfaces(notes, context->links, policy);
        note_routed(notes, context, policy);
        note_destinations(notes, policy, facts);
        if (context->docker->is_complete && g_str_equal(context->docker->state, "running"))
                note_ports(notes, context, policy);
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts), networks = docker_facts_list_networks(facts),
                             past_host = list_past_host(facts);
        note_unknown(notes, policy->containers, false, containers);
        note_together(notes, policy->containers, containers);
        note_joined(notes, policy, facts);
        note_unknown(notes, policy->networks, true, networks);
        note_past_host(notes, policy, past_host, facts);
        return notes;
}

GPtrArray *meaning_list_open(Context *context, PolicySet *set) {
        GPtrArray *notes = g_ptr_array_new_with_free_func(note_free);
        g_autoptr(GPtrArray) names = policy_set_names(set), past_host = list_past_host(context->docker->facts);
        for (guint n = 0; n < names->len; n++) {
                const Policy *policy = g_hash_table_lookup(set, names->pdata[n]);
                guint i = notes->len;
                if (!policy->enabled)
                        continue;
                note_interfaces(notes, context->links, policy);
                note_past_host(notes, policy, past_host, context->docker->facts);
                for (; i < notes->len; i++)
                        ((Note *) notes->pdata[i])->policy = names->pdata[n];
        }
        return notes;
}
