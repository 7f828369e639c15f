// SPDX-License-Identifier: LGPL-2.1-or-later
// Who can reach what, as a table.
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useState } from 'react';

import type { Port } from './contract';
import { WhyLink } from './explain/why-link';
import { PortDetails } from './port-details';
import type { Target } from './reach-graph';
import { portEntry, portName, reachTexts, worst } from './words';

const _ = cockpit.gettext;

const STATUS: Partial<Record<Port['reach'], 'danger' | 'success' | 'warning'>> = { everyone: 'danger', nobody: 'success', unknown: 'warning' };

function ReachCell({ port }: { port: Port }) {
    const [widest, ...others] = reachTexts(port);
    const status = STATUS[worst(port).reach];
    return (
        <>
            {status ? <Label isCompact status={status}>{widest}</Label> : widest} {portEntry(port) && <WhyLink port={port} />}
            {others.map((text, i) => <div key={i} className="qw-small">{text}</div>)}
        </>
    );
}

export function PortsTable({ targets }: { targets: Target[] }) {
    const [expanded, setExpanded] = useState<string | null>(null);
    return (
        <Table variant="compact" aria-label={_("Published ports")} gridBreakPoint="grid-md">
            <Thead>
                <Tr>
                    <Th screenReaderText={_("Details")} />
                    <Th>{_("Port")}</Th>
                    <Th>{_("Container")}</Th>
                    <Th>{_("Reached by")}</Th>
                    <Th>{_("Policies")}</Th>
                </Tr>
            </Thead>
            {targets.map((target, rowIndex) => {
                const { id, port, families } = target;
                const isExpanded = expanded === id;
                return (
                    <Tbody key={id} isExpanded={isExpanded}>
                        <Tr>
                            <Td expand={{ rowIndex, isExpanded, onToggle: () => setExpanded(isExpanded ? null : id), expandId: 'port' }} />
                            <Td dataLabel={_("Port")} modifier="nowrap">{portName(port, families)}</Td>
                            <Td dataLabel={_("Container")}>
                                {port.container ?? '–'}{port.running === false && <> <Label isCompact>{_("not running")}</Label></>}
                            </Td>
                            <Td dataLabel={_("Reached by")}><ReachCell port={port} /></Td>
                            <Td dataLabel={_("Policies")}>{port.policies?.join(', ') || '–'}</Td>
                        </Tr>
                        {isExpanded && <Tr isExpanded><Td /><Td colSpan={4}><PortDetails target={target} /></Td></Tr>}
                    </Tbody>
                );
            })}
        </Table>
    );
}
