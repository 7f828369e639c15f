// SPDX-License-Identifier: LGPL-2.1-or-later
// Says what Repair will do, does it, and says what is left.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { List, ListItem } from '@patternfly/react-core/dist/dynamic/components/List';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { useState } from 'react';

import type { Problem } from './contract';
import { remedy } from './remedies';
import { useAction, useService } from './use-service';

const _ = cockpit.gettext;

export function RepairDialog({ problems, onClose }: { problems: Problem[]; onClose: () => void }) {
    const service = useService();
    const [left, setLeft] = useState<Problem[] | null>(null);
    const { run, running, error } = useAction();
    const mended = [...new Set(problems.map(([code]) => remedy(code)).filter(({ byRepair }) => byRepair).map(({ words }) => words))];
    const stay = problems.filter(([code]) => !remedy(code).byRepair);
    const repair = () => run(async () => {
        const remaining = await service.call('Manager.Repair');
        if (remaining.length === 0)
            onClose();
        setLeft(remaining);
    });
    return (
        <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="repair-title">
            <ModalHeader title={_("Repair what differs from the policies?")} labelId="repair-title" />
            <ModalBody>
                <Stack hasGutter>
                    {left === null && mended.length > 0 && <StackItem>
                        {_("quaywalld will do this, the safest first:")}
                        <List>{mended.map(words => <ListItem key={words}>{words}</ListItem>)}</List>
                    </StackItem>}
                    {left === null && mended.length === 0 && <StackItem>
                        {_("quaywalld checks everything once more. None of the problems is one that it can repair by itself.")}
                    </StackItem>}
                    {left === null && stay.length > 0 && <StackItem>
                        {_("These stay until you do something about them:")}
                        <List>{stay.map(([code, words], i) => <ListItem key={i}>{words} {remedy(code).words}</ListItem>)}</List>
                    </StackItem>}
                    {left !== null && <StackItem>
                        <Alert isInline variant="warning" title={_("This is left:")}>
                            <List>{left.map(([code, words], i) => <ListItem key={i}>{words} {remedy(code).words}</ListItem>)}</List>
                        </Alert>
                    </StackItem>}
                    {error && <StackItem><Alert isInline variant="danger" title={error.message} /></StackItem>}
                </Stack>
            </ModalBody>
            <ModalFooter>
                <Button variant="primary" onClick={repair} isLoading={running} isDisabled={running || left !== null}>{_("Repair")}</Button>
                <Button variant="link" onClick={onClose}>{left === null ? _("Cancel") : _("Close")}</Button>
            </ModalFooter>
        </Modal>
    );
}
