// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differences, policyOf } from '../src/policy-draft';

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
