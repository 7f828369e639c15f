// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeCockpit, settled } from './fake-cockpit';
import './words';
import type { Network, Policies, Port, Problem, Properties } from '../src/contract';
import { addressChoices, everywhere, settingsOf, unknownBecause, widens } from '../src/engine/settings';
import { Service } from '../src/service';
import { consequencesOfMove, interfaceRows, repairOf } from '../src/zone/interfaces';

const NETWORKS: Network[] = [{ name: 'bridge', id: 'b', driver: 'bridge', bridge: 'docker0' }, { name: 'host', id: 'h', driver: 'host' }];
const PROBLEM: Problem = ['zone-interface', 'docker0 is in trusted', { interface: 'docker0', zone: 'trusted' }];
const row = (name: string) => interfaceRows([['docker0', 'trusted', true, true], ['vpn0', 'docker', true, false], ['ext0', 'public', true, false], ['ext0', 'home', false, true]],
    ['ext0', 'eth1', 'docker0'], NETWORKS, [PROBLEM, ['policy-file', 'x', { interface: 'docker0' }]], 'docker').find(entry => entry.name === name)!;

test('interfaces stand in the order of what Docker has to do with them', () => {
    const rows = interfaceRows([['docker0', 'docker', true, false], ['vpn0', 'docker', true, false]], ['eth1', 'ext0', 'vpn0'], NETWORKS, [], 'docker');
    assert.deepEqual(rows.map(({ name }) => name), ['docker0', 'vpn0', 'eth1', 'ext0']);
    assert.deepEqual([row('docker0').network, row('docker0').problems, row('vpn0').network], ['bridge', [PROBLEM], undefined]);
    assert.deepEqual([row('ext0').zone, row('ext0').permanentZone, row('eth1').zone], ['public', 'home', '']);
});

test('each problem of the zone leads to the call that repairs it', () => {
    assert.deepEqual(repairOf(PROBLEM), { method: 'Zone.AddInterface', name: 'docker0' });
    assert.deepEqual(repairOf(['zone-missing', '', {}]), { method: 'Zone.Ensure' });
    assert.deepEqual(repairOf(['foreign-in-docker-zone', '', { interface: 'vpn0' }]), { method: 'Zone.RemoveInterface', name: 'vpn0' });
    assert.equal(repairOf(['bridge-leads-out', '', { interface: 'br0' }]), null);
});

const said = (name: string, to: string, policies: Policies = {}) => {
    const consequences = consequencesOfMove(row(name), to, 'docker', policies);
    return { text: consequences.map(({ text }) => text).join('\n'), isDangerous: consequences.some(({ isDanger }) => isDanger) };
};

test('the consequences of a move are said before', () => {
    assert.match(said('ext0', 'drop').text, /zone drop decides about everything that comes in by ext0, including SSH and Cockpit/);
    assert(said('ext0', 'drop').isDangerous);
    assert.match(said('ext0', '').text, /default zone decides .* including SSH/);
    assert.match(said('docker0', 'public').text, /Docker may fail to start/);
    // back to where it belongs
    assert(!said('docker0', 'docker').isDangerous);
    assert.match(said('ext0', 'docker').text, /accepts everything/);
});

test('policies that follow zones are named', () => {
    const policies: Policies = {
        all: { action: 'obey-zones' }, off: { action: 'obey-zones', enabled: false }, home: { action: 'allow-only', sources: ['zone:home'] },
        pub: { action: 'deny', sources: ['zone:public'] }, web: { action: 'deny', sources: ['zone:work'] },
    };
    assert.match(said('ext0', 'home', policies).text, /policies all obey zones/);
    assert.match(said('ext0', 'home', policies).text, /policies home, pub have one of these zones/);
    assert.doesNotMatch(said('ext0', 'drop').text, /policies/);
});

const ENGINE: Properties['Engine'] = {
    ConfigFile: '/etc/docker/daemon.json', ConfigError: '', Iptables: true, Ip6tables: true, DefaultAddress: '192.168.1.99', RestartRequired: true,
    Running: { iptables: true, ip6tables: false, 'default-address': '', flags: ['--ip6tables=true', '--ipv6'] }, KnownUntil: 0,
};

test('a setting says what the running Docker has, where that is known and differs, and the flag that sets it', () => {
    const [iptables, ip6tables, address] = settingsOf(ENGINE);
    assert.deepEqual([iptables.next, iptables.now, iptables.flag], ['on', undefined, undefined]);
    assert.deepEqual([ip6tables.next, ip6tables.now, ip6tables.flag], ['on', 'off', '--ip6tables=true']);
    assert.deepEqual([address.next, address.now, address.flag], ['192.168.1.99', 'every address', undefined]);
    assert.deepEqual(settingsOf({ ...ENGINE, Running: {} }).map(({ now }) => now), [undefined, undefined, undefined]);
});

test('ports on every address are listed once', () => {
    const port = (address: string): Port => ({ protocol: 'tcp', 'host-port': 80, 'host-address': address, container: 'web', reach: 'everyone' });
    assert.deepEqual(everywhere([port('0.0.0.0'), port('::'), port('127.0.0.1')]), ['80/tcp (web)']);
    assert.deepEqual(addressChoices(['10.0.0.1']), ['', '10.0.0.1', '0.0.0.0', '::']);
});

test('after a move zones are read again: no signal tells of other zones than docker', async () => {
    const cockpit = new FakeCockpit();
    const service = new Service(cockpit.api);
    cockpit.answers['Zone.ListInterfaces'] = () => [[['ext0', 'public', true, true]]];
    cockpit.allow(true);
    cockpit.appear();
    await settled();
    service.refresh('zoneInterfaces');
    await settled();
    assert.equal(cockpit.calls.length, 0, 'nobody wants the list');
    service.want('zoneInterfaces');
    await settled();
    cockpit.answers['Zone.ListInterfaces'] = () => [[['ext0', 'home', true, true]]];
    service.refresh('zoneInterfaces');
    await settled();
    assert.deepEqual(service.snapshot().lists.zoneInterfaces?.value, [['ext0', 'home', true, true]]);
});

test('from one address to every address is a widening, and so is IPv6 beside IPv4', () => {
    for (const [from, to] of [['192.168.1.99', ''], ['192.168.1.99', '0.0.0.0'], ['fd01::99', '::'], ['0.0.0.0', '::'], ['0.0.0.0', '']])
        assert(widens(from, to), `${from} ${to}`);
    for (const [from, to] of [['', '192.168.1.99'], ['192.168.1.99', '192.168.1.98'], ['::', '0.0.0.0'], ['', '::']])
        assert(!widens(from, to), `${from} ${to}`);
});

test('Docker is said not to run only if it does not', () => {
    assert.equal(unknownBecause('running'), null);
    assert.match(unknownBecause('not-running')!, /^Docker is not running/);
    for (const state of ['failed', 'unknown', undefined])
        assert.doesNotMatch(unknownBecause(state)!, /not running/);
});
