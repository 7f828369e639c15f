// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';

import './words';
import type { Port } from '../src/contract';
import {
    addressOfEnds, connectionOf, destinationSuggestions, endsOfAddress, endsOfPort, fieldOfError, hostAddress, interfaceChoices, representative,
    sourceSuggestions, toldOf, type Known,
} from '../src/explain/ends';
import { headline } from '../src/explain/headline';
import { hasRules, stepsOf, type Row } from '../src/explain/way';

// What quaywalld answered in the lab.
const ALLOWED: Row[] = [
    ['source', '192.168.1.1', 'comes in by ext0'],
    ['guard host', 'fib daddr type != unicast jump host_policies', 'asks host_policies'],
    ['guard host_policies', 'policy web: iifname "ext0" tcp dport 8080 ip saddr @s4_07 (192.168.1.1-192.168.1.2) accept comment "quaywall:web"',
        'accepted; goes on to the next table'],
    ['nat PREROUTING', '-m addrtype --dst-type LOCAL -j DOCKER', 'asks DOCKER'],
    ['nat DOCKER', '! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80', 'DNAT to 172.17.0.2:80'],
    ['routing', '172.17.0.2:80/tcp', 'routed by docker0'],
    ['guard forward', 'oifname @docker_bridges (docker0) jump forward_policies', 'asks forward_policies, where no rule matches'],
    ['guard forward', 'policy accept', 'nothing against it; goes on to the next table'],
    ['filter FORWARD', '-j DOCKER-USER', 'asks DOCKER-USER'],
    ['filter DOCKER-USER', '-m conntrack --ctstate NEW,RELATED -j QUAYWALL', 'asks QUAYWALL'],
    ['filter QUAYWALL', '-o docker0 -g QUAYWALL-POLICY', 'goes to QUAYWALL-POLICY'],
    ['filter QUAYWALL-POLICY', 'policy web: -s 192.168.1.1/32 -i ext0 -j RETURN', 'leaves this chain'],
    ['filter FORWARD', '-j DOCKER-ISOLATION-STAGE-1', 'asks DOCKER-ISOLATION-STAGE-1, where no rule matches'],
    ['filter FORWARD', '-o docker0 -j DOCKER', 'asks DOCKER'],
    ['filter DOCKER', '-d 172.17.0.2/32 ! -i docker0 -o docker0 -j ACCEPT', 'accepted; goes on to the next table'],
    ['firewalld filter_FORWARD', 'ct status dnat accept', 'accepted; goes on to the next table'],
    ['by docker0', '172.17.0.2:80/tcp', 'decides: no rule is against it'],
];

test('the way of a connection to a container has one step for each place that people know', () => {
    assert.deepEqual(stepsOf(ALLOWED).map(({ title, text, outcome, policies }) => [title, text, outcome, policies.join()]), [
        ['The client: 192.168.1.1', 'comes in by ext0', 'neutral', ''],
        ["quaywall's guard, as the packet arrives", 'a rule lets it pass', 'passes', 'web'],
        ["Docker's port mapping", 'it goes on to 172.17.0.2:80', 'neutral', ''],
        ['Routing: 172.17.0.2:80/tcp', 'this host forwards it by docker0', 'neutral', ''],
        ["quaywall's guard, on the way through this host", 'no rule is against it', 'passes', ''],
        ['DOCKER-USER, on the way through this host', 'a rule lets it pass', 'passes', 'web'],
        ["Docker's own rules, on the way through this host", 'a rule lets it pass', 'passes', ''],
        ['firewalld, on the way through this host', 'a rule lets it pass', 'passes', ''],
        ['Delivered by docker0: 172.17.0.2:80/tcp', 'no rule was against it: it arrives', 'decides', ''],
    ]);
    // no row is lost, and all stand in their order
    assert.deepEqual(stepsOf(ALLOWED).flatMap(({ rows }) => rows), ALLOWED);
});

test('the zone that refuses a connection to the host belongs to firewalld', () => {
    const steps = stepsOf([
        ['source', '192.168.1.50', 'comes in by ext0'],
        ['routing', '192.168.1.99:9999/tcp', 'for the host itself'],
        ['guard input', 'ct status ! dnat fib daddr type != unicast accept', 'accepted; goes on to the next table'],
        ['firewalld filter_INPUT', 'jump filter_INPUT_ZONES', 'asks filter_INPUT_ZONES'],
        ['firewalld filter_INPUT_ZONES', 'goto filter_IN_public', 'goes to filter_IN_public'],
        ['firewalld filter_IN_public', 'reject with icmpx admin-prohibited', 'decides: rejected here'],
    ]);
    assert.deepEqual(steps.map(({ title }) => title), ['The client: 192.168.1.50', 'Routing: 192.168.1.99:9999/tcp',
        "quaywall's guard, on the way to a program of this host", 'firewalld, on the way to a program of this host']);
    assert.deepEqual([steps[3].text, steps[3].outcome], ['refused with an error', 'decides']);
});

test('what cannot be told is said where it is, and at the end', () => {
    const steps = stepsOf([
        ['source', '192.168.1.1', 'comes in by ext0'],
        ['raw PREROUTING', '-p tcp -m statistic --mode random -j DROP', 'cannot tell: -m statistic'],
        ['raw PREROUTING', 'policy accept', 'nothing against it; goes on to the next table'],
        ['by docker0', '172.17.0.2:80/tcp', 'decides: no rule is against it; not certain: a row above says what cannot be told'],
    ]);
    assert.deepEqual(steps[1], {
        title: 'iptables, table raw, as the packet arrives', outcome: 'uncertain', policies: [], rows: steps[1].rows,
        text: 'quaywall cannot evaluate a rule here: -m statistic',
    });
    assert.equal(steps[2].text, 'no rule was against it: it arrives');
});

test('rules that stop the answer stand behind the way of the first packet, and say so', () => {
    const steps = stepsOf([
        ['source', '192.168.1.1', 'comes in by ext0'],
        ['raw PREROUTING', 'policy accept', 'nothing against it; goes on to the next table'],
        ['routing', '172.17.0.2:80/tcp', 'routed by docker0'],
        ['raw PREROUTING', '-i docker0 -j DROP', 'decides: dropped here, so no answer comes back'],
    ]);
    assert.equal(steps[3].title, 'A later packet: iptables, table raw, as the packet arrives');
    assert.equal(steps[3].text, 'the answer is dropped, so the client gets none');
});

test('rules of programs that nobody knows, and words that nobody knows, are shown as they are', () => {
    const steps = stepsOf([
        ['mine input', 'tcp dport 80 drop', 'something new'],
        ['mine deeper', 'drop', 'decides: dropped here'],
        ['filter my-chain', '-j DROP', 'logged'],
    ]);
    assert.deepEqual(steps.map(({ title }) => title), ['Rules of another program: mine', 'filter my-chain']);
    assert.deepEqual(stepsOf([['mine input', 'x', 'something new']])[0].text, 'something new');
});

const NO_ENDS = endsOfAddress({});
const port = (text: string, more: Partial<Port> = {}): Port => {
    const [hostPort, protocol] = text.split('/');
    return { protocol, 'host-port': Number(hostPort), 'host-address': '0.0.0.0', 'container-port': 80, container: 'web', 'container-id': 'w', reach: 'everyone', ...more };
};
const KNOWN: Known = {
    groups: { office: { addresses: ['192.168.1.1', '10.0.0.0/8'] } },
    policies: {
        web: { action: 'allow-only', sources: ['group:office', '192.168.1.1', '192.168.1.7 until 2999-01-01T00:00:00Z', 'zone:home'] },
    },
    networks: [{ name: 'front', id: 'f', driver: 'bridge', bridge: 'br-front', subnets: ['172.18.0.0/16'] }],
    containers: [{ name: 'web', id: 'w', running: true, addresses: ['172.17.0.2', 'fd00:d0c::2'] }],
    ports: [port('8080/tcp'), port('8080/tcp', { 'host-address': '::' }), port('5432/tcp', { 'host-address': '192.168.1.98', 'container-id': 'x', container: 'db' })],
    addresses: ['10.9.0.99', '192.168.1.99', 'fd01::99'], interfaces: ['ext0', 'ext1'], zoneInterfaces: [['ext0', 'public', true, false], ['ext1', 'home', false, true]],
};

test('a network or range is explained by one of its addresses; anything else is for quaywalld to judge', () => {
    for (const [typed, address, isExample] of [
        ['192.168.1.0/24', '192.168.1.1', true], ['10.0.0.77/8', '10.0.0.1', true], ['172.17.0.128/25', '172.17.0.129', true],
        ['192.168.1.5/32', '192.168.1.5', false], ['192.168.1.4/31', '192.168.1.4', true], ['fd01::/64', 'fd01::1', true],
        ['192.168.1.1-192.168.1.9', '192.168.1.1', true], [' 10.0.0.1 ', '10.0.0.1', false], ['nonsense/24', 'nonsense/24', false], ['', '', false],
    ] as const)
        assert.deepEqual(representative(typed), { address, isExample }, typed);
});

test('a published port is dialled where it is published, else at the nearest address of the client\'s family', () => {
    const of = (source: string, text: string) => hostAddress(source, text, KNOWN.ports, KNOWN.addresses);
    assert.equal(of('192.168.1.50', '8080/tcp'), '192.168.1.99');
    assert.equal(of('10.9.7.1', '8080/tcp'), '10.9.0.99');
    assert.equal(of('fd01::50', '8080/tcp'), 'fd01::99');
    assert.equal(of('192.168.1.50', '5432/tcp'), '192.168.1.98');
    assert.equal(of('192.168.1.50', '9999/tcp'), '192.168.1.99');
    assert.equal(hostAddress('fd01::50', '8080/tcp', KNOWN.ports, ['192.168.1.99']), null);
});

test('what is missing is said by field, and a bare number is a TCP port', () => {
    assert.deepEqual(Object.keys(connectionOf(NO_ENDS, [], []).missing!), ['source', 'port', 'destination']);
    assert.deepEqual(connectionOf({ ...NO_ENDS, source: '192.168.1.0/24', port: '8080' }, KNOWN.ports, KNOWN.addresses).connection,
        { source: '192.168.1.1', destination: '192.168.1.99', port: '8080/tcp' });
    assert.deepEqual(connectionOf({ source: 'fd01::1', destination: 'fd00:d0c::2', port: '80/tcp', interface: 'ext0' }, [], []).connection,
        { source: 'fd01::1', destination: 'fd00:d0c::2', port: '80/tcp', interface: 'ext0' });
});

test('clients are offered once, with all who name them', () => {
    const offers = sourceSuggestions(KNOWN);
    assert.deepEqual(offers.filter(({ value }) => value === '192.168.1.1').map(({ note }) => note), ['in the group office, in the policy web']);
    assert(offers.some(({ value }) => value === '192.168.1.7'));
    assert(!offers.some(({ value }) => /zone|group:/.test(value)));
    assert(offers.some(({ value, note }) => value === '172.18.0.0/16' && note === 'a container in the network front'));
});

test('a port that is published by IPv4 and IPv6 is offered once, and the container\'s own port with each of its addresses', () => {
    const offers = destinationSuggestions(KNOWN);
    assert.deepEqual(offers.map(({ label, note, fills }) => [label, note, fills]), [
        ['8080/tcp', 'web', { destination: '', port: '8080/tcp' }],
        ['5432/tcp', 'db, only at 192.168.1.98', { destination: '192.168.1.98', port: '5432/tcp' }],
        ['172.17.0.2, 80/tcp', 'web', { destination: '172.17.0.2', port: '80/tcp' }],
        ['fd00:d0c::2, 80/tcp', 'web', { destination: 'fd00:d0c::2', port: '80/tcp' }],
        ...KNOWN.addresses.map(address => [address, undefined, { destination: address }]),
    ]);
});

test('an interface has the zone that it is in now', () =>
    assert.deepEqual(interfaceChoices(KNOWN), [{ name: 'ext0', zone: 'public' }, { name: 'ext1', zone: '' }]));

test('the page\'s address keeps what is asked', () => {
    const ends = { source: 'fd01::1', interface: '', destination: '', port: '8080/tcp' };
    assert.deepEqual(addressOfEnds(ends), { source: 'fd01::1', port: '8080/tcp' });
    assert.deepEqual(endsOfAddress(addressOfEnds(ends)), ends);
    assert.deepEqual(endsOfAddress({}), { source: '', interface: '', destination: '', port: '' });
});

test('"Why?" asks of a client of the port\'s family: one who gets in, or else anybody', () => {
    assert.deepEqual(endsOfPort(port('8080/tcp')), { source: '203.0.113.1', interface: '', destination: '', port: '8080/tcp' });
    assert.deepEqual(endsOfPort(port('80/udp', { 'host-address': 'fd01::99', sources: ['10.0.0.1', 'zone:home', 'fd02::/64'] })),
        { source: 'fd02::/64', interface: '', destination: 'fd01::99', port: '80/udp' });
    assert.equal(endsOfPort(port('80/tcp', { exceptions: [{ interface: 'ext0', reach: 'sources', sources: ['10.0.0.1'] }] })).source, '10.0.0.1');
});

test('an error of quaywalld\'s belongs to the field that it begins with', () => {
    assert.deepEqual(fieldOfError('source: "bogus" is not an IP address'), { field: 'source', sentence: '"bogus" is not an IP address' });
    assert.equal(fieldOfError('firewalld: no answer'), null);
});

test('the headline says who decides, and why', () => {
    const of = (verdict: 'allowed' | 'blocked' | 'uncertain', sentence: string, more = {}) => headline({ verdict, sentence, trace: [], ...more });
    assert.equal(of('blocked', 'blocked by policy web: it lists only group:office', { policy: 'web', layer: 'guard' }), 'Blocked by policy web: it lists only group:office');
    assert.equal(of('blocked', 'blocked by policy web: fd01::50 is not among its 3 addresses', { policy: 'web', layer: 'guard' }), 'Blocked by policy web: fd01::50 is not among its 3 sources');
    assert.equal(of('allowed', 'allowed by policy web: it lists 10.0.0.0/8 of group:office; docker-proxy takes it', { policy: 'web', layer: 'guard' }),
        'Allowed by policy web: it lists 10.0.0.0/8 of group:office; docker-proxy takes it');
    assert.equal(of('blocked', 'blocked by firewalld, zone public: a rule in "firewalld filter_IN_public" stops it', { layer: 'firewalld' }),
        'Blocked by firewalld, zone public: a rule in "firewalld filter_IN_public" stops it');
    assert.equal(of('blocked', 'blocked by default: the policy of "t a" is to drop, and no rule accepts it', { layer: 'netfilter' }),
        'Blocked by default: the policy of "t a" is to drop, and no rule accepts it');
    assert.equal(of('blocked', 'blocked by another program: a rule in "mine f" stops the answer', { layer: 'netfilter' }), 'Blocked by another program: a rule in "mine f" stops the answer');
    assert.equal(of('blocked', 'blocked: the host has no route to it, so no answer comes back', { layer: 'routing' }), 'Blocked: the host has no route to it, so no answer comes back');
    assert.equal(of('allowed', 'allowed: no rule is against it'), 'Allowed: no rule is against it');
    assert.equal(of('uncertain', 'uncertain: there are too many rules; otherwise allowed: no rule is against it'), 'Not certain: there are too many rules; otherwise allowed: no rule is against it');
    assert.equal(of('blocked', 'blocked by a rule of policy gone, which does not exist any more', { policy: 'gone' }), 'Blocked by a rule of policy gone, which does not exist any more');
});

// With LANG=ja_JP.UTF-8, as in po/ja.po.
const IN_JAPANESE: Row[] = [
    ['source', '192.168.1.1', 'ext0 から受信'],
    ['guard host', 'fib daddr type != unicast jump host_policies', 'host_policies に問い合わせます'],
    ['guard host_policies', 'ポリシー web: tcp dport 8080 accept', '許可され、次のテーブルへ進みます'],
    ['nat DOCKER', '-j DNAT --to-destination 172.17.0.2:80', '172.17.0.2:80 に DNAT'],
    ['routing', '172.17.0.2:80/tcp', 'docker0 経由で転送'],
    ['mine forward', '-m statistic', 'cannot tell: -m statistic'],
    ['filter FORWARD', '-j DOCKER-USER', 'DOCKER-USER に問い合わせます'],
    ['filter DOCKER-USER', '-j RETURN', 'このチェーンを抜けます'],
    ['docker0 経由', '172.17.0.2:80/tcp', 'decides: 妨げるルールはありません; 確実ではありません'],
];

test('of a quaywalld in another language no step is lost, none is called what it is not, and what decides is known', () => {
    const steps = stepsOf(IN_JAPANESE);
    assert.deepEqual(steps.flatMap(({ rows }) => rows), IN_JAPANESE);
    const last = steps.at(-1)!;
    assert.deepEqual([last.title, last.text, last.outcome, hasRules(last)],
        ['docker0 経由: 172.17.0.2:80/tcp', '妨げるルールはありません; 確実ではありません', 'decides', false]);
    assert.deepEqual(steps.filter(({ outcome }) => outcome === 'uncertain').map(({ title }) => title), ['Rules of another program: mine']);
    assert.equal(steps.filter(({ outcome }) => outcome === 'decides').length, 1);
    // as they are: nothing says that they passed
    assert.deepEqual(steps.slice(0, 4).map(({ text, outcome }) => [text, outcome]), [['ext0 から受信', 'neutral'],
        ['許可され、次のテーブルへ進みます', 'neutral'], ['172.17.0.2:80 に DNAT', 'neutral'], ['docker0 経由で転送', 'neutral']]);
    // another language that is written in ASCII
    assert.equal(stepsOf([['durch docker0', '172.17.0.2:80/tcp', 'decides: keine Regel']])[0].title, 'durch docker0: 172.17.0.2:80/tcp');
    assert.equal(stepsOf([['リンク ext0', '[fd01::1]:80/tcp', 'decides: x']])[0].title, 'リンク ext0: [fd01::1]:80/tcp');
});

test('a headline in another language is shown as it is', () => {
    for (const [verdict, sentence] of [['blocked', '遮断 (ポリシー web): 192.168.1.50 は 3 件のアドレスに含まれません'], ['allowed', '許可: 妨げるルールはありません']] as const)
        assert.equal(headline({ verdict, sentence, trace: [], policy: 'web', layer: 'guard' }), sentence);
});

test('an answer is shown only for the connection of which it is, and while quaywalld runs', () => {
    const told = { connection: '{"port":"80/tcp"}', explanation: { verdict: 'blocked' as const, sentence: 'blocked', trace: [] } };
    assert.equal(toldOf(told, told.connection, true), told);
    assert.deepEqual(toldOf(told, '{"port":"81/tcp"}', true), {});
    assert.deepEqual(toldOf(told, told.connection, false), {});
    assert.deepEqual(toldOf({}, undefined, true), {});
});
