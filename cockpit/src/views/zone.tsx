// SPDX-License-Identifier: LGPL-2.1-or-later
// firewalld's zone for Docker's bridges, and which interface is in which zone.
import { Alert, AlertActionLink } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Content } from '@patternfly/react-core/dist/dynamic/components/Content';
import { DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useState } from 'react';

import type { Problem } from '../contract';
import { ListState } from '../list-state';
import '../parts/narrow-table.css';
import { RowActions } from '../parts/row-actions';
import { useList, useSnapshot } from '../use-service';
import { EnsureDialog, MoveDialog, RemoveDialog } from '../zone/zone-dialogs';
import { interfaceRows, repairOf, zoneProblems, type InterfaceRow } from '../zone/interfaces';

const _ = cockpit.gettext;

type Dialog = { kind: 'move' | 'remove'; name: string; zone: string } | { kind: 'ensure' } | null;

// The dialog that repairs it.
function dialogFor(problem: Problem, docker: string): Dialog {
    const repair = repairOf(problem);
    switch (repair?.method) {
    case 'Zone.Ensure': return { kind: 'ensure' };
    case 'Zone.AddInterface': return { kind: 'move', name: repair.name, zone: docker };
    case 'Zone.RemoveInterface': return { kind: 'remove', name: repair.name, zone: docker };
    default: return null;
    }
}

const VERBS = { ensure: _("Correct the zone"), move: _("Move it"), remove: _("Remove it") };

function whatItIs({ network, name }: InterfaceRow, interfaces: string[]): string {
    if (network)
        return cockpit.format(_("bridge of Docker's network $0"), network);
    return interfaces.includes(name) ? _("interface of this host") : _("does not exist now");
}

function Zones({ row: { placements, zone, permanentZone }, docker }: { row: InterfaceRow; docker: string }) {
    if (placements.length === 0)
        return <>{_("none: firewalld's default zone")}</>;
    const label = (name: string, note: string) =>
        <Label key={name + note} isCompact color={name === docker ? 'blue' : 'grey'}>{note ? `${name}, ${note}` : name}</Label>;
    if (zone && zone === permanentZone)
        return <span>{label(zone, '')}</span>;
    return <span>{zone && label(zone, _("now"))} {permanentZone && label(permanentZone, _("permanently"))}</span>;
}

function Interfaces({ rows, interfaces, docker, canChange, onOpen }:
    { rows: InterfaceRow[]; interfaces: string[]; docker: string; canChange: boolean; onOpen(dialog: Dialog): void }) {
    return (
        <Table aria-label={_("Interfaces and their zones")} variant="compact" gridBreakPoint="grid-md" className="narrow-table">
            <Thead>
                <Tr>
                    <Th>{_("Interface")}</Th><Th>{_("What it is")}</Th><Th>{_("Zone")}</Th><Th screenReaderText={_("Actions")} />
                </Tr>
            </Thead>
            <Tbody>
                {rows.map(row => {
                    const of = row.zone || row.permanentZone;
                    return (
                        <Tr key={row.name}>
                            <Td dataLabel={_("Interface")}>{row.name} {row.problems.length > 0 && <Label isCompact variant="outline" status="warning">{_("problem")}</Label>}</Td>
                            <Td dataLabel={_("What it is")}>{whatItIs(row, interfaces)}</Td>
                            <Td dataLabel={_("Zone")}><Zones row={row} docker={docker} /></Td>
                            <Td isActionCell>
                                {canChange && <RowActions label={cockpit.format(_("Actions for the interface $0"), row.name)} items={[
                                    { title: _("Move into another zone"), onClick: () => onOpen({ kind: 'move', name: row.name, zone: '' }) },
                                    ...(of ? [{ title: cockpit.format(_("Remove from the zone $0"), of), isDanger: true, onClick: () => onOpen({ kind: 'remove', name: row.name, zone: of }) }] : []),
                                ]} />}
                            </Td>
                        </Tr>
                    );
                })}
            </Tbody>
        </Table>
    );
}

export function ZoneView() {
    const zone = useSnapshot(snapshot => snapshot.properties.Zone);
    const manager = useSnapshot(snapshot => snapshot.properties.Manager);
    const isRunning = useSnapshot(snapshot => snapshot.service === 'running');
    const admin = useSnapshot(snapshot => snapshot.admin);
    const listed = useList('zoneInterfaces');
    const networks = useList('networks').value ?? [];
    const policies = useList('policies').value ?? {};
    const names = useList('names').value;
    const [dialog, setDialog] = useState<Dialog>(null);

    const docker = zone?.Name ?? 'docker';
    const hasFirewalld = manager?.FirewalldState === 'running';
    const canChange = Boolean(admin) && isRunning && hasFirewalld;
    const problems = zoneProblems(manager?.Problems ?? []);
    const interfaces = manager?.Interfaces ?? [];
    const rows = interfaceRows(listed.value ?? [], interfaces, networks, problems, docker);
    const now = zone?.Interfaces ?? [];
    const later = zone?.PermanentInterfaces ?? [];
    const close = () => setDialog(null);
    const open = dialog && dialog.kind !== 'ensure' ? rows.find(({ name }) => name === dialog.name) : undefined;
    const words = (list: string[]) => list.length ? list.join(', ') : _("none");

    const ensure = zone && !zone.Target && !problems.some(([code]) => code === 'zone-missing') &&
        <Button variant="secondary" isDisabled={!canChange} onClick={() => setDialog({ kind: 'ensure' })}>{_("Create the zone")}</Button>;
    return (
        <Stack hasGutter>
            {!hasFirewalld &&
                <StackItem><Alert isInline variant="warning" component="h3" title={_("firewalld is not running, so there are no zones, and none can be changed")} /></StackItem>}
            {problems.map(problem => {
                const repair = dialogFor(problem, docker);
                return (
                    <StackItem key={problem[0] + problem[1]}>
                        <Alert isInline variant="warning" component="h3" title={problem[1]}
                               actionLinks={repair && <AlertActionLink isDisabled={!canChange} onClick={() => setDialog(repair)}>{VERBS[repair.kind]}</AlertActionLink>} />
                    </StackItem>
                );
            })}
            <StackItem>
                <Card component="section" aria-label={_("Docker's zone")}>
                    <CardHeader actions={{ actions: ensure, hasNoOffset: true }}><CardTitle component="h2">{cockpit.format(_("The zone $0"), docker)}</CardTitle></CardHeader>
                    <CardBody>
                        <Content component="p">{_("firewalld's zone for the bridges of Docker's networks. It accepts everything that comes from them, so nothing else belongs into it. Policies decide who can reach the containers.")}</Content>
                        {hasFirewalld && zone &&
                            <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ md: '24ch' }} aria-label={_("Docker's zone")}>
                                <DescriptionListGroup>
                                    <DescriptionListTerm>{_("Target")}</DescriptionListTerm>
                                    <DescriptionListDescription>{zone.Target || _("there is no such zone")}</DescriptionListDescription>
                                </DescriptionListGroup>
                                <DescriptionListGroup>
                                    <DescriptionListTerm>{_("In it now")}</DescriptionListTerm>
                                    <DescriptionListDescription>{words(now)}</DescriptionListDescription>
                                </DescriptionListGroup>
                                <DescriptionListGroup>
                                    <DescriptionListTerm>{_("After a reload of firewalld")}</DescriptionListTerm>
                                    <DescriptionListDescription>{later.length ? words(later) : _("none permanently; Docker puts its bridges into it again")}</DescriptionListDescription>
                                </DescriptionListGroup>
                            </DescriptionList>}
                    </CardBody>
                </Card>
            </StackItem>
            <StackItem>
                <Card component="section" aria-label={_("Interfaces and their zones")}>
                    <CardTitle component="h2">{_("Interfaces and their zones")}</CardTitle>
                    <CardBody>
                        <ListState list={listed} isEmpty={rows.length === 0} empty={_("This host has no interface")}>
                            <Interfaces rows={rows} interfaces={interfaces} docker={docker} canChange={canChange} onOpen={setDialog} />
                        </ListState>
                    </CardBody>
                </Card>
            </StackItem>
            {dialog?.kind === 'ensure' && <EnsureDialog docker={docker} target={zone?.Target ?? ''} onClose={close} />}
            {dialog?.kind === 'move' && open &&
                <MoveDialog row={open} zones={names?.zones ?? []} docker={docker} policies={policies} onClose={close} />}
            {dialog?.kind === 'remove' && open &&
                <RemoveDialog row={open} zone={dialog.zone} docker={docker} policies={policies} onClose={close} />}
        </Stack>
    );
}
