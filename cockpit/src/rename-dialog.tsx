// SPDX-License-Identifier: LGPL-2.1-or-later
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { useState } from 'react';

import { ChangeDialog } from './change-dialog';
import { FieldHelp } from './field-help';
import { useCheck } from './use-check';
import { useList } from './use-service';

const _ = cockpit.gettext;

// Another name for a policy. CheckChange knows whether it may have it.
export function RenameDialog({ name, onClose }: { name: string; onClose: () => void }) {
    const runtime = useList('policies').value?.[name];
    const permanent = useList('permanent').value?.[name];
    const [newName, setNewName] = useState(name);
    const policy = runtime ?? permanent;
    const check = useCheck(policy && newName !== name ? { set: { [newName]: policy }, remove: [], options: { create: true } } : null);
    const error = newName !== name && newName !== '' && check.result?.errors[0]?.[5];
    return (
        <ChangeDialog onClose={onClose} isDisabled={newName === name || newName === '' || check.checking || Boolean(error)} change={{
            title: cockpit.format(_("Rename the policy $0"), name),
            words: _("What it says and what it has counted stay."),
            verb: _("Rename"),
            canCut: false,
            make: (service, options) => service.call('Policies.Rename', name, newName, options),
        }}>
            <Form onSubmit={event => event.preventDefault()}>
                <FormGroup label={_("New name")} fieldId="new-name">
                    <TextInput id="new-name" value={newName} onChange={(_event, value) => setNewName(value)}
                               validated={error ? 'error' : 'default'} aria-describedby="new-name-help" />
                    <FieldHelp id="new-name-help" errors={error ? [error] : []} />
                </FormGroup>
            </Form>
        </ChangeDialog>
    );
}
