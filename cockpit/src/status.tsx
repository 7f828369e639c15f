// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether the policies are enforced, what is wrong, and Repair.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Icon } from '@patternfly/react-core/dist/dynamic/components/Icon';
import { Label, LabelGroup } from '@patternfly/react-core/dist/dynamic/components/Label';
import { List, ListItem } from '@patternfly/react-core/dist/dynamic/components/List';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { CheckCircleIcon } from '@patternfly/react-icons/dist/dynamic/icons/check-circle-icon';
import { ExclamationCircleIcon } from '@patternfly/react-icons/dist/dynamic/icons/exclamation-circle-icon';
import { ExclamationTriangleIcon } from '@patternfly/react-icons/dist/dynamic/icons/exclamation-triangle-icon';
import { InfoCircleIcon } from '@patternfly/react-icons/dist/dynamic/icons/info-circle-icon';
import { useState } from 'react';

import type { Problem, Properties } from './contract';
import { remedy } from './remedies';
import { RepairDialog } from './repair-dialog';
import type { Snapshot } from './service';
import { useSnapshot } from './use-service';
import { when } from './words';

const _ = cockpit.gettext;

// Green only if quaywalld says so now.
export function sentence({ State, Problems }: Pick<Properties['Manager'], 'State' | 'Problems'>, service: Snapshot['service']) {
    if (service === 'connecting')
        return { status: 'info', icon: <InfoCircleIcon />, title: _("Connecting to quaywalld"),
            body: _("Below is what was known last.") } as const;
    if (service === 'disconnected')
        return { status: 'warning', icon: <ExclamationTriangleIcon />, title: _("It is not known whether the policies are enforced"),
            body: _("This page gets no answers from quaywalld, which may well be running. Below is what was known last.") } as const;
    if (service === 'stopped')
        return { status: 'danger', icon: <ExclamationCircleIcon />, title: _("Nothing keeps the policies in force"),
            body: _("quaywalld is not running. What it made is still in place, but nobody repairs it, and new containers are not covered. Below is what was known last.") } as const;
    if (State === 'enforcing')
        return { status: 'success', icon: <CheckCircleIcon />, title: _("Policies are enforced"),
            body: _("Everything that the policies say was verified to be in force.") } as const;
    if (State === 'idle')
        return { status: 'info', icon: <InfoCircleIcon />, title: _("There is no policy"),
            body: _("Every published port is open to whom Docker lets in. Add a policy to restrict that.") } as const;
    return { status: 'danger', icon: <ExclamationCircleIcon />,
        title: cockpit.format(cockpit.ngettext("Not all policies are enforced: $0 problem", "Not all policies are enforced: $0 problems", Problems.length), Problems.length),
        body: _("Not everything that the policies say is in force.") } as const;
}

function ProblemAlert({ problem: [code, words] }: { problem: Problem }) {
    const { byRepair, words: todo } = remedy(code);
    return (
        <Alert isInline variant="warning" title={words} component="h3">
            {byRepair ? cockpit.format(_("Repair: $0"), todo) : cockpit.format(_("What to do: $0"), todo)}
        </Alert>
    );
}

function ServiceLabel({ name, state, version }: { name: string; state: string; version: string }) {
    const words: Record<string, string> = {
        running: version, init: _("starting"), failed: _("failed"), 'not-running': _("not running"), unknown: _("not known"),
    };
    return <Label isCompact status={state === 'running' ? 'success' : state === 'failed' ? 'danger' : 'warning'}>{name} {words[state] ?? state}</Label>;
}

// What was wrong for a moment.
function Repaired() {
    const repaired = useSnapshot(snapshot => snapshot.repaired);
    if (repaired.length === 0)
        return null;
    return (
        <StackItem><Alert isInline isExpandable toggleAriaLabel={_("Details")} variant="info" component="h3" title={cockpit.format(cockpit.ngettext(
            "quaywalld has repaired something since this page was opened", "quaywalld has repaired $0 things since this page was opened",
            repaired.length), repaired.length)}>
            <List isPlain>
                {repaired.map(({ sentence, time }, i) => <ListItem key={i}>{when(time * 1000)}: {sentence}</ListItem>)}
            </List>
        </Alert></StackItem>
    );
}

export function StatusCard() {
    const manager = useSnapshot(snapshot => snapshot.properties.Manager)!;
    const service = useSnapshot(snapshot => snapshot.service);
    const running = service === 'running';
    const admin = useSnapshot(snapshot => snapshot.admin);
    const [repairing, setRepairing] = useState(false);
    const { status, icon, title, body } = sentence(manager, service);
    const problems = running ? manager.Problems : [];
    const repair = problems.length > 0 &&
        <Button variant="primary" isDisabled={!admin} onClick={() => setRepairing(true)}>{_("Repair")}</Button>;
    return (
        <Card component="section" aria-label={_("Status")}>
            <CardHeader actions={{ actions: repair, hasNoOffset: true }}>
                <CardTitle component="h2">
                    <Icon status={status} isInline className="qw-status-icon">{icon}</Icon> <span role="status">{title}</span>
                </CardTitle>
            </CardHeader>
            <CardBody>
                <Stack hasGutter>
                    <StackItem>{body}</StackItem>
                    {problems.map((problem, i) => <StackItem key={i}><ProblemAlert problem={problem} /></StackItem>)}
                    <Repaired />
                    <StackItem>
                        <LabelGroup aria-label={_("Services")}>
                            <ServiceLabel name="quaywalld" state={running ? 'running' : service === 'stopped' ? 'not-running' : 'unknown'} version={manager.Version} />
                            <ServiceLabel name="firewalld" state={running ? manager.FirewalldState : 'unknown'} version={manager.FirewalldVersion} />
                            <ServiceLabel name="Docker" state={running ? manager.DockerState : 'unknown'} version={manager.DockerVersion} />
                        </LabelGroup>
                    </StackItem>
                </Stack>
            </CardBody>
            {repairing && <RepairDialog problems={problems} onClose={() => setRepairing(false)} />}
        </Card>
    );
}
