// SPDX-License-Identifier: LGPL-2.1-or-later
// Nothing is known of quaywalld.
import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { Spinner } from '@patternfly/react-core/dist/dynamic/components/Spinner';
import { ExclamationCircleIcon } from '@patternfly/react-icons/dist/dynamic/icons/exclamation-circle-icon';

import { StartButton } from './start-button';
import { useSnapshot } from './use-service';

const _ = cockpit.gettext;

export function Unavailable() {
    const service = useSnapshot(snapshot => snapshot.service);
    const installed = useSnapshot(snapshot => snapshot.installed);
    const failure = useSnapshot(snapshot => snapshot.failure);
    if (service === 'disconnected')
        return (
            <EmptyState titleText={_("This page gets no answers from quaywalld")} icon={ExclamationCircleIcon} status="warning" headingLevel="h1">
                <EmptyStateBody>{cockpit.format(_("It connects again by itself. The reason: $0"), failure?.message)}</EmptyStateBody>
            </EmptyState>
        );
    if (service !== 'stopped')
        return <EmptyState titleText={_("Connecting to quaywalld")} icon={Spinner} headingLevel="h1" />;
    if (installed === false)
        return (
            <EmptyState titleText={_("quaywalld is not installed")} icon={ExclamationCircleIcon} headingLevel="h1">
                <EmptyStateBody>{_("There is no service quaywalld on this host. Install quaywall to see who can reach its containers.")}</EmptyStateBody>
            </EmptyState>
        );
    return (
        <EmptyState titleText={_("quaywalld is not running")} icon={ExclamationCircleIcon} status="danger" headingLevel="h1">
            <EmptyStateBody>{_("The rules that it made are still in place, but nobody repairs them, and new containers are not covered.")}</EmptyStateBody>
            <EmptyStateFooter><EmptyStateActions><StartButton /></EmptyStateActions></EmptyStateFooter>
        </EmptyState>
    );
}
