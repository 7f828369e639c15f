// SPDX-License-Identifier: LGPL-2.1-or-later
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';

import { useAction, useService, useSnapshot } from './use-service';

const _ = cockpit.gettext;

export function StartButton() {
    const service = useService();
    const admin = useSnapshot(snapshot => snapshot.admin);
    const { run, running, error } = useAction();
    return (
        <>
            <Button variant="primary" isDisabled={!admin || running} isLoading={running} onClick={() => run(() => service.start())}>
                {_("Start quaywalld")}
            </Button>
            {error && <Alert isInline isPlain variant="danger" title={error.message} />}
        </>
    );
}
