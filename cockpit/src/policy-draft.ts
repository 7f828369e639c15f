// SPDX-License-Identifier: LGPL-2.1-or-later
// A policy while a person edits it: which keys an action has, what of it is sent, and with which options. Pure.
import type { ChangeOptions, HistoryEntry, Policies, Policy, Scope } from './contract';

export type ListKey = 'sources' | 'ports' | 'containers' | 'networks' | 'interfaces' | 'out-interfaces' | 'destinations';
export type Draft = Policy;

const COVERED: ListKey[] = ['ports', 'containers', 'networks'];
const FINER: ListKey[] = ['interfaces', 'destinations'];

// The lists of each action, those that matter most first, and those that few need.
export const LISTS_OF: Record<Policy['action'], { first: ListKey[]; finer: ListKey[] }> = {
    'allow-only': { first: ['sources', ...COVERED], finer: FINER },
    deny: { first: ['sources', ...COVERED], finer: FINER },
    'obey-zones': { first: COVERED, finer: FINER },
    forward: { first: ['interfaces', 'out-interfaces'], finer: [] },
};
const ALL_LISTS: ListKey[] = ['sources', ...COVERED, ...FINER, 'out-interfaces'];
export const blocks = (action: Policy['action']) => action !== 'forward';

// Without what the action does not have, and without what says nothing.
export function policyOf(draft: Draft): Policy {
    const { first, finer } = LISTS_OF[draft.action];
    const policy: Policy = { action: draft.action };
    for (const key of [...first, ...finer])
        if (draft[key]?.length)
            policy[key] = draft[key];
    for (const key of ['reject', 'log'] as const)
        if (draft[key] && blocks(draft.action))
            policy[key] = true;
    for (const key of ['description', 'until'] as const)
        if (draft[key])
            policy[key] = draft[key];
    if (draft.enabled === false)
        policy.enabled = false;
    return policy;
}

// The keys in which two policies differ.
export function differences(one: Policy | undefined, other: Policy | undefined): (keyof Policy)[] {
    const keys: (keyof Policy)[] = ['action', ...ALL_LISTS, 'reject', 'log', 'enabled', 'description', 'until'];
    const value = (policy: Policy | undefined, key: keyof Policy) => JSON.stringify(policy && policyOf(policy)[key] || null);
    return keys.filter(key => value(one, key) !== value(other, key));
}

// What a policy of this name is in a scope: the one that quaywalld compares with "if-revision".
export function policyIn(scope: Scope, name: string, runtime: Policies, permanent: Policies): Policy | undefined {
    return scope === 'permanent' ? permanent[name] : runtime[name] ?? (scope === 'both' ? permanent[name] : undefined);
}

// The draft when another scope is chosen: begun anew from the policy there, unless that says what the draft was begun from.
export function draftFor(there: Policy | undefined, draft: Draft, begun: Policy | undefined): { draft: Draft; begun: Policy | undefined } {
    return there && differences(there, begun).length > 0 ? { draft: there, begun: there } : { draft, begun };
}

// Whether nothing would change in the scope.
export function changesNothing(scope: Scope, name: string, policy: Policy, runtime: Policies, permanent: Policies): boolean {
    return (scope === 'permanent' || differences(runtime[name], policy).length === 0) &&
        (scope === 'runtime' || differences(permanent[name], policy).length === 0);
}

// Nothing of what is permanent has connections, and quaywalld refuses to end them.
export const offersCut = (options: ChangeOptions, features: string[] = []) => features.includes('cut') && options.scope !== 'permanent';

// The number for "if-change"; undefined while a change waits to be confirmed, since that it is taken back gives no other number.
export function newestChange(history: HistoryEntry[]): number | undefined {
    return history.some(({ state }) => state === 'pending') ? undefined : history[history.length - 1]?.change ?? 0;
}
