// SPDX-License-Identifier: LGPL-2.1-or-later
// Deletes a group, or says which policies keep it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Content } from '@patternfly/react-core/dist/dynamic/components/Content';
import { List, ListItem } from '@patternfly/react-core/dist/dynamic/components/List';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';

import { ChangeDialog } from '../change-dialog';
import { newestChange } from '../policy-draft';
import { useList } from '../use-service';
import { optionsOf, type GroupRow } from './entries';

const _ = cockpit.gettext;

export function DeleteGroup({ row, onClose }: { row: GroupRow; onClose(): void }) {
    const history = useList('history').value;
    const newest = history && newestChange(history);
    if (row.users.length === 0)
        return (
            <ChangeDialog onClose={onClose} isDisabled={newest === undefined} change={{
                title: cockpit.format(_("Delete the group $0?"), row.name),
                words: _("No policy uses it, so this lets nobody in and keeps nobody out."),
                verb: _("Delete"),
                isDangerous: true,
                canCut: false,
                fixed: { scope: row.scope },
                make: (service, options) => service.call('Groups.Delete', row.name, optionsOf(options, newest)),
            }} />
        );
    return (
        <Modal isOpen variant="small" onClose={onClose} aria-labelledby="delete-title">
            <ModalHeader title={cockpit.format(_("The group $0 is in use"), row.name)} labelId="delete-title" titleIconVariant="info" />
            <ModalBody>
                <Content component="p">{_("These policies use it. Remove it from their sources first:")}</Content>
                <List>
                    {row.users.map(({ name, enabled }) => <ListItem key={name}>{enabled ? name : cockpit.format(_("$0 (disabled)"), name)}</ListItem>)}
                </List>
            </ModalBody>
            <ModalFooter>
                <Button variant="primary" component="a" href="#/policies" onClick={onClose}>{_("Go to the policies")}</Button>
                <Button variant="link" onClick={onClose}>{_("Close")}</Button>
            </ModalFooter>
        </Modal>
    );
}
