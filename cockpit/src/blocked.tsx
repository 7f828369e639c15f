// SPDX-License-Identifier: LGPL-2.1-or-later
// What policies block, as it happens.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardFooter, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useEffect } from 'react';

import { ListState } from './list-state';
import { useList, useService, useSnapshot } from './use-service';
import { ACTIONS, number } from './words';

const _ = cockpit.gettext;

const LISTED = 5;

// How many packets a policy has blocked, and how many it blocks each second right now.
export function Blocked({ name }: { name: string }) {
    const packets = useSnapshot(snapshot => snapshot.counters[name]?.[0]);
    const rate = useSnapshot(snapshot => snapshot.rates[name]);
    if (packets === undefined)
        return <>–</>;
    return (
        <span className={rate ? 'qw-blocking' : undefined}>
            {cockpit.format(cockpit.ngettext("$0 packet", "$0 packets", packets), number(packets))}
            {rate ? <span className="qw-rate"> {cockpit.format(_("$0 per second"), number(Math.max(1, Math.round(rate))))}</span> : null}
        </span>
    );
}

export function useCounters(): void {
    const service = useService();
    useEffect(() => service.watchCounters(), [service]);
}

export function BlockedCard() {
    useCounters();
    const list = useList('policies');
    const counters = useSnapshot(snapshot => snapshot.counters);
    const rates = useSnapshot(snapshot => snapshot.rates);
    const policies = list.value ?? {};
    const names = Object.keys(policies).filter(name => policies[name].action !== 'forward').sort((a, b) =>
        (rates[b] ?? 0) - (rates[a] ?? 0) || (counters[b]?.[0] ?? 0) - (counters[a]?.[0] ?? 0) || a.localeCompare(b));
    return (
        <Card component="section" isFullHeight aria-label={_("Blocked packets")}>
            <CardTitle component="h2">{_("What policies block")}</CardTitle>
            <CardBody>
                <ListState list={list} isEmpty={names.length === 0} empty={_("No policy keeps anybody out")}>
                    <Table variant="compact" borders={false} aria-label={_("Blocked packets")} gridBreakPoint="">
                        <Thead><Tr><Th>{_("Policy")}</Th><Th>{_("Does")}</Th><Th>{_("Blocked")}</Th></Tr></Thead>
                        <Tbody>
                            {names.slice(0, LISTED).map(name => (
                                <Tr key={name}><Td modifier="breakWord">{name}</Td><Td>{ACTIONS[policies[name].action]}</Td><Td modifier="nowrap"><Blocked name={name} /></Td></Tr>
                            ))}
                        </Tbody>
                    </Table>
                </ListState>
            </CardBody>
            {list.value && <CardFooter>
                <Button variant="link" isInline onClick={() => cockpit.location.go(['policies'])}>
                    {cockpit.format(_("All policies ($0)"), Object.keys(policies).length)}
                </Button>
            </CardFooter>}
        </Card>
    );
}
