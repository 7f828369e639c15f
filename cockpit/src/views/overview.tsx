// SPDX-License-Identifier: LGPL-2.1-or-later
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';

import { useList } from '../use-service';

// Who can reach what.
export function Overview() {
    const ports = useList('ports').value ?? [];
    return (
        <Stack hasGutter>
            {ports.map(port => <StackItem key={`${port['host-address']} ${port['host-port']} ${port.protocol}`}>{port['host-port']} {port.reach}</StackItem>)}
        </Stack>
    );
}
