/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "walk.h"

#include <string.h>

#include <glib/gi18n.h>

#include "explain/iptables-match.h"
#include "explain/nft-match.h"

/* Rules beyond this come from chains that jump to each other in a tree; the kernel itself allows 16 jumps in a row. */
#define RULES_MAX 200000U
#define DEPTH_MAX 32U

/* conntrack sees a packet at this priority of prerouting and output: NF_IP_PRI_CONNTRACK. */
#define PRIORITY_CONNTRACK (-200)

/* At these priorities later packets of a connection get the destination that the first one got, and at postrouting its source;
 * replies get back what the first packet had before: NF_IP_PRI_NAT_DST and NF_IP_PRI_NAT_SRC. */
#define PRIORITY_DNAT (-100)
#define PRIORITY_SNAT 100

typedef enum { END_OF_CHAIN, END_ACCEPT, END_DROP, END_REJECT } End;

void trace_row_free(gpointer p) {
        TraceRow *row = p;
        g_free(row->where);
        g_free(row->rule);
        g_free(row->effect);
        g_free(row);
}

void trace_add(GPtrArray *trace, const char *where, const char *rule, const char *effect) {
        TraceRow *row = g_new(TraceRow, 1);
        *row = (TraceRow){ g_strdup(where), g_strdup(rule), g_strdup(effect) };
        g_ptr_array_add(trace, row);
}

static void add_row(Walk *walk, const Chain *chain, const char *rule, const char *format, ...) G_GNUC_PRINTF(4, 5);
static void add_row(Walk *walk, const Chain *chain, const char *rule, const char *format, ...) {
        if (walk->quiet && !g_str_has_prefix(format, TRACE_DECIDES) && !g_str_has_prefix(format, TRACE_DOUBT))
                return;
        g_autofree char *label = finding_format_chain(chain);
        va_list args;
        va_start(args, format);
        g_autofree char *effect = g_strdup_vprintf(format, args);
        va_end(args);
        trace_add(walk->trace, label, rule, effect);
}

/* rule: NULL: the chain's own policy. */
static void add_end(Walk *walk, const Chain *chain, const ChainRule *rule, End end) {
        finding_note_block(walk->finding, &walk->packet, chain, rule);
        const bool drops = end == END_DROP;
        const char *text = rule ? rule->text : "policy drop";
        if (walk->packet.reply)
                add_row(walk, chain, text,
                        drops ? _("decides: dropped here, so no answer comes back") :
                                _("decides: rejected here, so no answer comes back"));
        else if (walk->packet.established)
                add_row(walk, chain, text,
                        drops ? _("decides: dropped here: it is TCP's second packet") :
                                _("decides: rejected here: it is TCP's second packet"));
        else
                add_row(walk, chain, text, drops ? _("decides: dropped here") : _("decides: rejected here"));
}

/* Sets the packet's interface to that of its latest route. */
static void take_route(Walk *walk) {
        g_strlcpy(walk->packet.out, walk->route.kind == ROUTE_LOCAL ? "lo" : walk->route.out, sizeof walk->packet.out);
}

void walk_route(Walk *walk) {
        Packet *packet = &walk->packet;
        walk->route = walk->host->route(packet->family, packet->source, packet->destination, NULL, packet->mark,
                                        walk->host->userdata);
        take_route(walk);
}

/* Redirects to the address of the incoming interface, or to the loopback for packets of the host itself. */
static bool redirect(Walk *walk) {
        static const guint8 LOOPBACK4[16] = { 127, 0, 0, 1 }, LOOPBACK6[16] = { [15] = 1 };
        Packet *packet = &walk->packet;
        if (packet->in[0])
                return walk->host->address(packet->in, packet->family, packet->destination, walk->host->userdata);
        memcpy(packet->destination, packet->family == FAMILY_IPV4 ? LOOPBACK4 : LOOPBACK6, 16);
        return true;
}

static End map(Walk *walk, const Chain *chain, const ChainRule *rule, const Judgement *judgement) {
        Packet *packet = &walk->packet;
        const Packet before = *packet;
        bool *const is_mapped = judgement->act == ACT_SNAT ? &walk->source_mapped : &walk->mapped;
        bool found = true;
        if (judgement->has_address)
                memcpy(judgement->act == ACT_SNAT ? packet->source : packet->destination, judgement->address, 16);
        else if (judgement->act == ACT_SNAT)
                found = walk->host->address(packet->out, packet->family, packet->source, walk->host->userdata);
        else if (judgement->act == ACT_REDIRECT)
                found = redirect(walk);
        if (!found) {
                finding_note_block(walk->finding, &walk->packet, chain, rule);
                add_row(walk, chain, rule->text, _("decides: dropped here: %s has no address for it"),
                        judgement->act == ACT_SNAT ? packet->out : packet->in);
                return END_DROP;
        }
        *is_mapped = true;
        /* conntrack sets the status "dnat" or "snat" only if the address or port changed. */
        if (judgement->act == ACT_SNAT) {
                packet->snat = memcmp(packet->source, before.source, 16) != 0;
                add_row(walk, chain, rule->text, packet->snat ? _("its source becomes another") : _("its source stays"));
                return END_ACCEPT;
        }
        if (judgement->port)
                packet->port = judgement->port;
        packet->dnat = packet->port != before.port || memcmp(packet->destination, before.destination, 16) != 0;
        /* The kernel reroutes packets of the host itself at once. */
        if (!packet->in[0])
                walk_route(walk);
        g_autofree char *to = packet_format_endpoint(packet->family, packet->destination, packet->port);
        add_row(walk, chain, rule->text, _("DNAT to %s"), to);
        return END_ACCEPT;
}

static End walk_chain(Walk *walk, const Chain *chain, unsigned depth);

/* *ret_returns: the rest of the chain is skipped. */
static End walk_jump(Walk *walk, const Chain *chain, const ChainRule *rule, const Judgement *judgement, unsigned depth,
                     bool *ret_returns) {
        const Chain *target = ruleset_find(walk->ruleset, chain, judgement->chain);
        if (!target || depth >= DEPTH_MAX) {
                walk->uncertain = true;
                add_row(walk, chain, rule->text, _("cannot tell: what \"%s\" does"), judgement->chain);
                return END_OF_CHAIN;
        }
        if (!walk->quiet)
                finding_note_jump(walk->finding, chain, rule, target);
        const guint before = walk->trace->len;
        add_row(walk, chain, rule->text, judgement->act == ACT_GOTO ? _("goes to %s") : _("asks %s"), target->name);
        const guint after = walk->trace->len;
        const End end = walk_chain(walk, target, depth + 1);
        *ret_returns = judgement->act == ACT_GOTO;
        if (end != END_OF_CHAIN || walk->trace->len > after || after == before)
                return end;
        /* No rule there left a row. firewalld's dozens of empty chains are not worth one. */
        g_ptr_array_set_size(walk->trace, before);
        const bool is_zone = judgement->act == ACT_GOTO && g_str_has_prefix(chain->name, "filter_");
        if (rule->args || finding_is_guard(chain) || is_zone)
                add_row(walk, chain, rule->text, _("asks %s, where no rule matches"), target->name);
        return end;
}

static Judgement judge(Walk *walk, const Chain *chain, const ChainRule *rule) {
        walk->rules++;
        return rule->args ? iptables_judge((const char *const *) rule->args, &walk->packet, walk->host) :
                            nft_judge(walk->ruleset, chain, rule->expr, &walk->packet, walk->host);
}

/* Applies a rule's changes of the packet, which come before its verdict. */
static void change(Walk *walk, const Chain *chain, const ChainRule *rule, const Judgement *judgement) {
        if (judgement->marks) {
                walk->packet.mark = judgement->mark;
                add_row(walk, chain, rule->text, _("its mark becomes 0x%x"), walk->packet.mark);
        }
        if (judgement->notracks) {
                walk->not_tracked = true;
                add_row(walk, chain, rule->text, _("conntrack does not see it"));
        }
        if (judgement->changes) {
                walk->uncertain = true;
                add_row(walk, chain, rule->text, _("cannot tell: what becomes of it by %s"), judgement->changes);
        }
}

static End walk_rule(Walk *walk, const Chain *chain, const ChainRule *of, unsigned depth, bool *ret_returns) {
        g_auto(Judgement) judgement = judge(walk, chain, of);
        g_autofree char *text = judgement.matches == ANSWER_NO ? NULL : judgement_format(&judgement, of->text);
        ChainRule shown = *of;
        const ChainRule *rule = &shown;
        shown.text = text ? text : of->text;
        change(walk, chain, rule, &judgement);
        if (judgement.matches == ANSWER_UNKNOWN) {
                /* Treated as no match; the final verdict mentions it. */
                if (judgement.act == ACT_NOTE || (judgement.act == ACT_NOTHING && rule->args && !judgement.unknown))
                        return END_OF_CHAIN;
                walk->uncertain = true;
                add_row(walk, chain, rule->text, _("cannot tell: %s"), judgement.unknown);
                return END_OF_CHAIN;
        }
        if (judgement.matches == ANSWER_NO)
                return END_OF_CHAIN;
        switch (judgement.act) {
        case ACT_ACCEPT:
                if (!walk->quiet)
                        finding_note_pass(walk->finding, chain, rule);
                add_row(walk, chain, rule->text, _("accepted; goes on to the next table"));
                return END_ACCEPT;
        case ACT_DROP:
        case ACT_REJECT: {
                const End end = judgement.act == ACT_DROP ? END_DROP : END_REJECT;
                add_end(walk, chain, rule, end);
                return end;
        }
        case ACT_RETURN:
                if (!walk->quiet)
                        finding_note_pass(walk->finding, chain, rule);
                if (of != chain->rules->pdata[chain->rules->len - 1])
                        add_row(walk, chain, rule->text, _("leaves this chain"));
                *ret_returns = true;
                return END_OF_CHAIN;
        case ACT_JUMP:
        case ACT_GOTO:
                return walk_jump(walk, chain, rule, &judgement, depth, ret_returns);
        case ACT_DNAT:
        case ACT_REDIRECT:
        case ACT_SNAT:
                return map(walk, chain, rule, &judgement);
        case ACT_NOTE:
                add_row(walk, chain, rule->text, _("logged"));
                return END_OF_CHAIN;
        default:
                return END_OF_CHAIN;
        }
}

static End walk_chain(Walk *walk, const Chain *chain, unsigned depth) {
        bool returns = false;
        for (guint i = 0; i < chain->rules->len && !returns; i++) {
                if (walk->rules >= RULES_MAX) {
                        walk->uncertain = true;
                        return END_OF_CHAIN;
                }
                const End end = walk_rule(walk, chain, chain->rules->pdata[i], depth, &returns);
                if (end != END_OF_CHAIN)
                        return end;
        }
        return END_OF_CHAIN;
}

static bool walk_base(Walk *walk, const Chain *chain) {
        const guint before = walk->trace->len;
        const guint32 mark = walk->packet.mark;
        End end = walk_chain(walk, chain, 0);
        /* Only chains of this type reroute the host's own packets after a change of mark. */
        if (g_str_equal(chain->type, "route") && walk->packet.mark != mark)
                walk_route(walk);
        if (end == END_OF_CHAIN && chain->drops) {
                add_end(walk, chain, NULL, END_DROP);
                end = END_DROP;
        } else if (end == END_OF_CHAIN && (walk->trace->len > before || (finding_is_guard(chain) && chain->rules->len > 0)))
                add_row(walk, chain, "policy accept", _("nothing against it; goes on to the next table"));
        return end == END_OF_CHAIN || end == END_ACCEPT;
}

/* priority: the next chain's. */
static void undergo_nat(Walk *walk, const char *hook, int priority) {
        Packet *packet = &walk->packet;
        const Packet *after = walk->after;
        const bool early = g_str_equal(hook, "prerouting") || g_str_equal(hook, "output");
        if (after && early && priority > PRIORITY_DNAT) {
                memcpy(packet->destination, after->destination, 16);
                packet->port = after->port;
        }
        if (after && g_str_equal(hook, "postrouting") && priority > PRIORITY_SNAT) {
                memcpy(packet->source, after->source, 16);
                packet->source_port = after->source_port;
        }
}

bool walk_hook(Walk *walk, const char *hook) {
        const bool early = g_str_equal(hook, "prerouting") || g_str_equal(hook, "output");
        /* conntrack saw packets on lo when they were sent. */
        const bool is_seen = !early || g_str_equal(walk->packet.in, "lo");
        /* A hook's rules match the interface with which the packet came to the hook, also when one of them has had it rerouted
         * (nf_hook_state in Linux's include/linux/netfilter.h, filled once, in __ip_local_out() and __ip6_local_out()). */
        char out[INTERFACE_SIZE];
        g_strlcpy(out, walk->packet.out, sizeof out);
        g_autoptr(GPtrArray) chains = ruleset_base_chains(walk->ruleset, walk->packet.family, hook);
        for (guint i = 0; i < chains->len; i++) {
                const Chain *chain = chains->pdata[i];
                /* nat chains see a connection once, and the first one that maps it wins. */
                if (g_str_equal(chain->type, "nat") &&
                    (walk->packet.established || (early ? walk->mapped : walk->source_mapped)))
                        continue;
                undergo_nat(walk, hook, chain->priority);
                walk->packet.not_to_track = walk->not_tracked;
                walk->packet.untracked = walk->not_tracked || (!is_seen && chain->priority <= PRIORITY_CONNTRACK);
                if (!walk_base(walk, chain))
                        return false;
                g_strlcpy(walk->packet.out, out, sizeof out);
        }
        if (g_str_equal(hook, "output") && walk->route.kind != ROUTE_NONE)
                take_route(walk);
        walk->packet.untracked = walk->not_tracked;
        undergo_nat(walk, hook, G_MAXINT);
        return true;
}
