// SPDX-License-Identifier: LGPL-2.1-or-later
// All policies, and what can be done with them.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { List, ListItem } from '@patternfly/react-core/dist/dynamic/components/List';
import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core/dist/dynamic/components/Toolbar';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useState } from 'react';

import { Blocked, useCounters } from '../blocked';
import { valueOf } from '../conflict';
import { useDialog } from '../dialogs';
import { ListState } from '../list-state';
import { becomes, keepRuntime, policyRows, removal, switching, type NamedPolicy, type PolicyRow } from '../policy-changes';
import { differences } from '../policy-draft';
import { FIELD_NAMES } from '../policy-fields';
import { RowActions } from '../parts/row-actions';
import { usePaged } from '../use-paged';
import { useList, useSnapshot } from '../use-service';
import { ACTIONS, covers, some, when } from '../words';

const _ = cockpit.gettext;

const text = ({ name, policy }: PolicyRow) =>
    [name, policy.description, ACTIONS[policy.action], covers(policy), ...policy.sources ?? []].join(' ').toLowerCase();

const BECOMES: Record<NonNullable<ReturnType<typeof becomes>>, string> = {
    added: _("becomes permanent"), removed: _("is no longer permanent"), changed: _("replaces the permanent one"),
};

// All that RuntimeToPermanent makes permanent, whoever changed it.
function RuntimeChanges() {
    const policyNames = useSnapshot(snapshot => snapshot.properties.Policies?.RuntimeChanges);
    const groupNames = useSnapshot(snapshot => snapshot.properties.Groups?.RuntimeChanges);
    const runtime = useList('policies');
    const permanent = useList('permanent');
    const groups = useList('groups');
    const groupsPermanent = useList('groupsPermanent');
    const errors = [runtime, permanent, groups, groupsPermanent].flatMap(list => list.error ?? []);
    const row = (name: string, what: ReturnType<typeof becomes>) =>
        what ? cockpit.format(_("$0: $1"), name, BECOMES[what]) : name;
    const changed = (name: string) => differences(permanent.value?.[name], runtime.value?.[name]).map(key =>
        <div key={key} className="qw-small">
            {cockpit.format(_("$0: $1, before $2"), FIELD_NAMES[key as keyof typeof FIELD_NAMES], valueOf(runtime.value![name], key), valueOf(permanent.value![name], key))}
        </div>);
    return (
        <>
            <p>{_("What is in force now also holds after the next reload or boot. The policies and groups that were permanent before are replaced.")}</p>
            {policyNames && policyNames.length > 0 && <>
                <h3>{_("Policies")}</h3>
                <List aria-label={_("Policies")}>
                    {policyNames.map(name => {
                        const what = becomes(name, runtime, permanent);
                        return <ListItem key={name}>{row(name, what)}{what === 'changed' && changed(name)}</ListItem>;
                    })}
                </List>
            </>}
            {groupNames && groupNames.length > 0 && <>
                <h3>{_("Groups")}</h3>
                <List aria-label={_("Groups")}>
                    {groupNames.map(name => <ListItem key={name}>{row(name, becomes(name, groups, groupsPermanent))}</ListItem>)}
                </List>
            </>}
            {errors.map((error, i) => <Alert key={i} isInline isPlain variant="warning" title={error.message} />)}
        </>
    );
}

function Marks({ target: { name, policy, scope } }: { target: PolicyRow }) {
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
    const permanent = useList('permanent');
    const differ = useSnapshot(({ properties: { Policies, Groups } }) => (Policies?.RuntimeChanges.length ?? 0) + (Groups?.RuntimeChanges.length ?? 0));
    const scopes = useSnapshot(snapshot => snapshot.properties.Policies?.Policies);
    const open = useDialog();
    const [search, setSearch] = useState('');
    const all = policyRows(list, permanent, scopes);
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
                {differ > 0 && <Button variant="secondary" isDisabled={!admin} onClick={() => open({ kind: 'change', change: keepRuntime(<RuntimeChanges />) })}>
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
                {permanent.error && !list.error?.isDenied && <Alert isInline variant="warning" title={permanent.error.message}>
                    {_("What is permanent is not known, so policies that may be permanent cannot be changed here.")}
                </Alert>}
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
                                            {admin && target.target && !target.policy.origin
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
                                        {admin && target.target && !target.policy.origin &&
                                            <RowActions label={cockpit.format(_("Actions for $0"), target.name)} items={actions(target.target)} />}
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
