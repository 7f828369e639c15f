// SPDX-License-Identifier: LGPL-2.1-or-later
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { useEffect, useState } from 'react';

import { ChangeDialog } from './change-dialog';
import type { ChangeDescription, HistoryEntry } from './contract';
import { changeWords } from './history-words';
import { undoing } from './policy-changes';
import type { ServiceError } from './service';
import { useService } from './use-service';

const _ = cockpit.gettext;

// Takes back one change of the history.
export function UndoDialog({ entry, onClose }: { entry: HistoryEntry; onClose: () => void }) {
    const service = useService();
    const [description, setDescription] = useState<ChangeDescription | null>(null);
    const [error, setError] = useState<ServiceError | null>(null);
    useEffect(() => {
        service.call('Policies.GetChange', entry.change).then(setDescription, setError);
    }, [service, entry.change]);
    const change = description ? undoing(description) : {};
    // Policies.Undo needs nothing of the description
    const isBlind = error !== null || (description !== null && change.set === undefined);
    return (
        <ChangeDialog onClose={onClose} isDisabled={!description && !error} change={{
            title: _("Undo this change?"),
            words: cockpit.format(_("$0 Undoing is a change of its own, which can be undone again."), changeWords(entry)),
            verb: _("Undo"),
            fixed: { scope: entry.scope },
            ...change,
            make: (api, options) => api.call('Policies.Undo', entry.change, { 'confirm-within': options['confirm-within'], cut: options.cut }),
        }}>
            {isBlind && <Alert isInline variant="warning" title={_("There is no preview of what this changes")}>
                {error ? error.message : description?.groups?.length
                    ? _("It changes groups. Who can reach what may change through every policy that names them.")
                    : _("The policies were too large to keep.")}
            </Alert>}
        </ChangeDialog>
    );
}
