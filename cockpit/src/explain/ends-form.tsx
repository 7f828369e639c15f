// SPDX-License-Identifier: LGPL-2.1-or-later
// Two ends of a connection, chosen or typed.
import { ActionGroup, Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { Grid, GridItem } from '@patternfly/react-core/dist/dynamic/layouts/Grid';
import { useMemo, type FormEvent } from 'react';

import { FieldHelp } from '../field-help';
import { SuggestInput } from '../parts/suggest-input';
import { destinationSuggestions, hostAddress, interfaceChoices, representative, sourceSuggestions, type Ends, type Known } from './ends';

const _ = cockpit.gettext;

const listed = (error?: string) => error ? [error] : [];

interface Props {
    ends: Ends;
    known: Known;
    errors: Partial<Record<keyof Ends, string>>;
    isAsking: boolean;
    onChange(ends: Ends): void;
    onAsk(ends: Ends): void;
}

export function EndsForm({ ends, known, errors, isAsking, onChange, onAsk }: Props) {
    const change = (part: Partial<Ends>) => onChange({ ...ends, ...part });
    const sources = useMemo(() => sourceSuggestions(known), [known]);
    const destinations = useMemo(() => destinationSuggestions(known), [known]);
    const published = useMemo(() => destinations.filter(({ fills }) => fills?.port).map(offer =>
        ({ ...offer, label: offer.fills!.port!, value: offer.fills!.port!, note: [offer.note, offer.value].filter(Boolean).join(', ') })), [destinations]);
    const { address, isExample } = representative(ends.source);
    const dialled = ends.destination ? null : hostAddress(address, ends.port, known.ports, known.addresses);
    const example = representative(ends.destination);
    const submit = (event: FormEvent) => {
        event.preventDefault();
        onAsk(ends);
    };
    return (
        <Form onSubmit={submit} aria-label={_("Connection")}>
            <Grid hasGutter md={6}>
                <GridItem>
                    <FormGroup label={_("From")} fieldId="explain-source" isRequired>
                        <SuggestInput id="explain-source" label={_("From")} value={ends.source} offers={sources} isInvalid={Boolean(errors.source)}
                                      placeholder={_("The client's address")} describedBy="explain-source-help"
                                      onChange={source => change({ source })} onChoose={({ value }) => change({ source: value })} />
                        <FieldHelp id="explain-source-help" errors={listed(errors.source)} help={isExample ?
                            cockpit.format(_("$0 is used as an example. Other addresses may be treated differently if policies list single ones."), address) : undefined} />
                    </FormGroup>
                </GridItem>
                <GridItem>
                    <FormGroup label={_("Comes in by")} fieldId="explain-interface">
                        <FormSelect id="explain-interface" value={ends.interface} validated={errors.interface ? 'error' : 'default'}
                                    aria-describedby="explain-interface-help" onChange={(_event, name) => change({ interface: name })}>
                            <FormSelectOption value="" label={_("The interface by which this host would answer")} />
                            {interfaceChoices(known).map(({ name, zone }) =>
                                <FormSelectOption key={name} value={name} label={zone ? cockpit.format(_("$0, in the zone $1"), name, zone) : name} />)}
                        </FormSelect>
                        <FieldHelp id="explain-interface-help" errors={listed(errors.interface)} />
                    </FormGroup>
                </GridItem>
                <GridItem>
                    <FormGroup label={_("To")} fieldId="explain-destination">
                        <SuggestInput id="explain-destination" label={_("To")} value={ends.destination} offers={destinations} isInvalid={Boolean(errors.destination)}
                                      placeholder={_("This host")} describedBy="explain-destination-help"
                                      onChange={destination => change({ destination })} onChoose={({ fills }) => change(fills ?? {})} />
                        <FieldHelp id="explain-destination-help" errors={listed(errors.destination)} help={
                            dialled ? cockpit.format(_("This host, dialled at $0. Or the address of a container."), dialled) :
                                example.isExample ? cockpit.format(_("$0 is used as an example."), example.address) : undefined} />
                    </FormGroup>
                </GridItem>
                <GridItem>
                    <FormGroup label={_("Port")} fieldId="explain-port" isRequired>
                        <SuggestInput id="explain-port" label={_("Port")} value={ends.port} isInvalid={Boolean(errors.port)} placeholder="8080/tcp"
                                      offers={published}
                                      describedBy="explain-port-help" onChange={port => change({ port })} onChoose={({ fills }) => change(fills ?? {})} />
                        <FieldHelp id="explain-port-help" errors={listed(errors.port)} />
                    </FormGroup>
                </GridItem>
            </Grid>
            <ActionGroup>
                <Button type="submit" variant="primary" isLoading={isAsking}>{_("Explain")}</Button>
            </ActionGroup>
        </Form>
    );
}
