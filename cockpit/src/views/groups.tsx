// SPDX-License-Identifier: LGPL-2.1-or-later
// Groups of addresses that policies name together.
import { Alert, AlertActionCloseButton } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core/dist/dynamic/components/Toolbar';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useMemo, useState } from 'react';

import type { Warning } from '../contract';
import { useDialog } from '../dialogs';
import { DeleteGroup } from '../groups/delete-group';
import { groupRows, missingGroups, unready, type GroupRow } from '../groups/entries';
import { GroupForm } from '../groups/group-form';
import { ListState } from '../list-state';
import '../parts/narrow-table.css';
import { RowActions } from '../parts/row-actions';
import { usePaged } from '../use-paged';
import { useList, useSnapshot } from '../use-service';
import { some } from '../words';

const _ = cockpit.gettext;

function StateLabel({ row: { scope, differs } }: { row: GroupRow }) {
    if (differs)
        return <Label isCompact status="warning" variant="outline">{_("permanent differs")}</Label>;
    return scope === 'both' ? null :
        <Label isCompact status="warning" variant="outline">{scope === 'runtime' ? _("until the next reload") : _("from the next reload on")}</Label>;
}

// A policy that names the group; opens its form.
function User({ user: { name, enabled }, canChange }: { user: GroupRow['users'][number]; canChange: boolean }) {
    const open = useDialog();
    const words = enabled ? name : cockpit.format(_("$0 (disabled)"), name);
    return canChange && !name.startsWith('label/') ?
        <Button variant="link" isInline className="qw-spaced" onClick={() => open({ kind: 'edit', name })}>{words}</Button> :
        <span className="qw-spaced">{words}</span>;
}

// row: as it was when the dialog was opened
type Dialog = { kind: 'edit' | 'delete'; row: GroupRow } | { kind: 'add' } | null;

function Groups({ rows, onOpen, canChange }: { rows: GroupRow[]; onOpen(dialog: Dialog): void; canChange: boolean }) {
    return (
        <Table aria-label={_("Groups of addresses")} variant="compact" gridBreakPoint="grid-md" className="narrow-table">
            <Thead>
                <Tr>
                    <Th>{_("Name")}</Th>
                    <Th>{_("Addresses")}</Th>
                    <Th>{_("Used by")}</Th>
                    <Th>{_("Description")}</Th>
                    <Th screenReaderText={_("Actions")} />
                </Tr>
            </Thead>
            <Tbody>
                {rows.map(row => {
                    const addresses = row.group.addresses ?? [];
                    return (
                        <Tr key={row.name}>
                            <Td dataLabel={_("Name")}>
                                <Button variant="link" isInline onClick={() => onOpen({ kind: 'edit', row })}>{row.name}</Button>
                                {' '}<StateLabel row={row} />
                            </Td>
                            <Td dataLabel={_("Addresses")}>{addresses.length ? some(addresses) : _("none: it lists nobody")}</Td>
                            <Td dataLabel={_("Used by")}>
                                {row.users.map(user => <User key={user.name} user={user} canChange={canChange} />)}
                                {row.users.length === 0 && _("no policy")}
                            </Td>
                            <Td dataLabel={_("Description")}>{row.group.description}</Td>
                            <Td isActionCell>
                                {canChange && <RowActions label={cockpit.format(_("Actions for the group $0"), row.name)} items={[
                                    { title: _("Edit"), onClick: () => onOpen({ kind: 'edit', row }) },
                                    { title: _("Delete"), isDanger: true, onClick: () => onOpen({ kind: 'delete', row }) },
                                ]} />}
                            </Td>
                        </Tr>
                    );
                })}
            </Tbody>
        </Table>
    );
}

const NO_CHANGES: string[] = [];

export function GroupsView() {
    const now = useList('groups');
    const later = useList('groupsPermanent');
    const policies = useList('policies');
    const permanent = useList('permanent');
    const history = useList('history');
    const changes = useSnapshot(snapshot => snapshot.properties.Groups?.RuntimeChanges) ?? NO_CHANGES;
    const mayChange = useSnapshot(snapshot => Boolean(snapshot.admin) && snapshot.service === 'running');
    const waiting = unready([now, later, policies, permanent]);
    const isKnown = waiting?.value !== undefined || !waiting;
    // a change that is made from what is old, or only partly known, may undo what somebody else did
    const canChange = mayChange && !waiting && !unready([history]);
    const [dialog, setDialog] = useState<Dialog>(null);
    const [wanted, setWanted] = useState('');
    const [notices, setNotices] = useState<Warning[]>([]);

    const all = useMemo(() => now.value && later.value && policies.value && permanent.value ?
        groupRows(now.value, later.value, changes, policies.value, permanent.value) : [], [now.value, later.value, changes, policies.value, permanent.value]);
    const found = useMemo(() => all.filter(({ name, group }) =>
        [name, group.description ?? '', ...group.addresses ?? []].some(text => text.toLowerCase().includes(wanted.toLowerCase()))), [all, wanted]);
    const { rows, pagination } = usePaged(found, 'groups');
    const open = dialog && dialog.kind !== 'add' ? all.find(({ name }) => name === dialog.row.name) : undefined;
    const missing = now.value && policies.value ? missingGroups(now.value, policies.value) : [];
    const close = () => setDialog(null);

    const add = <Button variant="primary" isDisabled={!canChange} onClick={() => setDialog({ kind: 'add' })}>{_("Add group")}</Button>;
    return (
        <Stack hasGutter>
            {notices.map(([code, sentence]) =>
                <StackItem key={code}>
                    <Alert isInline isLiveRegion variant="warning" title={sentence}
                           actionClose={<AlertActionCloseButton onClose={() => setNotices(notices.filter(notice => notice[0] !== code))} />} />
                </StackItem>)}
            {missing.map(({ name, users }) =>
                <StackItem key={name}>
                    <Alert isInline variant="warning" component="h3" title={cockpit.format(_("There is no group $0, so it lists nobody"), name)}>
                        {cockpit.format(_("Used by: $0"), some(users))}
                    </Alert>
                </StackItem>)}
            <StackItem>
                <Card component="section" aria-label={_("Groups of addresses")}>
                    <CardHeader actions={{ actions: add, hasNoOffset: true }}><CardTitle component="h2">{_("Groups of addresses")}</CardTitle></CardHeader>
                    <CardBody>
                        {all.length > 0 &&
                            <Toolbar inset={{ default: 'insetNone' }}>
                                <ToolbarContent>
                                    <ToolbarItem>
                                        <SearchInput aria-label={_("Find groups")} placeholder={_("Name or address")} value={wanted} resetButtonLabel={_("Clear")}
                                                     onChange={(_event, value) => setWanted(value)} onClear={() => setWanted('')} />
                                    </ToolbarItem>
                                    {pagination && <ToolbarItem variant="pagination" align={{ default: 'alignEnd' }}>{pagination}</ToolbarItem>}
                                </ToolbarContent>
                            </Toolbar>}
                        <ListState list={waiting ?? { ...now, error: history.error }} isEmpty={rows.length === 0} empty={all.length === 0 ? _("There are no groups") : _("No group matches")}
                                   emptyBody={all.length === 0 && _("A group is a list of addresses with a name. Policies name it among their sources, and follow it: a change of the group changes all of them in one step.")}>
                            <Groups rows={rows} onOpen={setDialog} canChange={canChange} />
                        </ListState>
                    </CardBody>
                </Card>
            </StackItem>
            {dialog?.kind === 'add' && <GroupForm isReadOnly={false} onClose={close} onSaved={warnings => { setNotices(warnings); close(); }} />}
            {dialog?.kind === 'edit' &&
                <GroupForm key={dialog.row.name} row={open ?? dialog.row} isGone={isKnown && !open} isReadOnly={!canChange} onClose={close} onSaved={warnings => { setNotices(warnings); close(); }} />}
            {dialog?.kind === 'delete' && open && <DeleteGroup row={open} onClose={close} />}
        </Stack>
    );
}
