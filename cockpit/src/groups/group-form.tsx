// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes or edits a group. quaywalld judges what is typed, while it is typed.
import { Alert, AlertActionLink } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { TextArea } from '@patternfly/react-core/dist/dynamic/components/TextArea';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { useEffect, useMemo, useState } from 'react';

import { ApplyOptions, DEFAULT_OPTIONS } from '../apply-options';
import { ChangePreview } from '../change-preview';
import type { ChangeOptions, Group, Warning } from '../contract';
import { FieldHelp } from '../field-help';
import { ScopeField } from '../parts/scope-field';
import { newestChange } from '../policy-draft';
import { ServiceError, type Service } from '../service';
import { useCheck } from '../use-check';
import { useAction, useList, useService } from '../use-service';
import {
    callFor, changesMadeTo, entriesOf, findingsOf, groupOf, isClean, isSame, isTouched, optionsOf, probeOf, textOf,
    type Findings, type GroupCall, type GroupRow,
} from './entries';
import './groups.css';

const _ = cockpit.gettext;

// So many errors are shown at once; correcting them shows the next ones.
const SHOWN = 5;

function errorsOf(findings: Findings): string[] {
    const told = findings.entries.slice(0, SHOWN).map(({ line, sentence }) => cockpit.format(_("Line $0: $1"), line, sentence));
    const more = findings.entries.length - SHOWN;
    return [
        ...told,
        ...(more > 0 ? [cockpit.format(cockpit.ngettext("$0 more wrong entry", "$0 more wrong entries", more), more)] : []),
        ...findings.others,
    ];
}

async function save(service: Service, name: string, call: NonNullable<GroupCall>, options: ChangeOptions): Promise<[token: string, warnings: Warning[]]> {
    if (call.method === 'Groups.Set')
        return await service.call('Groups.Set', name, call.group, { ...options, ...(call.create && { create: true }) });
    return await service.call(call.method, name, call.addresses, options);
}

interface Props {
    // undefined: a new one
    row?: GroupRow;
    // somebody has deleted it while the form was open
    isGone?: boolean;
    isReadOnly: boolean;
    onClose(): void;
    onSaved(warnings: Warning[]): void;
}

export function GroupForm({ row, isGone = false, isReadOnly, onClose, onSaved }: Props) {
    const service = useService();
    // what the fields began with; somebody else may change the group meanwhile
    const history = useList('history').value;
    const newest = history && newestChange(history);
    const [before, setBefore] = useState(row);
    const [since, setSince] = useState(newest);
    const [name, setName] = useState(row?.name ?? '');
    const [description, setDescription] = useState(row?.group.description ?? '');
    const [text, setText] = useState(() => textOf(row?.group));
    const [options, setOptions] = useState<ChangeOptions>({ ...DEFAULT_OPTIONS, scope: row?.scope ?? 'both' });
    const { run, running, error } = useAction();

    const entries = useMemo(() => entriesOf(text), [text]);
    const check = useCheck(isReadOnly ? null : { set: probeOf(name || PLACEHOLDER, entries, description), remove: [], options: { scope: options.scope } });
    const findings = useMemo(() => check.result ? findingsOf(check.result, entries) : null, [check.result, entries]);
    const nameErrors = name !== '' && findings?.name ? [findings.name] : [];
    const errors = findings ? errorsOf(findings) : [];
    const isSameInScope = !row || (!row.differs && row.scope === options.scope);
    const call = useMemo(() => callFor(isGone ? undefined : before?.group, entries, description, isSameInScope),
        [isGone, before, entries, description, isSameInScope]);
    const isStale = useMemo(() => row !== undefined && before !== undefined && !isGone && (!isSame(row, before) || isTouched(history, row.name, since)),
        [row, before, isGone, history, since]);

    // who would reach what through the policies that name it
    const isPreviewed = row !== undefined && row.users.length > 0 && call !== null && findings !== null && isClean(findings);
    const preview = useCheck(isPreviewed && newest !== undefined ?
        { set: {}, remove: [], options: { scope: options.scope, 'if-change': newest, groups: { [name]: groupOf(entries, description) } } } : null);
    const isOld = [preview.error?.code, ...(preview.result?.errors ?? []).map(([, , , , code]) => code)].includes('Conflict');
    useEffect(() => {
        if (isOld)
            service.refresh('history');
    }, [service, isOld]);
    const isSeen = !isPreviewed || (!preview.checking && preview.result?.errors.length === 0);
    const isReady = name !== '' && call !== null && !isStale && newest !== undefined && !check.checking && findings !== null && isClean(findings) && isSeen && !running;

    const fill = (group?: Group) => {
        setBefore(row);
        setSince(newest);
        setDescription(group?.description ?? '');
        setText(textOf(group));
        // what a person has chosen stays
        if (options.scope === before?.scope)
            setOptions({ ...options, scope: row?.scope });
    };
    const submit = () => run(async () => {
        try {
            const [token, warnings] = await save(service, name, call!, optionsOf(options, newest));
            service.keepToken(token);
            onSaved(warnings);
        } catch (failure) {
            // another change was made, of which nothing is known here yet
            if (failure instanceof ServiceError && failure.code === 'Conflict')
                (['groups', 'groupsPermanent', 'history'] as const).forEach(list => service.refresh(list));
            throw failure;
        }
    });
    const title = !row ? _("Add a group of addresses") : cockpit.format(isReadOnly ? _("Group $0") : _("Edit the group $0"), row.name);
    const count = cockpit.format(cockpit.ngettext("$0 entry", "$0 entries", entries.length), entries.length);
    const help = isReadOnly ? count :
        cockpit.format(_("$0. One a line, or separated by commas or blanks: 192.168.1.1, 192.168.1.0/24, 192.168.1.1-192.168.1.3, and the same in IPv6. What follows a # is ignored."), count);
    return (
        <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="group-title">
            <ModalHeader title={title} labelId="group-title" />
            <ModalBody tabIndex={0} aria-label={title}>
                <Form onSubmit={event => event.preventDefault()}>
                    {row && row.users.length > 0 && !isReadOnly &&
                        <Alert isInline isPlain variant="info" component="p"
                               title={cockpit.format(_("Used by: $0. A change of the group changes all of them in one step."), row.users.map(user => user.name).join(', '))} />}
                    {row && before && isStale && !isReadOnly &&
                        <Alert isInline variant="warning" isLiveRegion title={_("Somebody else has changed this group meanwhile")}
                               actionLinks={<>
                                   <AlertActionLink onClick={() => fill(changesMadeTo(row.group, before.group, entries, description))}>{_("Make my changes to theirs")}</AlertActionLink>
                                   <AlertActionLink onClick={() => fill(row.group)}>{_("Discard my changes and show theirs")}</AlertActionLink>
                               </>} />}
                    {row?.differs && !isGone && !isReadOnly && options.scope !== 'runtime' &&
                        <Alert isInline variant="warning" title={_("Other addresses or another description hold after the next reload")}>
                            {_("Saving replaces them by what stands here, which is what holds now. To leave them as they are, choose below that it is in force until the next reload or boot.")}
                        </Alert>}
                    {isGone &&
                        <Alert isInline variant="warning" isLiveRegion title={_("Somebody else has deleted this group meanwhile")}>
                            {!isReadOnly && _("Saving makes it again.")}
                        </Alert>}
                    {!row &&
                        <FormGroup label={_("Name")} fieldId="group-name" isRequired>
                            <TextInput id="group-name" value={name} isRequired onChange={(_event, value) => setName(value)} aria-describedby="group-name-help"
                                       validated={nameErrors.length > 0 ? 'error' : 'default'} />
                            <FieldHelp id="group-name-help" errors={nameErrors} help={_("Policies name it as group:NAME. It cannot be renamed later.")} />
                        </FormGroup>}
                    <FormGroup label={_("Addresses")} fieldId="group-addresses">
                        <TextArea id="group-addresses" className="group-addresses" value={text} rows={10} resizeOrientation="vertical" spellCheck={false}
                                  readOnlyVariant={isReadOnly ? 'default' : undefined} aria-describedby="group-addresses-help"
                                  validated={errors.length > 0 ? 'error' : 'default'} onChange={(_event, value) => setText(value)} />
                        <FieldHelp id="group-addresses-help" errors={errors} help={help} />
                        {errors.length === 0 && findings?.warnings.map(warning =>
                            <Alert key={warning} isInline isPlain variant="warning" component="p" title={warning} />)}
                        {entries.length === 0 && !isReadOnly &&
                            <Alert isInline isPlain variant="info" component="p" title={_("A group without addresses lists nobody: an \"allow only\" that names nothing else lets nobody in.")} />}
                    </FormGroup>
                    <FormGroup label={_("Description")} fieldId="group-description">
                        <TextInput id="group-description" value={description} onChange={(_event, value) => setDescription(value)} aria-describedby="group-description-help"
                                   readOnlyVariant={isReadOnly ? 'default' : undefined} validated={findings?.description ? 'error' : 'default'} />
                        <FieldHelp id="group-description-help" errors={findings?.description ? [findings.description] : []} />
                    </FormGroup>
                    {!isReadOnly && <>
                        <ScopeField id="group-scope" until="reload" scope={options.scope ?? 'both'} onChange={scope => setOptions({ ...options, scope })} />
                        {isPreviewed && <ChangePreview check={preview} />}
                        <ApplyOptions options={options} onChange={setOptions} />
                    </>}
                    {check.error && <Alert isInline variant="danger" title={check.error.message} />}
                    {error && <Alert isInline variant="danger" title={error.message} />}
                </Form>
            </ModalBody>
            <ModalFooter>
                {!isReadOnly &&
                    <Button variant="primary" onClick={submit} isLoading={running} isDisabled={!isReady}>{row ? _("Save") : _("Add")}</Button>}
                <Button variant={isReadOnly ? 'secondary' : 'link'} onClick={onClose}>{isReadOnly ? _("Close") : _("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
// Stands for the name while none was typed, so that addresses are judged before.
const PLACEHOLDER = 'group';
