// SPDX-License-Identifier: LGPL-2.1-or-later
// firewalld's zones, and what they decide about published ports.
import { Card, CardBody, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';

import type { Policy, Port } from './contract';
import { ListState } from './list-state';
import { useList } from './use-service';
import { portName, some } from './words';

const _ = cockpit.gettext;

interface Zone { name: string; interfaces: string[]; ports: string[]; policies: string[] }

function zonesOf(names: string[], interfaces: [string, string, boolean, boolean][], ports: Port[], policies: Record<string, Policy>): Zone[] {
    return names.map(name => ({
        name,
        interfaces: interfaces.filter(([, zone, now]) => zone === name && now).map(([iface]) => iface),
        ports: [...new Set(ports.filter(port => port.zones?.includes(name) || port['zones-partly']?.includes(name)).map(port => portName(port)))],
        policies: Object.keys(policies).filter(policy => policies[policy].sources?.includes(`zone:${name}`)),
    })).filter(zone => zone.interfaces.length > 0 || zone.ports.length > 0 || zone.policies.length > 0)
            .sort((a, b) => b.ports.length + b.policies.length - a.ports.length - a.policies.length || a.name.localeCompare(b.name));
}

export function ZonesCard() {
    const names = useList('names');
    const interfaces = useList('zoneInterfaces').value ?? [];
    const ports = useList('ports').value ?? [];
    const policies = useList('policies').value ?? {};
    const zones = zonesOf(names.value?.zones ?? [], interfaces, ports, policies);
    return (
        <Card component="section" isFullHeight aria-label={_("firewalld's zones")}>
            <CardTitle component="h2">{_("firewalld's zones")}</CardTitle>
            <CardBody>
                <ListState list={names} isEmpty={zones.length === 0} empty={_("No zone is in use")}>
                    <Table variant="compact" borders={false} aria-label={_("firewalld's zones")} gridBreakPoint="">
                        <Thead><Tr><Th>{_("Zone")}</Th><Th>{_("Interfaces")}</Th><Th>{_("Decides about")}</Th></Tr></Thead>
                        <Tbody>
                            {zones.map(zone => (
                                <Tr key={zone.name}>
                                    <Td>{zone.name}</Td>
                                    <Td>{some(zone.interfaces) || '–'}</Td>
                                    <Td>{some([...zone.ports, ...zone.policies.map(policy => cockpit.format(_("the policy $0"), policy))]) || '–'}</Td>
                                </Tr>
                            ))}
                        </Tbody>
                    </Table>
                </ListState>
            </CardBody>
        </Card>
    );
}
