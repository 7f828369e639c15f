// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be done with a policy besides editing it, for ChangeDialog.
import type { Change } from './change-dialog';
import type { Policy, Scope } from './contract';

const _ = cockpit.gettext;

export interface NamedPolicy { name: string; policy: Policy; scope: Scope }

const guarded = ({ policy, scope }: NamedPolicy) => ({ scope, 'if-revision': policy.revision });

export function removal(target: NamedPolicy): Change {
    const { name, policy } = target;
    return {
        title: cockpit.format(_("Remove the policy $0?"), name),
        words: policy.enabled === false ? _("It is disabled, so nobody's access changes.")
            : policy.action === 'forward' ? _("Traffic that only this policy lets through is blocked from then on.")
                : _("Clients that only this policy keeps out can connect from then on."),
        verb: _("Remove"),
        isDangerous: true,
        remove: [name],
        fixed: guarded(target),
        make: (service, options) => service.call('Policies.Remove', name, options),
    };
}

export function switching(target: NamedPolicy): Change {
    const { name, policy, scope } = target;
    const enabled = policy.enabled === false;
    return {
        title: cockpit.format(enabled ? _("Enable the policy $0?") : _("Disable the policy $0?"), name),
        words: enabled ? _("It is in force again at once.")
            : _("It stays here, but has no effect: clients that only this policy keeps out can connect from then on."),
        verb: enabled ? _("Enable") : _("Disable"),
        isDangerous: !enabled,
        set: { [name]: { ...policy, enabled } },
        fixed: guarded(target),
        make: (service, options) => service.call('Policies.Edit', name, { enabled }, {}, { ...options, scope }),
    };
}

export const keepRuntime: Change = {
    title: _("Keep what is in force?"),
    words: _("What is in force now also holds after the next reload or boot. The policies and groups that were permanent before are replaced."),
    verb: _("Keep permanently"),
    canCut: false,
    make: (service, options) => service.call('Policies.RuntimeToPermanent', { 'confirm-within': options['confirm-within'] }),
};
