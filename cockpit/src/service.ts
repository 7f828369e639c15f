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
// ms until a lost connection is opened again: twice as many each time that it fails
const DELAYS = { first: 1000, last: 30_000 };
const JITTER = 1e6; // microseconds: quaywalld reckons "until" from two clocks in each answer, so that it differs a little

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
    // "stopped": nobody has the name on the bus. "disconnected": the page gets no answers, so that nobody knows; it tries again by
    // itself, and "failure" says why. What is known from before stays, so that a restart does not empty the page.
    service: 'connecting' | 'running' | 'stopped' | 'disconnected';
    failure?: ServiceError;
    // whether all properties were read once
    known: boolean;
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
    service: 'connecting', known: false, admin: null, readDenied: false, properties: {}, lists: {}, counters: {}, rates: {}, repaired: [],
    token: null, clockOffset: 0,
};

export class Service {
    #cockpit: Cockpit;
    #client: CockpitDBusClient | null = null;
    #bus: CockpitDBusClient | null = null;
    #retry: { timer?: ReturnType<typeof setTimeout>; delay: number } = { delay: DELAYS.first };
    #permission: CockpitPermission;
    #snapshot = EMPTY;
    #listeners = new Set<() => void>();
    #wanted = new Set<ListName>();
    #loading = new Map<ListName, { again: boolean }>();
    // what signals say about the properties of an interface while they are read
    #reading = new Map<keyof Properties, { newer: Set<string>; again: Set<string> }>();
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

    // Loads a list, and from then on whenever it changes; with isFresh also if that was done before, for what no signal tells of.
    want(list: ListName, isFresh = false): void {
        if (this.#wanted.has(list)) {
            if (isFresh)
                this.refresh(list);
            return;
        }
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
        const { gettext: _ } = this.#cockpit;
        if (!this.#client)
            throw this.#snapshot.service === 'disconnected' ? new ServiceError('Disconnected', _("This page gets no answers from quaywalld"))
                : new ServiceError('NotRunning', _("quaywalld is not running"));
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
        this.#update({ token: token || null });
        try {
            if (token)
                this.#cockpit.localStorage.setItem(TOKEN, JSON.stringify({ token, until: this.#pendingUntil() }));
            else
                this.#cockpit.localStorage.removeItem(TOKEN);
        } catch (failure) {
            console.warn('quaywall: this browser keeps nothing:', failure);
        }
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
        this.#bus = bus;
        bus.addEventListener('close', () => {
            this.#bus = null;
            this.#tryLater();
        });
        bus.subscribe({ interface: 'org.freedesktop.DBus', member: 'NameOwnerChanged', arg0: NAME }, (_path, _iface, _signal, [, , owner]) => {
            if (owner && !this.#client)
                this.#connect();
        });
    }

    #connect(): void {
        this.#forget();
        // cockpit.js says "close" at once: it is not the channel's end that we wait for
        const old = this.#client;
        this.#client = null;
        old?.close();
        const client = this.#cockpit.dbus(NAME, { bus: 'system', superuser: 'try' });
        this.#client = client;
        client.subscribe({ path: PATH }, (_path, iface, signal, args) => client === this.#client && this.#onSignal(iface, signal, args));
        client.addEventListener('owner', (_event, owner: string | null) => client === this.#client && this.#onOwner(owner));
        client.addEventListener('close', (_event, reason?: { problem?: string; message?: string }) => {
            if (client !== this.#client)
                return;
            this.#client = null;
            if (reason?.problem === 'not-found')
                this.#onOwner(null);
            else
                this.#onLost(ServiceError.from(reason?.problem ? reason : { problem: 'disconnected' }));
        });
    }

    // What was asked for, and not answered yet, has no answer any more.
    #forget(): void {
        this.#epoch++;
        this.#owned = false;
        this.#loading.clear();
        this.#reading.clear();
    }

    #onOwner(owner: string | null): void {
        this.#forget();
        this.#owned = Boolean(owner);
        if (!owner) {
            this.#update({ service: 'stopped', failure: undefined, rates: {} });
            this.#readUnit(this.#epoch);
            return;
        }
        const { service } = this.#snapshot;
        this.#update({ service: service === 'stopped' ? 'connecting' : service, readDenied: false });
        this.#start(this.#epoch);
    }

    // The connection ended, or is of no use; quaywalld may well run.
    #onLost(failure: ServiceError): void {
        this.#forget();
        this.#update({ service: 'disconnected', failure, rates: {} });
        this.#tryLater();
    }

    #tryLater(): void {
        if (this.#retry.timer !== undefined)
            return;
        const timer = setTimeout(() => {
            this.#retry.timer = undefined;
            if (!this.#bus)
                this.#watchName();
            if (!this.#client || this.#snapshot.service === 'disconnected')
                this.#connect();
        }, this.#retry.delay);
        this.#retry = { timer, delay: Math.min(this.#retry.delay * 2, DELAYS.last) };
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
            await Promise.all(INTERFACES.map(iface => this.#readProperties(iface)));
        } catch (failure) {
            if (epoch === this.#epoch)
                this.#onLost(ServiceError.from(failure));
            return;
        }
        if (epoch !== this.#epoch)
            return;
        this.#retry.delay = DELAYS.first;
        this.#update({ service: 'running', failure: undefined, known: true });
        if (this.#watching > 0)
            this.#startCounters();
    }

    // One call at a time. cockpit.js can hand over an answer together with a signal that is newer, and what awaits the answer goes on
    // after the signal: what a signal said since the call stays.
    async #readProperties(iface: keyof Properties, names?: string[]): Promise<void> {
        const running = this.#reading.get(iface);
        if (running) {
            names?.forEach(name => running.again.add(name));
            return;
        }
        const epoch = this.#epoch;
        let wanted = names && new Set(names);
        do {
            const state = { newer: new Set<string>(), again: new Set<string>() };
            this.#reading.set(iface, state);
            const [values] = await this.#client!.call(PATH, 'org.freedesktop.DBus.Properties', 'GetAll', [`${NAME}.${iface}`], { type: 's' })
                    .catch(failure => {
                        if (epoch === this.#epoch)
                            this.#reading.delete(iface);
                        throw failure;
                    });
            if (epoch !== this.#epoch)
                return;
            const entries = Object.entries(decode('a{sv}', values)).filter(([name]) => (!wanted || wanted.has(name)) && !state.newer.has(name));
            this.#changeProperties(iface, Object.fromEntries(entries));
            wanted = state.again;
        } while (wanted.size > 0);
        this.#reading.delete(iface);
    }

    #changeProperties(iface: keyof Properties, values: Record<string, any>): void {
        const until = this.#pendingUntil();
        // a countdown that begins anew would look like another change
        if (until && Math.abs(values.PendingChange?.until - until) < JITTER)
            values = { ...values, PendingChange: { ...values.PendingChange, until } };
        const properties = { ...this.#snapshot.properties, [iface]: { ...this.#snapshot.properties[iface], ...values } };
        this.#update({ properties });
        if ('PendingChange' in values)
            this.#restoreToken();
    }

    #pendingUntil(): number | undefined {
        return this.#snapshot.properties.Policies?.PendingChange?.until;
    }

    #restoreToken(): void {
        const until = this.#pendingUntil();
        const kept = this.#keptToken();
        if (!until && this.#snapshot.token)
            this.keepToken('');
        else if (until && kept && (kept.until === undefined || Math.abs(kept.until - until) < JITTER))
            this.keepToken(kept.token);
    }

    // Whatever is in the browser's storage, others may have put it there.
    #keptToken(): { token: string; until?: number } | null {
        try {
            const kept = JSON.parse(this.#cockpit.localStorage.getItem(TOKEN) ?? 'null');
            return typeof kept?.token === 'string' ? kept : null;
        } catch {
            return null;
        }
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
        Object.keys(changed).forEach(property => this.#reading.get(iface)?.newer.add(property));
        this.#changeProperties(iface, decode('a{sv}', changed));
        [...Object.keys(changed), ...invalidated].forEach(property => this.#outdate(`${iface}.${property}`));
        if (invalidated.length > 0)
            this.#readInvalidated(iface, invalidated);
    }

    #readInvalidated(iface: keyof Properties, names: string[]): void {
        const epoch = this.#epoch;
        this.#readProperties(iface, names).catch(failure => epoch === this.#epoch && this.#onLost(ServiceError.from(failure)));
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
