/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "meaning.h"

#include <net/if.h>
#include <string.h>

#include <glib/gi18n.h>

#include "compile/endpoint.h"
#include "docker/docker.h"
#include "docker/dockerd.h"
#include "guard/addresses.h"
#include "model/error.h"
#include "world/published.h"
#include "world/zone-rules.h"
#include "world/zones.h"

void meaning_note_free(gpointer p) {
        Note *note = p;
        g_free(note->sentence);
        g_free(note);
}

void meaning_add(GPtrArray *notes, const char *code, char *sentence) {
        Note *note = g_new(Note, 1);
        *note = (Note){ code, sentence, NULL };
        g_ptr_array_add(notes, note);
}

static void add(GPtrArray *notes, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void add(GPtrArray *notes, const char *code, const char *format, ...) {
        va_list args;
        va_start(args, format);
        meaning_add(notes, code, g_strdup_vprintf(format, args));
        va_end(args);
}

/* --- sources ------------------------------------------------------------------------------------------------------ */

static void note_everybody(GPtrArray *notes, const char *key, GArray *addresses) {
        for (guint i = 0; i < addresses->len; i++) {
                const AddressRange *range = &g_array_index(addresses, AddressRange, i);
                if (!address_range_is_everybody(range))
                        continue;
                g_autofree char *text = address_range_format(range);
                add(notes, "everybody", _("%s: \"%s\" means everybody who comes by %s"), key, text,
                    range->family == FAMILY_IPV4 ? "IPv4" : "IPv6");
        }
}

/* Nobody could reach any published port any more, whether by mistake or on purpose. */
static bool closes_everything(const Policy *policy, GArray *addresses) {
        bool everybody[_FAMILY_MAX] = { !policy_has_sources(policy), !policy_has_sources(policy) };
        for (guint i = 0; i < addresses->len; i++) {
                const AddressRange *range = &g_array_index(addresses, AddressRange, i);
                everybody[range->family] |= address_range_is_everybody(range);
        }
        return policy->enabled && policy->action == POLICY_DENY && everybody[FAMILY_IPV4] && everybody[FAMILY_IPV6] &&
               policy->interfaces->len + policy->destinations->len + policy->ports->len + policy->containers->len +
                               policy->networks->len ==
                       0;
}

static void note_sources(GPtrArray *notes, const Policy *policy, PolicySet *set) {
        g_autoptr(GArray) addresses = policy_set_addresses(set, policy);
        note_everybody(notes, "sources", addresses);
        if (closes_everything(policy, addresses))
                add(notes, "closes-everything", _("every published port is closed to everybody"));
}

/* --- interfaces --------------------------------------------------------------------------------------------------- */

/* Packets of a bridge's or bond's port come in through the bridge or bond. A VRF's port keeps its name. */
static const Link *find_master(const Links *links, const Link *link) {
        const Link *master = link->master ? links_find_index(links, link->master) : NULL;
        return master && !g_str_equal(master->kind, "vrf") ? master : NULL;
}

static void note_interface(GPtrArray *notes, const Links *links, const char *key, const char *name) {
        const Link *link = links_find(links, name);
        if (link) {
                const Link *master = find_master(links, link);
                if (master)
                        add(notes, "interface-is-port",
                            _("%s: \"%s\" is a port of \"%s\", by which its packets come and go; name \"%s\""), key, name,
                            master->name, master->name);
                return;
        }
        char real[IF_NAMESIZE];
        const unsigned index = if_nametoindex(name); /* knows alternative names, too */
        if (index != 0 && if_indextoname(index, real))
                add(notes, "interface-altname",
                    _("%s: \"%s\" is another name of \"%s\", by which packets are known; name \"%s\""), key, name, real, real);
        else
                add(notes, "interface-missing",
                    _("%s: there is no interface \"%s\", so nothing comes in or goes out by it; see \"ip link\" for those that there are"),
                    key, name);
}

static void note_interfaces(GPtrArray *notes, const Links *links, const Policy *policy) {
        for (guint i = 0; links && i < policy->interfaces->len; i++)
                note_interface(notes, links, "interfaces", policy->interfaces->pdata[i]);
        for (guint i = 0; links && i < policy->out_interfaces->len; i++)
                note_interface(notes, links, "out-interfaces", policy->out_interfaces->pdata[i]);
}

/* A "forward" to one of Docker's bridges may name packets that Docker itself drops before any of quaywall's rules. */
static void note_routed(GPtrArray *notes, const World *world, const Policy *policy) {
        const Docker *docker = world->docker;
        if (policy->action != POLICY_FORWARD || docker->no_raw || !dockerd_drops_routed(docker->version))
                return;
        for (guint i = 0; i < policy->out_interfaces->len; i++)
                if (zones_is_bridge(world, policy->out_interfaces->pdata[i]))
                        add(notes, "docker-drops-routed",
                            _("out-interfaces: Docker %s itself drops what is routed to a container's own address on \"%s\", unless the network was made with "
                              "the option com.docker.network.bridge.gateway_mode_ipv4=routed (and _ipv6), or dockerd has \"allow-direct-routing\"; or publish "
                              "the ports"),
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
                            _("%s: \"%s\" means nothing that Docker has now, so it covers nothing yet"),
                            network ? "networks" : "containers", (char *) entries->pdata[i]);
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

/* Entries that each match some container may match none together. */
static void note_together(GPtrArray *notes, GPtrArray *entries, GPtrArray *containers) {
        if (!is_together(entries))
                return;
        add(notes, "containers-together",
            _("containers: this covers only containers that have all of these labels, and one of the names if there are any; "
              "until quaywall 0.1 any of them was enough. Two policies cover either"));
        if (!any_is_named(containers, entries))
                add(notes, "no-such-container",
                    _("containers: Docker has no container now that matches all of these, so they cover nothing yet"));
}

/* Networks that connect containers to one of the host's links, past the host's own firewall (DockerNetwork *; unref). */
static GPtrArray *list_past_host(DockerFacts *facts) {
        GPtrArray *networks = docker_facts_list_networks(facts);
        for (guint i = networks->len; i-- > 0;) {
                const char *driver = ((DockerNetwork *) networks->pdata[i])->driver;
                if (g_strcmp0(driver, "macvlan") != 0 && g_strcmp0(driver, "ipvlan") != 0)
                        g_ptr_array_remove_index(networks, i);
        }
        return networks;
}

static void note_containers_past_host(GPtrArray *notes, const Policy *policy, const DockerNetwork *network,
                                      DockerFacts *facts) {
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                if (docker_container_is_named(container, policy->containers) &&
                    docker_container_is_in(container, network->name))
                        add(notes, "not-enforceable",
                            _("containers: packets reach \"%s\" by its network \"%s\", of the driver \"%s\", past this host's firewall; use a network of "
                              "the driver \"bridge\", or filter inside of the container"),
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
                            _("networks: packets reach \"%s\", of the driver \"%s\", past this host's firewall; use a network of the driver \"bridge\", or "
                              "filter inside of the containers"),
                            network->name, network->driver);
        }
}

/* The kernel cannot tell which container in a network namespace a packet is for. */
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
                                    _("containers: \"%s\" shares the network of \"%s\", so the policy covers all that \"%s\" publishes"),
                                    other->name, owner->name, owner->name);
                }
        }
}

static bool is_any_in_range(const GArray *published, const PortRange *range) {
        for (guint i = 0; published && i < published->len; i++) {
                const PublishedPort *port = &g_array_index(published, PublishedPort, i);
                if (port_range_contains(range, port->protocol, port->port))
                        return true;
        }
        return false;
}

static bool publishes(const DockerContainer *container, const PortRange *range) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                if (port_range_contains(range, port->protocol, docker_port_dialled(container, port)))
                        return true;
        }
        return false;
}

/* Any that the policy names; if it names none, any that runs. */
static bool any_container_publishes(const Policy *policy, const PortRange *range, DockerFacts *facts, GHashTable *joined) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                if ((endpoint_is_named(policy) ? endpoint_names_container(policy, container, joined) : container->running) &&
                    publishes(container, range))
                        return true;
        }
        return false;
}

static void note_ports(GPtrArray *notes, World *world, const Policy *policy) {
        const bool named = endpoint_is_named(policy);
        g_autoptr(GArray) published = named || policy->ports->len == 0 ? NULL : published_list(world);
        g_autoptr(GHashTable) joined = named ? docker_facts_index_joined(world->docker->facts) : NULL;
        for (guint i = 0; i < policy->ports->len; i++) {
                const PortRange *range = &g_array_index(policy->ports, PortRange, i);
                if (is_any_in_range(published, range) || any_container_publishes(policy, range, world->docker->facts, joined))
                        continue;
                g_autofree char *text = port_range_format(range);
                add(notes, "port-not-published",
                    named ? _("ports: no container that is named publishes %s now, so it covers nothing yet") :
                            _("ports: no container publishes %s now, so it covers nothing yet"),
                    text);
        }
}

/* --- destinations ------------------------------------------------------------------------------------------------- */

static bool is_of_host(GArray *all, const AddressRange *range) {
        for (guint i = 0; i < all->len; i++)
                if (address_range_overlaps(range, &g_array_index(all, HostAddress, i).address))
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

/* An address of another host may become this host's in a moment (keepalived), so it is no problem. */
static void note_destinations(GPtrArray *notes, const Policy *policy, DockerFacts *facts) {
        g_autoptr(GArray) all = policy->destinations->len > 0 ? addresses_list() : NULL;
        if (!all)
                return;
        for (guint i = 0; i < policy->destinations->len; i++) {
                const AddressRange *range = &g_array_index(policy->destinations, AddressRange, i);
                if (is_of_host(all, range))
                        continue;
                g_autofree char *text = address_range_format(range);
                const DockerContainer *container = find_at(facts, range);
                if (container)
                        add(notes, "destination-not-here",
                            _("destinations: %s is the container \"%s\"'s own address, and no address of this host that a client dials; name the container "
                              "instead"),
                            text, container->name);
                else
                        add(notes, "destination-not-here",
                            _("destinations: %s is no address of this host now, so it covers nothing yet"), text);
        }
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

static void note_merged(GPtrArray *notes, const char *key, guint merged, guint left) {
        if (merged > 0)
                add(notes, "addresses-merged", _("%s: %u of the %u addresses repeat or overlap others; joined, they are %u"),
                    key, merged, merged + left, left);
}

static void note_lists(GPtrArray *notes, const Policy *policy) {
        note_merged(notes, "sources", policy->sources_merged, policy->sources->len + policy_count_references(policy));
        note_merged(notes, "destinations", policy->destinations_merged, policy->destinations->len);
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

/* all: also what may be meant so. */
static void note_groups(GPtrArray *notes, const Policy *policy, PolicySet *set, bool all) {
        for (guint i = 0; i < policy->groups->len; i++) {
                const char *name = policy->groups->pdata[i];
                const Group *group = g_hash_table_lookup(set->groups, name);
                if (!group)
                        add(notes, "group-missing",
                            _("sources: there is no group \"%s\", so it lists nobody; see \"quaywallctl group list\""), name);
                else if (all && group->addresses->len == 0)
                        add(notes, "group-empty", _("sources: the group \"%s\" has no addresses, so it lists nobody"), name);
        }
}

/* --- ipsets ------------------------------------------------------------------------------------------------------- */

static void note_ipsets(GPtrArray *notes, const Policy *policy, Ipsets *ipsets) {
        for (guint i = 0; i < policy->ipsets->len; i++) {
                const char *name = policy->ipsets->pdata[i];
                const Ipset *ipset = ipsets_find(ipsets, name);
                if (!ipset || ipset->state == IPSET_FINE)
                        continue;
                if (ipset->state == IPSET_MISSING)
                        add(notes, "ipset-missing",
                            _("sources: the ipset \"%s\" %s in firewalld, so it lists nobody; see \"firewall-cmd --get-ipsets\""),
                            name, ipset->flaw);
                else
                        add(notes, "ipset-unusable", _("sources: the ipset \"%s\" lists nobody, since it %s"), name,
                            ipset->flaw);
        }
}

/* --- zones -------------------------------------------------------------------------------------------------------- */

/* Why its clients cannot be told; NULL: they can. Free with g_free(). */
static char *find_flaw(const World *world, const ZoneClients *clients) {
        const char *flaw = clients ? zone_clients_flaw(clients) : NULL;
        return clients ? g_strdup(flaw) : zone_rules_flaw(world);
}

static bool has_clients(const ZoneClients *clients, const char *zone) {
        g_autoptr(GArray) four = zone_clients_list(clients, zone, FAMILY_IPV4),
                          six = zone_clients_list(clients, zone, FAMILY_IPV6);
        return four->len + six->len > 0;
}

/* clients: NULL if not known. all: also what may be meant so. */
static void note_zones(GPtrArray *notes, const World *world, const ZoneClients *clients, const Policy *policy, bool all) {
        if (policy->zones->len == 0)
                return;
        g_autofree char *flaw = find_flaw(world, clients);
        if (flaw)
                add(notes, "zones-unusable", _("sources: zones list nobody now: %s"), flaw);
        for (guint i = 0; !flaw && all && i < policy->zones->len; i++)
                if (!has_clients(clients, policy->zones->pdata[i]))
                        add(notes, "zone-without-clients",
                            _("sources: firewalld assigns no clients to the zone \"%s\" now, so it lists nobody; see \"firewall-cmd "
                              "--get-active-zones\""),
                            (char *) policy->zones->pdata[i]);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

GPtrArray *meaning_list(World *world, const Policy *policy, PolicySet *set, Ipsets *ipsets) {
        GPtrArray *notes = g_ptr_array_new_with_free_func(meaning_note_free);
        DockerFacts *facts = world->docker->facts;
        g_autoptr(ZoneClients) clients = policy->zones->len > 0 ? zone_rules_clients(world) : NULL;
        note_sources(notes, policy, set);
        note_interfaces(notes, world->links, policy);
        note_lists(notes, policy);
        note_groups(notes, policy, set, true);
        note_ipsets(notes, policy, ipsets);
        note_zones(notes, world, clients, policy, true);
        note_routed(notes, world, policy);
        note_destinations(notes, policy, facts);
        if (world->docker->is_complete && g_str_equal(world->docker->state, "running"))
                note_ports(notes, world, policy);
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts), networks = docker_facts_list_networks(facts),
                             past_host = list_past_host(facts);
        note_unknown(notes, policy->containers, false, containers);
        note_together(notes, policy->containers, containers);
        note_joined(notes, policy, facts);
        note_unknown(notes, policy->networks, true, networks);
        note_past_host(notes, policy, past_host, facts);
        return notes;
}

GPtrArray *meaning_list_group(const Group *group) {
        GPtrArray *notes = g_ptr_array_new_with_free_func(meaning_note_free);
        note_everybody(notes, "addresses", group->addresses);
        note_merged(notes, "addresses", group->merged, group->addresses->len);
        return notes;
}

GPtrArray *meaning_list_open(World *world, PolicySet *set) {
        GPtrArray *notes = g_ptr_array_new_with_free_func(meaning_note_free);
        g_autoptr(GPtrArray) names = policy_set_names(set), past_host = list_past_host(world->docker->facts);
        g_autoptr(ZoneClients) clients = policy_set_any(set, policy_lists_zones) ? zone_rules_clients(world) : NULL;
        for (guint n = 0; n < names->len; n++) {
                const Policy *policy = g_hash_table_lookup(set->policies, names->pdata[n]);
                guint i = notes->len;
                if (!policy->enabled)
                        continue;
                note_interfaces(notes, world->links, policy);
                note_groups(notes, policy, set, false);
                note_ipsets(notes, policy, world->ipsets_now);
                note_zones(notes, world, clients, policy, false);
                note_past_host(notes, policy, past_host, world->docker->facts);
                for (; i < notes->len; i++)
                        ((Note *) notes->pdata[i])->policy = names->pdata[n];
        }
        return notes;
}

/* --- what cannot be enforced -------------------------------------------------------------------------------------- */

static bool check_zones(World *world, const Policy *policy, GError **error) {
        if (!policy_obeys(policy) && policy->zones->len == 0)
                return true;
        (void) zone_rules_read(world);
        g_autoptr(ZoneClients) clients = zone_rules_clients(world);
        g_autofree char *unknown = policy_obeys(policy) && !world->settings->use_guard ?
                                           g_strdup(_("it needs the guard; see Enforce= in quaywalld.conf(5)")) :
                                           zone_rules_flaw(world);
        if (unknown)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NOT_SUPPORTED, _("%s cannot be enforced: %s"),
                            policy_obeys(policy) ? _("action: \"obey-zones\"") : _("sources: zones"), unknown);
        else if (policy->zones->len > 0 && zone_clients_flaw(clients))
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NOT_SUPPORTED, _("sources: zones cannot be enforced: %s"),
                            zone_clients_flaw(clients));
        else
                return true;
        quaywall_error_at(error, policy_obeys(policy) ? "action" : "sources", -1, NULL);
        return false;
}

bool meaning_check(World *world, const Policy *policy, Ipsets *ipsets, GError **error) {
        for (guint i = 0; i < policy->ipsets->len; i++) {
                const char *name = policy->ipsets->pdata[i];
                const Ipset *ipset = ipsets_find(ipsets, name);
                if (!ipset || ipset->state != IPSET_UNUSABLE)
                        continue;
                g_autofree char *entry = g_strconcat(POLICY_IPSET, name, NULL);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS, _("sources: the ipset \"%s\" %s"), name,
                            ipset->flaw);
                quaywall_error_at(error, "sources", -1, entry);
                return false;
        }
        return check_zones(world, policy, error);
}
