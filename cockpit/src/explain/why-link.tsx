// SPDX-License-Identifier: LGPL-2.1-or-later
// Beside a published port: opens the explanation of a connection to it, filled in.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';

import type { Port } from '../contract';
import { addressOfEnds, endsOfPort } from './ends';

const _ = cockpit.gettext;

export function WhyLink({ port }: { port: Port }) {
    const options = addressOfEnds(endsOfPort(port));
    return (
        <Button variant="link" isInline component="a" href={`#/explain?${new URLSearchParams(options)}`}
                aria-label={cockpit.format(_("Why? $0/$1"), port['host-port'], port.protocol)}>
            {_("Why?")}
        </Button>
    );
}
