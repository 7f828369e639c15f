/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-check.h"

#include "bounds.h"
#include "error.h"

/* A range can become hundreds of prefixes, and each is a rule. */
static guint count_prefixes(GArray *addresses) {
        guint n = 0;
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_autoptr(GArray) set = address_set_new(addresses, family);
                g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(set);
                n += prefixes->len;
        }
        return n;
}

bool policy_check(Policy *policy, GError **error) {
        const char *wrong = NULL;
        if (policy->action == _POLICY_ACTION_MAX)
                wrong = "action: missing; it must be \"allow-only\", \"deny\", \"forward\" or \"obey-zones\"";
        else if (policy->action == POLICY_ALLOW_ONLY && !policy_has_sources(policy))
                wrong = "sources: missing; \"allow-only\" needs the addresses that may come in; to keep everybody out use \"deny\"";
        else if (policy->action == POLICY_FORWARD) {
                if (policy->interfaces->len == 0)
                        wrong = "interfaces: missing; \"forward\" needs the interfaces where packets come in";
                else if (policy->out_interfaces->len == 0)
                        wrong = "out-interfaces: missing; \"forward\" needs the interfaces by which packets leave";
                else if (policy_has_sources(policy) || policy->destinations->len || policy->ports->len ||
                         policy->containers->len || policy->networks->len)
                        wrong = "sources, destinations, ports, containers, networks: \"forward\" takes \"interfaces\" and "
                                "\"out-interfaces\" only";
                else if (policy->reject || policy->log)
                        wrong = "reject, log: \"forward\" keeps nothing out, so there is nothing to reject or to log";
        } else if (policy->out_interfaces->len)
                wrong = "out-interfaces: only \"forward\" takes them";
        else if (policy->action == POLICY_OBEY_ZONES && policy_has_sources(policy))
                wrong = "sources: \"obey-zones\" takes none, since firewalld's zones say who may come in; an \"allow-only\" beside "
                        "it lets in more";
        if (wrong) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, wrong);
                return false;
        }

        const guint destinations = count_prefixes(policy->destinations);
        const guint combinations = MAX(1, policy->interfaces->len) * MAX(1, policy->out_interfaces->len) *
                                   MAX(1, destinations) * MAX(1, policy->ports->len);
        if (combinations > LIMIT_RULES) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "interfaces, destinations, ports: %u combinations are too many; a policy can have %u at most",
                            combinations, LIMIT_RULES);
                return false;
        }
        policy->sources_merged += address_ranges_merge(policy->sources);
        policy->destinations_merged += address_ranges_merge(policy->destinations);
        return true;
}
