// SPDX-License-Identifier: LGPL-2.1-or-later
import './words';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Port, Reach } from '../src/contract';
import { choices } from '../src/policy-fields';
import { graph, mergeFamilies, targetKind } from '../src/reach-graph';
import { composeEntries, containerEntry, covers, portEntry, portName, reachTexts, some, who, worst } from '../src/words';

const port = (number: number, container: string, reach: Reach, more: Partial<Port> = {}): Port => ({
    protocol: 'tcp', 'host-address': '0.0.0.0', 'host-port': number, 'container-port': 80, container, 'container-id': container, path: 'dnat', ...more, ...reach,
});
const lines = (ports: Port[]) => {
    const picture = graph(mergeFamilies(ports));
    const label = new Map(picture.clients.map(client => [client.id, client.label]));
    return picture.lines.map(line => `${label.get(line.client)} ${line.partly ? '-' : '='} ${line.kind}`);
};

test('what differs in the family alone is one port', () => {
    const both = mergeFamilies([port(80, 'web', { reach: 'everyone' }), port(80, 'web', { reach: 'everyone' }, { 'host-address': '::' })]);
    assert.deepEqual(both.map(target => target.families), [['IPv4', 'IPv6']]);
    const different = mergeFamilies([port(80, 'web', { reach: 'nobody' }), port(80, 'web', { reach: 'everyone' }, { 'host-address': '::' })]);
    assert.deepEqual(different.map(target => target.families), [['IPv4'], ['IPv6']]);
});

test('families that differ beyond the names that are listed are two ports', () => {
    const reach = (last: string): Reach => ({ reach: 'sources', sources: ['a', 'b', 'c', 'd', last], 'source-count': 5 });
    assert.equal(mergeFamilies([port(80, 'web', reach('e')), port(80, 'web', reach('f'), { 'host-address': '::' })]).length, 2);
});

test('a port stays the same one when who reaches it changes', () => {
    const ids = (...reach: Reach[]) => mergeFamilies(reach.map((each, i) => port(80, 'web', each, { 'host-address': ['0.0.0.0', '::'][i] }))).map(({ id }) => id);
    const [both] = ids({ reach: 'everyone' }, { reach: 'everyone' });
    const [ipv4, ipv6] = ids({ reach: 'nobody' }, { reach: 'everyone' });
    assert.equal(ipv4, both);
    assert.notEqual(ipv6, both);
});

test('a port that is open somewhere is drawn as open', () => {
    const open: Reach = { reach: 'nobody', exceptions: [{ interface: 'eth1', reach: 'nobody' }, { interface: 'lan0', reach: 'everyone' }] };
    const kind = (reach: Reach) => targetKind(mergeFamilies([port(80, 'web', reach)])[0]);
    assert.equal(kind(open), 'open');
    assert.equal(worst(open).interface, 'lan0');
    assert.deepEqual(reachTexts(open), ['everyone from lan0', 'from eth1: nobody', 'otherwise: nobody']);
    assert.equal(kind({ reach: 'nobody', exceptions: [{ interface: 'eth1', reach: 'sources', sources: ['10.0.0.1'] }] }), 'known');
    const narrower: Reach = { reach: 'everyone', exceptions: [{ interface: 'lan0', reach: 'nobody' }] };
    assert.equal(kind(narrower), 'open');
    assert.deepEqual(reachTexts(narrower), ['everyone', 'from lan0: nobody']);
    assert.equal(kind({ reach: 'nobody' }), 'nobody');
    assert.equal(worst({ reach: 'everyone', except: ['10.0.0.1'], exceptions: [{ interface: 'lan0', reach: 'everyone' }] }).interface, 'lan0');
    assert.equal(kind({ reach: 'something new' as Reach['reach'] }), 'unknown');
});

test('a container with the host\'s network has no port that could be named', () => {
    const host: Port = { container: 'web', 'container-id': 'w', running: true, path: 'host-network', reach: 'unknown' };
    assert.equal(portName(host), 'ports of the host');
    assert.equal(portEntry(host), null);
    assert.deepEqual(mergeFamilies([port(80, 'web', { reach: 'nobody' }), host]).map(target => target.families), [[], ['IPv4']]);
    assert.deepEqual(choices('ports', {}, [host, port(80, 'web', { reach: 'nobody' })], [])[0].choices, [{ label: '80/tcp (web)', entries: ['80/tcp'] }]);
});

test('one container with the same name as another is not it', () => {
    assert.equal(mergeFamilies([port(80, 'web', { reach: 'everyone' }), port(80, 'web', { reach: 'everyone' }, { 'container-id': 'other' })]).length, 2);
});

test('ports are sorted by container, then by number', () => {
    const sorted = mergeFamilies([port(90, 'b', { reach: 'nobody' }), port(100, 'a', { reach: 'nobody' }), port(9, 'b', { reach: 'nobody' })]);
    assert.deepEqual(sorted.map(target => target.port['host-port']), [100, 9, 90]);
});

test('lines lead from whoever reaches a port, and from nobody else', () => {
    assert.deepEqual(lines([port(80, 'web', { reach: 'everyone' })]), ['Everyone = open']);
    assert.deepEqual(lines([port(80, 'web', { reach: 'everyone', except: ['10.0.0.1'] })]), ['Everyone except 10.0.0.1 = open']);
    assert.deepEqual(lines([port(80, 'web', { reach: 'nobody' })]), []);
    assert.deepEqual(lines([port(80, 'web', { reach: 'sources', sources: ['10.0.0.1', '::1'], 'source-count': 2 })]), ['10.0.0.1 = known', '::1 = known']);
    assert.deepEqual(lines([port(80, 'web', { reach: 'zones', zones: ['home'], 'zones-partly': ['public'], sources: [], 'source-count': 0 })]),
        ['Zone home = zone', 'Zone public - zone']);
    assert.deepEqual(lines([port(80, 'web', { reach: 'unknown' })]), ['Not known = unknown']);
});

test('many clients are one box', () => {
    const sources = Array.from({ length: 64 }, (_, i) => `10.0.0.${i}`);
    assert.deepEqual(lines([port(80, 'web', { reach: 'sources', sources, 'source-count': 1000 })]), ['10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3 and 996 more = known']);
});

test('an exception is a line of its own, and says where it holds', () => {
    assert.deepEqual(lines([port(80, 'web', { reach: 'nobody', exceptions: [{ interface: 'eth1', reach: 'everyone' }, { destination: '::1', reach: 'nobody' }] })]),
        ['Everyone from eth1 - open']);
});

test('one client of two ports is one box', () => {
    const { clients } = graph(mergeFamilies([80, 81].map(number => port(number, 'web', { reach: 'sources', sources: ['10.0.0.1'], 'source-count': 1 }))));
    assert.equal(clients.length, 1);
});

test('everybody stands first', () => {
    const { clients } = graph(mergeFamilies([port(80, 'a', { reach: 'sources', sources: ['10.0.0.1'], 'source-count': 1 }), port(81, 'b', { reach: 'everyone' })]));
    assert.deepEqual(clients.map(client => client.kind), ['open', 'known']);
});

test('words', () => {
    assert.equal(some(['a', 'b']), 'a, b');
    assert.equal(some(['a'], 3), 'a and 2 more');
    assert.equal(who({ reach: 'zones', zones: [], sources: ['10.0.0.1'] }), 'nobody by firewalld\'s zones, and 10.0.0.1');
    assert.equal(portName({ protocol: 'udp', 'host-port': 53, 'host-address': '::1' }), '[::1]:53/udp');
    assert.equal(portName({ protocol: 'tcp', 'host-port': 80, 'host-address': '::' }), '80/tcp');
    assert.equal(portName({ protocol: 'tcp', 'host-port': 80, 'host-address': '::' }, ['IPv6']), '80/tcp (IPv6)');
    assert.equal(portName({ protocol: 'tcp', 'host-port': 80, 'host-address': '0.0.0.0' }, ['IPv4', 'IPv6']), '80/tcp');
    assert.equal(portName({ protocol: 'tcp', 'host-port': 80, 'host-address': '::1' }, ['IPv6']), '[::1]:80/tcp');
    assert.deepEqual(composeEntries('shop/web'), ['label=com.docker.compose.project=shop', 'label=com.docker.compose.service=web']);
    assert.equal(containerEntry('label=com.docker.compose.project=shop'), 'Compose project shop');
    assert.equal(covers({ action: 'deny' }), 'every published port');
    assert.equal(covers({ action: 'deny', ports: ['80/tcp', '81/tcp'], containers: ['web'] }), 'ports 80/tcp, 81/tcp; container web');
});
