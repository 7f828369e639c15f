// SPDX-License-Identifier: LGPL-2.1-or-later
// A text field that offers what there is, in groups, and takes anything else, too.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { MenuToggle, type MenuToggleElement } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { Select, SelectGroup, SelectList, SelectOption } from '@patternfly/react-core/dist/dynamic/components/Select';
import { TextInputGroup, TextInputGroupMain, TextInputGroupUtilities } from '@patternfly/react-core/dist/dynamic/components/TextInputGroup';
import { TimesIcon } from '@patternfly/react-icons/dist/dynamic/icons/times-icon';
import { useRef, useState, type KeyboardEvent, type Ref } from 'react';

const _ = cockpit.gettext;

// label: what is shown for it, if that is not the value.
export interface Offer { value: string; label: string; note?: string; group: string }

interface Props<T extends Offer> {
    id: string;
    label: string;
    value: string;
    offers: T[];
    placeholder?: string;
    isInvalid?: boolean;
    describedBy?: string;
    onChange(value: string): void;
    onChoose(offer: T): void;
}

// More than anybody reads; typing finds the others.
const SHOWN = 200;

export function SuggestInput<T extends Offer>({ id, label, value, offers, placeholder, isInvalid, describedBy, onChange, onChoose }: Props<T>) {
    const [isOpen, setOpen] = useState(false);
    const [active, setActive] = useState(-1);
    const [isFiltered, setFiltered] = useState(false);
    const input = useRef<HTMLInputElement>(null);

    const wanted = value.trim().toLowerCase();
    const shown = (isFiltered && wanted ? offers.filter(offer => `${offer.value} ${offer.label} ${offer.note ?? ''}`.toLowerCase().includes(wanted)) : offers)
            .slice(0, SHOWN);
    const groups = [...new Set(shown.map(({ group }) => group))];
    const idOf = (index: number) => `${id}-offer-${index}`;

    const close = () => {
        setOpen(false);
        setActive(-1);
    };
    const open = () => {
        setFiltered(false);
        setOpen(true);
    };
    const choose = (index: number) => {
        onChoose(shown[index]);
        close();
        input.current?.focus();
    };
    const move = (by: number) => {
        const next = (active + by + shown.length) % shown.length;
        setActive(next);
        document.getElementById(idOf(next))?.scrollIntoView({ block: 'nearest' });
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            if (!isOpen)
                open();
            else if (shown.length > 0)
                move(event.key === 'ArrowDown' ? 1 : active < 0 ? 0 : -1);
        } else if (event.key === 'Enter' && isOpen && active >= 0) {
            event.preventDefault();
            choose(active);
        } else if (event.key === 'Enter' || event.key === 'Tab') {
            close();
        } else if (event.key === 'Escape' && isOpen) {
            event.stopPropagation();
            close();
        }
    };

    const toggle = (ref: Ref<MenuToggleElement>) => (
        <MenuToggle variant="typeahead" innerRef={ref} isExpanded={isOpen} isFullWidth onClick={() => isOpen ? close() : open()}
                    status={isInvalid ? 'danger' : undefined} aria-label={cockpit.format(_("Suggestions for: $0"), label)}>
            <TextInputGroup isPlain>
                <TextInputGroupMain inputId={id} innerRef={input} value={value} placeholder={placeholder} autoComplete="off"
                                    onClick={open} onKeyDown={onKeyDown} role="combobox" isExpanded={isOpen} aria-label={label} aria-controls={`${id}-offers`}
                                    {...active >= 0 && { 'aria-activedescendant': idOf(active) }}
                                    inputProps={{ 'aria-invalid': isInvalid || undefined, 'aria-describedby': describedBy, spellCheck: false, 'aria-autocomplete': 'list' }}
                                    onChange={(_event, text) => {
                                        onChange(text);
                                        setFiltered(true);
                                        setOpen(true);
                                        setActive(-1);
                                    }} />
                {value &&
                    <TextInputGroupUtilities>
                        <Button variant="plain" icon={<TimesIcon />} aria-label={cockpit.format(_("Clear: $0"), label)}
                                onClick={() => {
                                    onChange('');
                                    input.current?.focus();
                                }} />
                    </TextInputGroupUtilities>}
            </TextInputGroup>
        </MenuToggle>
    );

    return (
        <Select variant="typeahead" isOpen={isOpen && shown.length > 0} toggle={toggle} isScrollable maxMenuHeight="20rem"
                onSelect={(_event, index) => choose(Number(index))} onOpenChange={now => now || close()}>
            <div id={`${id}-offers`}>
                {groups.map(group => (
                    // a list may contain choices only, so each group has its own
                    <SelectGroup key={group} label={group} labelHeadingLevel="h3">
                        <SelectList aria-label={group}>
                            {shown.map((offer, index) => offer.group === group &&
                                <SelectOption key={`${offer.label} ${offer.value} ${index}`} id={idOf(index)} value={index} description={offer.note}
                                              isFocused={index === active}>
                                    {offer.label}
                                </SelectOption>)}
                        </SelectList>
                    </SelectGroup>
                ))}
            </div>
        </Select>
    );
}
