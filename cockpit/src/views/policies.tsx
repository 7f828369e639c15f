// SPDX-License-Identifier: LGPL-2.1-or-later
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';

import { useList } from '../use-service';

// The policies.
export function PoliciesView() {
    const policies = useList('policies').value ?? {};
    return <Stack hasGutter>{Object.keys(policies).map(name => <StackItem key={name}>{name}</StackItem>)}</Stack>;
}
