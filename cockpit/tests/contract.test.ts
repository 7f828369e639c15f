// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { decode, encode, SIGNATURES, split } from '../src/contract';

test('signatures are those of the contract', () => {
    const xml = readFileSync(process.env.QUAYWALL_XML!, 'utf8');
    for (const [method, [takes, answers]] of Object.entries(SIGNATURES)) {
        const [iface, member] = method.split('.');
        const body = xml.split(`<interface name="org.quaywall1.${iface}">`)[1].split('</interface>')[0];
        const declared = new RegExp(`<method name="${member}"(?:/>|>(.*?)</method>)`, 's').exec(body);
        assert(declared, `${method} is in the contract`);
        const args = [...(declared[1] ?? '').matchAll(/<arg name="\w+" type="([^"]+)" direction="(in|out)"/g)];
        const types = (direction: string) => args.filter(arg => arg[2] === direction).map(arg => arg[1]).join('');
        assert.deepEqual([method, takes, answers], [method, types('in'), types('out')]);
    }
});

test('a signature is split into complete types', () => {
    assert.deepEqual(split('sa{sv}a{sa{sv}}aas(ss)a(ssa{sv})'), ['s', 'a{sv}', 'a{sa{sv}}', 'aas', '(ss)', 'a(ssa{sv})']);
    assert.deepEqual(split(''), []);
});

test('answers lose their variants at every depth', () => {
    const port = { reach: { t: 's', v: 'everyone' }, exceptions: { t: 'aa{sv}', v: [{ reach: { t: 's', v: 'nobody' } }] } };
    assert.deepEqual(decode('aa{sv}', [port]), [{ reach: 'everyone', exceptions: [{ reach: 'nobody' }] }]);
    assert.deepEqual(decode('a(ssa{sv})', [['code', 'words', { n: { t: 'u', v: 3 } }]]), [['code', 'words', { n: 3 }]]);
    assert.deepEqual(decode('a{s(tt)}', { web: [1, 2] }), { web: [1, 2] });
});

test('labels that look like variants stay labels', () => {
    const container = { labels: { t: 'a{ss}', v: { t: 's', v: 'not a variant' } } };
    assert.deepEqual(decode('a{sv}', container), { labels: { t: 's', v: 'not a variant' } });
});

test('what is sent has the types of the contract, and nothing that only answers have', () => {
    assert.deepEqual(encode('a{sv}', { action: 'deny', ports: ['80/tcp'], log: undefined, revision: 7, origin: 'label of container web' }),
        { action: { t: 's', v: 'deny' }, ports: { t: 'as', v: ['80/tcp'] } });
    assert.deepEqual(encode('a{sa{sv}}', { web: { 'if-revision': 7 } }), { web: { 'if-revision': { t: 't', v: 7 } } });
    assert.deepEqual(encode('a{sv}', { 'if-change': 0 }), { 'if-change': { t: 't', v: 0 } });
    assert.deepEqual(encode('a{sv}', { groups: { office: { addresses: ['::1'] } } }),
        { groups: { t: 'a{sa{sv}}', v: { office: { addresses: { t: 'as', v: ['::1'] } } } } });
});
