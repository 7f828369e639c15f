/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exposure.h"

#include <string.h>

#include "compile/verdict.h"

/* Docker 28 keeps neighbours from what is published on 127.0.0.1 (moby 45610). */
#define LOOPBACK_KEPT_SINCE 28
/* An interface that no policy names. */
#define OTHER_INTERFACE ""

const char *reach_to_string(ReachKind kind) {
        static const char *const NAMES[] = { [REACH_EVERYONE] = "everyone",     [REACH_SOURCES] = "sources",
                                             [REACH_NOBODY] = "nobody",         [REACH_NEIGHBOURS] = "neighbours",
                                             [REACH_HOST] = "host",             [REACH_UNKNOWN] = "unknown" };
        return NAMES[kind];
}

static void reach_clear(Reach *reach) {
        g_clear_pointer(&reach->sources, g_array_unref);
}

static void exception_free(gpointer p) {
        ExposureException *exception = p;
        g_free(exception->interface);
        g_free(exception->destination);
        reach_clear(&exception->reach);
        g_free(exception);
}

static void note_free(gpointer p) {
        g_free(((ExposureNote *) p)->sentence);
        g_free(p);
}

static void exposure_free(gpointer p) {
        Exposure *exposure = p;
        g_free(exposure->address);
        reach_clear(&exposure->reach);
        g_ptr_array_unref(exposure->exceptions);
        g_ptr_array_unref(exposure->policies);
        g_ptr_array_unref(exposure->notes);
        g_free(exposure);
}

G_GNUC_PRINTF(3, 4) static void add_note(Exposure *exposure, const char *code, const char *format, ...) {
        ExposureNote *note = g_new(ExposureNote, 1);
        va_list args;
        va_start(args, format);
        *note = (ExposureNote){ code, g_strdup_vprintf(format, args) };
        va_end(args);
        g_ptr_array_add(exposure->notes, note);
}

/* --- sets of sources ---------------------------------------------------------------------------------------------- */

static bool step(guint8 *address, Family family, int by) {
        const int last = family == FAMILY_IPV4 ? 3 : 15;
        for (int i = last; i >= 0; i--) {
                address[i] += by;
                if (address[i] != (by > 0 ? 0 : 0xff))
                        return true;
        }
        return false;
}

/* a without b; both are sorted and no two of their ranges touch. */
static GArray *subtract(GArray *a, GArray *b) {
        GArray *rest = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (guint i = 0, k = 0; i < a->len; i++) {
                AddressRange range = g_array_index(a, AddressRange, i);
                bool left = true;
                while (k > 0 && memcmp(g_array_index(b, AddressRange, k - 1).last, range.first, 16) >= 0)
                        k--;
                for (; left && k < b->len; k++) {
                        const AddressRange *hole = &g_array_index(b, AddressRange, k);
                        if (memcmp(hole->last, range.first, 16) < 0)
                                continue;
                        if (memcmp(hole->first, range.last, 16) > 0)
                                break;
                        if (memcmp(hole->first, range.first, 16) > 0) {
                                AddressRange before = range;
                                memcpy(before.last, hole->first, 16);
                                (void) step(before.last, range.family, -1);
                                g_array_append_val(rest, before);
                        }
                        memcpy(range.first, hole->last, 16);
                        left = memcmp(hole->last, range.last, 16) < 0 && step(range.first, range.family, 1);
                }
                if (left)
                        g_array_append_val(rest, range);
        }
        return rest;
}

static GArray *none(void) {
        return g_array_new(FALSE, FALSE, sizeof(AddressRange));
}

static GArray *unite(GArray *ranges, Family family) {
        GArray *set = address_set_new(ranges, family);
        g_array_unref(ranges);
        return set;
}

/* What these rules leave of everybody. */
static Reach reach_of(GPtrArray *rules, const char *const *bridges, const Connection *c) {
        GArray *denied = none(), *allowed = none();
        bool restricted = false, shut = false;
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->policy->action == POLICY_FORWARD || !rule_covers(rule, bridges, c))
                        continue;
                const bool deny = rule->policy->action == POLICY_DENY;
                shut |= deny && !rule->sources;
                restricted |= !deny;
                if (rule->sources)
                        g_array_append_vals(deny ? denied : allowed, rule->sources->data, rule->sources->len);
        }
        denied = unite(denied, c->source.family);
        allowed = unite(allowed, c->source.family);
        Reach reach = { REACH_EVERYONE, NULL };
        if (restricted) {
                reach.sources = subtract(allowed, denied);
                const bool all = allowed->len == 1 && address_range_is_everybody(&g_array_index(allowed, AddressRange, 0));
                reach.kind = all ? REACH_EVERYONE : REACH_SOURCES;
                if (all) {
                        g_array_unref(reach.sources);
                        reach.sources = g_array_ref(denied);
                } else if (reach.sources->len == 0)
                        reach.kind = REACH_NOBODY;
        } else
                reach.sources = g_array_ref(denied);
        const bool everybody_denied = denied->len == 1 && address_range_is_everybody(&g_array_index(denied, AddressRange, 0));
        if (shut || (reach.kind == REACH_EVERYONE && everybody_denied))
                reach.kind = REACH_NOBODY;
        if (reach.kind == REACH_NOBODY)
                g_array_set_size(reach.sources, 0);
        g_array_unref(denied);
        g_array_unref(allowed);
        return reach;
}

static bool same_reach(const Reach *a, const Reach *b) {
        return a->kind == b->kind && a->sources->len == b->sources->len &&
               (a->sources->len == 0 || memcmp(a->sources->data, b->sources->data, a->sources->len * sizeof(AddressRange)) == 0);
}

/* --- one port ----------------------------------------------------------------------------------------------------- */

static void add_name(GPtrArray *names, const char *name) {
        if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, g_strdup(name));
}

/* Rules that are about the port, if the interface and the dialled address are theirs. */
static bool may_cover(const Rule *rule, const char *const *bridges, const Connection *c) {
        Connection here = *c;
        AddressRange destination;
        here.in = rule->in;
        if (rule->policy->action == POLICY_FORWARD)
                return false;
        if (rule->destination && address_range_is_everybody(&c->destination) &&
            address_range_parse(rule->destination, &destination, NULL))
                here.destination = destination;
        return rule_covers(rule, bridges, &here);
}

/* "" stands for every one that no policy names. */
static void judge(Exposure *exposure, GPtrArray *rules, const char *const *bridges, Connection *c, bool everywhere) {
        g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) destinations = g_ptr_array_new_with_free_func(g_free);
        add_name(interfaces, OTHER_INTERFACE);
        add_name(destinations, "");
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (!may_cover(rule, bridges, c))
                        continue;
                add_name(exposure->policies, rule->name);
                if (rule->in && !rule->in_is_bridge)
                        add_name(interfaces, rule->in);
                if (rule->destination && everywhere)
                        add_name(destinations, rule->destination);
        }
        /* An address that no policy names: none of the host's. */
        const AddressRange all = c->destination;
        for (guint i = 0; i < interfaces->len; i++)
                for (guint d = 0; d < destinations->len; d++) {
                        const char *destination = destinations->pdata[d];
                        c->in = interfaces->pdata[i];
                        c->destination = all;
                        if (destination[0])
                                (void) address_range_parse(destination, &c->destination, NULL);
                        else if (everywhere)
                                memset(c->destination.last, 0, sizeof c->destination.last);
                        Reach reach = reach_of(rules, bridges, c);
                        if (i == 0 && d == 0) {
                                exposure->reach = reach;
                        } else if (same_reach(&reach, &exposure->reach)) {
                                reach_clear(&reach);
                        } else {
                                ExposureException *exception = g_new(ExposureException, 1);
                                *exception = (ExposureException){ g_strdup(interfaces->pdata[i]), g_strdup(destination), reach };
                                g_ptr_array_add(exposure->exceptions, exception);
                        }
                }
        c->destination = all;
}

static bool is_loopback(const AddressRange *address) {
        static const guint8 IPV6_LOOPBACK[16] = { [15] = 1 };
        return address->family == FAMILY_IPV4 ? address->first[0] == 127 && address->last[0] == 127 :
                                                memcmp(address->first, IPV6_LOOPBACK, 16) == 0 && memcmp(address->last, IPV6_LOOPBACK, 16) == 0;
}

static const AddressRange *own_address(const DockerContainer *container, Family family) {
        for (guint i = 0; container && i < container->addresses->len; i++) {
                const DockerAddress *address = container->addresses->pdata[i];
                if (address->address.family == family)
                        return &address->address;
        }
        return NULL;
}

static void note_path(Exposure *exposure, const AddressRange *host, const ExposureEngine *engine) {
        const bool proxy = g_str_equal(exposure->path, "docker-proxy");
        if (is_loopback(host)) {
                /* IPv6 drops packets to ::1 from outside before anything else sees them (RFC 4291, 2.5.3), and without a rule of
                 * Docker's so does IPv4 with 127.0.0.1. */
                const bool kept = exposure->family == FAMILY_IPV6 || proxy || engine->major >= LOOPBACK_KEPT_SINCE;
                if (kept && exposure->reach.kind != REACH_NOBODY) {
                        exposure->reach.kind = REACH_HOST;
                        g_array_set_size(exposure->reach.sources, 0);
                        g_ptr_array_set_size(exposure->exceptions, 0);
                } else if (!kept) {
                        if (exposure->reach.kind == REACH_EVERYONE)
                                exposure->reach.kind = REACH_NEIGHBOURS;
                        add_note(exposure, "loopback-neighbours",
                                 "It is published on %s, but before Docker 28 hosts on the same link can send packets there as well (moby 45610)",
                                 exposure->address);
                }
        } else if (proxy)
                add_note(exposure, "docker-proxy",
                         "docker-proxy answers it, so it comes in by INPUT: no rule of Docker's sees it, and firewalld's zone has to let it in as well");
}

static Connection connection_to(const Exposure *exposure, const AddressRange *host, const AddressRange *container) {
        Connection c = {
                .source = { .family = exposure->family },
                .destination = *host,
                .protocol = exposure->protocol,
                .port = exposure->host_port,
                .local = true,
                .container = { .family = exposure->family },
                .container_port = exposure->container_port,
        };
        if (container && g_str_equal(exposure->path, "dnat"))
                c.container = *container;
        return c;
}

static Exposure *exposure_new(GPtrArray *list, const DockerContainer *container, Family family, const char *protocol) {
        Exposure *exposure = g_new0(Exposure, 1);
        exposure->container = container;
        exposure->protocol = protocol;
        exposure->family = family;
        exposure->exceptions = g_ptr_array_new_with_free_func(exception_free);
        exposure->policies = g_ptr_array_new_with_free_func(g_free);
        exposure->notes = g_ptr_array_new_with_free_func(note_free);
        g_ptr_array_add(list, exposure);
        return exposure;
}

/* --- all ports ---------------------------------------------------------------------------------------------------- */

typedef struct Listing {
        GPtrArray *list;
        PolicySet *set;
        GPtrArray *rules;
        const char *const *bridges;
        const ExposureEngine *engine;
        GPtrArray *names;    /* of all policies */
        GPtrArray *disabled; /* Rule *, what the disabled ones would mean */
} Listing;

/* Why a policy that one might expect to cover the port does not. */
static void note_policies(const Listing *listing, Exposure *exposure, const Connection *c) {
        for (guint i = 0; i < listing->names->len; i++) {
                const char *name = listing->names->pdata[i];
                const Policy *policy = g_hash_table_lookup(listing->set, name);
                if (!policy->enabled || policy->action == POLICY_FORWARD ||
                    g_ptr_array_find_with_equal_func(exposure->policies, name, g_str_equal, NULL))
                        continue;
                for (guint p = 0; p < policy->ports->len; p++) {
                        const PortRange *range = &g_array_index(policy->ports, PortRange, p);
                        if (c->port && range->first <= c->port && c->port <= range->last && !g_str_equal(range->protocol, c->protocol)) {
                                add_note(exposure, "policy-protocol", "Policy \"%s\" names this port by %s only, not by %s", name,
                                         range->protocol, c->protocol);
                                break;
                        }
                }
        }
        const char *last = NULL;
        for (guint i = 0; i < listing->disabled->len; i++) {
                const Rule *rule = listing->disabled->pdata[i];
                if (g_strcmp0(last, rule->name) != 0 && may_cover(rule, listing->bridges, c)) {
                        add_note(exposure, "policy-disabled", "Policy \"%s\" would cover it, but is disabled", rule->name);
                        last = rule->name;
                }
        }
        if (exposure->policies->len == 0)
                add_note(exposure, "no-policy", "%s", listing->names->len == 0 ? "There is no policy" : "No policy in force covers it");
}

static void add_port(Listing *listing, const DockerContainer *container, const DockerPort *port) {
        const Family family = port->host.family;
        const bool everywhere = address_range_is_everybody(&port->host);
        Exposure *exposure = exposure_new(listing->list, container, family, port->protocol);
        const AddressRange *own = own_address(container, family);
        exposure->address = !everywhere             ? address_range_format(&port->host) :
                            family == FAMILY_IPV4 ? g_strdup("0.0.0.0") :
                                                    g_strdup("::");
        exposure->host_port = port->host_port;
        exposure->container_port = port->container_port;
        const bool filtered = family == FAMILY_IPV4 ? listing->engine->iptables : listing->engine->ip6tables;
        /* Of one that does not run nobody knows whether it will have an IPv6 address. */
        const bool mapped = filtered && (family == FAMILY_IPV4 || own || !container || !container->running);
        exposure->path = mapped ? "dnat" : "docker-proxy";
        Connection c = connection_to(exposure, &port->host, own);
        judge(exposure, listing->rules, listing->bridges, &c, everywhere);
        note_path(exposure, &port->host, listing->engine);
        note_policies(listing, exposure, &c);
        if (container && !container->running)
                add_note(exposure, "not-running", "The container does not run: this is for when it does");
        if (!container && listing->engine->is_swarm)
                add_note(exposure, "swarm", "The swarm publishes it, on every address of this host");
        else if (!container)
                add_note(exposure, "no-container", "Docker's rules have it, but no container tells of it");
}

static void add_host_container(Listing *listing, const DockerContainer *container) {
        Exposure *exposure = exposure_new(listing->list, container, FAMILY_IPV4, "");
        exposure->address = g_strdup("");
        exposure->path = "host-network";
        exposure->reach = (Reach){ REACH_UNKNOWN, none() };
        add_note(exposure, "host-network",
                 "It has the host's network: what it listens on are ports of the host, which no rule of Docker's sees and Docker does not know; "
                 "firewalld's zones decide, and a policy that names such a port");
}

/* Ports that no container has are swarm's, or Docker has not told of the container yet. */
static void add_other(Listing *listing, const char *other) {
        static const char *const PROTOCOLS[] = { "tcp", "udp", "sctp" };
        DockerPort port = { .protocol = NULL };
        for (gsize i = 0; i < G_N_ELEMENTS(PROTOCOLS); i++)
                if (g_str_has_prefix(other, PROTOCOLS[i]) && other[strlen(PROTOCOLS[i])] == ' ')
                        port.protocol = PROTOCOLS[i];
        const char *number = strrchr(other, ' ');
        port.host_port = number ? g_ascii_strtoull(number, NULL, 10) : 0;
        if (!port.protocol || port.host_port == 0)
                return;
        for (guint i = 0; i < listing->list->len; i++) {
                const Exposure *exposure = listing->list->pdata[i];
                if (g_str_equal(exposure->protocol, port.protocol) && exposure->host_port == port.host_port)
                        return;
        }
        ITERATE_FAMILIES (family) {
                (void) address_range_parse(family == FAMILY_IPV4 ? "0.0.0.0/0" : "::/0", &port.host, NULL);
                if (family == FAMILY_IPV4 || listing->engine->ip6tables)
                        add_port(listing, NULL, &port);
        }
}

static int compare_ports(gconstpointer pa, gconstpointer pb) {
        const DockerPort *a = pa, *b = pb;
        if (a->host_port != b->host_port)
                return (int) a->host_port - (int) b->host_port;
        int order = strcmp(a->protocol, b->protocol);
        if (!order)
                order = (int) a->host.family - (int) b->host.family;
        return order ? order : memcmp(a->host.first, b->host.first, sizeof a->host.first);
}

static GPtrArray *compile_disabled(PolicySet *set, const char *const *bridges, DockerFacts *facts) {
        g_autoptr(PolicySet) disabled = policy_set_new();
        GHashTableIter iter;
        gpointer name, value;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, &name, &value))
                if (!((Policy *) value)->enabled) {
                        g_autoptr(Policy) enabled = policy_copy(value);
                        enabled->enabled = true;
                        policy_set_insert(disabled, name, enabled);
                }
        return compile_policies(disabled, bridges, facts, false);
}

GPtrArray *exposure_list(DockerFacts *facts, PolicySet *set, GPtrArray *rules, const char *const *bridges,
                         const char *const *others, const ExposureEngine *engine) {
        g_autoptr(GPtrArray) names = policy_set_names(set), disabled = compile_disabled(set, bridges, facts);
        Listing listing = { g_ptr_array_new_with_free_func(exposure_free), set, rules, bridges, engine, names, disabled };
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                if (container->host_network) {
                        if (container->running)
                                add_host_container(&listing, container);
                        continue;
                }
                g_autoptr(GArray) ports = g_array_copy(container->ports);
                g_array_sort(ports, compare_ports);
                for (guint p = 0; p < ports->len; p++)
                        add_port(&listing, container, &g_array_index(ports, DockerPort, p));
        }
        for (; *others; others++)
                add_other(&listing, *others);
        return listing.list;
}
