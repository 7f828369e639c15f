// SPDX-License-Identifier: LGPL-2.1-or-later
// Who can reach one port, why, and what can be done about it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import {
    DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm,
} from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import { List, ListItem } from '@patternfly/react-core/dist/dynamic/components/List';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import type { ReactNode } from 'react';

import type { Policy, Port } from './contract';
import { useDialog } from './dialogs';
import { WhyLink } from './explain/why-link';
import type { Target } from './reach-graph';
import { useList, useSnapshot } from './use-service';
import { isWildcard, portEntry, portName, where, who } from './words';

const _ = cockpit.gettext;

function Row({ term, children }: { term: string; children: ReactNode }) {
    return (
        <DescriptionListGroup>
            <DescriptionListTerm>{term}</DescriptionListTerm>
            <DescriptionListDescription>{children}</DescriptionListDescription>
        </DescriptionListGroup>
    );
}

// A policy about this port, for a person to fill in.
export function restriction(port: Port, entry: string): Partial<Policy> {
    const address = port['host-address'];
    return { action: 'allow-only', ports: [entry], destinations: address && !isWildcard(address) ? [address] : undefined };
}

export function PortDetails({ target: { port, families }, onDone }: { target: Target; onDone?: () => void }) {
    const admin = useSnapshot(snapshot => snapshot.admin);
    const policies = useList('policies').value;
    const open = useDialog();
    const entry = portEntry(port);
    const container = port.container ?? _("no container");
    const pick = (action: () => void) => () => { onDone?.(); action(); };
    return (
        <Stack hasGutter>
            <StackItem>
                <DescriptionList isCompact isHorizontal aria-label={portName(port, families)}>
                    <Row term={_("Reached by")}>{who(port)} {entry && <WhyLink port={port} />}</Row>
                    {port.exceptions?.map((exception, i) => <Row key={i} term={where(exception)}>{who(exception)}</Row>)}
                    <Row term={_("Leads to")}>
                        {entry ? cockpit.format(_("$0, port $1"), container, port['container-port'] ?? port['host-port']) : container}
                        {port.running === false && ` (${_("not running")})`}
                    </Row>
                    {families.length > 0 && <Row term={_("Family")}>{families.join(', ')}</Row>}
                    {port.policies && port.policies.length > 0 && <Row term={_("Policies")}>
                        {port.policies.map(name => admin && policies?.[name] && !policies[name].origin
                            ? <Button key={name} variant="link" isInline className="qw-spaced" onClick={pick(() => open({ kind: 'edit', name }))}>{name}</Button>
                            : <span key={name} className="qw-spaced">{name}</span>)}
                    </Row>}
                </DescriptionList>
            </StackItem>
            {port.notes && port.notes.length > 0 && <StackItem>
                <List isPlain>{port.notes.map(([code, sentence]) => <ListItem key={code}>{sentence}</ListItem>)}</List>
            </StackItem>}
            {admin && entry && <StackItem>
                <Button variant="secondary" onClick={pick(() => open({ kind: 'add', policy: restriction(port, entry) }))}>{_("Restrict this port")}</Button>
            </StackItem>}
        </Stack>
    );
}
