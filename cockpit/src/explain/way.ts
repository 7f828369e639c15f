// SPDX-License-Identifier: LGPL-2.1-or-later
// The way of a packet, from the rows of a trace to the few steps that people think in. Knows how quaywalld writes its rows
// (src/explain) in English; what it does not know, as in another language, it shows as it is.
import type { Explanation } from '../contract';

const _ = cockpit.gettext;

export type Row = Explanation['trace'][number];

export interface Step {
    title: string;
    // what comes of the packet here, in words
    text: string;
    outcome: 'passes' | 'neutral' | 'decides' | 'uncertain';
    // those whose rules matched here
    policies: string[];
    rows: Row[];
}

const DECIDES = 'decides: ';
const CANNOT_TELL = 'cannot tell: ';
const NOT_CERTAIN = '; not certain: a row above says what cannot be told';

// A place that a step stands for: rows of the same place that follow each other are one step.
interface Place { key: string; title: string }

const FIREWALLD_CHAIN = /^(?:raw|mangle|filter|nat)_(PREROUTING|INPUT|IN|FORWARD|FWD|FWDI|FWDO|OUTPUT|OUT|POSTROUTING|PRE|POST)(?:_|$)/;
const HOOKS: Record<string, string> = {
    PREROUTING: _("as the packet arrives"),
    INPUT: _("on the way to a program of this host"),
    FORWARD: _("on the way through this host"),
    OUTPUT: _("as this host sends it"),
    POSTROUTING: _("as the packet leaves"),
};
const HOOK_OF: Record<string, keyof typeof HOOKS> = {
    PRE: 'PREROUTING', IN: 'INPUT', FWD: 'FORWARD', FWDI: 'FORWARD', FWDO: 'FORWARD', OUT: 'OUTPUT', POST: 'POSTROUTING',
};
const GUARD_HOOKS: [chain: RegExp, hook: keyof typeof HOOKS][] = [
    [/^(label_)?host/, 'PREROUTING'], [/^(label_)?(forward|unknown)/, 'FORWARD'], [/^(label_)?input/, 'INPUT'], [/^proxied/, 'OUTPUT'],
];
const IPTABLES_TABLES = ['raw', 'mangle', 'nat', 'filter', 'security'];

// "filter FORWARD" where it asks a chain of Docker's, or DOCKER-USER, belongs to that chain.
const ASKED = /^(?:asks|goes to) ([^ ,]+)/;

function ofIptables(table: string, chain: string): Place {
    if (chain === 'DOCKER-USER' || chain.startsWith('QUAYWALL'))
        return { key: 'docker-user', title: cockpit.format(_("DOCKER-USER, $0"), HOOKS.FORWARD) };
    if (table === 'nat' && ['PREROUTING', 'OUTPUT', 'DOCKER'].includes(chain))
        return { key: 'mapping', title: _("Docker's port mapping") };
    if (chain.startsWith('DOCKER'))
        return { key: 'docker', title: cockpit.format(_("Docker's own rules, $0"), HOOKS.FORWARD) };
    if (HOOKS[chain])
        return { key: `${table} ${chain}`, title: cockpit.format(_("iptables, table $0, $1"), table, HOOKS[chain]) };
    return { key: '', title: '' };
}

function ofGuard(chain: string): Place {
    const hook = GUARD_HOOKS.find(([pattern]) => pattern.test(chain))?.[1];
    return hook ? { key: `guard ${hook}`, title: cockpit.format(_("quaywall's guard, $0"), HOOKS[hook]) } : { key: '', title: '' };
}

function ofFirewalld(chain: string): Place {
    const word = FIREWALLD_CHAIN.exec(chain)?.[1];
    const hook = word && (HOOK_OF[word] ?? word);
    return hook ? { key: `firewalld ${hook}`, title: cockpit.format(_("firewalld, $0"), HOOKS[hook]) } : { key: '', title: '' };
}

// Places that no rule stands for have the destination where others have a rule, in every language.
const DESTINATION = /^\S+\/(tcp|udp|sctp|dccp)$/;

// The names of tables and chains are in ASCII.
const WORDS = /[^ -~]/;

function placeOf([where, rule, effect]: Row): Place {
    const [first, second = ''] = where.split(' ');
    switch (first) {
    case 'source': return { key: first, title: _("The client") };
    case 'routing': return { key: first, title: _("Routing") };
    case 'host': return { key: first, title: _("A program of this host") };
    case 'by': return { key: where, title: cockpit.format(_("Delivered by $0"), second) };
    case 'link': return { key: where, title: cockpit.format(_("On the link $0"), second) };
    case 'bridge': return { key: where, title: second ? cockpit.format(_("On the bridge $0"), second) : _("On one bridge") };
    case 'iptables-legacy':
    case 'ip6tables-legacy': return { key: first, title: cockpit.format(_("The tables of $0"), first) };
    case 'guard': return ofGuard(second);
    case 'firewalld': return ofFirewalld(second);
    case 'quaywall_cut': return { key: first, title: _("Connections that a change has cut") };
    }
    if (DESTINATION.test(rule))
        return { key: where, title: `${where}: ${rule}` };
    if (WORDS.test(where))
        return { key: where, title: where };
    if (!second || !IPTABLES_TABLES.includes(first))
        return { key: first, title: cockpit.format(_("Rules of another program: $0"), first) };
    const asked = HOOKS[second] && ASKED.exec(effect)?.[1];
    const place = asked ? ofIptables(first, asked) : { key: '', title: '' };
    return place.key ? place : ofIptables(first, second);
}

// What quaywalld says of a row, in this language. "$0" is what the parentheses matched.
const EFFECTS: [pattern: RegExp, text: string][] = [
    [/^comes in by (\S+)$/, _("comes in by $0")],
    [/^is the host itself$/, _("is this host itself")],
    [/^accepted; goes on to the next table$/, _("a rule lets it pass")],
    [/^nothing against it; goes on to the next table$/, _("no rule is against it")],
    [/, where no rule matches$/, _("no rule is against it")],
    [/^leaves this chain$/, _("a rule lets it pass")],
    [/^DNAT to (\S+)$/, _("it goes on to $0")],
    [/^routed by (\S+)$/, _("this host forwards it by $0")],
    [/^sent by (\S+)$/, _("this host sends it by $0")],
    [/^for the host itself$/, _("it is for this host itself")],
    [/^dropped here$/, _("dropped without an answer")],
    [/^rejected here$/, _("refused with an error")],
    [/^dropped here, so no answer comes back$/, _("the answer is dropped, so the client gets none")],
    [/^rejected here, so no answer comes back$/, _("the answer is refused, so the client gets none")],
    [/^no rule is against it$/, _("no rule was against it: it arrives")],
    [/^a service of the host takes it$/, _("a service of this host takes it")],
    [/^docker-proxy takes it and hands it on to the container$/, _("docker-proxy takes it, and hands it on to the container")],
    [/^docker-proxy takes it and hands it on to (\S+)$/, _("docker-proxy takes it, and hands it on to $0")],
    [/^no rule is against it, but nobody listens there: the host itself refuses it$/,
        _("no rule was against it, but nobody listens there: this host refuses it")],
];

function inWords(effect: string): string {
    for (const [pattern, text] of EFFECTS) {
        const match = pattern.exec(effect);
        if (match)
            return cockpit.format(text, match[1]);
    }
    return effect;
}

// Of a step's rows the first that decides, or cannot be told; else the last that says more than which chain comes next.
function tellingRow(rows: Row[]): Row {
    return rows.find(([, , effect]) => effect.startsWith(DECIDES)) ??
        rows.find(([, , effect]) => effect.startsWith(CANNOT_TELL)) ??
        [...rows].reverse().find(([, , effect]) => effect !== 'logged' && !/^(asks|goes to) [^,]+$/.test(effect)) ??
        rows[rows.length - 1];
}

function describe(rows: Row[]): Pick<Step, 'text' | 'outcome'> {
    const [, , effect] = tellingRow(rows);
    if (effect.startsWith(DECIDES))
        return { text: inWords(effect.slice(DECIDES.length).replace(NOT_CERTAIN, '')), outcome: 'decides' };
    if (effect.startsWith(CANNOT_TELL))
        return { text: cockpit.format(_("quaywall cannot evaluate a rule here: $0"), effect.slice(CANNOT_TELL.length)), outcome: 'uncertain' };
    return { text: inWords(effect), outcome: /^(accepted|nothing|leaves|asks)/.test(effect) ? 'passes' : 'neutral' };
}

const policyOf = ([, rule]: Row) => /^policy ([^:\s]+): /.exec(rule)?.[1];

// The first word of a client's step is its address, of other places that the packet goes to, theirs.
const SHOWS_RULE = ['source', 'routing', 'host'];

function toStep(place: Place, rows: Row[]): Step {
    const policies = [...new Set(rows.map(policyOf).filter(name => name !== undefined))];
    const step = { title: place.title, ...describe(rows), policies, rows };
    const [where, rule] = rows[0];
    if (SHOWS_RULE.includes(where) || where.startsWith('by '))
        step.title = `${step.title}: ${rule}`;
    return step;
}

// quaywalld follows the first packet to its end, and then of the answer, and of TCP's second packet, what stands in their way.
const isArrival = ({ key }: Place) => /PREROUTING$/.test(key);

// Rules are asked there. The other places, such as routing, have said all.
export const hasRules = ({ rows }: Step): boolean =>
    !/^(source|routing|host|by |link |bridge)/.test(rows[0][0]) && rows.some(([, rule]) => rule !== '' && !rule.startsWith('policy accept') && !DESTINATION.test(rule));

export function stepsOf(trace: Row[]): Step[] {
    const steps: { place: Place; rows: Row[] }[] = [];
    let isLater = false;
    for (const row of trace) {
        const last = steps.at(-1);
        let place = placeOf(row);
        // a chain that another one of its table asks
        if (!place.key)
            place = last && last.rows[0][0].split(' ')[0] === row[0].split(' ')[0] ? last.place : { key: row[0], title: row[0] };
        if (last?.place.key === place.key) {
            last.rows.push(row);
            continue;
        }
        isLater ||= isArrival(place) && steps.some(step => step.place.key === place.key);
        const title = isLater ? cockpit.format(_("A later packet: $0"), place.title) : place.title;
        steps.push({ place: { ...place, title }, rows: [row] });
    }
    return steps.map(({ place, rows }) => toStep(place, rows));
}
