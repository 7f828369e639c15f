// SPDX-License-Identifier: LGPL-2.1-or-later
// What keeps this user, or this page, from showing or changing everything.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';

import { StartButton } from './start-button';
import { useSnapshot } from './use-service';

const _ = cockpit.gettext;

export function Notices() {
    const service = useSnapshot(snapshot => snapshot.service);
    const admin = useSnapshot(snapshot => snapshot.admin);
    const readDenied = useSnapshot(snapshot => snapshot.readDenied);
    const knownUntil = useSnapshot(snapshot => snapshot.properties.Engine?.KnownUntil);
    const docker = useSnapshot(snapshot => snapshot.properties.Manager?.DockerState);
    const firewalld = useSnapshot(snapshot => snapshot.properties.Manager?.FirewalldState);
    return (
        <>
            {service === 'stopped' && <StackItem>
                <Alert isInline variant="danger" title={_("quaywalld is not running")} actionLinks={<StartButton />}>
                    {_("What is shown here was known last. It is updated as soon as quaywalld runs again.")}
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
            {service === 'running' && docker !== 'running' && <StackItem>
                <Alert isInline variant="info" title={_("Docker is not running")}>
                    {knownUntil ? _("Ports and containers are those that Docker reported last.") : _("Ports and containers are not known.")}
                </Alert>
            </StackItem>}
            {service === 'running' && firewalld !== 'running' && <StackItem>
                <Alert isInline variant="info" title={_("firewalld is not running")}>
                    {_("Policies that quaywall's own table can enforce can still be changed.")}
                </Alert>
            </StackItem>}
        </>
    );
}
