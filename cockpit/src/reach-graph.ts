// SPDX-License-Identifier: LGPL-2.1-or-later
// From published ports to a picture: clients on one side, ports on the other, lines where a connection passes. Pure.
import type { Port, PortKey, Reach } from './contract';
import { isWildcard, some, where, who, worst } from './words';

const _ = cockpit.gettext;

// How much a person should care: "open" is everybody.
export type Kind = 'open' | 'known' | 'zone' | 'near' | 'unknown';

export interface Client { id: string; label: string; kind: Kind }
export interface Line { client: string; target: string; kind: Kind; partly: boolean }
// A published port, of IPv4 and IPv6 at once where it is the same for both.
// The id stays the same while who can reach it changes.
export interface Target<P extends PortKey = Port> { id: string; port: P; families: string[] }
export interface Graph { clients: Client[]; targets: Target[]; lines: Line[] }

// Clients that are listed one by one; more are one box.
const LISTED = 3;

// Not known of a container that uses the host's network.
function familiesOf({ 'host-address': address }: PortKey): string[] {
    return address ? [address.includes(':') ? 'IPv6' : 'IPv4'] : [];
}

// One target for what differs in nothing but the family.
export function mergeFamilies<P extends PortKey>(ports: P[]): Target<P>[] {
    const targets = new Map<string, Target<P>>();
    for (const port of ports) {
        const address = isWildcard(port['host-address']) ? '*' : port['host-address'];
        const families = familiesOf(port);
        const key = JSON.stringify({ ...port, 'host-address': address });
        const target = targets.get(key);
        const id = JSON.stringify([port['host-port'], port.protocol, address, port['container-id'] ?? port.container, port['container-port'], families]);
        if (target)
            target.families.push(...families.filter(family => !target.families.includes(family)));
        else
            targets.set(key, { id, port, families });
    }
    return [...targets.values()].sort((a, b) => (a.port.container ?? '').localeCompare(b.port.container ?? '') ||
        (a.port['host-port'] ?? 0) - (b.port['host-port'] ?? 0) || (a.port.protocol ?? '').localeCompare(b.port.protocol ?? ''));
}

// How a port is drawn: as open as it is somewhere.
export function targetKind({ port }: Target): Kind | 'nobody' {
    switch (worst(port).reach) {
    case 'everyone': return 'open';
    case 'nobody': return 'nobody';
    case 'zones': return 'zone';
    case 'sources': return 'known';
    case 'neighbours':
    case 'host': return 'near';
    default: return 'unknown';
    }
}

// The boxes from which lines lead to a port of which this is true.
function clientsOf(reach: Reach): (Client & { partly?: boolean })[] {
    const sources = reach.sources ?? [];
    const total = reach['source-count'] ?? sources.length;
    const listed = (total <= LISTED ? sources : []).map(source => ({ id: source, label: source, kind: 'known' as const }));
    const many = total > LISTED ? [{ id: `many ${sources.join(' ')}`, label: some(sources, total), kind: 'known' as const }] : [];
    switch (reach.reach) {
    case 'everyone': return [{ id: who(reach), label: reach.except?.length ? cockpit.format(_("Everyone except $0"), some(reach.except)) : _("Everyone"), kind: 'open' }];
    case 'sources': return [...listed, ...many];
    case 'zones': return [
        ...(reach.zones ?? []).map(zone => ({ id: `zone ${zone}`, label: cockpit.format(_("Zone $0"), zone), kind: 'zone' as const })),
        ...(reach['zones-partly'] ?? []).map(zone =>
            ({ id: `zone ${zone}`, label: cockpit.format(_("Zone $0"), zone), kind: 'zone' as const, partly: true })),
        ...listed, ...many,
    ];
    case 'neighbours': return [{ id: 'neighbours', label: _("Hosts on the same link"), kind: 'near' }];
    case 'host': return [{ id: 'host', label: _("This host"), kind: 'near' }];
    case 'unknown': return [{ id: 'unknown', label: _("Not known"), kind: 'unknown' }];
    case 'nobody': return [];
    }
}

const ORDER: Kind[] = ['open', 'unknown', 'zone', 'known', 'near'];

export function graph(targets: Target[]): Graph {
    const clients = new Map<string, Client>();
    const lines: Line[] = [];
    for (const { id, port } of targets) {
        const add = (reach: Reach, place: string) => clientsOf(reach).forEach(({ partly, ...client }) => {
            const at = place ? { ...client, id: `${client.id} ${place}`, label: `${client.label} ${place}` } : client;
            clients.set(at.id, at);
            lines.push({ client: at.id, target: id, kind: at.kind, partly: Boolean(partly) || place !== '' });
        });
        add(port, '');
        port.exceptions?.forEach(exception => add(exception, where(exception)));
    }
    // The most open ones first, then so that lines cross little.
    const place = new Map(targets.map(({ id }, i) => [id, i]));
    const middle = (client: Client) => {
        const at = lines.filter(line => line.client === client.id).map(line => place.get(line.target)!);
        return at.reduce((sum, i) => sum + i, 0) / at.length;
    };
    const sorted = [...clients.values()].map(client => ({ client, key: middle(client) })).sort((a, b) =>
        ORDER.indexOf(a.client.kind) - ORDER.indexOf(b.client.kind) || a.key - b.key).map(({ client }) => client);
    return { clients: sorted, targets, lines };
}
