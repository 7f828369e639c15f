// SPDX-License-Identifier: LGPL-2.1-or-later
// Every published port and who can reach it.
import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { ToggleGroup, ToggleGroupItem } from '@patternfly/react-core/dist/dynamic/components/ToggleGroup';
import { Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core/dist/dynamic/components/Toolbar';
import { useMemo, useState, useSyncExternalStore } from 'react';

import { ListState } from './list-state';
import { PortsTable } from './ports-table';
import { mergeFamilies, targetKind, type Target } from './reach-graph';
import { ReachPicture } from './reach-picture';
import { usePaged } from './use-paged';
import { useList } from './use-service';
import { portName, reachTexts } from './words';

const _ = cockpit.gettext;

// A picture needs the width of two columns.
const wide = window.matchMedia('(min-width: 768px)');
const useWide = () => useSyncExternalStore(
    listener => { wide.addEventListener('change', listener); return () => wide.removeEventListener('change', listener); }, () => wide.matches);

const matches = ({ port, families }: Target, text: string) =>
    [portName(port, families), port.container, ...port.networks ?? [], ...port.policies ?? [], ...reachTexts(port)].join(' ').toLowerCase().includes(text.toLowerCase());

type Filter = 'all' | 'open';

export function PortsCard() {
    const list = useList('ports');
    const isWide = useWide();
    const [view, setView] = useState<'picture' | 'table'>('picture');
    const [filter, setFilter] = useState<Filter>('all');
    const [text, setText] = useState('');
    const all = useMemo(() => mergeFamilies(list.value ?? []), [list.value]);
    const isOpen = (target: Target) => targetKind(target) === 'open';
    const open = all.filter(isOpen).length;
    const { rows, pagination } = usePaged(all.filter(target => (filter === 'all' || isOpen(target)) && matches(target, text)), 'ports');
    const isPicture = view === 'picture' && isWide;
    return (
        <Card component="section" aria-label={_("Published ports")}>
            <CardHeader actions={{ hasNoOffset: true, actions: isWide && all.length > 0 && (
                <ToggleGroup aria-label={_("Show as")}>
                    <ToggleGroupItem text={_("Picture")} buttonId="show-picture" isSelected={isPicture} onChange={() => setView('picture')} />
                    <ToggleGroupItem text={_("Table")} buttonId="show-table" isSelected={!isPicture} onChange={() => setView('table')} />
                </ToggleGroup>
            ) }}>
                <CardTitle component="h2">{_("Who can reach what")}</CardTitle>
            </CardHeader>
            <CardBody>
                {all.length > 0 && <Toolbar inset={{ default: 'insetNone' }}>
                    <ToolbarContent>
                        <ToolbarItem>
                            <SearchInput aria-label={_("Find ports")} placeholder={_("Port, container, network, client")} value={text}
                                         onChange={(_event, value) => setText(value)} onClear={() => setText('')} resetButtonLabel={_("Clear")} />
                        </ToolbarItem>
                        <ToolbarItem>
                            <ToggleGroup aria-label={_("Which ports")}>
                                <ToggleGroupItem text={cockpit.format(_("All ($0)"), all.length)} buttonId="ports-all" isSelected={filter === 'all'}
                                                 onChange={() => setFilter('all')} />
                                <ToggleGroupItem text={cockpit.format(_("Open to everyone ($0)"), open)} buttonId="ports-open" isSelected={filter === 'open'}
                                                 onChange={() => setFilter('open')} />
                            </ToggleGroup>
                        </ToolbarItem>
                        {pagination && <ToolbarItem variant="pagination" align={{ default: 'alignEnd' }}>{pagination}</ToolbarItem>}
                    </ToolbarContent>
                </Toolbar>}
                <ListState list={list} isEmpty={rows.length === 0}
                           empty={all.length === 0 ? _("No container publishes a port") : _("No port matches")}>
                    {isPicture ? <ReachPicture targets={rows} /> : <PortsTable targets={rows} />}
                </ListState>
            </CardBody>
        </Card>
    );
}
