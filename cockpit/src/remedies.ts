// SPDX-License-Identifier: LGPL-2.1-or-later
// What becomes of each problem (org.quaywall1(5), PROBLEMS): what Repair does about it, or what the administrator has to do.
const _ = cockpit.gettext;

export interface Remedy { byRepair: boolean; words: string }

const repair = (words: string): Remedy => ({ byRepair: true, words });
const manual = (words: string): Remedy => ({ byRepair: false, words });

const ENABLE_GUARD = manual(_("Add guard to Enforce= in quaywalld.conf and restart quaywalld."));
const RULES = repair(_("Puts quaywall's rules back one by one. If Docker's own rules are gone as well, it reloads firewalld, which discards runtime changes of other programs."));
const RELOAD = repair(_("Reloads firewalld, which discards runtime changes of other programs, and makes quaywall's rules again."));
const OTHER_NAME = manual(_("Edit the policy, or create what it names."));

const REMEDIES: Record<string, Remedy> = {
    'policy-file': manual(_("Correct the file, and reload the policies with \"quaywallctl reload\".")),
    'group-file': manual(_("Correct the file, and reload the policies with \"quaywallctl reload\".")),
    'policy-copy': repair(_("Tries again to write the last good copies of the files.")),
    'policy-too-large': ENABLE_GUARD,
    'firewalld-not-running': manual(_("Start firewalld.")),
    'firewalld-failed': manual(_("See firewalld's log.")),
    'firewalld-panic': manual(_("End the panic mode with \"firewall-cmd --panic-off\".")),
    'apply-failed': repair(_("Tries again, and after the second failure with a reload of firewalld.")),
    'guard-altered': repair(_("Restores quaywall's table in nftables.")),
    'jump-missing': repair(_("Restores the jump to DOCKER-USER.")),
    'jump-bypassed': repair(_("Moves the jump to DOCKER-USER to the front.")),
    'rules-missing': RULES,
    'rules-altered': RULES,
    'rules-disordered': RELOAD,
    'rules-dead': RELOAD,
    'ipv6-chain-missing': ENABLE_GUARD,
    'permanent-altered': repair(_("Writes quaywall's rules into firewalld's permanent configuration.")),
    'forward-altered': repair(_("Writes firewalld's policy for forwards again; a changed target takes a reload of firewalld.")),
    'backend-nftables': manual(_("Add guard to Enforce= in quaywalld.conf. If it is there, make policies of the rules in DOCKER-USER, and remove them.")),
    'docker-rules-missing': repair(_("Reloads firewalld, upon which Docker writes its rules again.")),
    'docker-deaf': manual(_("Restart Docker with \"systemctl restart docker\".")),
    'docker-iptables-off': ENABLE_GUARD,
    'docker-rootless': ENABLE_GUARD,
    'docker-podman': manual(_("Name ports in policies, or use Docker.")),
    'docker-failed': repair(_("Asks Docker again.")),
    'port-bypasses': manual(_("Change the policy or the container.")),
    'label-invalid': manual(_("Correct the label, and create the container again.")),
    'interface-missing': OTHER_NAME,
    'group-missing': OTHER_NAME,
    'ipset-missing': OTHER_NAME,
    'ipset-unusable': manual(_("Name an ipset of type hash:ip or hash:net in the policy.")),
    'zones-unknown': manual(_("Set FirewallBackend=nftables in firewalld.conf and restart firewalld, or name sources in an \"allow only\" policy.")),
    'zones-unusable': manual(_("Bind the zone's clients by addresses or interfaces, or name addresses or an ipset in the policy.")),
    'interface-is-port': manual(_("Name the bridge or the bond in the policy.")),
    'interface-altname': manual(_("Use the interface's first name in the policy.")),
    'not-enforceable': manual(_("Use a network of the driver bridge.")),
    'bridge-leads-out': manual(_("Add guard to Enforce= in quaywalld.conf, or remove the port from the bridge.")),
    'firewalld-rules-missing': repair(_("Reloads firewalld, so that its zones block again.")),
    'iptables-legacy': manual(_("Find out which program uses iptables-legacy.")),
    'zone-missing': manual(_("Create the zone on the tab \"Docker zone\".")),
    'zone-target': manual(_("Create the zone again on the tab \"Docker zone\"; it reloads firewalld.")),
    'zone-interface': repair(_("Puts a bridge that is in no zone into the zone docker. One that somebody put into another zone has to be moved on the tab \"Docker zone\".")),
    'foreign-in-docker-zone': manual(_("Take the interface out of the zone on the tab \"Docker zone\".")),
    'zone-stale': repair(_("Removes the interface from the permanent zone.")),
    contested: manual(_("Stop the program that keeps undoing it.")),
};

export function remedy(code: string): Remedy {
    return REMEDIES[code] ?? manual(_("See the manual page org.quaywall1(5)."));
}
