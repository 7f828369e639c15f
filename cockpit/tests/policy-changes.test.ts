// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';

import './words';
import { becomes, isSameTime, policyRows, removal, switching, undoing, widerFirst, widens } from '../src/policy-changes';
import type { ChangeOptions, Policy, Reach } from '../src/contract';
import { ServiceError } from '../src/service';
import { ask, outdated } from '../src/use-check';

const WEB: Policy = { action: 'deny', ports: ['80/tcp'], revision: 7 };
const scopes = (scope: 'runtime' | 'permanent' | 'both') => ({ web: { scope, revision: 7 } });

test('the scope of a policy is what quaywalld says, whatever lists are there', () => {
    const both = policyRows({ value: { web: WEB } }, { value: { web: WEB } }, scopes('both'));
    assert.deepEqual(both, [{ name: 'web', policy: WEB, scope: 'both', target: { name: 'web', policy: WEB, scope: 'both' } }]);
    const missing = [{}, { error: new ServiceError('LimitExceeded', 'too much') }, { value: { web: WEB }, error: new ServiceError('Failed', 'old') }];
    for (const permanent of missing)
        assert.deepEqual(policyRows({ value: { web: WEB } }, permanent, scopes('both')), [{ name: 'web', policy: WEB, scope: 'both', target: undefined }]);
});

test('a list that a policy is not in is not needed to change it', () => {
    const [runtime] = policyRows({ value: { web: WEB } }, {}, scopes('runtime'));
    assert.equal(runtime.target?.scope, 'runtime');
    const [permanent] = policyRows({}, { value: { web: WEB } }, scopes('permanent'));
    assert.equal(permanent.target?.scope, 'permanent');
});

test('without the scope, or with lists that do not fit to it, nothing can be done', () => {
    assert.equal(policyRows({ value: { web: WEB } }, { value: { web: WEB } }, undefined)[0].target, undefined);
    assert.equal(policyRows({ value: { web: WEB } }, { value: {} }, scopes('both'))[0].target, undefined);
    assert.equal(policyRows({ value: {} }, { value: { web: WEB } }, scopes('both'))[0].target, undefined);
});

test('a preview has the number of the newest change, read before it', async () => {
    const asked: string[] = [];
    const service = (history: object[]) => ({
        call: async (method: string) => { asked.push(method); return method === 'Policies.History' ? history : { errors: [], warnings: [] }; },
    }) as any;
    const change = { set: {}, remove: ['web'], options: {} };
    assert.equal((await ask(service([{ change: 3, time: 0, state: 'kept' }]), change)).newest, 3);
    assert.deepEqual(asked, ['Policies.History', 'Policies.CheckChange']);
    assert.equal((await ask(service([]), change)).newest, 0);
    assert.equal((await ask(service([{ change: 4, time: 0, state: 'pending' }]), change)).newest, undefined);
    const failing = { call: async () => { throw new ServiceError('Failed', 'no'); } } as any;
    assert.equal((await ask(failing, change)).error?.code, 'Failed');
});

test('what was decided by an old preview is told from other conflicts', () => {
    assert(outdated(new ServiceError('Conflict', 'if-change: the newest change is 5, and not 4')));
    assert(!outdated(new ServiceError('Conflict', 'if-revision: the policy "web" has changed')));
    assert(!outdated(undefined));
});

test('removing and switching a policy pass on what they are bound to', async () => {
    const calls: ChangeOptions[] = [];
    const service = { call: async (...args: any[]) => { calls.push(args[args.length - 1]); return ''; } } as any;
    const target = { name: 'web', policy: WEB, scope: 'both' as const };
    for (const change of [removal(target), switching(target)])
        await change.make(service, { ...change.fixed, 'if-change': 0 });
    assert.deepEqual(calls, Array(2).fill({ scope: 'both', 'if-revision': 7, 'if-change': 0 }));
});

test('removing one of several that allow only some can shut its clients out', () => {
    const words = (policy: Policy) => String(removal({ name: 'web', policy, scope: 'both' }).words);
    assert.match(words({ action: 'allow-only', sources: ['10.0.0.1'] }), /kept out\.$/);
    assert.doesNotMatch(words(WEB), /Allow only/);
});

test('what keeping what is in force does to each name', () => {
    assert.equal(becomes('a', { value: { a: {} } }, { value: {} }), 'added');
    assert.equal(becomes('a', { value: {} }, { value: { a: {} } }), 'removed');
    assert.equal(becomes('a', { value: { a: {} } }, { value: { a: {} } }), 'changed');
    assert.equal(becomes('a', { value: { a: {} } }, {}), undefined);
});

test('undoing has a preview, but not of groups, nor of what was too large to keep', () => {
    const entry = { change: 1, time: 0, state: 'kept' as const };
    assert.deepEqual(undoing({ ...entry, before: { web: WEB }, after: { db: WEB } }), { set: { web: WEB }, remove: ['db'] });
    assert.deepEqual(undoing({ ...entry, before: {}, after: {}, groups: ['office'] }), {});
    assert.deepEqual(undoing(entry), {});
});

test('what becomes wider comes first', () => {
    const port = (before: Reach, after: Reach) => ({ before, after });
    const narrower = port({ reach: 'everyone' }, { reach: 'nobody' });
    const wider = port({ reach: 'nobody' }, { reach: 'sources', sources: ['10.0.0.1'] });
    assert.deepEqual(widerFirst([narrower, wider, narrower]), [wider, narrower, narrower]);
});

test('what is wider', () => {
    const sources = (...list: string[]): Reach => ({ reach: 'sources', sources: list });
    assert(widens(sources('a'), sources('a', 'b')));
    assert(widens(sources('a'), sources('b')));
    assert(!widens(sources('a', 'b'), sources('b')));
    assert(!widens({ reach: 'everyone' }, sources('a')));
    assert(widens({ reach: 'everyone', except: ['a'] }, sources('a')));
    assert(widens({ reach: 'zones' }, sources('a')));
    assert(!widens(sources('a'), { reach: 'nobody' }));
    assert(widens({ reach: 'everyone', except: ['a', 'b'] }, { reach: 'everyone', except: ['a'] }));
    assert(!widens({ reach: 'everyone' }, { reach: 'everyone', except: ['a'] }));
    assert(widens({ ...sources('a'), 'source-count': 9 }, { ...sources('a'), 'source-count': 10 }));
    const exception = (reach: Reach) => ({ ...sources('a'), exceptions: [{ ...reach, interface: 'eth1' }] });
    assert(widens(exception({ reach: 'nobody' }), exception({ reach: 'everyone' })));
    assert(widens(exception({ reach: 'nobody' }), sources('a')), 'an exception that kept out is gone');
    assert(!widens(exception({ reach: 'everyone' }), sources('a')));
});

test('the time of a pending change jitters', () => {
    assert(isSameTime(5_000_000, 5_000_003));
    assert(!isSameTime(5_000_000, 7_000_000));
    assert(!isSameTime(undefined, 5_000_000));
    assert(isSameTime(undefined, undefined));
});
