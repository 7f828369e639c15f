// SPDX-License-Identifier: LGPL-2.1-or-later
// Everything that the page knows of quaywalld, and all that it asks of it. Owns the connection; knows nothing of what is shown.
// It follows signals and never polls: a list that something wants is loaded once, and again when a signal says that it changed.
import {
    decode, encode, split, SIGNATURES,
    type Answer, type Counters, type Interface, type Method, type Methods, type Properties,
} from './contract';

const NAME = 'org.quaywall1';
const PATH = '/org/quaywall1';
const UNIT = 'quaywalld.service';
const TOKEN = 'quaywall:token';
const REPAIRS = 10; // that are remembered

// What "useList" offers: by which method it is read.
const LISTS = {
    policies: 'Policies.List',
    permanent: 'Policies.ListPermanent',
    history: 'Policies.History',
    groups: 'Groups.List',
    groupsPermanent: 'Groups.ListPermanent',
    ports: 'Engine.ListPorts',
    networks: 'Engine.ListNetworks',
    containers: 'Engine.ListContainers',
    zoneInterfaces: 'Zone.ListInterfaces',
    names: 'Manager.ListNames',
} as const satisfies Record<string, Method>;
export type ListName = keyof typeof LISTS;
type ListValue<L extends ListName> = Answer<(typeof LISTS)[L]>;

// The lists that a signal, or a changed property, makes old.
const OLD_AFTER: Record<string, ListName[]> = {
    'Policies.Changed': ['policies', 'permanent', 'history', 'names'],
    'Policies.PendingChange': ['history'],
    'Groups.Changed': ['groups', 'groupsPermanent', 'history', 'names'],
    'Engine.PortsChanged': ['ports', 'names'],
    'Engine.NetworksChanged': ['networks', 'names'],
    'Engine.ContainersChanged': ['containers', 'names'],
    'Zone.Interfaces': ['zoneInterfaces'],
    'Zone.PermanentInterfaces': ['zoneInterfaces'],
    'Manager.FirewalldState': ['names', 'zoneInterfaces'],
    'Manager.DockerState': ['ports', 'networks', 'containers', 'names'],
    'Manager.Interfaces': ['names'],
};

// A refusal in quaywalld's words; code is the error's name without what is in front of its last dot.
export class ServiceError extends Error {
    constructor(readonly code: string, message: string) {
        super(message);
    }

    static from(failure: any): ServiceError {
        const name: string = failure?.name ?? failure?.problem ?? 'Failed';
        return new ServiceError(name.slice(name.lastIndexOf('.') + 1), failure?.message || name);
    }

    get isDenied(): boolean {
        return ['AccessDenied', 'InteractiveAuthorizationRequired', 'access-denied'].includes(this.code);
    }
}

// While it loads again, the value is the one before. Neither value nor error: it was not loaded yet.
export interface List<T> { value?: T; error?: ServiceError }

export interface Repair { sentence: string; time: number }

export interface Snapshot {
    // "stopped": nobody has the name on the bus. What is known from before stays, so that a restart does not empty the page.
    service: 'connecting' | 'running' | 'stopped';
    // whether systemd knows quaywalld; asked for only while it does not run
    installed?: boolean;
    // whether Cockpit has administrative access; null until that is known
    admin: boolean | null;
    // quaywalld does not let this user read: only properties are known
    readDenied: boolean;
    properties: { [I in keyof Properties]?: Properties[I] };
    lists: { [L in ListName]?: List<ListValue<L>> };
    counters: Counters;
    // blocked packets per second, of policies that block something right now
    rates: Record<string, number>;
    // what quaywalld has repaired while the page was open, the last first
    repaired: Repair[];
    // the token of the pending change, if it was made in this browser
    token: string | null;
    // how much later the host's clock is than the browser's, in milliseconds
    clockOffset: number;
}

const INTERFACES: (keyof Properties)[] = ['Manager', 'Zone', 'Policies', 'Groups', 'Engine'];
const EMPTY: Snapshot = {
    service: 'connecting', admin: null, readDenied: false, properties: {}, lists: {}, counters: {}, rates: {}, repaired: [],
    token: null, clockOffset: 0,
};

export class Service {
    #cockpit: Cockpit;
    #client: CockpitDBusClient | null = null;
    #permission: CockpitPermission;
    #snapshot = EMPTY;
    #listeners = new Set<() => void>();
    #wanted = new Set<ListName>();
    #loading = new Map<ListName, { again: boolean }>();
    #watching = 0;
    // Answers of a connection or of a quaywalld that is gone are dropped.
    #epoch = 0;
    #owned = false;

    constructor(api: Cockpit) {
        this.#cockpit = api;
        this.#permission = api.permission({ admin: true });
        this.#permission.addEventListener('changed', () => this.#onPermission());
        this.#watchName();
        this.#connect();
        this.#onPermission();
        this.#readClock();
    }

    // --- for React's useSyncExternalStore -----------------------------------------------------------------------------

    subscribe = (listener: () => void): (() => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    };

    snapshot = (): Snapshot => this.#snapshot;

    // --- what views ask for --------------------------------------------------------------------------------------------

    // Loads a list, and from then on whenever it changes.
    want(list: ListName): void {
        if (this.#wanted.has(list))
            return;
        this.#wanted.add(list);
        if (this.#owned)
            this.#load(list);
    }

    // Loads a list again, after a change of which no signal tells.
    refresh(list: ListName): void {
        if (this.#wanted.has(list) && this.#snapshot.service === 'running')
            this.#load(list);
    }

    // Follows what policies block, until the function that it returns is called.
    watchCounters(): () => void {
        if (this.#watching++ === 0 && this.#snapshot.service === 'running')
            this.#startCounters();
        return () => {
            if (--this.#watching === 0)
                this.call('Policies.UnwatchCounters').catch(() => { /* the watch ends with quaywalld, too */ });
        };
    }

    // Calls a method. Fails with a ServiceError.
    async call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<Answer<M>> {
        const [takes, answers] = SIGNATURES[method];
        const types = split(takes);
        const [iface, member] = method.split('.');
        if (!this.#client)
            throw new ServiceError('NotRunning', this.#cockpit.gettext("quaywalld is not running"));
        try {
            const answer = await this.#client.call(PATH, `${NAME}.${iface}`, member, args.map((arg, i) => encode(types[i], arg)), { type: takes });
            const values = split(answers).map((type, i) => decode(type, answer[i]));
            return (values.length > 1 ? values : values[0]) as Answer<M>;
        } catch (failure) {
            throw ServiceError.from(failure);
        }
    }

    // Starts quaywalld; that it runs is seen on the bus.
    async start(): Promise<void> {
        await this.#systemd('StartUnit', 'ss', [UNIT, 'replace']);
    }

    // Remembers the token of a change that waits, also across a reload of the page; empty: it waits no more.
    keepToken(token: string): void {
        if (token)
            this.#cockpit.localStorage.setItem(TOKEN, JSON.stringify({ token, until: this.#pendingUntil() }));
        else
            this.#cockpit.localStorage.removeItem(TOKEN);
        this.#update({ token: token || null });
    }

    // --- the connection ------------------------------------------------------------------------------------------------

    #update(change: Partial<Snapshot>): void {
        this.#snapshot = { ...this.#snapshot, ...change };
        for (const listener of this.#listeners)
            listener();
    }

    // A channel keeps the rights with which it was opened, so every change of them needs another one. The first one was opened with
    // those that there are, whether they are known yet or not.
    #onPermission(): void {
        const { allowed } = this.#permission;
        const before = this.#snapshot.admin;
        if (allowed === before)
            return;
        this.#update({ admin: allowed });
        if (before !== null)
            this.#connect();
    }

    // Cockpit closes a channel to a name that nobody has when it is opened.
    #watchName(): void {
        const bus = this.#cockpit.dbus('org.freedesktop.DBus', { bus: 'system' });
        bus.subscribe({ interface: 'org.freedesktop.DBus', member: 'NameOwnerChanged', arg0: NAME }, (_path, _iface, _signal, [, , owner]) => {
            if (owner && !this.#client)
                this.#connect();
        });
    }

    #connect(): void {
        this.#epoch++;
        this.#owned = false;
        this.#client?.close();
        const client = this.#cockpit.dbus(NAME, { bus: 'system', superuser: 'try' });
        this.#client = client;
        client.subscribe({ path: PATH }, (_path, iface, signal, args) => client === this.#client && this.#onSignal(iface, signal, args));
        client.addEventListener('owner', (_event, owner: string | null) => client === this.#client && this.#onOwner(owner));
        client.addEventListener('close', () => {
            if (client !== this.#client)
                return;
            this.#client = null;
            this.#onOwner(null);
        });
    }

    #onOwner(owner: string | null): void {
        this.#epoch++;
        this.#owned = Boolean(owner);
        this.#loading.clear();
        if (!owner) {
            this.#update({ service: 'stopped', rates: {} });
            this.#readUnit(this.#epoch);
            return;
        }
        this.#update({ readDenied: false });
        this.#start(this.#epoch);
    }

    async #systemd(method: string, type: string, args: string[]): Promise<unknown[]> {
        const client = this.#cockpit.dbus('org.freedesktop.systemd1', { bus: 'system', superuser: 'try' });
        try {
            return await client.call('/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager', method, args, { type });
        } catch (failure) {
            throw ServiceError.from(failure);
        } finally {
            client.close();
        }
    }

    // Why nobody has the name on the bus.
    #readUnit(epoch: number): void {
        this.#systemd('GetUnitFileState', 's', [UNIT]).then(
            () => epoch === this.#epoch && this.#update({ installed: true }),
            (error: ServiceError) => epoch === this.#epoch && this.#update({ installed: error.code !== 'FileNotFound' && error.code !== 'NoSuchUnit' }));
    }

    async #start(epoch: number): Promise<void> {
        this.#wanted.forEach(list => this.#load(list));
        try {
            await Promise.all(INTERFACES.map(iface => this.#readProperties(iface, epoch)));
        } catch (failure) {
            // it went away meanwhile: the owner's change says so
            console.warn('quaywall:', failure);
            return;
        }
        if (epoch !== this.#epoch)
            return;
        this.#update({ service: 'running' });
        if (this.#watching > 0)
            this.#startCounters();
    }

    async #readProperties(iface: keyof Properties, epoch = this.#epoch): Promise<void> {
        const [values] = await this.#client!.call(PATH, 'org.freedesktop.DBus.Properties', 'GetAll', [`${NAME}.${iface}`], { type: 's' });
        if (epoch === this.#epoch)
            this.#changeProperties(iface, decode('a{sv}', values));
    }

    #changeProperties(iface: keyof Properties, values: object): void {
        const properties = { ...this.#snapshot.properties, [iface]: { ...this.#snapshot.properties[iface], ...values } };
        this.#update({ properties });
        if ('PendingChange' in values)
            this.#restoreToken();
    }

    #pendingUntil(): number | undefined {
        return this.#snapshot.properties.Policies?.PendingChange.until;
    }

    #restoreToken(): void {
        const until = this.#pendingUntil();
        const kept = JSON.parse(this.#cockpit.localStorage.getItem(TOKEN) ?? 'null');
        if (!until && this.#snapshot.token)
            this.keepToken('');
        // quaywalld reckons "until" from two clocks in each answer, so that it differs by microseconds
        else if (until && kept && (kept.until === undefined || Math.abs(kept.until - until) < 1e6))
            this.keepToken(kept.token);
    }

    #onSignal(iface: string, signal: string, args: any[]): void {
        if (iface === 'org.freedesktop.DBus.Properties' && signal === 'PropertiesChanged')
            this.#onPropertiesChanged(args[0].slice(NAME.length + 1), args[1], args[2]);
        else if (signal === 'CountersChanged')
            this.#onCounters(args[0], args[1]);
        else if (signal === 'Repaired')
            this.#update({ repaired: [{ sentence: args[1], time: Date.now() }, ...this.#snapshot.repaired].slice(0, REPAIRS) });
        else
            this.#outdate(`${iface.slice(NAME.length + 1)}.${signal}`);
    }

    #onPropertiesChanged(iface: Interface, changed: object, invalidated: string[]): void {
        if (iface === 'Direct')
            return;
        this.#changeProperties(iface, decode('a{sv}', changed));
        [...Object.keys(changed), ...invalidated].forEach(property => this.#outdate(`${iface}.${property}`));
        if (invalidated.length > 0)
            this.#readProperties(iface).catch(failure => console.warn('quaywall:', failure));
    }

    #outdate(event: string): void {
        OLD_AFTER[event]?.filter(list => this.#wanted.has(list)).forEach(list => this.#load(list));
    }

    // One call of a kind at a time: what changes meanwhile is read once more after it.
    async #load(list: ListName): Promise<void> {
        const running = this.#loading.get(list);
        if (running) {
            running.again = true;
            return;
        }
        const epoch = this.#epoch;
        const state = { again: false };
        this.#loading.set(list, state);
        do {
            state.again = false;
            const before = this.#snapshot.lists[list]?.value;
            const result: List<any> = await this.call(LISTS[list]).then(
                value => ({ value }),
                (error: ServiceError) => ({ value: error.isDenied ? undefined : before, error }));
            if (epoch !== this.#epoch)
                return;
            this.#update({
                lists: { ...this.#snapshot.lists, [list]: result },
                readDenied: this.#snapshot.readDenied || Boolean(result.error?.isDenied),
            });
        } while (state.again);
        this.#loading.delete(list);
    }

    // --- counters and the clock ----------------------------------------------------------------------------------------

    #startCounters(): void {
        const epoch = this.#epoch;
        this.call('Policies.WatchCounters', {}).then(
            counters => epoch === this.#epoch && this.#update({ counters }),
            (error: ServiceError) => epoch === this.#epoch && error.isDenied && this.#update({ readDenied: true }));
    }

    #onCounters(changed: Counters, elapsed: number): void {
        const counters = { ...this.#snapshot.counters, ...changed };
        const rates = Object.fromEntries(Object.entries(changed).map(([name, [packets]]) =>
            [name, (packets - (this.#snapshot.counters[name]?.[0] ?? 0)) * 1e6 / Math.max(elapsed, 1)]));
        this.#update({ counters, rates });
    }

    // PendingChange says by the host's clock when it ends.
    #readClock(): void {
        this.#cockpit.spawn(['date', '+%s%3N']).then(
            now => this.#update({ clockOffset: Number(now) - Date.now() }),
            failure => console.warn('quaywall: the time of the host is not known:', failure));
    }
}
