// SPDX-License-Identifier: LGPL-2.1-or-later
// Docker's own settings, as far as they bear on who can reach containers, and its networks.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { ClipboardCopy } from '@patternfly/react-core/dist/dynamic/components/ClipboardCopy';
import { Content } from '@patternfly/react-core/dist/dynamic/components/Content';
import { DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { List, ListItem } from '@patternfly/react-core/dist/dynamic/components/List';
import { Flex, FlexItem } from '@patternfly/react-core/dist/dynamic/layouts/Flex';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useState } from 'react';

import type { Network, Port, Properties } from '../contract';
import { AddressDialog, IptablesDialog } from '../engine/engine-dialogs';
import { everywhere, notCovered, settingsOf, unknownBecause, type Setting } from '../engine/settings';
import { ListState } from '../list-state';
import '../parts/narrow-table.css';
import { useList, useSnapshot } from '../use-service';
import { isWildcard, some } from '../words';

const _ = cockpit.gettext;

type Dialog = 'iptables' | 'ip' | null;

function SettingRow({ setting, canChange, onOpen }: { setting: Setting; canChange: boolean; onOpen(dialog: Dialog): void }) {
    const { key, title, meaning, next, now, flag } = setting;
    return (
        <DescriptionListGroup>
            <DescriptionListTerm>{title}</DescriptionListTerm>
            <DescriptionListDescription>
                <Flex columnGap={{ default: 'columnGapMd' }} rowGap={{ default: 'rowGapNone' }} alignItems={{ default: 'alignItemsBaseline' }}>
                    <FlexItem><strong>{next}</strong></FlexItem>
                    {now !== undefined && <FlexItem><Label isCompact variant="outline" status="warning">{cockpit.format(_("running Docker: $0"), now)}</Label></FlexItem>}
                    {key !== 'ip6tables' && !flag &&
                        <FlexItem>
                            <Button variant="link" isInline isDisabled={!canChange} onClick={() => onOpen(key)} aria-label={cockpit.format(_("Change: $0"), title)}>{_("Change")}</Button>
                        </FlexItem>}
                </Flex>
                <Content component="small">{meaning}{flag && ' '}{flag && cockpit.format(_("Set by $0 on Docker's command line, so the file cannot change it."), flag)}</Content>
            </DescriptionListDescription>
        </DescriptionListGroup>
    );
}

function Coverage({ address, ports }: { address: string; ports: Port[] }) {
    const open = everywhere(ports);
    return (
        <Card component="section" aria-label={_("What the default address does not cover")}>
            <CardTitle component="h2">{cockpit.format(_("What the default address $0 does not cover"), address)}</CardTitle>
            <CardBody>
                <Stack hasGutter>
                    <List>{notCovered(address).map(text => <ListItem key={text}>{text}</ListItem>)}</List>
                    {open.length > 0 &&
                        <Alert isInline variant="warning" component="h3" title={_("Published on every address nevertheless")}>{open.join(', ')}</Alert>}
                    <Content component="p">{_("A policy that names the port covers all of these.")}</Content>
                </Stack>
            </CardBody>
        </Card>
    );
}

function Networks({ networks }: { networks: Network[] }) {
    return (
        <Table aria-label={_("Docker's networks")} variant="compact" gridBreakPoint="grid-md" className="narrow-table">
            <Thead>
                <Tr>
                    <Th>{_("Network")}</Th><Th>{_("Driver")}</Th><Th>{_("Bridge")}</Th><Th>{_("Addresses")}</Th><Th>{_("Publishes at")}</Th><Th>{_("Containers")}</Th>
                </Tr>
            </Thead>
            <Tbody>
                {networks.map(network =>
                    <Tr key={network.id}>
                        <Td dataLabel={_("Network")}>{network.name} {network.internal && <Label isCompact>{_("internal")}</Label>}</Td>
                        <Td dataLabel={_("Driver")}>{network.driver}</Td>
                        <Td dataLabel={_("Bridge")}>{network.bridge ?? '–'}</Td>
                        <Td dataLabel={_("Addresses")}>{network.subnets?.join(', ') || '–'}</Td>
                        <Td dataLabel={_("Publishes at")}>{network['default-address'] ?? '–'}</Td>
                        <Td dataLabel={_("Containers")}>{network.containers?.length ? some(network.containers) : '–'}</Td>
                    </Tr>)}
            </Tbody>
        </Table>
    );
}

function Settings({ engine, canChange, onOpen }: { engine: Properties['Engine']; canChange: boolean; onOpen(dialog: Dialog): void }) {
    const flags = engine.Running.flags ?? [];
    return (
        <DescriptionList aria-label={_("Docker's settings")}>
            {settingsOf(engine).map(setting => <SettingRow key={setting.key} setting={setting} canChange={canChange} onOpen={onOpen} />)}
            <DescriptionListGroup>
                <DescriptionListTerm>{_("Configuration file")}</DescriptionListTerm>
                <DescriptionListDescription>{engine.ConfigFile}</DescriptionListDescription>
            </DescriptionListGroup>
            {flags.length > 0 &&
                <DescriptionListGroup>
                    <DescriptionListTerm>{_("On Docker's command line")}</DescriptionListTerm>
                    <DescriptionListDescription>{flags.join(' ')}</DescriptionListDescription>
                </DescriptionListGroup>}
        </DescriptionList>
    );
}

export function EngineView() {
    const engine = useSnapshot(snapshot => snapshot.properties.Engine);
    const manager = useSnapshot(snapshot => snapshot.properties.Manager);
    const isRunning = useSnapshot(snapshot => snapshot.service === 'running');
    const admin = useSnapshot(snapshot => snapshot.admin);
    const networks = useList('networks');
    const ports = useList('ports').value ?? [];
    const [dialog, setDialog] = useState<Dialog>(null);
    if (!engine)
        return null;
    const canChange = Boolean(admin) && isRunning && !engine.ConfigError;
    const unknown = unknownBecause(manager?.DockerState);
    return (
        <Stack hasGutter>
            {engine.ConfigError &&
                <StackItem>
                    <Alert isInline variant="danger" component="h3" title={_("Docker's configuration file cannot be read, so nothing can be changed in it")}>{engine.ConfigError}</Alert>
                </StackItem>}
            {engine.RestartRequired &&
                <StackItem>
                    <Alert isInline isLiveRegion variant="warning" component="h3" title={_("Docker has to be restarted before its settings take effect")}>
                        <Content component="p">{_("The running Docker was started with other settings. quaywalld never restarts it, since that stops containers which do not have live-restore:")}</Content>
                        <ClipboardCopy isReadOnly hoverTip={_("Copy")} clickTip={_("Copied")} textAriaLabel={_("Command")}>systemctl restart docker</ClipboardCopy>
                    </Alert>
                </StackItem>}
            <StackItem>
                <Card component="section" aria-label={_("Docker's settings")}>
                    <CardTitle component="h2">{_("Docker's settings")}</CardTitle>
                    <CardBody>
                        {unknown &&
                            <Alert isInline isPlain variant="info" component="p" title={unknown} />}
                        <Settings engine={engine} canChange={canChange} onOpen={setDialog} />
                    </CardBody>
                </Card>
            </StackItem>
            {!isWildcard(engine.DefaultAddress) && <StackItem><Coverage address={engine.DefaultAddress} ports={ports} /></StackItem>}
            <StackItem>
                <Card component="section" aria-label={_("Docker's networks")}>
                    <CardTitle component="h2">{_("Docker's networks")}</CardTitle>
                    <CardBody>
                        <ListState list={networks} isEmpty={networks.value?.length === 0} empty={_("Docker has no networks")}>
                            <Networks networks={networks.value ?? []} />
                        </ListState>
                    </CardBody>
                </Card>
            </StackItem>
            {dialog === 'iptables' && <IptablesDialog isOn={engine.Iptables} onClose={() => setDialog(null)} />}
            {dialog === 'ip' && <AddressDialog address={engine.DefaultAddress} onClose={() => setDialog(null)} />}
        </Stack>
    );
}
