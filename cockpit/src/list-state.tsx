// SPDX-License-Identifier: LGPL-2.1-or-later
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { Skeleton } from '@patternfly/react-core/dist/dynamic/components/Skeleton';
import type { ReactNode } from 'react';

import type { List } from './service';

const _ = cockpit.gettext;

interface Props { list: List<unknown>; isEmpty: boolean; empty: string; emptyBody?: ReactNode; children: ReactNode }

// What stands in the place of a list that is not there, could not be read, or has nothing in it.
export function ListState({ list, isEmpty, empty, emptyBody, children }: Props) {
    if (list.error?.isDenied)
        return <EmptyState headingLevel="h3" variant="xs" titleText={_("You may not see this")} />;
    const failed = list.error && <Alert isInline variant="warning" title={list.error.message} />;
    if (list.value === undefined)
        return failed ?? <Skeleton screenreaderText={_("Loading")} height="6rem" />;
    return (
        <>
            {failed}
            {isEmpty ? <EmptyState headingLevel="h3" variant="xs" titleText={empty}>{emptyBody && <EmptyStateBody>{emptyBody}</EmptyStateBody>}</EmptyState> : children}
        </>
    );
}
