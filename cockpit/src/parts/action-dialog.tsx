// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks before one call that nothing takes back by itself: a form that says what follows, the button, and why quaywalld refused.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useId, type ReactNode } from 'react';

import type { Service } from '../service';
import { useAction, useService } from '../use-service';

const _ = cockpit.gettext;

export interface ActionDialogProps {
    title: string;
    // the button
    verb: string;
    isDangerous: boolean;
    isDisabled?: boolean;
    children?: ReactNode;
    run(service: Service): Promise<void>;
    onClose(): void;
}

export function ActionDialog({ title, verb, isDangerous, isDisabled, children, run, onClose }: ActionDialogProps) {
    const id = useId();
    const service = useService();
    const action = useAction();
    const make = () => action.run(async () => {
        await run(service);
        onClose();
    });
    return (
        <Modal isOpen variant="medium" onClose={onClose} aria-labelledby={id}>
            <ModalHeader title={title} labelId={id} titleIconVariant={isDangerous ? 'warning' : undefined} />
            <ModalBody tabIndex={0} aria-label={title}>
                <Form onSubmit={event => event.preventDefault()}>
                    {children}
                    {action.error && <Alert isInline variant="danger" title={action.error.message} />}
                </Form>
            </ModalBody>
            <ModalFooter>
                <Button variant={isDangerous ? 'danger' : 'primary'} onClick={make} isLoading={action.running} isDisabled={isDisabled || action.running}>{verb}</Button>
                <Button variant="link" onClick={onClose}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
