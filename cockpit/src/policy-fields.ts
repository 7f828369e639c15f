// SPDX-License-Identifier: LGPL-2.1-or-later
// What the fields of a policy are called, what they mean, and what they offer.
import type { Names, Network, Policy, Port } from './contract';
import type { ListKey } from './policy-draft';
import type { Choice, ChoiceGroup } from './list-field';
import { composeEntries, portEntry, portName } from './words';

const _ = cockpit.gettext;

export const FIELD_NAMES: Record<Exclude<keyof Policy, 'revision' | 'origin'>, string> = {
    action: _("What it does"), sources: _("Clients"), ports: _("Published ports"), containers: _("Containers"), networks: _("Docker networks"),
    interfaces: _("Where packets come in"), 'out-interfaces': _("Where packets leave"), destinations: _("Addresses of this host"),
    reject: _("Refuse at once"), log: _("Log what is blocked"), enabled: _("Enabled"), description: _("Description"), until: _("Until"),
};

export const FIELDS: Record<ListKey, { help: string; placeholder: string }> = {
    sources: { help: _("Addresses, networks and ranges; group:NAME, zone:NAME or ipset:NAME. Add \" until 2030-12-31T18:00:00Z\" to an address, a network or a range to list it for a time."),
        placeholder: "192.168.1.0/24" },
    ports: { help: _("As clients dial them on this host. None: all that the other fields leave."), placeholder: "8080/tcp" },
    containers: { help: _("Names, or label=KEY=VALUE. A container must have one of the names and all of the labels. None: every container."),
        placeholder: _("any container") },
    networks: { help: _("None: every network."), placeholder: _("any network") },
    interfaces: { help: _("None: every interface that is not Docker's."), placeholder: _("any interface") },
    'out-interfaces': { help: _("Traffic from the one side to the other passes all the way through, and its replies."), placeholder: "eth1" },
    destinations: { help: _("As clients dial it. None: every address."), placeholder: _("any address") },
};

const plain = (names: string[] = []): Choice[] => names.map(name => ({ label: name, entries: [name] }));
const prefixed = (prefix: string, names: string[] = []): Choice[] => plain(names.map(name => `${prefix}:${name}`));

// What a list offers, of what there is on this host.
export function choices(key: ListKey, names: Names, ports: Port[], networks: Network[]): ChoiceGroup[] {
    switch (key) {
    case 'sources': return [
        { title: _("Groups of addresses"), choices: prefixed('group', names.groups) },
        { title: _("firewalld's zones"), choices: prefixed('zone', names.zones) },
        { title: _("firewalld's ipsets"), choices: prefixed('ipset', names.ipsets) },
    ];
    case 'ports': {
        const used = new Map(ports.filter(portEntry).map(port => [`${port['host-port']}/${port.protocol}`, port]));
        return [{ title: _("Published now"), choices: [...used].map(([entry, port]) =>
            ({ label: port.container ? `${entry} (${port.container})` : portName(port), entries: [entry] })) }];
    }
    case 'containers': return [
        { title: _("Containers"), choices: plain(names.containers) },
        { title: _("Docker Compose"), choices: (names.compose ?? []).map(name => ({ label: name, entries: composeEntries(name) })) },
    ];
    case 'networks': return [{ title: _("Docker networks"), choices: networks.length > 0
        ? networks.map(network => ({ label: network.subnets?.length ? `${network.name} (${network.subnets.join(', ')})` : network.name,
            entries: [network.name] })) : plain(names.networks) }];
    case 'destinations': return [{ title: _("Addresses of this host"), choices: plain(names.addresses) }];
    case 'interfaces':
    case 'out-interfaces': return [{ title: _("Interfaces of this host"), choices: plain(names.interfaces) }];
    }
}
