// SPDX-License-Identifier: LGPL-2.1-or-later
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { Spinner } from '@patternfly/react-core/dist/dynamic/components/Spinner';

import { useSnapshot } from './use-service';

const _ = cockpit.gettext;

// Nothing is known of quaywalld.
export function Unavailable() {
    const service = useSnapshot(snapshot => snapshot.service);
    if (service === 'connecting')
        return <EmptyState titleText={_("Connecting to quaywalld")} icon={Spinner} headingLevel="h1" />;
    return (
        <EmptyState titleText={_("quaywalld is not running")} headingLevel="h1">
            <EmptyStateBody>{_("The rules that it made are still in force, but nothing keeps them so.")}</EmptyStateBody>
        </EmptyState>
    );
}
