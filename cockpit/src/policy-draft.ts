// SPDX-License-Identifier: LGPL-2.1-or-later
// A policy while a person edits it: which keys an action has, and what of it is sent. Pure.
import type { Policy } from './contract';

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
