// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changesNothing, differences, draftFor, newestChange, offersCut, policyIn, policyOf } from '../src/policy-draft';

test('what the action does not have is not sent, and comes back with the action', () => {
    const draft = { action: 'obey-zones' as const, sources: ['10.0.0.1'], ports: ['80/tcp'], log: true };
    assert.deepEqual(policyOf(draft), { action: 'obey-zones', ports: ['80/tcp'], log: true });
    assert.deepEqual(policyOf({ ...draft, action: 'deny' }), { action: 'deny', sources: ['10.0.0.1'], ports: ['80/tcp'], log: true });
    assert.deepEqual(policyOf({ ...draft, action: 'forward', interfaces: ['eth0'] }), { action: 'forward', interfaces: ['eth0'] });
});

test('what says nothing is not sent', () => {
    assert.deepEqual(policyOf({ action: 'deny', sources: [], log: false, enabled: true, description: '', until: '' }), { action: 'deny' });
    assert.deepEqual(policyOf({ action: 'deny', enabled: false }), { action: 'deny', enabled: false });
});

test('nothing of a policy is lost that a form does not show', () => {
    const policy = {
        action: 'allow-only' as const, interfaces: ['eth0'], sources: ['group:office'], destinations: ['192.168.1.99'], ports: ['80/tcp'],
        containers: ['web'], networks: ['lab'], reject: true, log: true, enabled: false, description: 'words', until: '2030-01-01T00:00:00Z',
    };
    assert.deepEqual(policyOf({ ...policy, revision: 7, origin: 'label of container web' }), policy);
});

test('differences', () => {
    assert.deepEqual(differences({ action: 'deny', ports: ['80/tcp'], enabled: true }, { action: 'deny', ports: ['80/tcp'], revision: 3 }), []);
    assert.deepEqual(differences({ action: 'deny', ports: ['80/tcp'] }, { action: 'allow-only', ports: ['80/tcp'], log: true }), ['action', 'log']);
});

const NOW = { action: 'deny' as const, ports: ['80/tcp'], revision: 7 };
const LATER = { action: 'deny' as const, ports: ['81/tcp'], revision: 4 };

test('a scope has the policy whose revision quaywalld compares', () => {
    assert.equal(policyIn('both', 'web', { web: NOW }, { web: LATER }), NOW);
    assert.equal(policyIn('runtime', 'web', { web: NOW }, { web: LATER }), NOW);
    assert.equal(policyIn('permanent', 'web', { web: NOW }, { web: LATER }), LATER);
    assert.equal(policyIn('both', 'web', {}, { web: LATER }), LATER);
    assert.equal(policyIn('runtime', 'web', {}, { web: LATER }), undefined);
    assert.equal(policyIn('permanent', 'web', { web: NOW }, {}), undefined);
});

test('another scope brings its own policy into the form, and nothing typed is lost if that is the same or none', () => {
    const typed = { ...NOW, log: true };
    assert.deepEqual(draftFor(LATER, typed, NOW), { draft: LATER, begun: LATER });
    assert.deepEqual(draftFor({ ...NOW, revision: 9 }, typed, NOW), { draft: typed, begun: NOW });
    assert.deepEqual(draftFor(undefined, typed, NOW), { draft: typed, begun: NOW });
});

test('making what holds after the next reload the same as now is a change', () => {
    assert(changesNothing('runtime', 'web', NOW, { web: NOW }, { web: LATER }));
    assert(!changesNothing('both', 'web', NOW, { web: NOW }, { web: LATER }));
    assert(!changesNothing('permanent', 'web', NOW, { web: NOW }, { web: LATER }));
    assert(changesNothing('permanent', 'web', LATER, { web: NOW }, { web: LATER }));
    assert(!changesNothing('both', 'web', NOW, { web: NOW }, {}));
});

test('connections are not ended by what is only permanent, nor by a quaywalld that cannot', () => {
    assert(offersCut({ scope: 'both' }, ['cut']));
    assert(offersCut({}, ['cut']));
    assert(!offersCut({ scope: 'permanent' }, ['cut']));
    assert(!offersCut({ scope: 'both' }));
});

test('the newest change, but none that may be taken back by itself', () => {
    const entry = (change: number, state: 'kept' | 'pending' | 'rolled-back') => ({ change, state, time: 0 });
    assert.equal(newestChange([]), 0);
    assert.equal(newestChange([entry(1, 'kept'), entry(2, 'rolled-back')]), 2);
    assert.equal(newestChange([entry(1, 'kept'), entry(2, 'pending')]), undefined);
});
