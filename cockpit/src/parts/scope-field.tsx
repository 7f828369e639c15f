// SPDX-License-Identifier: LGPL-2.1-or-later
// From when a change holds, and until when.
import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';

import type { Scope } from '../contract';

const _ = cockpit.gettext;

// until: what ends a change that holds now only. Policies end with a reload of quaywalld's, zones with one of firewalld's.
export function ScopeField({ id, scope, until, onChange }: { id: string; scope: Scope; until: 'reload' | 'firewalld'; onChange(scope: Scope): void }) {
    const words: [Scope, string][] = [
        ['both', _("Now and permanently")],
        ['runtime', until === 'reload' ? _("Now, until the next reload or boot") : _("Now, until the next reload of firewalld")],
        ['permanent', until === 'reload' ? _("From the next reload or boot on") : _("From the next reload of firewalld on")],
    ];
    return (
        <FormGroup label={_("In force")} fieldId={id}>
            <FormSelect id={id} value={scope} onChange={(_event, value) => onChange(value as Scope)}>
                {words.map(([value, label]) => <FormSelectOption key={value} value={value} label={label} />)}
            </FormSelect>
        </FormGroup>
    );
}
