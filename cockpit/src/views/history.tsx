// SPDX-License-Identifier: LGPL-2.1-or-later
// The last changes, and undo.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';

import type { HistoryEntry } from '../contract';
import { useDialog } from '../dialogs';
import { changeWords, STATES } from '../history-words';
import { ListState } from '../list-state';
import { usePaged } from '../use-paged';
import { useList, useSnapshot } from '../use-service';
import { when } from '../words';

const _ = cockpit.gettext;

const user = (uid: number | undefined) => uid === undefined ? _("nobody") : uid === 0 ? 'root' : cockpit.format(_("user $0"), uid);

export function HistoryView() {
    const list = useList('history');
    const admin = useSnapshot(snapshot => snapshot.admin);
    const open = useDialog();
    const { rows, pagination } = usePaged<HistoryEntry>([...list.value ?? []].reverse(), 'history');
    return (
        <Card component="section" aria-label={_("History")}>
            <CardTitle component="h2">{_("The last changes")}</CardTitle>
            <CardBody>
                <ListState list={list} isEmpty={rows.length === 0} empty={_("Nothing was changed yet")}>
                    <Table variant="compact" aria-label={_("History")}>
                        <Thead>
                            <Tr><Th>{_("Number")}</Th><Th>{_("When")}</Th><Th>{_("Who")}</Th><Th>{_("What")}</Th><Th>{_("State")}</Th><Th screenReaderText={_("Actions")} /></Tr>
                        </Thead>
                        <Tbody>
                            {rows.map(entry => (
                                <Tr key={entry.change}>
                                    <Td dataLabel={_("Number")}>{entry.change}</Td>
                                    <Td dataLabel={_("When")} modifier="nowrap">{when(entry.time)}</Td>
                                    <Td dataLabel={_("Who")}>{user(entry.uid)}</Td>
                                    <Td dataLabel={_("What")} modifier="breakWord">{changeWords(entry)}</Td>
                                    <Td dataLabel={_("State")}>
                                        <Label isCompact status={entry.state === 'kept' ? 'success' : entry.state === 'pending' ? 'warning' : 'info'}>{STATES[entry.state]}</Label>
                                    </Td>
                                    <Td>
                                        {entry.state === 'kept' && <Button variant="secondary" size="sm" isDisabled={!admin}
                                            aria-label={cockpit.format(_("Undo change $0"), entry.change)} onClick={() => open({ kind: 'undo', entry })}>
                                            {_("Undo")}
                                        </Button>}
                                    </Td>
                                </Tr>
                            ))}
                        </Tbody>
                    </Table>
                    {pagination}
                </ListState>
            </CardBody>
        </Card>
    );
}
