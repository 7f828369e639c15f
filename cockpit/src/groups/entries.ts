// SPDX-License-Identifier: LGPL-2.1-or-later
// What was typed or pasted into a group's field, entry by entry, and what a save of it calls. quaywalld judges the entries.
import type { ChangeOptions, CheckResult, Group, Groups, HistoryEntry, Policies, Scope } from '../contract';
import type { List } from '../service';

const _ = cockpit.gettext;

export interface Entry { line: number; text: string }

// Entries stand on lines of their own, or are separated by commas, semicolons or blanks; "#" begins a comment. Ranges may have blanks
// around their hyphen.
export function entriesOf(text: string): Entry[] {
    return text.split('\n').flatMap((line, i) =>
        line.replace(/#.*/, '').replace(/\s+-\s+/g, '-').split(/[\s,;]+/).filter(Boolean).map(entry => ({ line: i + 1, text: entry })));
}

export const textOf = (group?: Group): string => (group?.addresses ?? []).join('\n');

// A group holds addresses alone. As sources of a policy, which CheckChange judges, these words would be right.
const REFERENCE = /^(group|ipset|zone):/;

export interface Findings {
    // of the name
    name?: string;
    description?: string;
    entries: { line: number; text: string; sentence: string }[];
    // of the group as a whole
    others: string[];
    warnings: string[];
}

// Of groups CheckChange says only the first error. Of a policy it says all, with the entries that are wrong, so it is asked about one of
// the group's name with these sources.
export function probeOf(name: string, entries: Entry[], description: string): Policies {
    return { [name]: { action: 'deny', sources: entries.map(({ text }) => text), description, enabled: false } };
}

const withoutKey = (sentence: string) => sentence.replace(/^(sources|name|description): /, '');

export function findingsOf(result: CheckResult, entries: Entry[]): Findings {
    const findings: Findings = { entries: [], others: [], warnings: [] };
    for (const entry of entries.filter(({ text }) => REFERENCE.test(text)))
        findings.entries.push({ ...entry, sentence: cockpit.format(_("\"$0\": a group holds addresses only"), entry.text) });
    for (const [, key, index, , , sentence] of result.errors) {
        const entry = key === 'sources' ? entries[index] : undefined;
        if (entry && !REFERENCE.test(entry.text))
            findings.entries.push({ ...entry, sentence: withoutKey(sentence) });
        else if (key === 'name')
            findings.name ??= withoutKey(sentence);
        else if (key === 'description')
            findings.description ??= withoutKey(sentence);
        else if (!entry && !REPORTED_ELSEWHERE.includes(key))
            findings.others.push(sentence);
    }
    findings.entries.sort((a, b) => a.line - b.line);
    findings.warnings = result.warnings.filter(([, code]) => ABOUT_ADDRESSES.includes(code)).map(([, , sentence]) => withoutKey(sentence));
    return findings;
}
const ABOUT_ADDRESSES = ['everybody', 'addresses-merged'];
// Options are those of the dialog's other fields.
const REPORTED_ELSEWHERE = ['confirm-within'];

export const isClean = (findings: Findings): boolean =>
    !findings.name && !findings.description && findings.entries.length === 0 && findings.others.length === 0;

export function groupOf(entries: Entry[], description: string): Group {
    return { addresses: [...new Set(entries.map(({ text }) => text))], ...(description && { description }) };
}

// Groups have up to 65,536 addresses, and this is asked with each key pressed.
function differenceOf(before: string[], after: string[]): { added: string[]; removed: string[] } {
    const [old, now] = [new Set(before), new Set(after)];
    return { added: after.filter(address => !old.has(address)), removed: before.filter(address => !now.has(address)) };
}

// What was typed over a group, made to what somebody else has made of it meanwhile.
export function changesMadeTo(theirs: Group, before: Group, entries: Entry[], description: string): Group {
    const { added, removed } = differenceOf(before.addresses ?? [], entries.map(({ text }) => text));
    const gone = new Set(removed);
    const kept = (theirs.addresses ?? []).filter(address => !gone.has(address));
    return {
        addresses: [...new Set([...kept, ...added])],
        description: description === (before.description ?? '') ? theirs.description : description,
    };
}

// Whether the history knows of a change of the group that came after that one: it may be read before the group itself.
export const isTouched = (history: HistoryEntry[] | undefined, name: string, since: number | undefined): boolean =>
    since !== undefined && (history ?? []).some(({ change, groups }) => change > since && groups?.includes(name));

// What a save is called with. Connections cannot be ended by what is not in force yet.
export const optionsOf = (chosen: ChangeOptions, newest: number | undefined): ChangeOptions =>
    ({ ...chosen, cut: chosen.scope === 'permanent' ? undefined : chosen.cut, 'if-change': newest });

// The least that a save changes, so that of two people who edit a group at the same time neither takes back what the other did.
export type GroupCall =
    { method: 'Groups.Set'; group: Group; create: boolean } |
    { method: 'Groups.Add' | 'Groups.Remove'; addresses: string[] } |
    null;

export function callFor(before: Group | undefined, entries: Entry[], description: string, same: boolean): GroupCall {
    const group = groupOf(entries, description);
    const addresses = group.addresses!;
    if (!before)
        return { method: 'Groups.Set', group, create: true };
    const old = before.addresses ?? [];
    const { added, removed } = differenceOf(old, addresses);
    const isDescribed = (before.description ?? '') === description;
    if (isDescribed && added.length === 0 && removed.length === 0)
        return null;
    // where what is permanent is not what is in force, Set would make them the same
    if (isDescribed && same && removed.length === 0)
        return { method: 'Groups.Add', addresses: added };
    if (isDescribed && same && added.length === 0)
        return { method: 'Groups.Remove', addresses: removed };
    return { method: 'Groups.Set', group, create: false };
}

// --- the list ---------------------------------------------------------------------------------------------------------

export interface GroupRow {
    name: string;
    // as it is now, or else as it will be
    group: Group;
    now?: Group;
    permanent?: Group;
    scope: Scope;
    // it is in force and permanent, but not the same
    differs: boolean;
    users: { name: string; enabled: boolean }[];
}

const GROUP = 'group:';

// Which policies name a group, now or permanently, by group.
export function usersByGroup(now: Policies, permanent: Policies): Map<string, GroupRow['users']> {
    const users = new Map<string, GroupRow['users']>();
    for (const name of [...new Set([...Object.keys(now), ...Object.keys(permanent)])].sort()) {
        const enabled = (now[name] ?? permanent[name]).enabled !== false;
        const sources = [...now[name]?.sources ?? [], ...permanent[name]?.sources ?? []].filter(source => source.startsWith(GROUP));
        for (const group of new Set(sources.map(source => source.slice(GROUP.length))))
            users.set(group, [...users.get(group) ?? [], { name, enabled }]);
    }
    return users;
}

export const isSame = (a: Pick<GroupRow, 'now' | 'permanent'>, b: Pick<GroupRow, 'now' | 'permanent'>): boolean =>
    JSON.stringify([a.now, a.permanent]) === JSON.stringify([b.now, b.permanent]);

// Of lists that are needed together, the one that is missing or may be old.
export const unready = (lists: List<unknown>[]): List<unknown> | undefined => {
    const absent = lists.filter(({ value }) => value === undefined);
    return absent.find(({ error }) => error) ?? absent[0] ?? lists.find(({ error }) => error);
};

export function groupRows(now: Groups, later: Groups, changes: string[], policies: Policies, permanent: Policies): GroupRow[] {
    const users = usersByGroup(policies, permanent);
    return [...new Set([...Object.keys(now), ...Object.keys(later)])].sort().map(name => ({
        name,
        group: now[name] ?? later[name],
        now: now[name],
        permanent: later[name],
        scope: name in now ? name in later ? 'both' : 'runtime' : 'permanent',
        differs: name in now && name in later && changes.includes(name),
        users: users.get(name) ?? [],
    }));
}

// Groups that policies name, and that there are not: they list nobody.
export function missingGroups(now: Groups, policies: Policies): { name: string; users: string[] }[] {
    return [...usersByGroup(policies, {})].filter(([name]) => !(name in now)).map(([name, users]) => ({ name, users: users.map(user => user.name) }));
}
