// SPDX-License-Identifier: LGPL-2.1-or-later
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { useEffect, useState } from 'react';

import { ChangeDialog } from './change-dialog';
import type { ChangeDescription, HistoryEntry } from './contract';
import { changeWords } from './history-words';
import type { ServiceError } from './service';
import { useService } from './use-service';

const _ = cockpit.gettext;

// The same as a change, so that CheckChange can say what it would mean. Not for groups, which CheckChange does not take away.
function asChange({ before, after, groups }: ChangeDescription) {
    if (!before || !after || groups?.length)
        return {};
    const set = Object.fromEntries(Object.entries(before).filter(([name, policy]) => JSON.stringify(policy) !== JSON.stringify(after[name])));
    return { set, remove: Object.keys(after).filter(name => !(name in before)) };
}

// Takes back one change of the history.
export function UndoDialog({ entry, onClose }: { entry: HistoryEntry; onClose: () => void }) {
    const service = useService();
    const [description, setDescription] = useState<ChangeDescription | null>(null);
    const [error, setError] = useState<ServiceError | null>(null);
    useEffect(() => {
        service.call('Policies.GetChange', entry.change).then(setDescription, setError);
    }, [service, entry.change]);
    return (
        <ChangeDialog onClose={onClose} isDisabled={!description} change={{
            title: _("Undo this change?"),
            words: cockpit.format(_("$0 Undoing is a change of its own, which can be undone again."), changeWords(entry)),
            verb: _("Undo"),
            fixed: { scope: entry.scope },
            ...description && asChange(description),
            make: (api, options) => api.call('Policies.Undo', entry.change, { 'confirm-within': options['confirm-within'], cut: options.cut }),
        }}>
            {error && <Alert isInline variant="danger" title={error.message} />}
        </ChangeDialog>
    );
}
