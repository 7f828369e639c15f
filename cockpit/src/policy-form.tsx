// SPDX-License-Identifier: LGPL-2.1-or-later
// Adds or edits a policy. What is wrong and what would come of it is quaywalld's answer, while a person types.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { ExpandableSection } from '@patternfly/react-core/dist/dynamic/components/ExpandableSection';
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { Radio } from '@patternfly/react-core/dist/dynamic/components/Radio';
import { Skeleton } from '@patternfly/react-core/dist/dynamic/components/Skeleton';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { Grid, GridItem } from '@patternfly/react-core/dist/dynamic/layouts/Grid';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { useState } from 'react';

import { ApplyOptions, DEFAULT_OPTIONS } from './apply-options';
import { ChangePreview } from './change-preview';
import { Conflict } from './conflict';
import type { Policies, Policy, Scope } from './contract';
import { FieldHelp } from './field-help';
import { ListField } from './list-field';
import { blocks, changesNothing, draftFor, LISTS_OF, policyIn, policyOf, type Draft, type ListKey } from './policy-draft';
import { choices, FIELDS, FIELD_NAMES } from './policy-fields';
import { outdated, useCheck } from './use-check';
import { useAction, useList, useService, useSnapshot } from './use-service';
import { ACTIONS, containerEntry } from './words';

const _ = cockpit.gettext;

const MEANINGS: Record<Policy['action'], string> = {
    'allow-only': _("Only the clients below reach what the policy covers; everybody else is kept out, unless another policy lists them."),
    deny: _("The clients below are kept out of what the policy covers; without any, everybody is."),
    'obey-zones': _("Who may reach a port on this host by firewalld's zones may reach the published port, and nobody else."),
    forward: _("This host routes between two interfaces, through Docker's and firewalld's forward rules."),
};
const SCOPES: Record<Scope, string> = {
    both: _("now and permanently"),
    runtime: _("now, until the next reload or boot"),
    permanent: _("from the next reload or boot on"),
};
// To check what else is typed while there is no name yet.
const NO_NAME = 'unnamed';

const localTime = (iso: string | undefined) => {
    if (!iso)
        return '';
    const time = new Date(iso);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
const isoTime = (local: string) => local ? new Date(local).toISOString().replace(/\.\d+Z$/, 'Z') : undefined;

interface Props { name?: string; initial?: Partial<Policy>; onClose: () => void }

const titleOf = (edited?: string) => edited ? cockpit.format(_("Edit the policy $0"), edited) : _("Add a policy");

// A policy is edited only once it is known what it is in every scope.
export function PolicyForm({ name, initial, onClose }: Props) {
    const runtime = useList('policies');
    const permanent = useList('permanent');
    const areKnown = useSnapshot(snapshot => snapshot.properties.Policies !== undefined) && runtime.value && permanent.value;
    if (name === undefined || areKnown)
        return <LoadedForm name={name} initial={initial} onClose={onClose} runtime={runtime.value ?? {}} permanent={permanent.value ?? {}} />;
    const errors = [runtime, permanent].flatMap(list => list.error ?? []);
    return (
        <Modal isOpen variant="large" onClose={onClose} aria-labelledby="policy-title">
            <ModalHeader title={titleOf(name)} labelId="policy-title" />
            <ModalBody tabIndex={0} aria-label={titleOf(name)}>
                {errors.map((error, i) => <Alert key={i} isInline variant="danger" title={error.message} />)}
                {errors.length === 0 && <Skeleton screenreaderText={_("Loading")} height="6rem" />}
            </ModalBody>
            <ModalFooter><Button variant="link" onClick={onClose}>{_("Cancel")}</Button></ModalFooter>
        </Modal>
    );
}

function LoadedForm({ name: edited, initial, onClose, runtime, permanent }: Props & { runtime: Policies; permanent: Policies }) {
    const service = useService();
    const entry = useSnapshot(snapshot => edited ? snapshot.properties.Policies?.Policies[edited] : undefined);
    const differs = useSnapshot(snapshot => edited !== undefined && snapshot.properties.Policies?.RuntimeChanges.includes(edited) &&
        snapshot.properties.Policies.Policies[edited]?.scope === 'both');
    const names = useList('names').value ?? {};
    const ports = useList('ports').value ?? [];
    const networks = useList('networks').value ?? [];
    const [scope, setScope] = useState<Scope>(entry?.scope ?? 'both');
    const inScope = (of: Scope) => edited ? policyIn(of, edited, runtime, permanent) : undefined;
    const current = inScope(scope);

    const [base, setBase] = useState(current);
    const [name, setName] = useState(edited ?? '');
    const [draft, setDraft] = useState<Draft>(current ?? { action: 'allow-only', ...initial });
    // what the draft was begun from
    const [begun, setBegun] = useState(current);
    const [apply, setApply] = useState(DEFAULT_OPTIONS);
    const [isExpanded, setExpanded] = useState(() => LISTS_OF[draft.action].finer.some(key => draft[key]?.length) || Boolean(draft.until));
    const { run, running, error } = useAction();

    const change = (values: Partial<Draft>) => setDraft({ ...draft, ...values });
    const begin = (policy: Policy) => { setDraft(policy); setBegun(policy); };
    const chooseScope = (chosen: Scope) => {
        const there = inScope(chosen);
        const next = draftFor(there, draft, begun);
        setScope(chosen);
        setBase(there);
        setDraft(next.draft);
        setBegun(next.begun);
    };
    const policy = policyOf(draft);
    const isNew = base === undefined;
    const options = { ...apply, scope, ...isNew ? { create: true } : { 'if-revision': base.revision } };
    const check = useCheck({ set: { [name || NO_NAME]: policy }, remove: [], options });
    const errors = check.result?.errors ?? [];
    const of = (key: string) => errors.filter(field => field[1] === key);
    const { first, finer } = LISTS_OF[draft.action];
    const conflict = edited !== undefined && current?.revision !== base?.revision;
    // errors that no field shows; a conflict says more than the error about it
    const shown = ['name', ...first, ...finer, 'description', 'until'];
    const general = errors.filter(([, key, , , code]) => !shown.includes(key) && !(conflict && code === 'Conflict'));
    const isSame = edited !== undefined && changesNothing(scope, edited, policy, runtime, permanent);
    const isReady = name !== '' && !conflict && !isSame && !check.checking && check.newest !== undefined && check.result !== undefined && errors.length === 0;

    const save = () => run(async () => {
        try {
            const [token] = await service.call('Policies.SetChecked', name, policy, { ...options, 'if-change': check.newest });
            service.keepToken(token);
        } catch (failure) {
            check.again();
            throw failure;
        }
        onClose();
    });
    // if it is this very policy that was changed, "conflict" says more
    const isOutdated = outdated(error) && !conflict;
    const list = (key: ListKey) => (
        <ListField key={key} id={key} label={FIELD_NAMES[key]} help={FIELDS[key].help} placeholder={FIELDS[key].placeholder}
                   value={draft[key] ?? []} onChange={value => change({ [key]: value })} groups={choices(key, names, ports, networks)}
                   errors={of(key)} show={key === 'containers' ? containerEntry : undefined} />
    );
    const title = titleOf(edited);

    return (
        <Modal isOpen variant="large" onClose={onClose} aria-labelledby="policy-title">
            <ModalHeader title={title} labelId="policy-title" />
            <ModalBody tabIndex={0} aria-label={title}>
                <Grid hasGutter>
                    <GridItem lg={7}>
                        <Form onSubmit={event => event.preventDefault()}>
                            {conflict && <Conflict base={base} current={current}
                                onTake={() => { setBase(current); if (current) begin(current); else onClose(); }}
                                onKeep={() => setBase(current)} />}
                            {differs && scope === 'both' && <Alert isInline variant="warning" title={_("Another policy of this name holds after the next reload")}>
                                {_("Saving replaces both by what stands here. To change only one, choose when it is in force under \"More\".")}
                            </Alert>}
                            {edited === undefined && <FormGroup label={_("Name")} fieldId="name" isRequired>
                                <TextInput id="name" value={name} isRequired onChange={(_event, value) => setName(value)}
                                           validated={name && of('name').length > 0 ? 'error' : 'default'} aria-describedby="name-help" />
                                <FieldHelp id="name-help" errors={name ? of('name').map(field => field[5]) : []} />
                            </FormGroup>}
                            <FormGroup role="radiogroup" fieldId="action" label={FIELD_NAMES.action} isStack>
                                {(Object.keys(ACTIONS) as Policy['action'][]).map(action =>
                                    <Radio key={action} id={`action-${action}`} name="action" label={ACTIONS[action]} isChecked={draft.action === action}
                                           description={draft.action === action ? MEANINGS[action] : undefined} onChange={() => change({ action })} />)}
                            </FormGroup>
                            {first.map(list)}
                            <FormGroup label={FIELD_NAMES.description} fieldId="description">
                                <TextInput id="description" value={draft.description ?? ''} onChange={(_event, description) => change({ description })}
                                           validated={of('description').length > 0 ? 'error' : 'default'} aria-describedby="description-help" />
                                <FieldHelp id="description-help" errors={of('description').map(field => field[5])} />
                            </FormGroup>
                            <ExpandableSection toggleText={_("More")} isExpanded={isExpanded} onToggle={(_event, open) => setExpanded(open)} isIndented>
                                <div className="pf-v6-c-form">
                                    {finer.map(list)}
                                    <FormGroup label={FIELD_NAMES.until} fieldId="until">
                                        <TextInput id="until" type="datetime-local" value={localTime(draft.until)} aria-describedby="until-help"
                                                   onChange={(_event, value) => change({ until: isoTime(value) })} />
                                        <FieldHelp id="until-help" errors={of('until').map(field => field[5])}
                                                   help={_("The policy is removed then, and whom it kept out can connect. Empty: never.")} />
                                    </FormGroup>
                                    {blocks(draft.action) && <FormGroup role="group" fieldId="blocking" label={_("When it blocks")} isStack>
                                        <Checkbox id="reject" label={FIELD_NAMES.reject} description={_("Clients get an error instead of silence.")}
                                                  isChecked={draft.reject ?? false} onChange={(_event, reject) => change({ reject })} />
                                        <Checkbox id="log" label={FIELD_NAMES.log} description={_("In the kernel's log, a few lines per second at most.")}
                                                  isChecked={draft.log ?? false} onChange={(_event, log) => change({ log })} />
                                    </FormGroup>}
                                    <FormGroup label={_("In force")} fieldId="scope">
                                        <FormSelect id="scope" value={scope} onChange={(_event, value) => chooseScope(value as Scope)}>
                                            {(Object.keys(SCOPES) as Scope[]).map(key => <FormSelectOption key={key} value={key} label={SCOPES[key]} />)}
                                        </FormSelect>
                                    </FormGroup>
                                </div>
                            </ExpandableSection>
                        </Form>
                    </GridItem>
                    <GridItem lg={5}>
                        <Stack hasGutter className="qw-aside">
                            <StackItem><ChangePreview check={check} errors={general} isOutdated={isOutdated} /></StackItem>
                            <StackItem><ApplyOptions options={options} onChange={({ 'confirm-within': within, cut }) =>
                                setApply({ 'confirm-within': within, cut })} /></StackItem>
                            {error && !outdated(error) && <StackItem><Alert isInline variant="danger" title={error.message} /></StackItem>}
                        </Stack>
                    </GridItem>
                </Grid>
            </ModalBody>
            <ModalFooter>
                <Button variant="primary" onClick={save} isLoading={running} isDisabled={running || !isReady}>{edited ? _("Save") : _("Add")}</Button>
                <Button variant="link" onClick={onClose}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
