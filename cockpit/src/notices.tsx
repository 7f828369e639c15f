// SPDX-License-Identifier: LGPL-2.1-or-later
// What keeps this user, or this page, from showing or changing everything.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';

import { StartButton } from './start-button';
import { useSnapshot } from './use-service';

const _ = cockpit.gettext;

// What is so if a service does not simply run; null: it does.
export function dockerNotice(state: string | undefined) {
    switch (state) {
    case 'running': return null;
    case 'not-running': return { variant: 'info', title: _("Docker is not running") } as const;
    case 'failed': return { variant: 'warning', title: _("Docker is running, but its answers cannot be used: see the log of quaywalld") } as const;
    default: return { variant: 'info', title: _("It is not known whether Docker is running") } as const;
    }
}

export function firewalldNotice(state: string | undefined) {
    switch (state) {
    case 'running': return null;
    case 'not-running': return { variant: 'info', title: _("firewalld is not running") } as const;
    case 'init': return { variant: 'info', title: _("firewalld is starting") } as const;
    case 'failed': return { variant: 'warning', title: _("firewalld has failed: see its log") } as const;
    default: return { variant: 'info', title: _("It is not known whether firewalld is running") } as const;
    }
}

export function Notices() {
    const service = useSnapshot(snapshot => snapshot.service);
    const admin = useSnapshot(snapshot => snapshot.admin);
    const readDenied = useSnapshot(snapshot => snapshot.readDenied);
    const knownUntil = useSnapshot(snapshot => snapshot.properties.Engine?.KnownUntil);
    const failure = useSnapshot(snapshot => snapshot.failure);
    const docker = dockerNotice(useSnapshot(snapshot => snapshot.properties.Manager?.DockerState));
    const firewalld = firewalldNotice(useSnapshot(snapshot => snapshot.properties.Manager?.FirewalldState));
    return (
        <>
            {service === 'stopped' && <StackItem>
                <Alert isInline variant="danger" title={_("quaywalld is not running")} actionLinks={<StartButton />}>
                    {_("What is shown here was known last. It is updated as soon as quaywalld runs again.")}
                </Alert>
            </StackItem>}
            {service === 'disconnected' && <StackItem>
                <Alert isInline variant="warning" title={_("This page gets no answers from quaywalld")}>
                    {cockpit.format(_("It connects again by itself. What is shown here was known last. The reason: $0"), failure?.message)}
                </Alert>
            </StackItem>}
            {admin === false && readDenied && <StackItem>
                <Alert isInline variant="warning" title={_("You may not see policies, ports and containers")}>
                    {_("Turn on administrative access at the top of this window, or ask an administrator to let you use the polkit action org.quaywall1.read.")}
                </Alert>
            </StackItem>}
            {admin === false && !readDenied && <StackItem>
                <Alert isInline variant="info" title={_("You can look, but not change anything")}>
                    {_("Turn on administrative access at the top of this window to make changes.")}
                </Alert>
            </StackItem>}
            {service === 'running' && docker && <StackItem>
                <Alert isInline {...docker}>
                    {knownUntil ? _("Ports and containers are those that Docker reported last.") : _("Ports and containers are not known.")}
                </Alert>
            </StackItem>}
            {service === 'running' && firewalld && <StackItem>
                <Alert isInline {...firewalld}>
                    {_("Policies that quaywall's own table can enforce can still be changed.")}
                </Alert>
            </StackItem>}
        </>
    );
}
