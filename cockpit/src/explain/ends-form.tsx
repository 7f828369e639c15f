// SPDX-License-Identifier: LGPL-2.1-or-later
// Two ends of a connection, chosen or typed.
import { ActionGroup, Form, FormGroup, FormHelperText } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { HelperText, HelperTextItem } from '@patternfly/react-core/dist/dynamic/components/HelperText';
import { Grid, GridItem } from '@patternfly/react-core/dist/dynamic/layouts/Grid';
import type { FormEvent, ReactNode } from 'react';

import { SuggestInput } from '../parts/suggest-input';
import { destinationSuggestions, hostAddress, interfaceChoices, representative, sourceSuggestions, type Ends, type Known } from './ends';

const _ = cockpit.gettext;

function Help({ id, error, children }: { id: string; error?: string; children?: ReactNode }) {
    if (!error && !children)
        return null;
    return (
        <FormHelperText>
            <HelperText id={id}><HelperTextItem variant={error ? 'error' : 'default'}>{error ?? children}</HelperTextItem></HelperText>
        </FormHelperText>
    );
}

interface Props {
    ends: Ends;
    known: Known;
    missing: Partial<Record<keyof Ends, string>>;
    isAsking: boolean;
    onChange(ends: Ends): void;
    onAsk(ends: Ends): void;
}

export function EndsForm({ ends, known, missing, isAsking, onChange, onAsk }: Props) {
    const change = (part: Partial<Ends>) => onChange({ ...ends, ...part });
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
                        <SuggestInput id="explain-source" label={_("From")} value={ends.source} offers={sourceSuggestions(known)} isInvalid={Boolean(missing.source)}
                                      placeholder={_("The client's address")} describedBy="explain-source-help"
                                      onChange={source => change({ source })} onChoose={({ value }) => change({ source: value })} />
                        <Help id="explain-source-help" error={missing.source}>
                            {isExample && cockpit.format(_("$0 stands for all of them. Others may fare differently, if policies list single addresses."), address)}
                        </Help>
                    </FormGroup>
                </GridItem>
                <GridItem>
                    <FormGroup label={_("Comes in by")} fieldId="explain-interface">
                        <FormSelect id="explain-interface" value={ends.interface} onChange={(_event, name) => change({ interface: name })}>
                            <FormSelectOption value="" label={_("The interface by which this host would answer")} />
                            {interfaceChoices(known).map(({ name, zone }) =>
                                <FormSelectOption key={name} value={name} label={zone ? cockpit.format(_("$0, in the zone $1"), name, zone) : name} />)}
                        </FormSelect>
                    </FormGroup>
                </GridItem>
                <GridItem>
                    <FormGroup label={_("To")} fieldId="explain-destination">
                        <SuggestInput id="explain-destination" label={_("To")} value={ends.destination} offers={destinationSuggestions(known)} isInvalid={Boolean(missing.destination)}
                                      placeholder={_("This host")} describedBy="explain-destination-help"
                                      onChange={destination => change({ destination })} onChoose={({ fills }) => change(fills ?? {})} />
                        <Help id="explain-destination-help" error={missing.destination}>
                            {dialled ? cockpit.format(_("This host, dialled at $0. Or the address of a container."), dialled) :
                                example.isExample && cockpit.format(_("$0 stands for all of them."), example.address)}
                        </Help>
                    </FormGroup>
                </GridItem>
                <GridItem>
                    <FormGroup label={_("Port")} fieldId="explain-port" isRequired>
                        <SuggestInput id="explain-port" label={_("Port")} value={ends.port} isInvalid={Boolean(missing.port)} placeholder="8080/tcp"
                                      offers={destinationSuggestions(known).filter(({ fills }) => fills?.port).map(offer =>
                                          ({ ...offer, label: offer.fills!.port!, value: offer.fills!.port!, note: [offer.note, offer.value].filter(Boolean).join(', ') }))}
                                      describedBy="explain-port-help" onChange={port => change({ port })} onChoose={({ fills }) => change(fills ?? {})} />
                        <Help id="explain-port-help" error={missing.port} />
                    </FormGroup>
                </GridItem>
            </Grid>
            <ActionGroup>
                <Button type="submit" variant="primary" isLoading={isAsking}>{_("Explain")}</Button>
            </ActionGroup>
        </Form>
    );
}
