// SPDX-License-Identifier: LGPL-2.1-or-later
// At a glance: is the line held, and who can reach what.
import { Grid, GridItem } from '@patternfly/react-core/dist/dynamic/layouts/Grid';

import { BlockedCard } from '../blocked';
import { PortsCard } from '../ports-card';
import { StatusCard } from '../status';
import { ZonesCard } from '../zones-card';

export function Overview() {
    return (
        <Grid hasGutter>
            <GridItem><StatusCard /></GridItem>
            <GridItem><PortsCard /></GridItem>
            <GridItem lg={6}><BlockedCard /></GridItem>
            <GridItem lg={6}><ZonesCard /></GridItem>
        </Grid>
    );
}
