// SPDX-License-Identifier: LGPL-2.1-or-later
import { Alert, AlertActionLink } from '@patternfly/react-core/dist/dynamic/components/Alert';

import type { Policy } from './contract';
import { differences } from './policy-draft';
import { FIELD_NAMES } from './policy-fields';

const _ = cockpit.gettext;

export function valueOf(policy: Policy, key: keyof Policy): string {
    const value = policy[key];
    return Array.isArray(value) && value.length > 0 ? value.join(', ') : value === true ? _("yes") : value === undefined || value === '' || value === false ||
        Array.isArray(value) ? _("nothing") : String(value);
}

interface Props { base?: Policy; current?: Policy; onTake: () => void; onKeep: () => void }

// Somebody else has changed the policy since it was read, and how.
export function Conflict({ base, current, onTake, onKeep }: Props) {
    if (!base || !current)
        return (
            <Alert isInline variant="warning" title={_("Somebody has removed this policy meanwhile")} actionLinks={<>
                <AlertActionLink onClick={onTake}>{_("Leave it removed")}</AlertActionLink>
                <AlertActionLink onClick={onKeep}>{_("Create it again from this form")}</AlertActionLink>
            </>} />
        );
    return (
        <Alert isInline variant="warning" title={_("Somebody has changed this policy meanwhile")} actionLinks={<>
            <AlertActionLink onClick={onTake}>{_("Load theirs and discard what is typed here")}</AlertActionLink>
            <AlertActionLink onClick={onKeep}>{_("Replace theirs by what is typed here")}</AlertActionLink>
        </>}>
            {differences(base, current).map(key => <div key={key}>
                {cockpit.format(_("$0: $1, before $2"), FIELD_NAMES[key as keyof typeof FIELD_NAMES], valueOf(current, key), valueOf(base, key))}
            </div>)}
        </Alert>
    );
}
