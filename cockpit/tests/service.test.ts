// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Service, ServiceError } from '../src/service';
import { FakeCockpit, Refusal, settled } from './fake-cockpit';

async function started(prepare?: (cockpit: FakeCockpit) => void) {
    const cockpit = new FakeCockpit();
    prepare?.(cockpit);
    const service = new Service(cockpit.api);
    cockpit.allow(true);
    cockpit.appear();
    await settled();
    return { cockpit, service };
}
const count = (cockpit: FakeCockpit, method: string) => cockpit.calls.filter(call => call[0] === method).length;

test('it connects at once, and knows all properties', async () => {
    const cockpit = new FakeCockpit();
    const service = new Service(cockpit.api);
    assert.equal(service.snapshot().service, 'connecting');
    assert.equal(service.snapshot().admin, null);
    cockpit.appear();
    await settled();
    cockpit.allow(false);
    assert.equal(cockpit.clients.length, 1);
    assert.equal(service.snapshot().service, 'running');
    assert.equal(service.snapshot().admin, false);
    assert.equal(service.snapshot().properties.Manager?.State, 'enforcing');
    assert.deepEqual(service.snapshot().properties.Manager?.Limits, { policies: 256 });
});

test('without an owner of the name it is stopped, or not installed', async () => {
    for (const [answer, installed] of [[() => ['enabled'], true],
        [() => { throw new Refusal('org.freedesktop.DBus.Error.FileNotFound', 'no'); }, false]] as const) {
        const cockpit = new FakeCockpit();
        cockpit.answers['org.freedesktop.systemd1.Manager.GetUnitFileState'] = answer;
        const service = new Service(cockpit.api);
        cockpit.vanish();
        await settled();
        assert.equal(service.snapshot().service, 'stopped');
        assert.equal(service.snapshot().installed, installed);
    }
});

test('a quaywalld that starts after the page is opened is found', async () => {
    const cockpit = new FakeCockpit();
    const service = new Service(cockpit.api);
    cockpit.close();
    assert.equal(service.snapshot().service, 'stopped');
    await assert.rejects(service.call('Manager.Repair'), (error: ServiceError) => error.code === 'NotRunning');
    cockpit.own(':1.7');
    assert.equal(cockpit.clients.length, 2);
    cockpit.appear();
    await settled();
    assert.equal(service.snapshot().service, 'running');
    cockpit.own(':1.8');
    assert.equal(cockpit.clients.length, 2, 'the open channel follows the name by itself');
});

test('administrative access gained while open opens another channel', async () => {
    const { cockpit, service } = await started();
    cockpit.allow(false);
    assert.equal(cockpit.clients.length, 2);
    assert(cockpit.clients[0].closed);
    cockpit.allow(true);
    assert.equal(cockpit.clients.length, 3);
    assert.equal(service.snapshot().admin, true);
});

test('a list is read when it is wanted, and again when a signal says so', async () => {
    const { cockpit, service } = await started(fake => {
        fake.answers['Engine.ListPorts'] = () => [[{ 'host-port': { t: 'q', v: 80 }, reach: { t: 's', v: 'everyone' } }]];
    });
    assert.equal(count(cockpit, 'Engine.ListPorts'), 0);
    cockpit.signal('Engine.PortsChanged');
    service.want('ports');
    service.want('ports');
    await settled();
    assert.equal(count(cockpit, 'Engine.ListPorts'), 1);
    assert.deepEqual(service.snapshot().lists.ports, { value: [{ 'host-port': 80, reach: 'everyone' }] });
    cockpit.signal('Engine.PortsChanged');
    cockpit.signal('Engine.NetworksChanged');
    await settled();
    assert.equal(count(cockpit, 'Engine.ListPorts'), 2);
    assert.equal(count(cockpit, 'Engine.ListNetworks'), 0);
});

test('signals during a call cause one more call, not one each', async () => {
    const { cockpit, service } = await started(fake => { fake.answers['Policies.List'] = () => [{}]; });
    service.want('policies');
    cockpit.signal('Policies.Changed', ['a']);
    cockpit.signal('Policies.Changed', ['b']);
    cockpit.signal('Policies.Changed', ['c']);
    await settled();
    assert.equal(count(cockpit, 'Policies.List'), 2);
});

test('a list that cannot be read keeps its last value, and says why', async () => {
    const { cockpit, service } = await started(fake => { fake.answers['Engine.ListContainers'] = () => [[]]; });
    service.want('containers');
    await settled();
    cockpit.answers['Engine.ListContainers'] = () => { throw new Refusal('org.quaywall1.Error.DockerNotRunning', 'Docker is not running'); };
    cockpit.signal('Engine.ContainersChanged');
    await settled();
    const { value, error } = service.snapshot().lists.containers!;
    assert.deepEqual(value, []);
    assert.equal(error?.code, 'DockerNotRunning');
    assert.equal(error?.message, 'Docker is not running');
    assert.equal(service.snapshot().readDenied, false);
});

test('a user who may not read sees properties, and no old lists', async () => {
    const { cockpit, service } = await started(fake => { fake.answers['Policies.List'] = () => [{ web: {} }]; });
    service.want('policies');
    await settled();
    cockpit.answers['Policies.List'] = () => { throw new Refusal('org.freedesktop.DBus.Error.AccessDenied', 'no'); };
    cockpit.allow(false);
    cockpit.appear();
    await settled();
    assert.equal(service.snapshot().readDenied, true);
    assert.equal(service.snapshot().lists.policies?.value, undefined);
    assert.equal(service.snapshot().service, 'running');
});

test('a quaywalld that was restarted is read again, and answers of the old one are dropped', async () => {
    const { cockpit, service } = await started();
    let release = (_answer: unknown) => { /* set by the call */ };
    cockpit.answers['Policies.List'] = () => new Promise(resolve => { release = resolve; });
    service.want('policies');
    await settled();
    const ofTheOld = release;
    cockpit.vanish();
    assert.equal(service.snapshot().service, 'stopped');
    assert.equal(service.snapshot().properties.Manager?.State, 'enforcing');
    cockpit.answers['Policies.List'] = () => [{ fresh: {} }];
    cockpit.properties.Manager.State = ['s', 'degraded'];
    cockpit.appear();
    await settled();
    ofTheOld([{ old: {} }]);
    await settled();
    assert.equal(service.snapshot().properties.Manager?.State, 'degraded');
    assert.deepEqual(service.snapshot().lists.policies, { value: { fresh: {} } });
});

test('changed properties arrive, and invalidated ones are read', async () => {
    const { cockpit, service } = await started();
    cockpit.change('Manager', { State: ['s', 'degraded'] });
    assert.equal(service.snapshot().properties.Manager?.State, 'degraded');
    assert.equal(service.snapshot().properties.Manager?.Version, '0.2.0');
    cockpit.properties.Policies.Policies = ['a{sa{sv}}', { web: { revision: { t: 't', v: 5 } } }];
    cockpit.change('Policies', {}, ['Policies']);
    await settled();
    assert.deepEqual(service.snapshot().properties.Policies?.Policies, { web: { revision: 5 } });
});

test('a call takes plain values and fails with quaywalld\'s words', async () => {
    const { cockpit, service } = await started(fake => {
        fake.answers['Policies.SetChecked'] = (_name, _policy, options) => ['token-1', options['confirm-within'].v === 30 ? [['w', 'words']] : []];
        fake.answers['Policies.Remove'] = () => { throw new Refusal('org.quaywall1.Error.Conflict', 'policy "web" was changed'); };
    });
    const answer = await service.call('Policies.SetChecked', 'web', { action: 'deny' }, { 'confirm-within': 30 });
    assert.deepEqual(answer, ['token-1', [['w', 'words']]]);
    assert.deepEqual(cockpit.calls[cockpit.calls.length - 1], ['Policies.SetChecked',
        ['web', { action: { t: 's', v: 'deny' } }, { 'confirm-within': { t: 'u', v: 30 } }]]);
    await assert.rejects(service.call('Policies.Remove', 'web', {}), (error: ServiceError) =>
        error.code === 'Conflict' && error.message === 'policy "web" was changed' && !error.isDenied);
});

test('the token of a pending change outlives the page, and ends with the change', async () => {
    const { cockpit, service } = await started();
    cockpit.change('Policies', { PendingChange: ['a{sv}', { until: { t: 't', v: 1000e6 } }] });
    assert.equal(service.snapshot().token, null);
    service.keepToken('secret');
    cockpit.properties.Policies.PendingChange = ['a{sv}', { until: { t: 't', v: 1000e6 + 7 } }];
    const reloaded = new Service(cockpit.api);
    cockpit.allow(true);
    cockpit.appear();
    await settled();
    assert.equal(reloaded.snapshot().token, 'secret');
    cockpit.change('Policies', { PendingChange: ['a{sv}', {}] });
    assert.equal(reloaded.snapshot().token, null);
    assert.equal(cockpit.localStorage.getItem('quaywall:token'), null);
    cockpit.change('Policies', { PendingChange: ['a{sv}', { until: { t: 't', v: 2000e6 } }] });
    assert.equal(reloaded.snapshot().token, null, 'the change of somebody else');
});

test('the token of a change that ended while no page was open is not that of the next change', async () => {
    const { service } = await started(fake => {
        fake.localStorage.setItem('quaywall:token', JSON.stringify({ token: 'old', until: 1000e6 }));
        fake.properties.Policies.PendingChange = ['a{sv}', { until: { t: 't', v: 2000e6 } }];
    });
    assert.equal(service.snapshot().token, null);
});

test('counters are watched while somebody looks, and become rates', async () => {
    const { cockpit, service } = await started(fake => {
        fake.answers['Policies.WatchCounters'] = () => [{ web: [10, 1000] }];
        fake.answers['Policies.UnwatchCounters'] = () => [];
    });
    const stop = service.watchCounters();
    const stopToo = service.watchCounters();
    await settled();
    assert.deepEqual(service.snapshot().counters, { web: [10, 1000] });
    cockpit.signal('Policies.CountersChanged', { web: [30, 3000] }, 2e6);
    assert.deepEqual(service.snapshot().rates, { web: 10 });
    cockpit.signal('Policies.CountersChanged', {}, 1e6);
    assert.deepEqual(service.snapshot().rates, {});
    assert.deepEqual(service.snapshot().counters, { web: [30, 3000] });
    stop();
    assert.equal(count(cockpit, 'Policies.UnwatchCounters'), 0);
    stopToo();
    assert.equal(count(cockpit, 'Policies.UnwatchCounters'), 1);
    assert.equal(count(cockpit, 'Policies.WatchCounters'), 1);
});

test('what quaywalld repairs is remembered, the last first', async () => {
    const { cockpit, service } = await started();
    for (let i = 1; i <= 12; i++)
        cockpit.signal('Manager.Repaired', 'guard-altered', `repair ${i}`);
    assert.deepEqual(service.snapshot().repaired.map(repair => repair.sentence).slice(0, 2), ['repair 12', 'repair 11']);
    assert.equal(service.snapshot().repaired.length, 10);
});

test('the host\'s clock is known', async () => {
    const { service } = await started(fake => { fake.now = Date.now() + 3600_000; });
    await settled();
    assert(Math.abs(service.snapshot().clockOffset - 3600_000) < 1000);
});

// Calls what setTimeout would call later, and tells after how many milliseconds.
function timers() {
    const real = globalThis.setTimeout;
    const waiting: [() => void, number][] = [];
    globalThis.setTimeout = ((f: () => void, delay: number) => waiting.push([f, delay])) as unknown as typeof setTimeout;
    return {
        waiting,
        pass() {
            const [f, delay] = waiting.shift()!;
            f();
            return delay;
        },
        restore() {
            globalThis.setTimeout = real;
        },
    };
}
// All that "service" says while something happens.
function told(service: Service) {
    const states: string[] = [service.snapshot().service];
    service.subscribe(() => {
        const { service: state } = service.snapshot();
        if (state !== states[states.length - 1])
            states.push(state);
    });
    return states;
}

test('it is known only when all properties are, and is never said to be stopped before', async () => {
    const cockpit = new FakeCockpit();
    let release = (_answer: unknown) => { /* set by the call */ };
    const getAll = cockpit.getAll.bind(cockpit);
    cockpit.getAll = iface => iface === 'Engine' ? new Promise(resolve => { release = resolve; }) : getAll(iface);
    const service = new Service(cockpit.api);
    const states = told(service);
    cockpit.appear();
    await settled();
    assert(service.snapshot().properties.Manager);
    assert.equal(service.snapshot().known, false);
    release(getAll('Engine'));
    await settled();
    assert.equal(service.snapshot().known, true);
    assert.deepEqual(states, ['connecting', 'running']);
});

test('a quaywalld that comes is not called stopped while it is read', async () => {
    const cockpit = new FakeCockpit();
    const service = new Service(cockpit.api);
    const states = told(service);
    cockpit.vanish();
    cockpit.appear();
    assert.equal(service.snapshot().service, 'connecting');
    await settled();
    cockpit.vanish();
    assert.equal(service.snapshot().known, true, 'what was known stays');
    assert.deepEqual(states, ['connecting', 'stopped', 'connecting', 'running', 'stopped']);
});

test('properties that cannot be read are told, and read again later', async () => {
    const clock = timers();
    try {
        const cockpit = new FakeCockpit();
        const getAll = cockpit.getAll.bind(cockpit);
        cockpit.getAll = iface => {
            if (iface === 'Groups')
                throw new Refusal('org.freedesktop.DBus.Error.NoReply', 'no answer in time');
            return getAll(iface);
        };
        const service = new Service(cockpit.api);
        cockpit.appear();
        await settled();
        assert.equal(service.snapshot().service, 'disconnected');
        assert.equal(service.snapshot().known, false);
        assert.equal(service.snapshot().failure?.message, 'no answer in time');
        cockpit.getAll = getAll;
        clock.pass();
        cockpit.appear();
        await settled();
        assert.equal(service.snapshot().service, 'running');
        assert.equal(service.snapshot().failure, undefined);
        assert.equal(clock.waiting.length, 0);
    } finally {
        clock.restore();
    }
});

test('another channel for other rights does not look like a stopped quaywalld', async () => {
    const { cockpit, service } = await started();
    const states = told(service);
    cockpit.allow(false);
    cockpit.appear();
    await settled();
    assert.equal(cockpit.clients.length, 2);
    assert.deepEqual(states, ['running']);
});

test('a channel that is closed is opened again, more and more slowly, and is no stopped quaywalld', async () => {
    const clock = timers();
    try {
        const { cockpit, service } = await started();
        const states = told(service);
        const delays: number[] = [];
        cockpit.close('protocol-error');
        assert.equal(service.snapshot().failure?.message, 'closed: protocol-error');
        await assert.rejects(service.call('Manager.Repair'), (error: ServiceError) => error.code === 'Disconnected');
        for (let i = 0; i < 8; i++) {
            assert.equal(clock.waiting.length, 1);
            delays.push(clock.pass());
            cockpit.close('terminated');
        }
        assert(delays[0] >= 500 && delays.every((delay, i) => i === 0 || delay >= delays[i - 1]), String(delays));
        assert(delays[7] > delays[0] && delays[7] <= 60_000, String(delays));
        clock.pass();
        cockpit.appear();
        await settled();
        assert.deepEqual(states, ['running', 'disconnected', 'running']);
        assert.equal(clock.waiting.length, 0);
        cockpit.close('terminated');
        assert.equal(clock.pass(), delays[0], 'it begins anew');
    } finally {
        clock.restore();
    }
});

test('the name is watched again when the bus was away', async () => {
    const clock = timers();
    try {
        const { cockpit, service } = await started();
        cockpit.close('not-found');
        cockpit.bus['org.freedesktop.DBus'].close('terminated');
        assert.equal(service.snapshot().service, 'stopped');
        clock.pass();
        assert(!cockpit.bus['org.freedesktop.DBus'].closed);
        cockpit.close('not-found');
        assert.equal(service.snapshot().service, 'stopped');
        assert.equal(clock.waiting.length, 0);
        cockpit.own(':1.9');
        cockpit.appear();
        await settled();
        assert.equal(service.snapshot().service, 'running');
    } finally {
        clock.restore();
    }
});

test('a signal that comes with an older answer wins', async () => {
    const cockpit = new FakeCockpit();
    const getAll = cockpit.getAll.bind(cockpit);
    const releases: Record<string, (answer: unknown) => void> = {};
    cockpit.getAll = iface => new Promise(resolve => { releases[iface] = resolve; });
    cockpit.localStorage.setItem('quaywall:token', JSON.stringify({ token: 'secret', until: 1000e6 }));
    const service = new Service(cockpit.api);
    cockpit.appear();
    const older = { Manager: getAll('Manager'), Policies: getAll('Policies') };
    // one batch of cockpit.js: what awaits the answer goes on after the signal
    releases.Manager(older.Manager);
    cockpit.change('Manager', { State: ['s', 'degraded'] });
    releases.Policies(older.Policies);
    cockpit.change('Policies', { PendingChange: ['a{sv}', { until: { t: 't', v: 1000e6 } }] });
    for (const iface of ['Zone', 'Groups', 'Engine'])
        releases[iface](getAll(iface));
    await settled();
    assert.equal(service.snapshot().service, 'running');
    assert.equal(service.snapshot().properties.Manager?.State, 'degraded');
    assert.equal(service.snapshot().properties.Manager?.Version, '0.2.0');
    assert.equal(service.snapshot().properties.Policies?.PendingChange.until, 1000e6);
    assert.equal(service.snapshot().token, 'secret');
});

test('after an invalidation only what it names is taken over, and it is read again for the next one', async () => {
    const { cockpit, service } = await started();
    const releases: ((answer: unknown) => void)[] = [];
    const getAll = cockpit.getAll.bind(cockpit);
    cockpit.getAll = () => new Promise(resolve => { releases.push(resolve); });
    const web = (revision: number): [string, unknown] => ['a{sa{sv}}', { web: { revision: { t: 't', v: revision } } }];
    cockpit.properties.Policies.Policies = web(1);
    cockpit.change('Policies', {}, ['Policies']);
    const older = structuredClone(getAll('Policies')) as [Record<string, unknown>];
    older[0].RuntimeChanges = { t: 'as', v: ['not asked for'] };
    cockpit.properties.Policies.Policies = web(2);
    cockpit.change('Policies', {}, ['Policies']);
    cockpit.change('Policies', {}, ['Policies']);
    releases[0](older);
    await settled();
    assert.deepEqual(service.snapshot().properties.Policies?.RuntimeChanges, []);
    assert.equal(releases.length, 2);
    releases[1](getAll('Policies'));
    await settled();
    assert.deepEqual(service.snapshot().properties.Policies?.Policies, { web: { revision: 2 } });
    assert.equal(releases.length, 2);
});

test('a list that was wanted before is read again for a view that needs it fresh', async () => {
    const { cockpit, service } = await started(fake => { fake.answers['Manager.ListNames'] = () => [{ addresses: ['192.0.2.1'] }]; });
    service.want('names', true);
    await settled();
    assert.equal(count(cockpit, 'Manager.ListNames'), 1);
    service.want('names');
    await settled();
    assert.equal(count(cockpit, 'Manager.ListNames'), 1);
    service.want('names', true);
    await settled();
    assert.equal(count(cockpit, 'Manager.ListNames'), 2);
});

test('a kept token that cannot be read is none', async () => {
    for (const kept of ['{', '7', '"x"', 'null']) {
        const { service } = await started(fake => {
            fake.localStorage.setItem('quaywall:token', kept);
            fake.properties.Policies.PendingChange = ['a{sv}', { until: { t: 't', v: 1000e6 } }];
        });
        assert.equal(service.snapshot().service, 'running', kept);
        assert.equal(service.snapshot().token, null, kept);
    }
});

test('the end of a pending change stays the same while only quaywalld\'s reckoning differs', async () => {
    const { cockpit, service } = await started();
    const until = () => service.snapshot().properties.Policies?.PendingChange.until;
    cockpit.change('Policies', { PendingChange: ['a{sv}', { until: { t: 't', v: 1000e6 } }] });
    cockpit.change('Policies', { PendingChange: ['a{sv}', { until: { t: 't', v: 1000e6 + 7 } }] });
    assert.equal(until(), 1000e6);
    cockpit.change('Policies', { PendingChange: ['a{sv}', { until: { t: 't', v: 1030e6 } }] });
    assert.equal(until(), 1030e6);
});
