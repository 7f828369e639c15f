// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes of Docker's configuration file, with what follows from them.
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Content } from '@patternfly/react-core/dist/dynamic/components/Content';
import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { List, ListItem } from '@patternfly/react-core/dist/dynamic/components/List';
import { Stack } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { useState } from 'react';

import { ActionDialog, type ActionDialogProps } from '../parts/action-dialog';
import { useList } from '../use-service';
import { addressChoices, consequencesOfOff, notCovered, widens } from './settings';

const _ = cockpit.gettext;

function EngineDialog({ children, ...props }: ActionDialogProps) {
    return (
        <ActionDialog {...props}>
            {children}
            <Content component="p">{_("The file is changed now, in this one key. Docker is not restarted: the change takes effect when it starts next.")}</Content>
        </ActionDialog>
    );
}

export function IptablesDialog({ isOn, onClose }: { isOn: boolean; onClose(): void }) {
    const [isUnderstood, setUnderstood] = useState(false);
    if (!isOn)
        return (
            <EngineDialog title={_("Switch on Docker's firewall rules")} verb={_("Switch on")} isDangerous={false} isDisabled={false} onClose={onClose}
                          run={service => service.call('Engine.SetIptables', true, {})}>
                <Content component="p">{_("Published ports are mapped to containers again, containers reach the outside, and policies have effect in DOCKER-USER.")}</Content>
            </EngineDialog>
        );
    return (
        <EngineDialog title={_("Switch off Docker's firewall rules")} verb={_("Switch off")} isDangerous isDisabled={!isUnderstood} onClose={onClose}
                      run={service => service.call('Engine.SetIptables', false, { 'i-understand': true })}>
            <List>{consequencesOfOff().map(text => <ListItem key={text}>{text}</ListItem>)}</List>
            <Checkbox id="engine-understood" isChecked={isUnderstood} label={_("I understand that published ports and container networks will break")}
                      onChange={(_event, checked) => setUnderstood(checked)} />
        </EngineDialog>
    );
}

export function AddressDialog({ address, onClose }: { address: string; onClose(): void }) {
    // fresh: no signal tells of another address of the host
    const own = useList('names', true).value?.addresses ?? [];
    const [chosen, setChosen] = useState(address);
    const words: Record<string, string> = {
        '': _("None: on every address"), '0.0.0.0': _("0.0.0.0: on every IPv4 address"), '::': _("::: on every address, IPv6 as well"),
    };
    const choices = [...new Set([...addressChoices(own), address])];
    return (
        <EngineDialog title={_("Address on which ports are published by default")} verb={_("Save")} isDangerous={widens(address, chosen)} isDisabled={chosen === address} onClose={onClose}
                      run={service => service.call('Engine.SetDefaultAddress', chosen, {})}>
            <FormGroup label={_("Address")} fieldId="engine-address">
                <FormSelect id="engine-address" value={chosen} onChange={(_event, value) => setChosen(value)}>
                    {choices.map(value => <FormSelectOption key={value} value={value} label={words[value] ?? value} />)}
                </FormSelect>
            </FormGroup>
            <FormGroup label={_("Consequences")} role="group">
                {chosen in words ?
                    <Content component="p">{_("Ports that name no address are published on every address of this host. Who gets in: everyone, unless a policy covers the port.")}</Content> :
                    <Stack hasGutter>
                        <Content component="p">{cockpit.format(_("Containers on Docker's default bridge whose ports name no address can be dialled at $0 alone. It does not cover:"), chosen)}</Content>
                        <List>{notCovered(chosen).map(text => <ListItem key={text}>{text}</ListItem>)}</List>
                        <Content component="p">{_("A policy that names the port covers all of these.")}</Content>
                    </Stack>}
            </FormGroup>
        </EngineDialog>
    );
}
