/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose.h"

#include <glib/gi18n.h>

#include "compile/bypass.h"
#include "daemon/meaning.h"
#include "world/carried.h"
#include "world/docker-rules.h"

void diagnose_docker(Diagnosis *d) {
        if (!d->world->docker_rules.report)
                return;
        if (d->world->docker_rules.deaf)
                problems_add(
                        d->problems, PROBLEM_DOCKER_DEAF,
                        _("Docker runs but does not write its rules when firewalld starts or reloads, because firewalld was not there when Docker "
                          "started; no published port works; \"systemctl restart docker\" fixes it"));
        else
                problems_add(
                        d->problems, PROBLEM_DOCKER_RULES_MISSING,
                        _("Docker runs but its rules are not there, so no published port works; \"quaywallctl repair\" reloads firewalld, upon "
                          "which Docker writes them again; \"systemctl restart docker\" does so, too"));
}

/* With the guard, a Docker that makes no rules or is rootless is no problem: it serves its ports like any other program on this
 * host, and some administrators want that. */
void diagnose_engine(Diagnosis *d) {
        const Docker *docker = d->world->docker;
        const bool rootless = docker_rules_runs(d->world) && docker->is_rootless;
        /* With labels every container is held until Docker has reported it, so what Docker cannot do matters in any case. */
        if (!policy_set_judges(d->policies) && !d->settings->labels)
                return;
        if (docker_rules_runs(d->world) && !rootless && !docker_rules_are_made(d->world) && !d->world->guard)
                problems_add(
                        d->problems, PROBLEM_DOCKER_IPTABLES_OFF,
                        _("Docker was started with \"iptables\": false and makes no rules: published ports are answered by docker-proxy alone, where "
                          "DOCKER-USER has no effect, and Enforce= in quaywalld.conf does not list \"guard\": nothing enforces the policies; add it and "
                          "restart quaywalld"));
        if (rootless && !d->world->guard)
                problems_add(
                        d->problems, PROBLEM_DOCKER_ROOTLESS,
                        _("Docker runs rootless, with its rules in a network of its own, where DOCKER-USER of this host has no effect, and Enforce= in "
                          "quaywalld.conf does not list \"guard\": nothing enforces the policies; add it and restart quaywalld"));
        if (docker->is_podman)
                problems_add(
                        d->problems, PROBLEM_DOCKER_PODMAN,
                        _("%s is Podman's, whose containers are not known: policies hold for the ports that they name, when these are dialled at an "
                          "address of this host, and for nothing else; name ports, or use Docker"),
                        d->settings->docker_socket);
        if (g_str_equal(docker->state, "failed"))
                problems_add(
                        d->problems, PROBLEM_DOCKER_FAILED,
                        _("Docker runs but cannot be queried, so changes of its containers are not known and what was known stays in force: %s; see "
                          "\"journalctl -u docker\""),
                        docker->reason);
}

static bool judges_everywhere(const Policy *policy) {
        return policy_judges(policy) && policy->interfaces->len == 0;
}

static void check_outlets(Diagnosis *d) {
        if (!d->world->links || !policy_set_any(d->policies, judges_everywhere))
                return;
        for (char **bridge = d->world->bridges; *bridge; bridge++) {
                const Link *outlet = links_find_outlet(d->world->links, *bridge);
                if (!outlet ||
                    (d->world->guard && links_bridged_is_filtered(FAMILY_IPV4) && links_bridged_is_filtered(FAMILY_IPV6)))
                        continue;
                Problem *problem =
                        d->world->guard ?
                                problems_add(
                                        d->problems, PROBLEM_BRIDGE_LEADS_OUT,
                                        _("%s is a bridge of Docker's and has the port %s: hosts behind that port reach the containers' own addresses "
                                          "past this host's firewall; remove the port, or give Docker a bridge of its own"),
                                        *bridge, outlet->name) :
                                problems_add(
                                        d->problems, PROBLEM_BRIDGE_LEADS_OUT,
                                        _("%s is a bridge of Docker's and has the port %s: DOCKER-USER takes hosts behind that port for containers and does not "
                                          "judge them, and Enforce= in quaywalld.conf does not list \"guard\"; add it and restart quaywalld"),
                                        *bridge, outlet->name);
                problem_add_detail(problem, "interface", *bridge);
                problem_add_detail(problem, "port", outlet->name);
        }
}

void diagnose_meaning(Diagnosis *d) {
        g_autoptr(GPtrArray) notes = meaning_list_open(d->world, d->policies);
        for (guint i = 0; i < notes->len; i++) {
                const Note *note = notes->pdata[i];
                problem_add_detail(problems_add(d->problems, problem_code_from_string(note->code),
                                                _("the policy \"%s\" does not hold as it reads: %s"), note->policy,
                                                note->sentence),
                                   "policy", note->policy);
        }
}

void diagnose_labels(Diagnosis *d) {
        g_autoptr(GPtrArray) flaws = labels_flaws_new();
        g_autoptr(PolicySet) carried = carried_list(d->world, d->policies, flaws);
        for (guint i = 0; i < flaws->len; i++) {
                const LabelFlaw *flaw = flaws->pdata[i];
                if (!flaw->container[0]) {
                        problems_add(d->problems, PROBLEM_LABEL_INVALID, "%s", flaw->sentence);
                        continue;
                }
                Problem *problem = problems_add(
                        d->problems, PROBLEM_LABEL_INVALID,
                        flaw->is_open ?
                                _("the container %s has the host's network, where no policy can close it, and its label cannot be "
                                  "used: %s; correct it, and create the container again") :
                                _("the container %s is closed to everybody, since its label cannot be used: %s; correct it, and "
                                  "create the container again"),
                        flaw->container, flaw->sentence);
                problem_add_detail(problem, "container", flaw->container);
                problem_add_detail(problem, "label", flaw->label);
        }
}

static void check_ports(Diagnosis *d) {
        g_autoptr(GPtrArray) list = bypass_list(d->policies, d->world->docker->facts);
        for (guint i = 0; i < list->len; i++) {
                const Bypass *bypass = list->pdata[i];
                Problem *problem =
                        bypass->port ?
                                problems_add(
                                        d->problems, PROBLEM_PORT_BYPASSES,
                                        _("the port %s of the container %s leads where %s leads, which the policy %s covers, and no policy covers it; "
                                          "add it to the policy, or publish the port once"),
                                        bypass->port, bypass->container, bypass->covered, bypass->policy) :
                                problems_add(
                                        d->problems, PROBLEM_PORT_BYPASSES,
                                        _("the container %s has the host's network, where the policy %s that names it does not hold; run it in a "
                                          "network of Docker's, or filter its ports with firewalld"),
                                        bypass->container, bypass->policy);
                problem_add_detail(problem, "policy", bypass->policy);
                problem_add_detail(problem, "container", bypass->container);
                if (bypass->port)
                        problem_add_detail(problem, "port", bypass->port);
        }
}

void diagnose_bypasses(Diagnosis *d) {
        check_outlets(d);
        check_ports(d);
}
