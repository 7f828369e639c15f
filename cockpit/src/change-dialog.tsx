// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks before a change that needs no form: what will happen, who reaches what then, and how it is made.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { useState, type ReactNode } from 'react';

import { ApplyOptions, DEFAULT_OPTIONS } from './apply-options';
import { ChangePreview } from './change-preview';
import type { Change } from './policy-changes';
import { outdated, useCheck } from './use-check';
import { useAction, useService } from './use-service';

const _ = cockpit.gettext;

export function ChangeDialog({ change, onClose, children, isDisabled }: { change: Change; onClose: () => void; children?: ReactNode; isDisabled?: boolean }) {
    const service = useService();
    const [chosen, setChosen] = useState(DEFAULT_OPTIONS);
    const { run, running, error } = useAction();
    const options = { ...change.fixed, ...chosen };
    const isChecked = change.set !== undefined || change.remove !== undefined;
    const check = useCheck(isChecked ? { set: change.set ?? {}, remove: change.remove ?? [], options } : null);
    const isWrong = isChecked && (check.checking || check.newest === undefined || !check.result || check.result.errors.length > 0);
    const isOutdated = isChecked && outdated(error);
    const make = () => run(async () => {
        try {
            service.keepToken(await change.make(service, isChecked ? { ...options, 'if-change': check.newest } : options));
        } catch (failure) {
            check.again();
            throw failure;
        }
        onClose();
    });
    return (
        <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="change-title">
            <ModalHeader title={change.title} labelId="change-title" titleIconVariant={change.isDangerous ? 'warning' : undefined} />
            <ModalBody tabIndex={0} aria-label={change.title}>
                <Stack hasGutter>
                    <StackItem>{change.words}</StackItem>
                    {children && <StackItem>{children}</StackItem>}
                    {isChecked && <StackItem><ChangePreview check={check} isOutdated={isOutdated} /></StackItem>}
                    <StackItem><ApplyOptions options={options} onChange={setChosen} canCut={change.canCut} /></StackItem>
                    {error && !isOutdated && <StackItem><Alert isInline variant="danger" title={error.message} /></StackItem>}
                </Stack>
            </ModalBody>
            <ModalFooter>
                <Button variant={change.isDangerous ? 'danger' : 'primary'} onClick={make} isLoading={running}
                        isDisabled={running || isWrong || isDisabled}>{change.verb}</Button>
                <Button variant="link" onClick={onClose}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
