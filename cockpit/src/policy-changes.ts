// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be done with a policy besides editing it, for ChangeDialog.
import type { ReactNode } from 'react';

import type { ChangeDescription, ChangeOptions, Policies, Policy, Properties, Reach, Scope } from './contract';
import type { List, Service } from './service';

const _ = cockpit.gettext;

// What ChangeDialog asks about and makes.
export interface Change {
    title: string;
    // what will happen, in words
    words: ReactNode;
    // the button
    verb: string;
    isDangerous?: boolean;
    // the same change for CheckChange; without it there is no before and after
    set?: Policies;
    remove?: string[];
    fixed?: ChangeOptions;
    canCut?: boolean;
    make: (service: Service, options: ChangeOptions) => Promise<string>;
}

export interface NamedPolicy { name: string; policy: Policy; scope: Scope }
// scope: as quaywalld says; target: to change it, only if all is known that is needed for that
export interface PolicyRow { name: string; policy: Policy; scope?: Scope; target?: NamedPolicy }

// In force, and what comes at the next reload, as one list. A list that could not be read says nothing of a policy's scope.
export function policyRows(runtime: List<Policies>, permanent: List<Policies>, scopes: Properties['Policies']['Policies'] = {}): PolicyRow[] {
    const isKnown = (list: List<Policies>, name: string) => list.error === undefined && list.value?.[name] !== undefined;
    return Object.keys({ ...permanent.value, ...runtime.value }).sort((a, b) => a.localeCompare(b)).map(name => {
        const policy = (runtime.value?.[name] ?? permanent.value?.[name])!;
        const scope = scopes[name]?.scope;
        const isComplete = scope !== undefined && (scope === 'permanent' || isKnown(runtime, name)) && (scope === 'runtime' || isKnown(permanent, name));
        return { name, policy, scope, target: isComplete ? { name, policy, scope } : undefined };
    });
}

// Policies that allow only some are joined: what one of them lists is let in, whatever the others list.
const shutsOut = (policy: Policy) => policy.action !== 'allow-only' ? ''
    : ` ${_("If another \"Allow only\" policy covers the same, the clients that only this one lists are kept out.")}`;

const guarded = ({ policy, scope }: NamedPolicy) => ({ scope, 'if-revision': policy.revision });

export function removal(target: NamedPolicy): Change {
    const { name, policy } = target;
    return {
        title: cockpit.format(_("Remove the policy $0?"), name),
        words: policy.enabled === false ? _("It is disabled, so nobody's access changes.")
            : policy.action === 'forward' ? _("Traffic that only this policy lets through is blocked from then on.")
                : `${_("Clients that only this policy keeps out can connect from then on.")}${shutsOut(policy)}`,
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
            : `${_("It stays here, but has no effect: clients that only this policy keeps out can connect from then on.")}${shutsOut(policy)}`,
        verb: enabled ? _("Enable") : _("Disable"),
        isDangerous: !enabled,
        set: { [name]: { ...policy, enabled } },
        fixed: guarded(target),
        make: (service, options) => service.call('Policies.Edit', name, { enabled }, {}, { ...options, scope }),
    };
}

// list: what of it differs from what is permanent.
export const keepRuntime = (list: ReactNode): Change => ({
    title: _("Keep what is in force?"),
    words: list,
    verb: _("Keep permanently"),
    canCut: false,
    make: (service, options) => service.call('Policies.RuntimeToPermanent', { 'confirm-within': options['confirm-within'] }),
});

// What is to become permanent under this name, or undefined if that cannot be told.
export function becomes<T>(name: string, runtime: List<Record<string, T>>, permanent: List<Record<string, T>>): 'added' | 'removed' | 'changed' | undefined {
    if (!runtime.value || !permanent.value || runtime.error || permanent.error)
        return undefined;
    return !(name in permanent.value) ? 'added' : !(name in runtime.value) ? 'removed' : 'changed';
}

// Undoing a change as a change, so that CheckChange can say what it would mean. Not for groups, which CheckChange does not take away.
export function undoing({ before, after, groups }: ChangeDescription): Pick<Change, 'set' | 'remove'> {
    if (!before || !after || groups?.length)
        return {};
    const set = Object.fromEntries(Object.entries(before).filter(([name, policy]) => JSON.stringify(policy) !== JSON.stringify(after[name])));
    return { set, remove: Object.keys(after).filter(name => !(name in before)) };
}

const isMissing = (some: string[] = [], others: string[] = []) => some.some(one => !others.includes(one));

function widensAlone(before: Reach, after: Reach): boolean {
    if (before.reach !== after.reach)
        return after.reach !== 'nobody' && !(after.reach === 'host' && before.reach !== 'nobody') &&
            !(before.reach === 'everyone' && !before.except?.length && after.reach !== 'unknown');
    return isMissing(after.sources, before.sources) || (after['source-count'] ?? 0) > (before['source-count'] ?? 0) ||
        isMissing(before.except, after.except) || isMissing(after.zones, before.zones) || isMissing(after['zones-partly'], before['zones-partly']);
}

// Whether some may reach a port afterwards who could not before; also if that cannot be told.
export function widens(before: Reach, after: Reach): boolean {
    type Exceptions = NonNullable<Reach['exceptions']>;
    const same = (one: Exceptions[number], list: Exceptions = []) =>
        list.find(other => other.interface === one.interface && other.destination === one.destination);
    return widensAlone(before, after) ||
        (after.exceptions ?? []).some(exception => widensAlone(same(exception, before.exceptions) ?? before, exception)) ||
        (before.exceptions ?? []).some(exception => widensAlone(exception, same(exception, after.exceptions) ?? after));
}

export function widerFirst<T extends { before: Reach; after: Reach }>(ports: T[]): T[] {
    const isWider = (port: T) => widens(port.before, port.after);
    return [...ports.filter(isWider), ...ports.filter(port => !isWider(port))];
}

// quaywalld reckons the time of a pending change from two clocks in each answer, so that it differs by microseconds.
export const isSameTime = (one: number | undefined, other: number | undefined) =>
    one === other || (one !== undefined && other !== undefined && Math.abs(one - other) < 1e6);
