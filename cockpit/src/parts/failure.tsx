// SPDX-License-Identifier: LGPL-2.1-or-later
// What quaywalld refused, in its own words: they say what would be right.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';

import type { ServiceError } from '../service';

const _ = cockpit.gettext;

export function Failure({ error, title }: { error: ServiceError; title?: string }) {
    if (error.isDenied)
        return <Alert variant="info" isInline title={title ?? _("You may not do this")}>{error.message}</Alert>;
    return <Alert variant="danger" isInline title={title ?? error.message} role="alert">{title && error.message}</Alert>;
}
