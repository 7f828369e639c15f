// SPDX-License-Identifier: LGPL-2.1-or-later
// What values of the contract say to people.
import type { Exception, Policy, PortKey, Reach } from './contract';

const _ = cockpit.gettext;

const LISTED = 4;

// "a, b, c, d and 3 more"; total: how many there are, of which not all may be listed.
export function some(names: string[], total = names.length): string {
    const shown = names.slice(0, LISTED).join(', ');
    const more = total - Math.min(names.length, LISTED);
    return more > 0 ? cockpit.format(cockpit.ngettext("$0 and $1 more", "$0 and $1 more", more), shown, more) : shown;
}

// Who can reach a port.
export function who(reach: Reach): string {
    const except = reach.except ?? [];
    const sources = reach.sources ?? [];
    const zones = [...(reach.zones ?? []), ...(reach['zones-partly'] ?? []).map(zone => cockpit.format(_("a part of $0"), zone))];
    switch (reach.reach) {
    case 'everyone': return except.length ? cockpit.format(_("everyone except $0"), some(except)) : _("everyone");
    case 'sources': return some(sources, reach['source-count']);
    case 'nobody': return _("nobody");
    case 'zones': {
        const byZones = zones.length ? cockpit.format(_("zones: $0"), some(zones)) : _("nobody by firewalld's zones");
        return sources.length ? cockpit.format(_("$0, and $1"), byZones, some(sources, reach['source-count'])) : byZones;
    }
    case 'neighbours': return _("hosts on the same link");
    case 'host': return _("this host only");
    default: return _("not known");
    }
}

// Where an exception holds: "from eth1", "at 192.168.1.99".
export function where(exception: Pick<Exception, 'interface' | 'destination'>): string {
    const parts = [
        exception.interface && cockpit.format(_("from $0"), exception.interface),
        exception.destination && cockpit.format(_("at $0"), exception.destination),
    ];
    return parts.filter(Boolean).join(' ');
}

// From the widest to the narrowest. What a newer quaywalld says may be wide.
const WIDTHS: Reach['reach'][] = ['everyone', 'unknown', 'zones', 'sources', 'neighbours', 'host', 'nobody'];
function narrowness({ reach, except = [] }: Reach): number {
    const at = WIDTHS.indexOf(reach);
    return (at < 0 ? WIDTHS.indexOf('unknown') : at) + (except.length > 0 ? 0.5 : 0);
}

// The widest of a port's reach and its exceptions: how open the port is somewhere.
export const worst = (port: Reach): Exception =>
    (port.exceptions ?? []).reduce<Exception>((widest, exception) => narrowness(exception) < narrowness(widest) ? exception : widest, port);

// Who can reach a port, and where that differs, the widest first: ["everyone from lan0", "otherwise: nobody"].
export function reachTexts(port: Reach): string[] {
    const widest = worst(port);
    const others = (port.exceptions ?? []).filter(exception => exception !== widest).map(exception => `${where(exception)}: ${who(exception)}`);
    return widest === port ? [who(port), ...others]
        : [`${who(widest)} ${where(widest)}`, ...others, cockpit.format(_("otherwise: $0"), who(port))];
}

// Whether it stands for every address (of its family), as does none.
export const isWildcard = (address = '') => ['', '0.0.0.0', '::'].includes(address);

export const bracketed = (address: string) => address.includes(':') ? `[${address}]` : address;

// "8080/tcp", as policies and connections name it; null for a container that uses the host's network, of which no port is known.
export const portEntry = (port: PortKey): string | null =>
    port.protocol && port['host-port'] ? `${port['host-port']}/${port.protocol}` : null;

// Where a client finds the port: "8080/tcp", and the address if it is not all of the host's. families: of those that it is published for,
// which are named if it is only one.
export function portName(port: PortKey, families: string[] = []): string {
    const name = portEntry(port);
    const address = port['host-address'];
    if (!name)
        return _("ports of the host");
    if (address && !isWildcard(address))
        return `${bracketed(address)}:${name}`;
    return families.length === 1 ? `${name} (${families[0]})` : name;
}

export const ACTIONS: Record<Policy['action'], string> = {
    'allow-only': _("Allow only"),
    deny: _("Deny"),
    'obey-zones': _("Obey zones"),
    forward: _("Forward"),
};

const COMPOSE_PROJECT = 'label=com.docker.compose.project=';
const COMPOSE_SERVICE = 'label=com.docker.compose.service=';

// The entries of a policy's containers that stand for a project of Docker Compose, "shop", or a service of it, "shop/web".
export function composeEntries(name: string): string[] {
    const [project, service] = name.split('/');
    return [COMPOSE_PROJECT + project, ...service ? [COMPOSE_SERVICE + service] : []];
}

// An entry of a policy's containers.
export function containerEntry(entry: string): string {
    if (entry.startsWith(COMPOSE_PROJECT))
        return cockpit.format(_("Compose project $0"), entry.slice(COMPOSE_PROJECT.length));
    if (entry.startsWith(COMPOSE_SERVICE))
        return cockpit.format(_("Compose service $0"), entry.slice(COMPOSE_SERVICE.length));
    return entry.startsWith('label=') ? cockpit.format(_("label $0"), entry.slice('label='.length)) : entry;
}

// To what a policy applies: "port 80/tcp, container web".
export function covers(policy: Policy): string {
    const list = (one: string, many: string, names: string[] | undefined) =>
        names?.length ? cockpit.format(cockpit.ngettext(one, many, names.length), some(names)) : '';
    return [
        list("port $0", "ports $0", policy.ports),
        list("container $0", "containers $0", policy.containers?.map(containerEntry)),
        list("network $0", "networks $0", policy.networks),
        list("address $0", "addresses $0", policy.destinations),
        list("coming in by $0", "coming in by $0", policy.interfaces),
        list("leaving by $0", "leaving by $0", policy['out-interfaces']),
    ].filter(Boolean).join('; ') || _("every published port");
}

const dateTime = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(cockpit.language?.replace('_', '-') || undefined, options);
// A time of the contract: microseconds, or ISO 8601.
export function when(time: number | string): string {
    return dateTime({ dateStyle: 'medium', timeStyle: 'short' }).format(typeof time === 'number' ? time / 1000 : new Date(time));
}

export const number = (n: number) => new Intl.NumberFormat(cockpit.language?.replace('_', '-') || undefined).format(n);
