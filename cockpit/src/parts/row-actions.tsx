// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be done with a row of a table.
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { EllipsisVIcon } from '@patternfly/react-icons/dist/dynamic/icons/ellipsis-v-icon';
import { ActionsColumn, type IAction } from '@patternfly/react-table/dist/dynamic/components/Table';

export function RowActions({ label, items }: { label: string; items: IAction[] }) {
    return (
        <ActionsColumn items={items} popperProps={{ position: 'right' }}
                       actionsToggle={({ onToggle, isOpen, isDisabled, toggleRef }) =>
                           <MenuToggle innerRef={toggleRef} variant="plain" icon={<EllipsisVIcon />} aria-label={label}
                                       isExpanded={isOpen} isDisabled={isDisabled} onClick={onToggle} />} />
    );
}
