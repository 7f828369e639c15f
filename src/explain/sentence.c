/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sentence.h"

#include <string.h>

#include <glib/gi18n.h>

const char *explanation_verdict(const Explanation *explanation) {
        return explanation->uncertain ? "uncertain" : explanation->allowed ? "allowed" : "blocked";
}

/* --- sources of a policy ------------------------------------------------------------------------------------------ */

static void append_names(GString *text, const char *prefix, GPtrArray *names) {
        for (guint i = 0; i < names->len; i++)
                g_string_append_printf(text, "%s%s%s", text->len ? ", " : "", prefix, (char *) names->pdata[i]);
}

/* The groups, ipsets and zones, of which the policy itself does not say whom they have; "" for none. */
static char *format_named_sources(const Policy *policy) {
        GString *text = g_string_new(NULL);
        append_names(text, "group:", policy->groups);
        append_names(text, "ipset:", policy->ipsets);
        append_names(text, "zone:", policy->zones);
        return g_string_free(text, FALSE);
}

static const AddressRange *find_range(const GArray *ranges, const Dialled *connection) {
        AddressRange client = { .family = connection->family };
        memcpy(client.first, connection->source, sizeof client.first);
        memcpy(client.last, connection->source, sizeof client.last);
        for (guint i = 0; i < ranges->len; i++) {
                const AddressRange *range = &g_array_index(ranges, AddressRange, i);
                if (range->family == client.family && address_range_contains(range, &client))
                        return range;
        }
        return NULL;
}

/* "192.168.1.0/24", or "192.168.1.0/24 of group:office"; NULL: neither the policy nor its groups list the client. */
static char *find_address(PolicySet *policies, const Policy *policy, const Dialled *connection) {
        const AddressRange *range = find_range(policy->sources, connection);
        if (range)
                return address_range_format(range);
        for (guint i = 0; i < policy->groups->len; i++) {
                const char *name = policy->groups->pdata[i];
                const Group *group = g_hash_table_lookup(policies->groups, name);
                range = group ? find_range(group->addresses, connection) : NULL;
                if (range) {
                        g_autofree char *address = address_range_format(range);
                        return g_strdup_printf(_("%s of group:%s"), address, name);
                }
        }
        g_autoptr(GArray) all = policy_set_addresses(policies, policy);
        range = find_range(all, connection);
        return range ? address_range_format(range) : NULL;
}

/* The source of the policy that the client is: "192.168.1.0/24", "one of ipset:office, zone:home". */
static char *format_source(PolicySet *policies, const Policy *policy, const Dialled *connection) {
        char *address = find_address(policies, policy, connection);
        if (address)
                return address;
        g_autofree char *named = format_named_sources(policy);
        return policy_count_references(policy) > 1 ? g_strdup_printf(_("one of %s"), named) : g_steal_pointer(&named);
}

/* "192.168.1.50 is not among its 3 addresses", "it lists only 192.168.1.0/24" */
static char *format_unlisted(const Policy *policy, const char *client) {
        const guint named = policy_count_references(policy), count = policy->sources->len + policy->brief->len + named;
        if (count == 1 && policy->brief->len)
                return g_strdup_printf(_("%s is not the address that it lists for a time"), client);
        if (count != 1)
                return g_strdup_printf(named ? _("%s is not among its %u sources") : _("%s is not among its %u addresses"),
                                       client, count);
        g_autofree char *only =
                named ? format_named_sources(policy) : address_range_format(&g_array_index(policy->sources, AddressRange, 0));
        return g_strdup_printf(_("it lists only %s"), only);
}

/* --- what a policy says ------------------------------------------------------------------------------------------- */

static char *format_interfaces(GPtrArray *names) {
        GString *text = g_string_new(NULL);
        append_names(text, "", names);
        return g_string_free(text, FALSE);
}

static char *format_zone(const Finding *finding) {
        return finding->zone ? g_strdup_printf(_("firewalld's zone %s"), finding->zone) : g_strdup("firewalld");
}

static char *reason_to_allow(const Finding *finding, const Dialled *connection, PolicySet *policies, const Policy *policy) {
        if (policy->action == POLICY_FORWARD) {
                g_autofree char *in = format_interfaces(policy->interfaces), *out = format_interfaces(policy->out_interfaces);
                return g_strdup_printf(_("it routes from %s to %s"), in, out);
        }
        if (policy->action == POLICY_OBEY_ZONES) {
                g_autofree char *zone = format_zone(finding);
                return g_strdup_printf(_("%s lets in %u/%s"), zone, connection->port, connection->protocol);
        }
        g_autofree char *source = format_source(policies, policy, connection);
        return g_strdup_printf(_("it lists %s"), source);
}

static char *reason_to_block(const Finding *finding, const Dialled *connection, PolicySet *policies, const Policy *policy) {
        g_autofree char *client = packet_format_address(connection->family, connection->source);
        if (policy->action == POLICY_ALLOW_ONLY) {
                g_autofree char *listed = find_address(policies, policy, connection);
                return listed ? g_strdup(_(
                                        "the container's own address was dialled, and it lets in by ports of this host only")) :
                                format_unlisted(policy, client);
        }
        if (policy->action == POLICY_DENY) {
                g_autofree char *source =
                        policy_has_sources(policy) ? format_source(policies, policy, connection) : g_strdup(_("everybody"));
                return g_strdup_printf(_("it denies %s"), source);
        }
        if (!finding->by_zone)
                return g_strdup(_("the container's own address was dialled, and zones let in by ports of this host only"));
        g_autofree char *zone = format_zone(finding);
        return g_strdup_printf(_("%s does not let in %u/%s"), zone, connection->port, connection->protocol);
}

/* --- what others say ---------------------------------------------------------------------------------------------- */

static const char *owner_of(const char *layer) {
        static const struct {
                const char *layer, *owner;
        } OWNERS[] = { { LAYER_GUARD, N_("the guard") },
                       { LAYER_DOCKER_USER, "DOCKER-USER" },
                       { LAYER_DOCKER, "Docker" },
                       { LAYER_FIREWALLD, "firewalld" } };
        for (gsize i = 0; i < G_N_ELEMENTS(OWNERS); i++)
                if (g_str_equal(OWNERS[i].layer, layer))
                        return gettext(OWNERS[i].owner);
        return _("another program");
}

/* "blocked by firewalld, zone public: a rule in \"firewalld filter_IN_public\" stops it" */
static char *format_block(const Finding *finding) {
        if (finding->held)
                return g_strdup(
                        _("blocked by the guard: Docker has not reported the container yet, and a policy names containers"));
        if (finding->by_chain)
                return g_strdup_printf(_("blocked by default: the policy of \"%s\" is to drop, and no rule accepts %s"),
                                       finding->chain, gettext(finding->packet));
        if (g_str_equal(finding->layer, LAYER_FIREWALLD) && finding->zone)
                return g_strdup_printf(_("blocked by %s, zone %s: a rule in \"%s\" stops %s"), owner_of(finding->layer),
                                       finding->zone, finding->chain, gettext(finding->packet));
        return g_strdup_printf(_("blocked by %s: a rule in \"%s\" stops %s"), owner_of(finding->layer), finding->chain,
                               gettext(finding->packet));
}

/* --- the sentence ------------------------------------------------------------------------------------------------- */

/* "blocked by policy web: REASON" */
static char *format_policy(const Explanation *explanation, const Dialled *connection, PolicySet *policies) {
        const Finding *finding = &explanation->finding;
        const Policy *policy = g_hash_table_lookup(policies->policies, finding->policy);
        if (!policy)
                return g_strdup_printf(explanation->allowed ?
                                               _("allowed by a rule of policy %s, which does not exist any more") :
                                               _("blocked by a rule of policy %s, which does not exist any more"),
                                       finding->policy);
        g_autofree char *reason =
                (explanation->allowed ? reason_to_allow : reason_to_block)(finding, connection, policies, policy);
        return g_strdup_printf(explanation->allowed ? _("allowed by policy %s: %s") : _("blocked by policy %s: %s"),
                               finding->policy, reason);
}

/* What the connection meets beyond the policy that lets it in; "" when there is nothing to say. */
static char *format_arrival(const Explanation *explanation) {
        if (!explanation->allowed)
                return g_strdup("");
        if (explanation->finding.handed_on)
                return g_strdup_printf(_("; docker-proxy takes it and hands it on to %s"), explanation->finding.handed_on);
        /* What the last row says, but for its beginning. */
        const char *no_rule = _("decides: no rule is against it") + strlen(TRACE_DECIDES);
        return g_str_equal(explanation->ending, no_rule) ? g_strdup("") : g_strconcat("; ", explanation->ending, NULL);
}

static char *format_certain(const Explanation *explanation, const Dialled *connection, PolicySet *policies) {
        const Finding *finding = &explanation->finding;
        g_autofree char *arrival = format_arrival(explanation);
        if (finding->policy) {
                g_autofree char *policy = format_policy(explanation, connection, policies);
                return g_strconcat(policy, arrival, NULL);
        }
        if (!explanation->allowed && finding->chain)
                return format_block(finding);
        if (explanation->allowed && finding->handed_on)
                return g_strconcat(_("allowed: no rule is against it"), arrival, NULL);
        return g_strdup_printf(explanation->allowed ? _("allowed: %s") : _("blocked: %s"), explanation->ending);
}

/* The first row that cannot be told. */
static const TraceRow *find_doubt(const Explanation *explanation) {
        for (guint i = 0; i < explanation->trace->len; i++) {
                const TraceRow *row = explanation->trace->pdata[i];
                if (g_str_has_prefix(row->effect, TRACE_DOUBT))
                        return row;
        }
        return NULL;
}

char *explanation_sentence(const Explanation *explanation, const Dialled *connection, PolicySet *policies) {
        g_autofree char *certain = format_certain(explanation, connection, policies);
        const TraceRow *doubt = explanation->uncertain ? find_doubt(explanation) : NULL;
        if (!explanation->uncertain)
                return g_steal_pointer(&certain);
        if (!doubt)
                return g_strdup_printf(_("uncertain: there are too many rules; otherwise %s"), certain);
        return g_strdup_printf(_("uncertain: it is not known what \"%s\" does (%s); if nothing, %s"), doubt->where,
                               doubt->effect + strlen(TRACE_DOUBT), certain);
}
