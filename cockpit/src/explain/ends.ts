// SPDX-License-Identifier: LGPL-2.1-or-later
// The two ends of a connection that is to be explained: what the form offers, and what it asks quaywalld.
import ipaddr from 'ipaddr.js';

import type { Connection, Container, Explanation, Group, Groups, Network, Policies, Port, ZoneInterface } from '../contract';
import type { ServiceError } from '../service';
import { isWildcard } from '../words';

const _ = cockpit.gettext;

// What stands in the form, and in the page's address. A destination that is empty is this host, where the port is published.
export interface Ends { source: string; interface: string; destination: string; port: string }

export interface Suggestion { value: string; label: string; note?: string; group: string; fills?: Partial<Ends> }

// Addresses of documentation ranges, which nobody has: examples of clients outside.
export const ANYBODY = { ipv4: '203.0.113.1', ipv6: '2001:db8::1' };

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const parse = (text: string): Address | null => ipaddr.isValid(text) ? ipaddr.parse(text) : null;

function commonBits(a: Address, b: Address): number {
    const [first, second] = [a.toByteArray(), b.toByteArray()];
    const at = first.findIndex((byte, i) => byte !== second[i]);
    return at < 0 ? 8 * first.length : 8 * at + Math.clz32(first[at] ^ second[at]) - 24;
}

// One address that stands for what was typed: a network's first host, a range's first address. Everything else is returned as it is,
// for quaywalld to judge. isExample: there are others.
export function representative(text: string): { address: string; isExample: boolean } {
    const typed = text.trim();
    if (ipaddr.isValidCIDR(typed)) {
        const [network, prefix] = ipaddr.parseCIDR(typed);
        const bytes = network.toByteArray().map((byte, i) => byte & 0xff << Math.min(8, Math.max(0, 8 * (i + 1) - prefix)));
        const size = 8 * bytes.length - prefix;
        if (size >= 2)
            bytes[bytes.length - 1] += 1;
        return { address: ipaddr.fromByteArray(bytes).toString(), isExample: size > 0 };
    }
    const [first, last] = typed.split('-').map(part => part.trim());
    if (last && parse(first) && parse(last))
        return { address: first, isExample: first !== last };
    return { address: typed, isExample: false };
}

const isOfPort = (port: Port, text: string) => `${port['host-port']}/${port.protocol}` === text;

// The address of this host that the client would dial: where the port is published, else the nearest one of the client's family.
export function hostAddress(source: string, port: string, ports: Port[], addresses: string[]): string | null {
    const client = parse(source);
    const kind = client?.kind() ?? 'ipv4';
    const published = ports.filter(entry => isOfPort(entry, port)).map(entry => entry['host-address'] ?? '');
    const exact = published.find(address => !isWildcard(address) && parse(address)?.kind() === kind);
    const isEverywhere = published.some(address => isWildcard(address));
    if (exact && !isEverywhere)
        return exact;
    const own = addresses.filter(address => parse(address)?.kind() === kind);
    if (own.length === 0)
        return null;
    const distance = (address: string) => client ? commonBits(client, parse(address)!) : 0;
    return own.reduce((best, address) => distance(address) > distance(best) ? address : best);
}

// The connection that these ends mean, or what is missing, by field.
export function connectionOf(ends: Ends, ports: Port[], addresses: string[]):
    { connection: Connection; missing?: undefined } | { connection?: undefined; missing: Partial<Record<keyof Ends, string>> } {
    const missing: Partial<Record<keyof Ends, string>> = {};
    const source = representative(ends.source).address;
    const port = /^\d+$/.test(ends.port.trim()) ? `${ends.port.trim()}/tcp` : ends.port.trim();
    if (!source)
        missing.source = _("Type the client's address, or choose one");
    if (!port)
        missing.port = _("Type a port, as in 8080/tcp");
    const typed = representative(ends.destination).address;
    const destination = typed || hostAddress(source, port, ports, addresses);
    if (!destination)
        missing.destination = _("This host has no address of the client's family; type the one that is dialled");
    if (Object.keys(missing).length > 0 || !destination)
        return { missing };
    return { connection: { source, destination, port, ...(ends.interface && { interface: ends.interface }) } };
}

// quaywalld's errors begin with the field that they are about: "source: ...".
export function fieldOfError(message: string): { field: keyof Ends; sentence: string } | null {
    const [, field, sentence] = /^(source|destination|port|interface): (.+)$/s.exec(message) ?? [];
    return field ? { field: field as keyof Ends, sentence } : null;
}

const isAddress = (text: string) => parse(text) !== null || ipaddr.isValidCIDR(text) || /^[0-9a-f.:]+-[0-9a-f.:]+$/i.test(text);

// Whom lists of addresses name, each once, with the lists that do: "office, web".
function listed(groups: Groups, policies: Policies): Map<string, string[]> {
    const found = new Map<string, string[]>();
    const add = (address: string, by: string) => found.set(address, [...found.get(address) ?? [], by]);
    for (const [name, { addresses = [] }] of Object.entries<Group>(groups))
        addresses.slice(0, EACH_LIST).forEach(address => add(address, cockpit.format(_("in the group $0"), name)));
    for (const [name, { sources = [] }] of Object.entries(policies))
        sources.slice(0, EACH_LIST).map(source => source.split(' until ')[0]).filter(isAddress)
                .forEach(address => add(address, cockpit.format(_("in the policy $0"), name)));
    return found;
}
const EACH_LIST = 20;

export interface Known {
    groups: Groups; policies: Policies; networks: Network[]; containers: Container[]; ports: Port[]; addresses: string[];
    interfaces: string[]; zoneInterfaces: ZoneInterface[];
}

export function sourceSuggestions(known: Known): Suggestion[] {
    const has6 = known.addresses.some(address => parse(address)?.kind() === 'ipv6');
    return [
        { value: ANYBODY.ipv4, label: ANYBODY.ipv4, note: _("a client outside, as an example"), group: _("Outside") },
        ...(has6 ? [{ value: ANYBODY.ipv6, label: ANYBODY.ipv6, note: _("the same by IPv6"), group: _("Outside") }] : []),
        ...[...listed(known.groups, known.policies)].map(([address, by]) =>
            ({ value: address, label: address, note: by.join(', '), group: _("Listed in groups and policies") })),
        ...known.addresses.map(address => ({ value: address, label: address, note: _("this host itself"), group: _("This host") })),
        ...known.containers.flatMap(({ name, addresses = [] }) => addresses.map(address =>
            ({ value: address, label: address, note: cockpit.format(_("the container $0"), name), group: _("Containers") }))),
        ...known.networks.flatMap(({ name, subnets = [] }) => subnets.map(subnet =>
            ({ value: subnet, label: subnet, note: cockpit.format(_("a container in the network $0"), name), group: _("Docker's networks") }))),
    ];
}

// What a client can dial: published ports first, then containers at their own addresses.
export function destinationSuggestions(known: Known): Suggestion[] {
    const published = new Map<string, Suggestion>();
    const own: Suggestion[] = [];
    for (const port of known.ports) {
        const text = `${port['host-port']}/${port.protocol}`;
        const address = isWildcard(port['host-address']) ? '' : port['host-address']!;
        published.set(`${text} ${address}`, {
            value: address, label: text, group: _("Published ports"), fills: { destination: address, port: text },
            note: [port.container, address && cockpit.format(_("only at $0"), address)].filter(Boolean).join(', '),
        });
        const inside = `${port['container-port']}/${port.protocol}`;
        for (const at of known.containers.find(({ id }) => id === port['container-id'])?.addresses ?? [])
            if (port['container-port'] && !own.some(({ value, fills }) => value === at && fills?.port === inside))
                own.push({
                    value: at, label: `${at}, ${inside}`, group: _("Containers at their own addresses"), fills: { destination: at, port: inside },
                    note: port.container,
                });
    }
    return [
        ...published.values(), ...own,
        ...known.addresses.map(address => ({ value: address, label: address, group: _("This host"), fills: { destination: address } })),
    ];
}

// Where packets can come in, with the zone in which firewalld has it.
export function interfaceChoices(known: Pick<Known, 'interfaces' | 'zoneInterfaces'>): { name: string; zone: string }[] {
    return known.interfaces.map(name => ({ name, zone: known.zoneInterfaces.find(([of, , now]) => of === name && now)?.[1] ?? '' }));
}

// What quaywalld has said of one connection; ServiceError is said by field, or as a whole.
export interface Told { connection?: string; explanation?: Explanation; error?: ServiceError }

// An answer is shown for the connection of which it is alone, and while quaywalld runs, which would say what has changed since.
export const toldOf = (told: Told, connection: string | undefined, isRunning: boolean): Told =>
    isRunning && connection !== undefined && told.connection === connection ? told : {};

// --- the page's address: /quaywall#/explain?source=192.168.1.50&port=8080%2Ftcp -------------------------------------------

type Options = Record<string, string | string[] | undefined>;

export function endsOfAddress(options: Options): Ends {
    const text = (key: keyof Ends) => [options[key] ?? ''].flat()[0];
    return { source: text('source'), interface: text('interface'), destination: text('destination'), port: text('port') };
}

export const addressOfEnds = (ends: Ends): Record<string, string> =>
    Object.fromEntries(Object.entries(ends).filter(([, value]) => value));

// What "Why?" beside a published port asks: of a client that gets in, if only some do, else of anybody.
export function endsOfPort(port: Port): Ends {
    const is6 = port['host-address']?.includes(':') ?? false;
    const someone = [port.sources ?? [], port.exceptions?.flatMap(exception => exception.sources ?? []) ?? []].flat()
            .find(source => isAddress(source) && source.includes(':') === is6);
    return {
        source: someone ?? (is6 ? ANYBODY.ipv6 : ANYBODY.ipv4),
        interface: '',
        destination: isWildcard(port['host-address']) ? '' : port['host-address']!,
        port: `${port['host-port']}/${port.protocol}`,
    };
}
