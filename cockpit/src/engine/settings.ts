// SPDX-License-Identifier: LGPL-2.1-or-later
// Docker's settings as people read them: what they are after its next start, and what the running one has.
import type { Port, Properties } from '../contract';
import { isWildcard } from '../words';

const _ = cockpit.gettext;

type Engine = Properties['Engine'];

export interface Setting {
    key: 'iptables' | 'ip6tables' | 'ip';
    title: string;
    meaning: string;
    next: string;
    // what the running Docker has, where that is known and differs
    now?: string;
    // the flag on dockerd's command line that sets it, which the file cannot change
    flag?: string;
}

const truth = (value: boolean) => value ? _("on") : _("off");
export const addressWords = (address: string) => address || _("every address");

const differing = <T>(next: T, now: T | undefined, words: (value: T) => string) => now === undefined || now === next ? undefined : words(now);

const flagOf = (flags: string[], name: string) => flags.find(flag => flag.replace(/^-+/, '').split('=')[0] === name);

export function settingsOf({ Iptables, Ip6tables, DefaultAddress, Running }: Engine): Setting[] {
    const flags = Running.flags ?? [];
    return [
        {
            key: 'iptables', title: _("Docker makes firewall rules for IPv4"),
            meaning: _("With them, published ports are mapped to containers, and containers reach the outside."),
            next: truth(Iptables), now: differing(Iptables, Running.iptables, truth), flag: flagOf(flags, 'iptables'),
        },
        {
            key: 'ip6tables', title: _("Docker makes firewall rules for IPv6"),
            meaning: _("Without them, what comes in by IPv6 is answered by docker-proxy, and the guard alone enforces policies for it."),
            next: truth(Ip6tables), now: differing(Ip6tables, Running.ip6tables, truth), flag: flagOf(flags, 'ip6tables'),
        },
        {
            key: 'ip', title: _("Address on which ports are published by default"),
            meaning: _("For containers on Docker's default bridge whose ports name no address."),
            next: addressWords(DefaultAddress), now: differing(DefaultAddress, Running['default-address'], addressWords), flag: flagOf(flags, 'ip'),
        },
    ];
}

// What switching iptables off does; the first one is said by the switch itself.
export const consequencesOfOff = (): string[] => [
    _("Published ports are no longer mapped to containers, except where docker-proxy answers."),
    _("Containers most likely reach nothing outside, and not each other."),
    _("Rules in DOCKER-USER, including those of policies, no longer have an effect; only the guard enforces policies."),
    _("Docker's old rules stay until the next boot."),
];

// What a default address does not cover.
export const notCovered = (address: string): string[] => [
    _("Ports that are published with an address of their own (-p 0.0.0.0:80:80)."),
    cockpit.format(_("Containers on networks of their own, which Compose makes: give these networks the option com.docker.network.bridge.host_binding_ipv4=$0."), address),
    _("Services of a swarm, which listen on every address."),
    _("Containers with the host's network."),
    _("Containers that run now, until Docker has started them again."),
];

// Ports that are published on every address all the same: "8080/tcp (web)".
export function everywhere(ports: Port[]): string[] {
    const found = ports.filter(port => port['host-address'] && isWildcard(port['host-address']))
            .map(port => `${port['host-port']}/${port.protocol}` + (port.container ? ` (${port.container})` : ''));
    return [...new Set(found)];
}

// Whether more addresses of this host are dialled then.
export const widens = (from: string, to: string): boolean => {
    const width = (address: string) => ['0.0.0.0', '::', ''].includes(address) ? address === '0.0.0.0' ? 1 : 2 : 0;
    return width(to) > width(from);
};

// Why it is not known what Docker's command line sets; null: it is known.
export function unknownBecause(state: string | undefined): string | null {
    switch (state) {
    case 'running': return null;
    case 'not-running': return _("Docker is not running. What its command line sets is not known then.");
    case 'failed': return _("Docker is running, but its answers cannot be used; the journal of quaywalld says why. What its command line sets may not be known.");
    default: return _("Docker has not been asked yet. What its command line sets may not be known.");
    }
}

// Addresses that SetDefaultAddress takes: those of this host, and every address of a family.
export const addressChoices = (own: string[]): string[] => ['', ...own, '0.0.0.0', '::'];
