// SPDX-License-Identifier: LGPL-2.1-or-later
// Interfaces and the zones of firewalld that they are in, and what follows from moving one.
import type { Network, Policies, Problem, ZoneInterface } from '../contract';

const _ = cockpit.gettext;

export interface Placement { zone: string; now: boolean; permanently: boolean }
export interface InterfaceRow {
    name: string;
    // "": firewalld's default zone has it, whichever that is
    zone: string;
    permanentZone: string;
    placements: Placement[];
    // the name of Docker's network whose bridge it is
    network?: string;
    problems: Problem[];
}

const ABOUT_ZONES = ['zone-interface', 'zone-stale', 'zone-missing', 'zone-target', 'foreign-in-docker-zone', 'bridge-leads-out'];
export const zoneProblems = (problems: Problem[]): Problem[] => problems.filter(([code]) => ABOUT_ZONES.includes(code));

// Docker's bridges first, then what the zone docker has beside them, then the rest.
export function interfaceRows(listed: ZoneInterface[], interfaces: string[], networks: Network[], problems: Problem[], zone: string): InterfaceRow[] {
    const bridges = new Map(networks.filter(({ bridge }) => bridge).map(({ bridge, name }) => [bridge!, name]));
    const about = zoneProblems(problems);
    const all = new Set([...bridges.keys(), ...listed.map(([name]) => name), ...interfaces]);
    const rows = [...all].map(name => {
        const placements = listed.filter(([of]) => of === name).map(([, of, now, permanently]) => ({ zone: of, now, permanently }));
        return {
            name, placements,
            zone: placements.find(({ now }) => now)?.zone ?? '',
            permanentZone: placements.find(({ permanently }) => permanently)?.zone ?? '',
            network: bridges.get(name),
            problems: about.filter(([, , details]) => details.interface === name),
        };
    });
    const rank = (row: InterfaceRow) => row.network ? 0 : row.placements.some(({ zone: of }) => of === zone) ? 1 : 2;
    return rows.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

// What repairs a problem of the zone, if one call of Zone does.
export type ZoneRepair =
    { method: 'Zone.Ensure' } |
    { method: 'Zone.AddInterface'; name: string } |
    { method: 'Zone.RemoveInterface'; name: string };

export function repairOf([code, , details]: Problem): ZoneRepair | null {
    switch (code) {
    case 'zone-missing':
    case 'zone-target':
        return { method: 'Zone.Ensure' };
    case 'zone-interface':
        return details.interface ? { method: 'Zone.AddInterface', name: details.interface } : null;
    case 'zone-stale':
    case 'foreign-in-docker-zone':
        return details.interface ? { method: 'Zone.RemoveInterface', name: details.interface } : null;
    default:
        return null;
    }
}

export interface Consequence { text: string; isDanger: boolean }

// What to know before an interface is moved. to "": it is taken out of its zone.
export function consequencesOfMove(row: InterfaceRow, to: string, docker: string, policies: Policies): Consequence[] {
    const said: Consequence[] = [];
    const say = (text: string, isDanger = false) => said.push({ text, isDanger });
    const isBridge = row.network !== undefined;
    const isDocker = to === docker;
    if (isDocker && !isBridge)
        say(cockpit.format(_("The zone $0 accepts everything: every host on this interface could reach everything on this host. So quaywalld puts only Docker's bridges into it."), docker), true);
    if (isBridge && !isDocker) {
        say(_("Docker may fail to start while one of its bridges is in another zone, because firewalld refuses to put it into two."), true);
        say(to ?
            cockpit.format(_("From then on the zone $1 decides about what containers of the network $0 send to this host and to the outside."), row.network, to) :
            cockpit.format(_("From then on firewalld's default zone decides about what containers of the network $0 send to this host and to the outside."), row.network), true);
        say(_("quaywalld reports the bridge as a problem until it is back. Policies hold nevertheless."));
    }
    if (isBridge && isDocker)
        say(cockpit.format(_("Containers of the network $0 reach this host, and the outside, as Docker expects it. Policies decide who can reach the containers."), row.network));
    if (!isBridge && !isDocker)
        say(to ?
            cockpit.format(_("From then on the zone $1 decides about everything that comes in by $0, including SSH and Cockpit itself. If it does not let you in, you are locked out: this change is not undone by itself."), row.name, to) :
            cockpit.format(_("From then on firewalld's default zone decides about everything that comes in by $0, including SSH and Cockpit itself. If it does not let you in, you are locked out: this change is not undone by itself."), row.name), true);
    const obeys = Object.keys(policies).filter(name => policies[name].action === 'obey-zones' && policies[name].enabled !== false);
    if (!isBridge && obeys.length > 0)
        say(cockpit.format(_("Published ports follow, because the policies $0 obey zones."), obeys.join(', ')), true);
    const namedZones = Object.keys(policies).filter(name => policies[name].sources?.some(source => source === `zone:${to}` || (row.zone && source === `zone:${row.zone}`)));
    if (namedZones.length > 0)
        say(cockpit.format(_("The policies $0 have one of these zones among their sources, so they apply to other clients then."), namedZones.join(', ')), true);
    say(_("Open connections continue."));
    return said;
}
