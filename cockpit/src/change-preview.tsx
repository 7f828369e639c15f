// SPDX-License-Identifier: LGPL-2.1-or-later
// Before and after: who would reach what, and what quaywalld warns of.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Content } from '@patternfly/react-core/dist/dynamic/components/Content';
import { Spinner } from '@patternfly/react-core/dist/dynamic/components/Spinner';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useState } from 'react';

import type { CheckResult, FieldError, Reach } from './contract';
import { widerFirst } from './policy-changes';
import { mergeFamilies } from './reach-graph';
import type { Check } from './use-check';
import { portName, where, who } from './words';

const _ = cockpit.gettext;

const LISTED = 20;

function Who({ reach }: { reach: Reach }) {
    return (
        <>
            <div className={reach.reach === 'everyone' ? 'qw-open-text' : undefined}>{who(reach)}</div>
            {reach.exceptions?.map((exception, i) => <div key={i} className="qw-small">{where(exception)}: {who(exception)}</div>)}
        </>
    );
}

function Ports({ ports }: { ports: NonNullable<CheckResult['ports']> }) {
    const [isWhole, setWhole] = useState(false);
    const targets = mergeFamilies(widerFirst(ports));
    const rest = targets.length - LISTED;
    return (
        <>
            <Table variant="compact" aria-label={_("Who can reach what, before and after")} borders={false} gridBreakPoint="grid-md">
                <Thead><Tr><Th>{_("Port")}</Th><Th>{_("Now")}</Th><Th>{_("Afterwards")}</Th></Tr></Thead>
                <Tbody>
                    {targets.slice(0, isWhole ? undefined : LISTED).map(({ id, port, families }) => (
                        <Tr key={id}>
                            <Td dataLabel={_("Port")}>{portName(port, families)} <span className="qw-small">{port.container}</span></Td>
                            <Td dataLabel={_("Now")}><Who reach={port.before} /></Td>
                            <Td dataLabel={_("Afterwards")}><Who reach={port.after} /></Td>
                        </Tr>
                    ))}
                </Tbody>
            </Table>
            {rest > 0 && <Button variant="link" isInline aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
                {isWhole ? _("Show fewer") : cockpit.format(cockpit.ngettext("and $0 more port", "and $0 more ports", rest), rest)}
            </Button>}
        </>
    );
}

interface Props {
    check: Check;
    // those that no field of the dialog shows
    errors?: FieldError[];
    // the change was refused, since what it was decided by is not so any more
    isOutdated?: boolean;
}

export function ChangePreview({ check: { result, error, checking, newest }, errors = result?.errors ?? [], isOutdated }: Props) {
    const valid = result && result.errors.length === 0;
    const isTooMuch = result?.warnings.some(([, code]) => code === 'too-many-ports');
    return (
        <Stack hasGutter aria-live="polite" aria-busy={checking}>
            <StackItem>
                <Content component="h3">{_("What it changes")} {checking && <Spinner isInline aria-label={_("Checking")} />}</Content>
            </StackItem>
            {isOutdated && <StackItem>
                <Alert isInline variant="warning" title={_("Something else was changed meanwhile")}>
                    {_("Nothing was done. Below is what this would change now: decide anew.")}
                </Alert>
            </StackItem>}
            {result && newest === undefined && <StackItem>
                <Alert isInline variant="info" title={_("A change waits to be confirmed. Until it is kept or undone, nothing else can be changed.")} />
            </StackItem>}
            {error && <StackItem><Alert isInline variant="danger" title={error.message} /></StackItem>}
            {errors.map(([, , , , code, sentence], i) => <StackItem key={i}><Alert isInline variant="danger" title={sentence} data-code={code} /></StackItem>)}
            {result && !valid && errors.length === 0 && <StackItem>{_("Correct what is marked to see what it changes.")}</StackItem>}
            {valid && <StackItem>
                {result.ports === undefined ? !isTooMuch && _("Nothing is known of Docker yet, so who could reach what cannot be told.")
                    : result.ports.length > 0 ? <Ports ports={result.ports} />
                        : _("Nobody reaches a published port that could not be reached before, and everybody reaches what could be reached.")}
            </StackItem>}
            {valid && result.warnings.map(([, code, sentence], i) =>
                <StackItem key={i}><Alert isInline isPlain variant="warning" title={sentence} data-code={code} /></StackItem>)}
        </Stack>
    );
}
