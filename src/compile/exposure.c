/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exposure.h"

#include <string.h>

#include <glib/gi18n.h>

#include "compile/docker-nat.h"
#include "compile/places.h"
#include "compile/verdict.h"
#include "model/bounds.h"
#include "model/error.h"

/* An interface that no policy names. */
#define OTHER_INTERFACE ""
/* Interfaces times destinations reported for one port: nobody reads more, and each evaluates every rule. */
#define MAX_PLACES 256
/* For one port. */
#define MAX_NOTES 32

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
        g_ptr_array_unref(exposure->zones);
        g_ptr_array_unref(exposure->some_zones);
        g_ptr_array_unref(exposure->notes);
        g_free(exposure);
}

G_GNUC_PRINTF(3, 4) static void add_note(Exposure *exposure, const char *code, const char *format, ...) {
        if (exposure->notes->len >= MAX_NOTES)
                return;
        ExposureNote *note = g_new(ExposureNote, 1);
        va_list args;
        va_start(args, format);
        *note = (ExposureNote){ code, g_strdup_vprintf(format, args) };
        va_end(args);
        g_ptr_array_add(exposure->notes, note);
}

/* --- one port ----------------------------------------------------------------------------------------------------- */

/* One more than MAX_PLACES is too many already. */
static void add_name(GPtrArray *names, const char *name) {
        if (names->len <= MAX_PLACES && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, g_strdup(name));
}

/* Whether the rule covers the port, for the interface and the dialled address that the rule names. */
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

/* How a reader of the exceptions so far would understand this spot: the last one that matches counts. */
static const Reach *read_reach(const Exposure *exposure, const char *interface, const AddressRange *spot) {
        for (guint i = exposure->exceptions->len; i-- > 0;) {
                const ExposureException *exception = exposure->exceptions->pdata[i];
                if ((!exception->interface[0] || g_str_equal(exception->interface, interface)) &&
                    address_range_contains(&exception->range, spot))
                        return &exception->reach;
        }
        return exposure->reach.sources ? &exposure->reach : NULL;
}

/* Rules are grouped by policy. */
static void add_policy(Exposure *exposure, const Rule *rule, const char **last) {
        if (g_strcmp0(*last, rule->name) == 0)
                return;
        *last = rule->name;
        if (exposure->n_policies++ < LIMIT_TOLD)
                g_ptr_array_add(exposure->policies, g_strdup(rule->name));
}

/* A source, and a rule of a zone, costs as much as this many rules that are only tested for covering the port. */
#define EACH_WORK 10U
/* Returns the amount of work. */
static guint64 judge(Exposure *exposure, GPtrArray *rules, const char *const *bridges, Connection *c, bool everywhere) {
        const char *last = NULL;
        guint64 sources = 0;
        g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) destinations = g_ptr_array_new_with_free_func(g_free);
        add_name(interfaces, OTHER_INTERFACE);
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (!may_cover(rule, bridges, c))
                        continue;
                add_policy(exposure, rule, &last);
                sources += rule->sources ? rule->sources->len : 0;
                if (rule->in && !rule->in_is_bridge)
                        add_name(interfaces, rule->in);
                if (rule->destination && everywhere)
                        add_name(destinations, rule->destination);
        }
        const AddressRange host = c->destination;
        g_autoptr(GArray) places = places_find(&host, destinations);
        const bool many = (guint64) interfaces->len * places->len > MAX_PLACES;
        if (many)
                add_note(exposure, "many-exceptions",
                         _("Policies name too many interfaces and addresses for it to list them; \"quaywallctl explain\" "
                           "answers for each"));
        for (guint i = 0; i < (many ? 1 : interfaces->len); i++)
                for (guint p = 0; p < (many ? 1 : places->len); p++) {
                        const Place *place = &g_array_index(places, Place, p);
                        c->in = interfaces->pdata[i];
                        c->destination = place->spot;
                        Reach reach = reach_of(rules, bridges, c);
                        const Reach *told = read_reach(exposure, c->in, &place->spot);
                        if (!told) {
                                exposure->reach = reach;
                        } else if (reach_equal(&reach, told)) {
                                reach_clear(&reach);
                        } else {
                                ExposureException *exception = g_new(ExposureException, 1);
                                *exception = (ExposureException){ g_strdup(c->in), g_strdup(place->text), place->range, reach };
                                g_ptr_array_add(exposure->exceptions, exception);
                        }
                }
        c->destination = host;
        return rules->len + (many ? 1 : (guint64) interfaces->len * places->len) * (rules->len + EACH_WORK * sources);
}

/* The rough size of an entry in the answer on the bus. */
#define EACH_BYTES 64
static gsize count_bytes(const Exposure *exposure) {
        gsize bytes = 16 * EACH_BYTES + exposure->reach.sources->len * EACH_BYTES;
        for (guint i = 0; i < exposure->exceptions->len; i++)
                bytes += (6 + ((ExposureException *) exposure->exceptions->pdata[i])->reach.sources->len) * EACH_BYTES;
        for (guint i = 0; i < exposure->policies->len; i++)
                bytes += EACH_BYTES / 4 + strlen(exposure->policies->pdata[i]);
        for (guint i = 0; i < exposure->notes->len; i++)
                bytes += EACH_BYTES + strlen(((ExposureNote *) exposure->notes->pdata[i])->sentence);
        for (guint i = 0; exposure->container && i < exposure->container->networks->len; i++)
                bytes += EACH_BYTES / 4 + strlen(exposure->container->networks->pdata[i]);
        return bytes;
}

static bool is_loopback(const AddressRange *address) {
        static const guint8 IPV6_LOOPBACK[16] = { [15] = 1 };
        return address->family == FAMILY_IPV4 ?
                       address->first[0] == 127 && address->last[0] == 127 :
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

static void to_neighbours(Reach *reach) {
        if (reach->kind == REACH_EVERYONE)
                reach->kind = REACH_NEIGHBOURS;
}

/* Why neighbours reach what is published on 127.0.0.1; NULL: Docker prevents it. */
static const char *why_not_kept(const ExposureEngine *engine) {
        const unsigned release = engine->minor * 1000 + engine->patch;
        if (engine->major < 28)
                return _("moby 45610, mended in Docker 28");
        if (engine->major == 28 && release >= 2000 && release < 3003)
                return _("after a reload of firewalld: CVE-2025-54388, mended in Docker 28.3.3");
        return engine->no_raw ? _("DOCKER_INSECURE_NO_IPTABLES_RAW is set for dockerd") : NULL;
}

static void note_path(Exposure *exposure, const AddressRange *host, const ExposureEngine *engine) {
        const bool proxy = g_str_equal(exposure->path, "docker-proxy");
        if (is_loopback(host)) {
                /* The kernel drops IPv6 packets to ::1 from outside before any rule sees them (RFC 4291, 2.5.3) and, without a
                 * rule of Docker's, IPv4 packets to 127.0.0.1 as well. */
                const char *why_not = exposure->family == FAMILY_IPV6 || proxy ? NULL : why_not_kept(engine);
                if (!why_not) {
                        /* Such a packet comes in by no interface, so policies for an interface make no difference. */
                        g_ptr_array_set_size(exposure->exceptions, 0);
                        if (exposure->reach.kind != REACH_NOBODY)
                                exposure->reach.kind = REACH_HOST;
                        g_array_set_size(exposure->reach.sources, 0);
                } else {
                        to_neighbours(&exposure->reach);
                        for (guint i = 0; i < exposure->exceptions->len; i++)
                                to_neighbours(&((ExposureException *) exposure->exceptions->pdata[i])->reach);
                        add_note(
                                exposure, "loopback-neighbours",
                                _("It is published on %s, but with this Docker hosts on the same link can send packets there as well (%s)"),
                                exposure->address, why_not);
                }
        } else if (proxy)
                add_note(
                        exposure, "docker-proxy",
                        _("A program of this host answers it (docker-proxy, or rootlesskit), so it comes in by INPUT: no rule of Docker's sees it, and "
                          "firewalld's zone has to let it in as well"));
}

static Connection connection_to(const Exposure *exposure, const AddressRange *host, const AddressRange *container) {
        Connection c = {
                .source = { .family = exposure->family },
                .destination = *host,
                .protocol = exposure->protocol,
                .port = exposure->host_port,
                .local = !g_str_equal(exposure->path, "routed"),
                .container = { .family = exposure->family },
        };
        if (container && !g_str_equal(exposure->path, "docker-proxy"))
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
        exposure->zones = g_ptr_array_new_with_free_func(g_free);
        exposure->some_zones = g_ptr_array_new_with_free_func(g_free);
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
        GPtrArray *disabled; /* Rule *, what the disabled policies would mean */
        bool is_swarm;
        guint share;
        guint64 bytes, work; /* so far */
} Listing;

static bool is_too_much(const Listing *listing) {
        return listing->bytes > LIMIT_PORTS_ANSWER / listing->share || listing->work > LIMIT_PORTS_WORK / listing->share;
}

/* Why a policy that one might expect to cover the port does not. */
static void note_policies(const Listing *listing, Exposure *exposure, const Connection *c) {
        guint covering = 0; /* both lists are sorted */
        for (guint i = 0; exposure->n_policies <= LIMIT_TOLD && i < listing->names->len; i++) {
                const char *name = listing->names->pdata[i];
                const Policy *policy = g_hash_table_lookup(listing->set->policies, name);
                if (covering < exposure->policies->len && g_str_equal(exposure->policies->pdata[covering], name)) {
                        covering++;
                        continue;
                }
                if (!policy_judges(policy))
                        continue;
                for (guint p = 0; p < policy->ports->len; p++) {
                        const PortRange *range = &g_array_index(policy->ports, PortRange, p);
                        if (c->port && range->first <= c->port && c->port <= range->last &&
                            !g_str_equal(range->protocol, c->protocol)) {
                                add_note(exposure, "policy-protocol", _("Policy \"%s\" names this port by %s only, not by %s"),
                                         name, range->protocol, c->protocol);
                                break;
                        }
                }
        }
        const char *last = NULL;
        for (guint i = 0; i < listing->disabled->len; i++) {
                const Rule *rule = listing->disabled->pdata[i];
                if (g_strcmp0(last, rule->name) != 0 && may_cover(rule, listing->bridges, c)) {
                        add_note(exposure, "policy-disabled", _("Policy \"%s\" would cover it, but is disabled"), rule->name);
                        last = rule->name;
                }
        }
        if (exposure->policies->len == 0)
                add_note(exposure, "no-policy", "%s",
                         listing->names->len == 0 ? _("There is no policy") : _("No policy in force covers it"));
}

static void set_reach(Exposure *exposure, ReachKind kind) {
        exposure->reach.kind = kind;
        g_array_set_size(exposure->reach.sources, 0);
        g_ptr_array_set_size(exposure->exceptions, 0);
}

/* DOCKER-USER alone sees only what Docker's DNAT has sent to a container. */
static void note_not_enforced(Exposure *exposure) {
        g_ptr_array_add(exposure->policies, NULL);
        g_autofree char *names = g_strjoinv("\", \"", (char **) exposure->policies->pdata);
        g_ptr_array_set_size(exposure->policies, exposure->policies->len - 1);
        add_note(
                exposure, "not-enforced",
                _("The policy \"%s\" would cover it, but DOCKER-USER does not see it: that needs the guard, see Enforce= in quaywalld.conf(5)"),
                names);
        set_reach(exposure, REACH_EVERYONE);
}

/* What firewalld was told is in zones, policies and forward ports, none of which are known here. */
static void note_strict(Exposure *exposure) {
        add_note(
                exposure, "strict-forward-ports",
                _("firewalld has StrictForwardPorts=yes: of the clients that policies allow, it allows only those that its own rules allow, too; ask "
                  "\"quaywallctl explain\""));
        if (exposure->reach.kind == REACH_EVERYONE)
                set_reach(exposure, REACH_UNKNOWN);
}

static bool is_left_to_zones(const Exposure *exposure) {
        bool left = exposure->reach.kind == REACH_ZONES;
        for (guint i = 0; i < exposure->exceptions->len; i++)
                left |= ((ExposureException *) exposure->exceptions->pdata[i])->reach.kind == REACH_ZONES;
        return left;
}

/* Returns the amount of work. */
static guint64 list_zones(Exposure *exposure, const ZoneAnswers *zones) {
        if (!zones) {
                add_note(exposure, "zones-unknown", _("What firewalld's zones let in is not known, so they let in nobody"));
                return 0;
        }
        add_note(
                exposure, "zones",
                _("firewalld decides, by the zone of the client, as for a port of the host itself: \"firewall-cmd --add-port=%u/%s\" "
                  "opens it in the default zone"),
                exposure->host_port, exposure->protocol);
        return zone_answers_list(zones, exposure->protocol, exposure->host_port, exposure->zones, exposure->some_zones);
}

static char *format_host(const AddressRange *host) {
        return !address_range_is_everybody(host) ? address_range_format(host) :
               host->family == FAMILY_IPV4       ? g_strdup("0.0.0.0") :
                                                   g_strdup("::");
}

/* leads_to: where Docker's rules lead for a port that no container reports; NULL: not known. */
static void add_port(Listing *listing, const DockerContainer *container, const DockerPort *port, const AddressRange *leads_to) {
        const Family family = port->host.family;
        const AddressRange *own = own_address(container, family);
        const bool routed = own && docker_port_is_routed(container, port);
        const AddressRange *host = routed ? own : &port->host;
        const bool everywhere = address_range_is_everybody(host);
        Exposure *exposure = exposure_new(listing->list, container, family, port->protocol);
        exposure->address = format_host(host);
        exposure->host_port = routed ? port->container_port : port->host_port;
        exposure->container_port = port->container_port;
        const bool filtered = family == FAMILY_IPV4 ? listing->engine->iptables : listing->engine->ip6tables;
        /* Nobody knows whether a stopped container will have an IPv6 address. */
        const bool mapped = routed || (filtered && (family == FAMILY_IPV4 || own || !container || !container->running));
        exposure->path = routed ? "routed" : mapped ? "dnat" : "docker-proxy";
        Connection c = connection_to(exposure, host, own);
        listing->work += judge(exposure, listing->rules, listing->bridges, &c, everywhere) + listing->names->len +
                         listing->disabled->len;
        const bool enforced = listing->engine->guarded || (mapped && !listing->engine->uses_nft);
        if (!enforced && exposure->policies->len > 0)
                note_not_enforced(exposure);
        note_path(exposure, host, listing->engine);
        if (hold_holds(listing->engine->hold, container, listing->is_swarm ? NULL : leads_to)) {
                add_note(
                        exposure, "held",
                        _("Docker has not reported this container yet, and a policy names containers: held until it has, see quaywalld(8)"));
                set_reach(exposure, REACH_NOBODY);
        }
        if (mapped && listing->engine->strict && exposure->reach.kind != REACH_NOBODY)
                note_strict(exposure);
        if (is_left_to_zones(exposure))
                listing->work += EACH_WORK * list_zones(exposure, listing->engine->zones);
        note_policies(listing, exposure, &c);
        if (!enforced)
                g_ptr_array_set_size(exposure->policies, 0);
        if (container && !container->running)
                add_note(exposure, "not-running", _("The container does not run: this is for when it does"));
        if (!container && listing->is_swarm)
                add_note(exposure, "swarm", _("The swarm publishes it, on every address of this host"));
        else if (!container)
                add_note(exposure, "no-container", _("Docker's rules publish it, but no known container does"));
        if (exposure->n_policies > LIMIT_TOLD)
                add_note(exposure, "many-policies", _("%u policies cover it; the first %u are listed"), exposure->n_policies,
                         LIMIT_TOLD);
        reach_cut(&exposure->reach, LIMIT_TOLD);
        for (guint i = 0; i < exposure->exceptions->len; i++)
                reach_cut(&((ExposureException *) exposure->exceptions->pdata[i])->reach, LIMIT_TOLD);
        listing->bytes += count_bytes(exposure);
}

static void add_host_container(Listing *listing, const DockerContainer *container) {
        Exposure *exposure = exposure_new(listing->list, container, FAMILY_IPV4, "");
        exposure->address = g_strdup("");
        exposure->path = "host-network";
        exposure->reach = (Reach){ REACH_UNKNOWN, g_array_new(FALSE, FALSE, sizeof(AddressRange)), 0, 0 };
        add_note(
                exposure, "host-network",
                _("It uses the host's network: its ports are ports of the host, which Docker's rules do not see and Docker does not list; "
                  "firewalld's zones decide, and policies that name such a port"));
}

/* A port that no container has is swarm's, or Docker has not reported its container yet. */
static void add_other(Listing *listing, const DockerNat *nat) {
        const DockerPort *port = &nat->port;
        g_autofree char *address = format_host(&port->host);
        for (guint i = 0; i < listing->list->len; i++) {
                const Exposure *exposure = listing->list->pdata[i];
                /* Docker has rules for running containers only: a rule for a stopped one's port is somebody else's. */
                if (exposure->family == port->host.family && g_str_equal(exposure->protocol, port->protocol) &&
                    exposure->host_port == port->host_port && g_str_equal(exposure->address, address) &&
                    (!exposure->container || exposure->container->running))
                        return;
        }
        add_port(listing, NULL, port, nat->has_address ? &nat->address : NULL);
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

static GPtrArray *compile_disabled(PolicySet *set, const char *const *bridges, DockerFacts *facts, Ipsets *ipsets,
                                   const ZoneClients *clients) {
        g_autoptr(PolicySet) disabled = policy_set_new_beside(set);
        GHashTableIter iter;
        gpointer name, value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &name, &value))
                if (!((Policy *) value)->enabled) {
                        g_autoptr(Policy) enabled = policy_copy(value);
                        enabled->enabled = true;
                        policy_set_insert(disabled, name, enabled);
                }
        return compile_policies(disabled, bridges, facts, ipsets, clients, false);
}

GPtrArray *exposure_list(DockerFacts *facts, PolicySet *set, Ipsets *ipsets, GPtrArray *rules, const char *const *bridges,
                         GArray *nat, const ExposureEngine *engine, guint share, GError **error) {
        g_autoptr(GPtrArray) names = policy_set_names(set),
                             disabled = compile_disabled(set, bridges, facts, ipsets, engine->clients);
        Listing listing = { .list = g_ptr_array_new_with_free_func(exposure_free),
                            .set = set,
                            .rules = rules,
                            .bridges = bridges,
                            .engine = engine,
                            .names = names,
                            .disabled = disabled,
                            .is_swarm = docker_facts_have_swarm(facts),
                            .share = share };
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < containers->len && !is_too_much(&listing); i++) {
                const DockerContainer *container = containers->pdata[i];
                if (container->host_network) {
                        if (container->running)
                                add_host_container(&listing, container);
                        continue;
                }
                g_autoptr(GArray) ports = g_array_copy(container->ports);
                g_array_sort(ports, compare_ports);
                for (guint p = 0; p < ports->len && !is_too_much(&listing); p++)
                        add_port(&listing, container, &g_array_index(ports, DockerPort, p), NULL);
        }
        for (guint i = 0; nat && i < nat->len && !is_too_much(&listing); i++) {
                listing.work += listing.list->len;
                add_other(&listing, &g_array_index(nat, DockerNat, i));
        }
        if (!is_too_much(&listing))
                return listing.list;
        g_ptr_array_unref(listing.list);
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                _("Docker publishes too many ports, and policies name too many sources for them, for one answer; Explain answers for each"));
        return NULL;
}
