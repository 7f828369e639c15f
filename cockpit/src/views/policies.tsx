// SPDX-License-Identifier: LGPL-2.1-or-later
// All policies, and what can be done with them.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core/dist/dynamic/components/Toolbar';
import { EllipsisVIcon } from '@patternfly/react-icons/dist/dynamic/icons/ellipsis-v-icon';
import { ActionsColumn, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useState } from 'react';

import { Blocked, useCounters } from '../blocked';
import { useDialog } from '../dialogs';
import { ListState } from '../list-state';
import { keepRuntime, removal, switching, type NamedPolicy } from '../policy-changes';
import { usePaged } from '../use-paged';
import { useList, useSnapshot } from '../use-service';
import { ACTIONS, covers, some, when } from '../words';

const _ = cockpit.gettext;

const text = ({ name, policy }: NamedPolicy) =>
    [name, policy.description, ACTIONS[policy.action], covers(policy), ...policy.sources ?? []].join(' ').toLowerCase();

// In force, and what comes at the next reload, as one list.
function useNamedPolicies(): NamedPolicy[] {
    const runtime = useList('policies').value ?? {};
    const permanent = useList('permanent').value ?? {};
    return Object.keys({ ...permanent, ...runtime }).sort((a, b) => a.localeCompare(b)).map(name => ({
        name, policy: runtime[name] ?? permanent[name],
        scope: name in runtime ? (name in permanent ? 'both' : 'runtime') : 'permanent',
    }));
}

function Marks({ target: { name, policy, scope } }: { target: NamedPolicy }) {
    const differs = useSnapshot(snapshot => snapshot.properties.Policies?.RuntimeChanges.includes(name));
    return (
        <>
            {policy.enabled === false && <Label isCompact status="warning">{_("disabled")}</Label>}
            {policy.origin && <Label isCompact color="blue">{policy.origin}</Label>}
            {policy.until && <Label isCompact color="purple">{cockpit.format(_("until $0"), when(policy.until))}</Label>}
            {scope === 'runtime' && <Label isCompact color="orange">{_("until the next reload")}</Label>}
            {scope === 'permanent' && <Label isCompact color="orange">{_("from the next reload on")}</Label>}
            {scope === 'both' && differs && <Label isCompact color="orange">{_("another one after the next reload")}</Label>}
        </>
    );
}

function Clients({ policy }: { policy: NamedPolicy['policy'] }) {
    switch (policy.action) {
    case 'allow-only': return <>{policy.sources?.length ? some(policy.sources) : _("nobody")}</>;
    case 'deny': return <>{policy.sources?.length ? some(policy.sources) : _("everybody")}</>;
    case 'obey-zones': return <>{_("as zones say")}</>;
    case 'forward': return <>–</>;
    }
}

export function PoliciesView() {
    useCounters();
    const list = useList('policies');
    const admin = useSnapshot(snapshot => snapshot.admin);
    const differ = useSnapshot(snapshot => snapshot.properties.Policies?.RuntimeChanges.length ?? 0);
    const open = useDialog();
    const [search, setSearch] = useState('');
    const all = useNamedPolicies();
    const { rows, pagination } = usePaged(all.filter(target => text(target).includes(search.toLowerCase())), 'policies');
    const actions = (target: NamedPolicy) => [
        { title: _("Edit"), onClick: () => open({ kind: 'edit', name: target.name }) },
        { title: _("Rename"), onClick: () => open({ kind: 'rename', name: target.name }) },
        { title: target.policy.enabled === false ? _("Enable") : _("Disable"), onClick: () => open({ kind: 'change', change: switching(target) }) },
        { isSeparator: true },
        { title: _("Remove"), isDanger: true, onClick: () => open({ kind: 'change', change: removal(target) }) },
    ];
    return (
        <Card component="section" aria-label={_("Policies")}>
            <CardHeader actions={{ hasNoOffset: true, actions: <>
                {differ > 0 && <Button variant="secondary" isDisabled={!admin} onClick={() => open({ kind: 'change', change: keepRuntime })}>
                    {_("Keep what is in force")}
                </Button>}
                <Button variant="primary" isDisabled={!admin} onClick={() => open({ kind: 'add' })}>{_("Add policy")}</Button>
            </> }}>
                <CardTitle component="h2">{_("Policies")}</CardTitle>
            </CardHeader>
            <CardBody>
                {all.length > 5 && <Toolbar inset={{ default: 'insetNone' }}>
                    <ToolbarContent>
                        <ToolbarItem>
                            <SearchInput aria-label={_("Find policies")} placeholder={_("Name, client, port, container")} value={search}
                                         onChange={(_event, value) => setSearch(value)} onClear={() => setSearch('')} resetButtonLabel={_("Clear")} />
                        </ToolbarItem>
                        {pagination && <ToolbarItem variant="pagination" align={{ default: 'alignEnd' }}>{pagination}</ToolbarItem>}
                    </ToolbarContent>
                </Toolbar>}
                <ListState list={list} isEmpty={rows.length === 0} empty={all.length === 0 ? _("There is no policy yet") : _("No policy is like that")}
                           emptyBody={all.length === 0 && _("Without one, whoever Docker lets in reaches every published port.")}>
                    <Table variant="compact" aria-label={_("Policies")}>
                        <Thead>
                            <Tr>
                                <Th width={25}>{_("Name")}</Th>
                                <Th>{_("Does")}</Th>
                                <Th width={25}>{_("Clients")}</Th>
                                <Th width={20}>{_("Covers")}</Th>
                                <Th>{_("Blocked")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {rows.map(target => (
                                <Tr key={target.name}>
                                    <Td dataLabel={_("Name")}>
                                        <div className="qw-name">
                                            {admin && !target.policy.origin
                                                ? <Button variant="link" isInline onClick={() => open({ kind: 'edit', name: target.name })}>{target.name}</Button>
                                                : target.name}
                                            <Marks target={target} />
                                        </div>
                                        {target.policy.description && <div className="qw-small">{target.policy.description}</div>}
                                    </Td>
                                    <Td dataLabel={_("Does")} modifier="nowrap">{ACTIONS[target.policy.action]}</Td>
                                    <Td dataLabel={_("Clients")}><Clients policy={target.policy} /></Td>
                                    <Td dataLabel={_("Covers")}>{covers(target.policy)}</Td>
                                    <Td dataLabel={_("Blocked")} modifier="nowrap"><Blocked name={target.name} /></Td>
                                    <Td isActionCell>
                                        {admin && !target.policy.origin &&
                                            <ActionsColumn items={actions(target)} actionsToggle={({ onToggle, isOpen, toggleRef }) =>
                                                <MenuToggle ref={toggleRef} variant="plain" icon={<EllipsisVIcon />} isExpanded={isOpen} onClick={onToggle}
                                                            aria-label={cockpit.format(_("Actions for $0"), target.name)} />} />}
                                    </Td>
                                </Tr>
                            ))}
                        </Tbody>
                    </Table>
                </ListState>
            </CardBody>
        </Card>
    );
}
