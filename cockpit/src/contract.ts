// SPDX-License-Identifier: LGPL-2.1-or-later
// dbus/org.quaywall1.xml in TypeScript: what values look like, and how they travel. A test compares the signatures with the XML.

export type Scope = 'runtime' | 'permanent' | 'both';

export interface Policy {
    action: 'allow-only' | 'deny' | 'obey-zones' | 'forward';
    interfaces?: string[];
    'out-interfaces'?: string[];
    sources?: string[];
    destinations?: string[];
    ports?: string[];
    containers?: string[];
    networks?: string[];
    reject?: boolean;
    log?: boolean;
    enabled?: boolean;
    description?: string;
    until?: string;
    // only in answers
    revision?: number;
    origin?: string;
}
export type Policies = Record<string, Policy>;

export interface Group { addresses?: string[]; description?: string }
export type Groups = Record<string, Group>;

export type Problem = [code: string, sentence: string, details: Record<string, string>];
export type Warning = [code: string, sentence: string];
export type Counters = Record<string, [packets: number, bytes: number]>;

// Where policies change who can reach a port.
export type Exception = Reach & { interface?: string; destination?: string };

// Who can reach a port, and why.
export interface Reach {
    reach: 'everyone' | 'sources' | 'nobody' | 'zones' | 'neighbours' | 'host' | 'unknown';
    except?: string[];
    sources?: string[];
    'source-count'?: number;
    zones?: string[];
    'zones-partly'?: string[];
    exceptions?: Exception[];
    policies?: string[];
    notes?: Warning[];
}

// "protocol" and "host-port" are not there if a container uses the host's network.
export interface PortKey {
    protocol?: string;
    'host-address'?: string;
    'host-port'?: number;
    'container-port'?: number;
    container?: string;
    'container-id'?: string;
    networks?: string[];
    running?: boolean;
    path?: 'dnat' | 'docker-proxy' | 'routed' | 'host-network';
}
export type Port = PortKey & Reach;

export interface Network {
    name: string; id: string; driver: string; bridge?: string; 'default-address'?: string; internal?: boolean;
    subnets?: string[]; containers?: string[];
}
export interface Container { name: string; id: string; running: boolean; networks?: string[]; addresses?: string[]; labels?: Record<string, string> }

export type ZoneInterface = [name: string, zone: string, now: boolean, permanently: boolean];
export type Names = Record<string, string[]>;

export interface HistoryEntry {
    change: number; time: number; uid?: number; method?: string; policies?: string[]; groups?: string[];
    'addresses-added'?: number; 'addresses-removed'?: number; scope?: Scope; 'old-name'?: string; 'new-name'?: string;
    state: 'kept' | 'pending' | 'rolled-back' | 'expired' | 'undone'; undoes?: number; 'undone-by'?: number;
}
export type ChangeDescription = HistoryEntry & {
    before?: Policies; after?: Policies; 'before-permanent'?: Policies; 'after-permanent'?: Policies;
    'groups-before'?: Groups; 'groups-after'?: Groups; 'groups-before-permanent'?: Groups; 'groups-after-permanent'?: Groups;
};

export interface ChangeOptions {
    scope?: Scope; 'confirm-within'?: number; cut?: boolean; create?: boolean; replace?: boolean; 'if-revision'?: number; 'if-change'?: number; groups?: Groups;
}

export type FieldError = [policy: string, key: string, index: number, value: string, code: string, sentence: string];
export interface CheckResult {
    errors: FieldError[];
    warnings: [policy: string, code: string, sentence: string][];
    rules?: [family: string, argv: string[]][];
    ports?: (PortKey & { before: Reach; after: Reach })[];
}

export interface Connection { source: string; destination: string; port?: string; interface?: string }
export interface Explanation {
    verdict: 'allowed' | 'blocked' | 'uncertain';
    trace: [where: string, rule: string, effect: string][];
    sentence: string; policy?: string;
    layer?: 'guard' | 'docker-user' | 'docker' | 'firewalld' | 'netfilter' | 'routing';
}

export interface Properties {
    Manager: {
        Version: string; State: 'enforcing' | 'degraded' | 'idle'; Problems: Problem[]; Repairs: Record<string, number>;
        FirewalldState: string; FirewalldVersion: string; DockerState: string; DockerVersion: string; DockerFirewallBackend: string;
        Limits: Record<string, number>; Features: string[]; Interfaces: string[]; HostAddresses: string[];
    };
    Zone: { Name: string; Target: string; Interfaces: string[]; PermanentInterfaces: string[] };
    Policies: {
        Policies: Record<string, { scope: Scope; revision: number }>;
        PendingChange: { policies?: string[]; groups?: string[]; uid?: number; until?: number };
        RuntimeChanges: string[];
    };
    Groups: { RuntimeChanges: string[] };
    Engine: {
        ConfigFile: string; ConfigError: string; Iptables: boolean; Ip6tables: boolean; DefaultAddress: string; RestartRequired: boolean;
        Running: { iptables?: boolean; ip6tables?: boolean; 'default-address'?: string; flags?: string[] };
        KnownUntil: number;
    };
}
export type Interface = keyof Properties | 'Direct';

// What methods take, and what they answer: one value, or several as a tuple.
export interface Methods {
    'Manager.Repair': () => Problem[];
    'Manager.Reload': () => void;
    'Manager.ExplainConnection': (connection: Connection) => Explanation;
    'Manager.ListNames': () => Names;
    'Zone.Ensure': (options: ZoneOptions) => void;
    'Zone.AddInterface': (name: string, options: ZoneOptions) => void;
    'Zone.RemoveInterface': (name: string, options: ZoneOptions) => void;
    'Zone.ListInterfaces': () => ZoneInterface[];
    'Policies.List': () => Policies;
    'Policies.ListPermanent': () => Policies;
    'Policies.SetChecked': (name: string, policy: Policy, options: ChangeOptions) => [token: string, warnings: Warning[]];
    'Policies.Edit': (name: string, add: Partial<Policy>, remove: Partial<Policy>, options: ChangeOptions) => string;
    'Policies.Rename': (name: string, newName: string, options: ChangeOptions) => string;
    'Policies.Remove': (name: string, options: ChangeOptions) => string;
    'Policies.RuntimeToPermanent': (options: ChangeOptions) => string;
    'Policies.History': () => HistoryEntry[];
    'Policies.GetChange': (change: number) => ChangeDescription;
    'Policies.Undo': (change: number, options: ChangeOptions) => string;
    'Policies.CheckChange': (set: Policies, remove: string[], options: ChangeOptions) => CheckResult;
    'Policies.Confirm': (token: string) => void;
    'Policies.Rollback': (token: string) => void;
    'Policies.WatchCounters': (options: object) => Counters;
    'Policies.UnwatchCounters': () => void;
    'Groups.List': () => Groups;
    'Groups.ListPermanent': () => Groups;
    'Groups.Set': (name: string, group: Group, options: ChangeOptions) => [token: string, warnings: Warning[]];
    'Groups.Add': (name: string, addresses: string[], options: ChangeOptions) => [token: string, warnings: Warning[]];
    'Groups.Remove': (name: string, addresses: string[], options: ChangeOptions) => [token: string, warnings: Warning[]];
    'Groups.Delete': (name: string, options: ChangeOptions) => string;
    'Engine.SetIptables': (enabled: boolean, options: { 'i-understand'?: boolean }) => void;
    'Engine.SetDefaultAddress': (address: string, options: object) => void;
    'Engine.ListPorts': () => Port[];
    'Engine.ListNetworks': () => Network[];
    'Engine.ListContainers': () => Container[];
}
export interface ZoneOptions { scope?: Scope; zone?: string; replace?: boolean }
export type Method = keyof Methods;
export type Answer<M extends Method> = ReturnType<Methods[M]>;

// The types of a method's arguments and of its answer.
export const SIGNATURES: Record<Method, [takes: string, answers: string]> = {
    'Manager.Repair': ['', 'a(ssa{sv})'],
    'Manager.Reload': ['', ''],
    'Manager.ExplainConnection': ['a{sv}', 'a{sv}'],
    'Manager.ListNames': ['', 'a{sas}'],
    'Zone.Ensure': ['a{sv}', ''],
    'Zone.AddInterface': ['sa{sv}', ''],
    'Zone.RemoveInterface': ['sa{sv}', ''],
    'Zone.ListInterfaces': ['', 'a(ssbb)'],
    'Policies.List': ['', 'a{sa{sv}}'],
    'Policies.ListPermanent': ['', 'a{sa{sv}}'],
    'Policies.SetChecked': ['sa{sv}a{sv}', 'sa(ss)'],
    'Policies.Edit': ['sa{sv}a{sv}a{sv}', 's'],
    'Policies.Rename': ['ssa{sv}', 's'],
    'Policies.Remove': ['sa{sv}', 's'],
    'Policies.RuntimeToPermanent': ['a{sv}', 's'],
    'Policies.History': ['', 'aa{sv}'],
    'Policies.GetChange': ['t', 'a{sv}'],
    'Policies.Undo': ['ta{sv}', 's'],
    'Policies.CheckChange': ['a{sa{sv}}asa{sv}', 'a{sv}'],
    'Policies.Confirm': ['s', ''],
    'Policies.Rollback': ['s', ''],
    'Policies.WatchCounters': ['a{sv}', 'a{s(tt)}'],
    'Policies.UnwatchCounters': ['', ''],
    'Groups.List': ['', 'a{sa{sv}}'],
    'Groups.ListPermanent': ['', 'a{sa{sv}}'],
    'Groups.Set': ['sa{sv}a{sv}', 'sa(ss)'],
    'Groups.Add': ['sasa{sv}', 'sa(ss)'],
    'Groups.Remove': ['sasa{sv}', 'sa(ss)'],
    'Groups.Delete': ['sa{sv}', 's'],
    'Engine.SetIptables': ['ba{sv}', ''],
    'Engine.SetDefaultAddress': ['sa{sv}', ''],
    'Engine.ListPorts': ['', 'aa{sv}'],
    'Engine.ListNetworks': ['', 'aa{sv}'],
    'Engine.ListContainers': ['', 'aa{sv}'],
};

// The types of what stands in an a{sv} that the page sends.
const KEYS: Record<string, string> = {
    action: 's', interfaces: 'as', 'out-interfaces': 'as', sources: 'as', destinations: 'as', ports: 'as', containers: 'as',
    networks: 'as', reject: 'b', log: 'b', enabled: 'b', description: 's', until: 's', addresses: 'as',
    scope: 's', 'confirm-within': 'u', cut: 'b', create: 'b', replace: 'b', 'if-revision': 't', 'if-change': 't', groups: 'a{sa{sv}}',
    'i-understand': 'b', zone: 's', source: 's', destination: 's', port: 's', interface: 's',
};
// What answers have, and nobody sends.
const ANSWERED_ONLY = ['revision', 'origin'];

// The complete types of which a signature consists.
export function split(signature: string): string[] {
    const types: string[] = [];
    for (let start = 0, end = 0, depth = 0; end < signature.length; end++) {
        depth += '({'.includes(signature[end]) ? 1 : ')}'.includes(signature[end]) ? -1 : 0;
        if (depth === 0 && signature[end] !== 'a') {
            types.push(signature.slice(start, end + 1));
            start = end + 1;
        }
    }
    return types;
}

const mapValues = (object: object, f: (value: any, key: string) => unknown) =>
    Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value, key)]));

// Values without the variants in which cockpit.js has them.
export function decode(signature: string, value: any): any {
    if (!signature.includes('v'))
        return value;
    if (signature === 'v')
        return decode(value.t, value.v);
    if (signature.startsWith('a{'))
        return mapValues(value, entry => decode(signature.slice(3, -1), entry));
    if (signature.startsWith('a'))
        return value.map((entry: unknown) => decode(signature.slice(1), entry));
    const types = split(signature.slice(1, -1));
    return value.map((entry: unknown, i: number) => decode(types[i], entry));
}

// The opposite. A key that is undefined is absent.
export function encode(signature: string, value: any): any {
    if (signature === 'a{sa{sv}}')
        return mapValues(value, entry => encode('a{sv}', entry));
    if (signature !== 'a{sv}')
        return value;
    const present = Object.entries(value).filter(([key, entry]) => entry !== undefined && !ANSWERED_ONLY.includes(key));
    return mapValues(Object.fromEntries(present), (entry, key) => ({ t: KEYS[key], v: encode(KEYS[key], entry) }));
}
