// SPDX-License-Identifier: LGPL-2.1-or-later
// What changes a zone says first what follows from it: nothing takes it back by itself.
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { HelperText, HelperTextItem } from '@patternfly/react-core/dist/dynamic/components/HelperText';
import { useState, type ReactNode } from 'react';

import type { Policies, Scope } from '../contract';
import { ActionDialog, type ActionDialogProps } from '../parts/action-dialog';
import { ScopeField } from '../parts/scope-field';
import type { Service } from '../service';
import { useSnapshot } from '../use-service';
import { consequencesOfMove, type Consequence, type InterfaceRow } from './interfaces';

const _ = cockpit.gettext;

function Consequences({ consequences }: { consequences: Consequence[] }) {
    return (
        <HelperText component="ul" aria-label={_("Consequences")}>
            {consequences.map(({ text, isDanger }) =>
                <HelperTextItem key={text} component="li" variant={isDanger ? 'warning' : 'indeterminate'}>{text}</HelperTextItem>)}
        </HelperText>
    );
}

interface ZoneDialogProps extends ActionDialogProps {
    consequences: Consequence[];
    // below the consequences
    consent?: ReactNode;
}

function ZoneDialog({ consequences, children, consent, run, ...props }: ZoneDialogProps) {
    const make = async (service: Service) => {
        await run(service);
        service.refresh('zoneInterfaces');
    };
    return (
        <ActionDialog {...props} run={make}>
            {children}
            <FormGroup label={_("Consequences")} role="group"><Consequences consequences={consequences} /></FormGroup>
            {consent}
        </ActionDialog>
    );
}

// Puts an interface into another zone, out of the one that it is in.
export function MoveDialog({ row, zones, docker, policies, onClose }:
    { row: InterfaceRow; zones: string[]; docker: string; policies: Policies; onClose(): void }) {
    const isBridge = row.network !== undefined;
    const offered = zones.filter(zone => zone !== row.zone && (isBridge || zone !== docker));
    // what is preset follows what is so: the interface's zone may be read after the problem with it is known
    const [chosen, setChosen] = useState<string | null>(null);
    const [understood, setUnderstood] = useState<string | null>(null);
    const [scope, setScope] = useState<Scope>('both');
    const wanted = chosen ?? (isBridge ? docker : '');
    const zone = offered.includes(wanted) ? wanted : '';
    const isUnderstood = understood === zone;
    const consequences = zone ? consequencesOfMove(row, zone, docker, policies) : [];
    const isDangerous = consequences.some(({ isDanger }) => isDanger);
    return (
        <ZoneDialog title={cockpit.format(_("Move the interface $0"), row.name)} verb={_("Move")} isDangerous={isDangerous} onClose={onClose}
                    isDisabled={!zone || (isDangerous && !isUnderstood)} consequences={consequences.length ? consequences : [{ text: _("Choose a zone."), isDanger: false }]}
                    consent={isDangerous &&
                        <Checkbox id="move-understood" isChecked={isUnderstood} label={_("I have read the consequences")}
                                  onChange={(_event, checked) => setUnderstood(checked ? zone : null)} />}
                    run={service => service.call('Zone.AddInterface', row.name, { scope, zone, replace: true })}>
            <FormGroup label={_("From")} fieldId="move-from">
                <span id="move-from">{row.zone ? cockpit.format(_("the zone $0"), row.zone) : _("no zone: firewalld's default zone has it")}</span>
            </FormGroup>
            <FormGroup label={_("Into the zone")} fieldId="move-zone" isRequired>
                <FormSelect id="move-zone" value={zone} onChange={(_event, value) => setChosen(value)}>
                    <FormSelectOption value="" label={_("Choose a zone")} isPlaceholder isDisabled />
                    {offered.map(name => <FormSelectOption key={name} value={name} label={name} />)}
                </FormSelect>
            </FormGroup>
            <ScopeField id="move-scope" scope={scope} until="firewalld" onChange={setScope} />
        </ZoneDialog>
    );
}

// Takes an interface out of a zone; firewalld's default zone has it then.
export function RemoveDialog({ row, zone, docker, policies, onClose }:
    { row: InterfaceRow; zone: string; docker: string; policies: Policies; onClose(): void }) {
    const place = row.placements.find(placement => placement.zone === zone);
    const scope: Scope = place?.now ? place.permanently ? 'both' : 'runtime' : 'permanent';
    const consequences = place?.now ? consequencesOfMove(row, '', docker, policies) :
        [{ text: _("It is in this zone only from the next reload of firewalld on; nothing changes now."), isDanger: false }];
    return (
        <ZoneDialog title={cockpit.format(_("Remove $0 from the zone $1"), row.name, zone)} verb={_("Remove")} isDangerous consequences={consequences} onClose={onClose}
                    run={service => service.call('Zone.RemoveInterface', row.name, { scope, zone })} />
    );
}

export function EnsureDialog({ docker, target, onClose }: { docker: string; target: string; onClose(): void }) {
    // rules in DOCKER-USER are gone until quaywalld has made them again
    const hasGuard = useSnapshot(snapshot => snapshot.properties.Manager?.Features.includes('guard'));
    return (
        <ZoneDialog title={target ? cockpit.format(_("Correct the zone $0"), docker) : cockpit.format(_("Create the zone $0"), docker)}
                    verb={target ? _("Correct") : _("Create")} isDangerous onClose={onClose} run={service => service.call('Zone.Ensure', { replace: true })}
                    consequences={[
                        { text: _("firewalld is reloaded once: changes of others that were made for now only are lost, and open connections may end."), isDanger: true },
                        { text: _("The interface docker0 is put into the zone, out of the one that it is in."), isDanger: false },
                        ...(hasGuard ? [{ text: _("Policies stay in force meanwhile."), isDanger: false }] : []),
                    ]} />
    );
}
