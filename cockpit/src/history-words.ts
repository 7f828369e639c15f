// SPDX-License-Identifier: LGPL-2.1-or-later
import type { HistoryEntry } from './contract';
import { some } from './words';

const _ = cockpit.gettext;

// What a change did: a sentence.
export function changeWords(entry: HistoryEntry): string {
    const policies = entry.policies ?? [];
    const groups = entry.groups ?? [];
    const names = [
        policies.length > 0 && cockpit.format(cockpit.ngettext("policy $0", "policies $0", policies.length), some(policies)),
        groups.length > 0 && cockpit.format(cockpit.ngettext("group $0", "groups $0", groups.length), some(groups)),
    ].filter(Boolean).join('; ');
    if (entry['old-name'])
        return cockpit.format(_("Policy $0 was renamed to $1."), entry['old-name'], entry['new-name']);
    if (entry.undoes !== undefined)
        return cockpit.format(_("Change $0 was undone: $1."), entry.undoes, names);
    switch (entry.method) {
    case 'Policies.Remove': case 'Groups.Delete': return cockpit.format(_("Removed: $0."), names);
    case 'Policies.ReplaceAll': return cockpit.format(_("All policies were replaced: $0."), names);
    case 'Policies.RuntimeToPermanent': return cockpit.format(_("What was in force became permanent: $0."), names);
    case 'Manager.Reload': return cockpit.format(_("Reloaded from the files: $0."), names);
    default: return cockpit.format(_("Set: $0."), names);
    }
}

export const STATES: Record<HistoryEntry['state'], string> = {
    kept: _("kept"), pending: _("waits to be confirmed"), 'rolled-back': _("taken back"), expired: _("not confirmed in time"), undone: _("undone"),
};
