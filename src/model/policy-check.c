/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-check.h"

#include <glib/gi18n.h>

#include "bounds.h"
#include "brief.h"
#include "error.h"

typedef struct Checking {
        PolicyReport report;
        gpointer userdata;
        bool failed, stopped;
} Checking;

G_GNUC_PRINTF(4, 5) static void fail(Checking *c, const char *key, QuaywallError code, const char *format, ...) {
        c->failed = true;
        if (c->stopped)
                return;
        va_list args;
        va_start(args, format);
        GError *error = g_error_new_valist(QUAYWALL_ERROR, code, format, args);
        va_end(args);
        quaywall_error_at(&error, key, -1, NULL);
        c->stopped = !c->report(error, c->userdata);
}

static void fail_policy(Checking *c, const char *key, const char *wrong) {
        fail(c, key, QUAYWALL_ERROR_INVALID_POLICY, "%s: %s", key, wrong);
}

static void check_forward(Checking *c, const Policy *policy) {
        static const char only[] = N_("\"forward\" takes \"interfaces\" and \"out-interfaces\" only"),
                          keeps[] = N_("\"forward\" keeps nothing out, so there is nothing to reject or to log");
        if (policy->interfaces->len == 0)
                fail_policy(c, "interfaces", _("missing; \"forward\" needs the interfaces where packets come in"));
        if (policy->out_interfaces->len == 0)
                fail_policy(c, "out-interfaces", _("missing; \"forward\" needs the interfaces by which packets leave"));
        if (policy_has_sources(policy))
                fail_policy(c, "sources", gettext(only));
        if (policy->destinations->len)
                fail_policy(c, "destinations", gettext(only));
        if (policy->ports->len)
                fail_policy(c, "ports", gettext(only));
        if (policy->containers->len)
                fail_policy(c, "containers", gettext(only));
        if (policy->networks->len)
                fail_policy(c, "networks", gettext(only));
        if (policy->reject)
                fail_policy(c, "reject", gettext(keeps));
        if (policy->log)
                fail_policy(c, "log", gettext(keeps));
}

static void check_keys(Checking *c, const Policy *policy) {
        if (policy->action == _POLICY_ACTION_MAX)
                return fail_policy(c, "action",
                                   _("missing; it must be \"allow-only\", \"deny\", \"forward\" or \"obey-zones\""));
        if (policy->action == POLICY_FORWARD)
                return check_forward(c, policy);
        if (policy->action == POLICY_ALLOW_ONLY && !policy_has_sources(policy))
                fail_policy(
                        c, "sources",
                        _("missing; \"allow-only\" needs the addresses that may come in; to keep everybody out use \"deny\""));
        if (policy->action == POLICY_OBEY_ZONES && policy_has_sources(policy))
                fail_policy(
                        c, "sources",
                        _("\"obey-zones\" takes none, since firewalld's zones say who may come in; an \"allow-only\" beside it "
                          "lets in more"));
        if (policy->out_interfaces->len)
                fail_policy(c, "out-interfaces", _("only \"forward\" takes them"));
}

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

static void check_combinations(Checking *c, const Policy *policy) {
        const guint destinations = count_prefixes(policy->destinations), ports = policy->ports->len,
                    interfaces = MAX(1, policy->interfaces->len) * MAX(1, policy->out_interfaces->len);
        const guint combinations = interfaces * MAX(1, destinations) * MAX(1, ports);
        const char *most = destinations >= MAX(interfaces, ports) ? "destinations" :
                           ports >= interfaces                    ? "ports" :
                                                                    "interfaces";
        guint ends = 0;
        for (gint64 end = brief_next_end(policy->brief, 0); end != G_MAXINT64; end = brief_next_end(policy->brief, end))
                ends++;
        if (combinations > LIMIT_RULES)
                fail(c, most, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                     _("interfaces, destinations, ports: %u combinations are too many; a policy can have %u at most"),
                     combinations, LIMIT_RULES);
        else if (combinations > 1 && combinations * (1 + ends) > LIMIT_RULES)
                fail(c, "sources", QUAYWALL_ERROR_LIMIT_EXCEEDED,
                     _("sources: %u different times at which they end, for each of %u combinations of interface, destination and port, are too "
                       "many; a policy can have %u at most"),
                     ends, combinations, LIMIT_RULES);
}

bool policy_check_all(Policy *policy, PolicyReport report, gpointer userdata) {
        Checking c = { report, userdata, false, false };
        check_keys(&c, policy);
        check_combinations(&c, policy);
        if (c.failed)
                return false;
        policy->sources_merged += address_ranges_merge(policy->sources);
        policy->destinations_merged += address_ranges_merge(policy->destinations);
        return true;
}

static bool take_first(GError *error, gpointer userdata) {
        g_propagate_error(userdata, error);
        return false;
}

bool policy_check(Policy *policy, GError **error) {
        return policy_check_all(policy, take_first, error);
}
