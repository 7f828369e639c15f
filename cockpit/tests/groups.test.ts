// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';

import './words';
import type { CheckResult, Policies } from '../src/contract';
import { encode } from '../src/contract';
import {
    callFor, changesMadeTo, entriesOf, findingsOf, groupRows, isClean, isSame, isTouched, missingGroups, optionsOf, probeOf, textOf, unready, usersByGroup,
} from '../src/groups/entries';
import { ServiceError } from '../src/service';

const texts = (text: string) => entriesOf(text).map(entry => entry.text);

test('entries are lines, or separated by commas, semicolons and blanks; comments and empty lines are none', () => {
    assert.deepEqual(entriesOf('10.0.0.1\n\n  # the office\n10.0.0.2, 10.0.0.3;fd01::/64\t10.0.0.4 # more'), [
        { line: 1, text: '10.0.0.1' }, { line: 4, text: '10.0.0.2' }, { line: 4, text: '10.0.0.3' }, { line: 4, text: 'fd01::/64' }, { line: 4, text: '10.0.0.4' },
    ]);
    assert.deepEqual(texts('10.0.0.1 - 10.0.0.9\r\n10.1.0.0/16\r\n'), ['10.0.0.1-10.0.0.9', '10.1.0.0/16']);
    assert.deepEqual(texts(' \n#\n'), []);
    assert.deepEqual(texts(textOf({ addresses: ['10.0.0.1', 'fd01::1'] })), ['10.0.0.1', 'fd01::1']);
});

test('what quaywalld says of a source is said of its line', () => {
    const entries = entriesOf('10.0.0.1\n10.0.0.300 group:b\n');
    assert.deepEqual(probeOf('a', entries, 'us'), { a: { action: 'deny', sources: ['10.0.0.1', '10.0.0.300', 'group:b'], description: 'us', enabled: false } });
    const result: CheckResult = {
        errors: [
            ['a', 'sources', 1, '10.0.0.300', 'InvalidAddress', 'sources: "10.0.0.300" is not an IP address'],
            ['a', 'name', -1, 'a b', 'InvalidPolicy', 'name: "a b" must be made of letters'],
            ['', '', -1, '', 'ChangePending', 'another change waits'],
        ],
        warnings: [],
    };
    const findings = findingsOf(result, entries);
    assert.deepEqual(findings, {
        entries: [
            { line: 2, text: 'group:b', sentence: '"group:b": a group holds addresses only' },
            { line: 2, text: '10.0.0.300', sentence: '"10.0.0.300" is not an IP address' },
        ],
        name: '"a b" must be made of letters', others: ['another change waits'], warnings: [],
    });
    assert(!isClean(findings));
});

test('warnings about the policy that stands for the group are not told', () => {
    const findings = findingsOf({
        errors: [],
        warnings: [['a', 'disabled', 'the policy is disabled'], ['a', 'everybody', 'sources: "0.0.0.0/0" means everybody who comes by IPv4']],
    }, entriesOf('0.0.0.0/0'));
    assert.deepEqual(findings.warnings, ['"0.0.0.0/0" means everybody who comes by IPv4']);
    assert(isClean(findings));
});

test('a save calls the least that does it', () => {
    const before = { addresses: ['10.0.0.1', '10.0.0.2'], description: 'us' };
    const call = (text: string, description = 'us', same = true) => callFor(before, entriesOf(text), description, same);
    assert.equal(call('10.0.0.2\n10.0.0.1'), null);
    assert.deepEqual(call('10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.3'), { method: 'Groups.Add', addresses: ['10.0.0.3'] });
    assert.deepEqual(call('10.0.0.1'), { method: 'Groups.Remove', addresses: ['10.0.0.2'] });
    assert.deepEqual(call('10.0.0.1 10.0.0.3'), { method: 'Groups.Set', group: { addresses: ['10.0.0.1', '10.0.0.3'], description: 'us' }, create: false });
    assert.deepEqual(call('10.0.0.1 10.0.0.2', ''), { method: 'Groups.Set', group: { addresses: ['10.0.0.1', '10.0.0.2'] }, create: false });
    // now and permanently are not the same: what is typed shall hold in both
    assert.equal(call('10.0.0.1 10.0.0.2 10.0.0.3', 'us', false)?.method, 'Groups.Set');
    assert.deepEqual(callFor(undefined, entriesOf('10.0.0.1'), '', true), { method: 'Groups.Set', group: { addresses: ['10.0.0.1'] }, create: true });
});

const NOW: Policies = {
    web: { action: 'allow-only', sources: ['group:office'] },
    old: { action: 'deny', sources: ['10.0.0.1', 'group:office'], enabled: false },
    lost: { action: 'deny', sources: ['group:gone'] },
};

test('who names a group is known from the policies now and permanently', () => {
    assert.deepEqual(usersByGroup(NOW, { later: { action: 'deny', sources: ['group:office', 'group:off'] }, web: NOW.web }).get('office'),
        [{ name: 'later', enabled: true }, { name: 'old', enabled: false }, { name: 'web', enabled: true }]);
    assert.equal(usersByGroup(NOW, NOW).get('off'), undefined);
    assert.deepEqual(missingGroups({ office: {} }, NOW), [{ name: 'gone', users: ['lost'] }]);
});

test('a row says where a group holds', () => {
    const office = { addresses: ['10.0.0.1'] };
    const rows = groupRows({ office, a: {} }, { office: {}, z: office }, ['office'], {}, {});
    assert.deepEqual(rows.map(({ name, scope, differs, group }) => [name, scope, differs, group]),
        [['a', 'runtime', false, {}], ['office', 'both', true, office], ['z', 'permanent', false, office]]);
});

test('a change is refused if anything was changed since what is shown was read', () => {
    assert.deepEqual(encode('a{sv}', optionsOf({ scope: 'runtime', cut: true }, 7)),
        { scope: { t: 's', v: 'runtime' }, cut: { t: 'b', v: true }, 'if-change': { t: 't', v: 7 } });
    assert.deepEqual(encode('a{sv}', optionsOf({ scope: 'runtime' }, 0))['if-change'], { t: 't', v: 0 });
});

test('that a group was changed is known from the history as well, which may be there before the group', () => {
    const history = [{ change: 6, time: 1, groups: ['office'], state: 'kept' as const }, { change: 7, time: 2, policies: ['web'], state: 'kept' as const }];
    assert(isTouched(history, 'office', 5));
    assert(!isTouched(history, 'office', 6));
    assert(!isTouched(history, 'home', 5));
    assert(!isTouched(history, 'office', undefined));
    assert(!isTouched(undefined, 'office', 5));
});

test('connections are not ended by what holds later, although that was chosen before', () =>
    assert.equal(optionsOf({ scope: 'permanent', cut: true }, 7).cut, undefined));

test('a group is another one also if somebody has changed only what is permanent', () => {
    const row = (now: string, later: string) => groupRows({ a: { addresses: [now] } }, { a: { addresses: [later] } }, [], {}, {})[0];
    assert(isSame(row('10.0.0.1', '10.0.0.2'), row('10.0.0.1', '10.0.0.2')));
    assert(!isSame(row('10.0.0.1', '10.0.0.2'), row('10.0.0.1', '10.0.0.3')));
    assert(!isSame(row('10.0.0.1', '10.0.0.2'), row('10.0.0.3', '10.0.0.2')));
});

test('what was typed can be made to what somebody else has made of the group', () => {
    const before = { addresses: ['10.0.0.1', '10.0.0.2'], description: 'us' };
    const theirs = { addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.3'], description: 'them' };
    assert.deepEqual(changesMadeTo(theirs, before, entriesOf('10.0.0.2 10.0.0.4'), 'us'), { addresses: ['10.0.0.2', '10.0.0.3', '10.0.0.4'], description: 'them' });
    assert.equal(changesMadeTo(theirs, before, entriesOf('10.0.0.1 10.0.0.2'), 'mine').description, 'mine');
});

test('the largest group is compared at once', () => {
    const addresses = Array.from({ length: 65536 }, (_none, i) => `10.1.${i >> 8}.${i & 255}`);
    const entries = entriesOf([...addresses.slice(1), '10.2.0.1'].join('\n'));
    const start = performance.now();
    assert.equal(callFor({ addresses }, entries, '', true)?.method, 'Groups.Set');
    assert(performance.now() - start < 1000);
});

test('of lists that are needed together, one that failed comes before one that is not there yet', () => {
    const error = new ServiceError('LimitExceeded', 'too many');
    assert.equal(unready([{ value: {} }, { value: {} }]), undefined);
    assert.deepEqual(unready([{ value: {} }, {}, { error }]), { error });
    assert.deepEqual(unready([{ value: {}, error }, {}]), {});
    assert.deepEqual(unready([{ value: {} }, { value: {}, error }]), { value: {}, error });
});
