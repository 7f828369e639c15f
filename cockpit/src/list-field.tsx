// SPDX-License-Identifier: LGPL-2.1-or-later
// A list of a policy: what there is on this host can be chosen, anything else typed. Enter, a comma or leaving the field adds it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Label, LabelGroup } from '@patternfly/react-core/dist/dynamic/components/Label';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { Select, SelectGroup, SelectList, SelectOption } from '@patternfly/react-core/dist/dynamic/components/Select';
import { TextInputGroup, TextInputGroupMain, TextInputGroupUtilities } from '@patternfly/react-core/dist/dynamic/components/TextInputGroup';
import { TimesIcon } from '@patternfly/react-icons/dist/dynamic/icons/times-icon';
import { useState, type FocusEvent, type KeyboardEvent } from 'react';

import type { FieldError } from './contract';
import { FieldHelp } from './field-help';

const _ = cockpit.gettext;

const SHOWN = 50;

export interface Choice { label: string; entries: string[] }
export interface ChoiceGroup { title: string; choices: Choice[] }

interface Props {
    id: string;
    label: string;
    help: string;
    placeholder: string;
    value: string[];
    onChange: (value: string[]) => void;
    groups: ChoiceGroup[];
    // about this list, with the index of the wrong entry
    errors: FieldError[];
    show?: (entry: string) => string;
}

export function ListField({ id, label, help, placeholder, value, onChange, groups, errors, show = entry => entry }: Props) {
    const [text, setText] = useState('');
    const [isOpen, setOpen] = useState(false);
    const [active, setActive] = useState<number | null>(null);

    const found = groups.map(group => ({ ...group, choices: group.choices.filter(choice =>
        choice.label.toLowerCase().includes(text.toLowerCase()) && !choice.entries.every(entry => value.includes(entry))).slice(0, SHOWN) }))
            .filter(group => group.choices.length > 0);
    const all = found.flatMap(group => group.choices);
    const isShown = isOpen && all.length > 0;

    const add = (entries: string[]) => {
        const more = entries.map(entry => entry.trim()).filter(entry => entry && !value.includes(entry));
        if (more.length > 0)
            onChange([...value, ...more]);
        setText('');
        setActive(null);
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key === 'Enter') {
            event.preventDefault();
            add(active === null ? [text] : all[active].entries);
            setOpen(false);
        } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            setOpen(true);
            const step = event.key === 'ArrowDown' ? 1 : -1;
            if (all.length > 0)
                setActive(active === null ? (step > 0 ? 0 : all.length - 1) : (active + step + all.length) % all.length);
        } else if (event.key === 'Backspace' && text === '' && value.length > 0) {
            onChange(value.slice(0, -1));
        } else if (event.key === 'Escape' && isOpen) {
            // the list, not the dialog
            event.stopPropagation();
            setOpen(false);
        }
    };
    const onInput = (typed: string) => {
        const parts = typed.split(',');
        if (parts.length > 1)
            add(parts);
        else
            setText(typed);
        setActive(null);
        setOpen(true);
    };
    // not when an offered choice takes the focus, which is added instead
    const onLeave = (event: FocusEvent) => {
        if (event.relatedTarget?.closest(`#${id}-list`))
            return;
        add([text]);
        setOpen(false);
    };
    const wrong = new Set(errors.map(([, , index]) => index));
    const option = (i: number) => `${id}-option-${i}`;
    let position = 0;

    return (
        <FormGroup label={label} fieldId={id}>
            <Select isOpen={isShown} onOpenChange={setOpen} variant="typeahead" isScrollable maxMenuHeight="16rem"
                    popperProps={{ appendTo: 'inline', animationDuration: 0 }}
                    onSelect={(_event, chosen) => add(all[Number(chosen)].entries)}
                    toggle={ref => (
                        <MenuToggle ref={ref} variant="typeahead" isFullWidth isExpanded={isShown} onClick={() => setOpen(!isOpen)}
                                    status={errors.length > 0 ? 'danger' : undefined}
                                    aria-label={cockpit.format(_("Choices for: $0"), label)}>
                            <TextInputGroup isPlain>
                                <TextInputGroupMain inputId={id} value={text} placeholder={value.length === 0 ? placeholder : ''} autoComplete="off"
                                                    role="combobox" isExpanded={isShown} aria-label={label} aria-controls={`${id}-list`}
                                                    inputProps={{ 'aria-describedby': `${id}-help`, 'aria-invalid': errors.length > 0 }}
                                                    aria-activedescendant={active === null ? undefined : option(active)}
                                                    onChange={(_event, typed) => onInput(typed)} onKeyDown={onKeyDown}
                                                    onClick={() => setOpen(true)} onBlur={onLeave}>
                                    {value.length > 0 && <LabelGroup aria-label={cockpit.format(_("Chosen: $0"), label)} numLabels={10}>
                                        {value.map((entry, i) => (
                                            <Label key={entry} variant="outline" color={wrong.has(i) ? 'red' : undefined}
                                                   closeBtnAriaLabel={cockpit.format(_("Remove $0"), show(entry))}
                                                   onClose={event => { event.stopPropagation(); onChange(value.filter(other => other !== entry)); }}>
                                                {show(entry)}
                                            </Label>
                                        ))}
                                    </LabelGroup>}
                                </TextInputGroupMain>
                                {value.length > 0 && <TextInputGroupUtilities>
                                    <Button variant="plain" icon={<TimesIcon />} aria-label={cockpit.format(_("Clear: $0"), label)}
                                            onClick={() => onChange([])} />
                                </TextInputGroupUtilities>}
                            </TextInputGroup>
                        </MenuToggle>
                    )}>
                <div id={`${id}-list`}>
                    {found.map(group => (
                        <SelectGroup key={group.title} label={group.title} labelHeadingLevel="h4">
                            <SelectList aria-label={group.title}>
                                {group.choices.map(choice => {
                                    const at = position++;
                                    return <SelectOption key={choice.label} id={option(at)} value={at} isFocused={active === at}>{choice.label}</SelectOption>;
                                })}
                            </SelectList>
                        </SelectGroup>
                    ))}
                </div>
            </Select>
            <FieldHelp id={`${id}-help`} errors={errors.map(error => error[5])} help={help} />
        </FormGroup>
    );
}
