// SPDX-License-Identifier: LGPL-2.1-or-later
// A cockpit object for tests: answers calls from a table, and lets a test be quaywalld that comes, goes and sends signals.

type Handler = (...args: any[]) => unknown;

// What a call fails with, as cockpit.js says it.
export class Refusal extends Error {
    readonly problem = null;
    constructor(readonly name: string, message: string) {
        super(message);
    }
}

class Events {
    #listeners = new Map<string, Set<Handler>>();
    addEventListener(name: string, listener: Handler): void {
        this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
    }
    removeEventListener(name: string, listener: Handler): void {
        this.#listeners.get(name)?.delete(listener);
    }
    dispatch(name: string, ...details: unknown[]): void {
        this.#listeners.get(name)?.forEach(listener => listener(new Event(name), ...details));
    }
}

class FakeClient extends Events {
    signal: Handler = () => { /* nobody listens */ };
    closed = false;
    constructor(readonly answer: (method: string, args: any[]) => unknown) {
        super();
    }
    async call(_path: string, iface: string, member: string, args: any[] = []) {
        return this.answer(`${iface.replace(/^org\.quaywall1\./, '')}.${member}`, args);
    }
    subscribe(_match: object, listener: Handler) {
        this.signal = (iface, member, ...args) => listener('/org/quaywall1', iface, member, args);
        return { remove() { /* never in the page */ } };
    }
    // cockpit.js says so at once, before "close" returns
    close(problem?: string) {
        if (this.closed)
            return;
        this.closed = true;
        this.dispatch('close', problem ? { problem, message: `closed: ${problem}` } : {});
    }
}

// Variants from plain values: what quaywalld's answers look like in cockpit.js.
export function variants(values: Record<string, [type: string, value: unknown]>) {
    return Object.fromEntries(Object.entries(values).map(([key, [t, v]]) => [key, { t, v }]));
}

export const PROPERTIES: Record<string, Record<string, [string, unknown]>> = {
    Manager: {
        Version: ['s', '0.2.0'], State: ['s', 'enforcing'], Problems: ['a(ssa{sv})', []], Repairs: ['a{su}', {}],
        FirewalldState: ['s', 'running'], FirewalldVersion: ['s', '1.3.3'], DockerState: ['s', 'running'], DockerVersion: ['s', '29.0.0'],
        DockerFirewallBackend: ['s', 'iptables'], Limits: ['a{sv}', { policies: { t: 'u', v: 256 } }],
        Features: ['as', ['confirm-within', 'cut']], Interfaces: ['as', ['eth0']], HostAddresses: ['as', ['192.168.1.99']],
    },
    Zone: { Name: ['s', 'docker'], Target: ['s', 'ACCEPT'], Interfaces: ['as', ['docker0']], PermanentInterfaces: ['as', ['docker0']] },
    Policies: { Policies: ['a{sa{sv}}', {}], PendingChange: ['a{sv}', {}], RuntimeChanges: ['as', []] },
    Groups: { RuntimeChanges: ['as', []] },
    Engine: {
        ConfigFile: ['s', '/etc/docker/daemon.json'], ConfigError: ['s', ''], Iptables: ['b', true], Ip6tables: ['b', true],
        DefaultAddress: ['s', ''], RestartRequired: ['b', false], Running: ['a{sv}', {}], KnownUntil: ['t', 0],
    },
};

export class FakeCockpit {
    clients: FakeClient[] = [];
    // of other names on the bus
    bus: Record<string, FakeClient> = {};
    calls: [method: string, args: any[]][] = [];
    answers: Record<string, (...args: any[]) => unknown> = {};
    properties = structuredClone(PROPERTIES);
    permissions = Object.assign(new Events(), { allowed: null as boolean | null, close() { /* never in the page */ } });
    now = Date.now();
    localStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

    constructor() {
        const kept = new Map<string, string>();
        this.localStorage = {
            getItem: key => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: key => void kept.delete(key),
        };
    }

    get api() {
        return this as unknown as Cockpit;
    }
    get client() {
        return this.clients[this.clients.length - 1];
    }

    permission() {
        return this.permissions;
    }
    dbus(name: string) {
        if (name !== 'org.quaywall1') {
            if (!this.bus[name] || this.bus[name].closed)
                this.bus[name] = new FakeClient((method, args) => this.answers[method]?.(...args) ?? []);
            return this.bus[name];
        }
        this.clients.push(new FakeClient((method, args) => {
            if (method === 'org.freedesktop.DBus.Properties.GetAll')
                return this.getAll(args[0].slice('org.quaywall1.'.length));
            this.calls.push([method, args]);
            const answer = this.answers[method];
            if (!answer)
                throw new Refusal('org.freedesktop.DBus.Error.UnknownMethod', `no answer to ${method}`);
            return answer(...args);
        }));
        return this.client;
    }
    async spawn() {
        return `${this.now}\n`;
    }
    gettext = (text: string) => text;

    // What happens on the host.
    allow(admin: boolean) {
        this.permissions.allowed = admin;
        this.permissions.dispatch('changed');
    }
    appear() {
        this.client.dispatch('owner', ':1.7');
    }
    getAll(iface: string): unknown {
        return [variants(this.properties[iface])];
    }
    // "not-found": as when a channel is opened to a name that nobody has
    close(problem = 'not-found') {
        this.client.close(problem);
    }
    own(owner: string) {
        this.bus['org.freedesktop.DBus'].signal('org.freedesktop.DBus', 'NameOwnerChanged', 'org.quaywall1', '', owner);
    }
    vanish() {
        this.client.dispatch('owner', null);
    }
    signal(member: string, ...args: unknown[]) {
        const [iface, name] = member.split('.');
        this.client.signal(`org.quaywall1.${iface}`, name, ...args);
    }
    change(iface: string, values: Record<string, [string, unknown]>, invalidated: string[] = []) {
        Object.assign(this.properties[iface], values);
        this.client.signal('org.freedesktop.DBus.Properties', 'PropertiesChanged', `org.quaywall1.${iface}`, variants(values), invalidated);
    }
}

// All promises that are fulfilled already have had their effect.
export const settled = () => new Promise(resolve => setImmediate(resolve));
