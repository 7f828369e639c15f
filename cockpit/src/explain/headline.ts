// SPDX-License-Identifier: LGPL-2.1-or-later
// The verdict in a sentence. quaywalld's begins with who decides, which is data as well, and so can be said in this language.
import type { Explanation } from '../contract';

const _ = cockpit.gettext;

const LAYERS: Record<NonNullable<Explanation['layer']>, string> = {
    guard: _("Blocked by quaywall's guard"),
    'docker-user': _("Blocked by DOCKER-USER"),
    docker: _("Blocked by Docker"),
    firewalld: _("Blocked by firewalld"),
    netfilter: _("Blocked by another program"),
    routing: _("Blocked"),
};

function decider({ verdict, policy, layer }: Explanation, head: string): string {
    if (verdict === 'uncertain')
        return _("Not certain");
    if (policy)
        return cockpit.format(verdict === 'allowed' ? _("Allowed by policy $0") : _("Blocked by policy $0"), policy);
    if (verdict === 'allowed')
        return _("Allowed");
    const zone = /, zone (\S+)$/.exec(head)?.[1];
    if (zone)
        return cockpit.format(_("Blocked by firewalld, zone $0"), zone);
    return head === 'blocked by default' || !layer ? _("Blocked by default") : LAYERS[layer];
}

// The reasons that are most common; others are shown as they are.
const REASONS: [pattern: RegExp, text: string][] = [
    [/^no rule is against it$/, _("no rule is against it")],
    [/^it lists only (.+)$/, _("it lists only $0")],
    [/^it lists (.+)$/, _("it lists $0")],
    [/^it denies everybody$/, _("it denies everybody")],
    [/^it denies (.+)$/, _("it denies $0")],
    [/^(\S+) is not among its (\d+) (?:addresses|sources)$/, _("$0 is not among its $1 sources")],
    [/^the container's own address was dialled, and it lets in by ports of this host only$/,
        _("the container's own address was dialled, and it lets clients in only by ports of this host")],
    [/^firewalld's zone (\S+) lets in (\S+)$/, _("firewalld's zone $0 lets in $1")],
    [/^firewalld's zone (\S+) does not let in (\S+)$/, _("firewalld's zone $0 does not let in $1")],
    [/^a rule in "([^"]+)" stops it$/, _("a rule in \"$0\" stops it")],
];

function reasonWords(reason: string): string {
    for (const [pattern, text] of REASONS) {
        const match = pattern.exec(reason);
        if (match)
            return cockpit.format(text, ...match.slice(1));
    }
    return reason;
}

export function headline(explanation: Explanation): string {
    const { sentence } = explanation;
    const [, head, reason] = /^((?:allowed|blocked|uncertain)[^:]*): (.+)$/s.exec(sentence) ?? [];
    return head ? `${decider(explanation, head)}: ${reasonWords(reason)}` : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
