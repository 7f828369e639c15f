// SPDX-License-Identifier: LGPL-2.1-or-later
// Who can reach what, as a picture. The boxes are HTML, the lines between them SVG; rows have a fixed height, so nothing is measured.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Popover } from '@patternfly/react-core/dist/dynamic/components/Popover';
import { useMemo, useState } from 'react';

import { PortDetails } from './port-details';
import { graph, targetKind, type Target } from './reach-graph';
import { portName, reachTexts } from './words';

const _ = cockpit.gettext;

const ROW = 52;

const title = ({ port, families }: Target) => `${portName(port, families)} ${port.container ?? ''}`.trim();

export function ReachPicture({ targets }: { targets: Target[] }) {
    const { clients, lines } = useMemo(() => graph(targets), [targets]);
    const [pointed, setPointed] = useState<string | null>(null);
    // one popover for all: each costs time, even while it is shut
    const [opened, setOpened] = useState<{ id: string; by: HTMLElement } | null>(null);
    const shown = opened && targets.find(({ id }) => id === opened.id);
    if (opened && !shown)
        setOpened(null);
    const height = Math.max(clients.length, targets.length) * ROW;
    const middle = (i: number, n: number) => (i + 0.5) * height / n;
    const clientAt = new Map(clients.map(({ id }, i) => [id, middle(i, clients.length)]));
    const targetAt = new Map(targets.map(({ id }, i) => [id, middle(i, targets.length)]));
    const point = (id: string) => ({
        onMouseEnter: () => setPointed(id), onMouseLeave: () => setPointed(null), onFocus: () => setPointed(id), onBlur: () => setPointed(null),
    });
    const dim = (related: boolean) => pointed !== null && !related ? ' qw-dim' : '';
    const isRelated = (id: string) => id === pointed || lines.some(line =>
        (line.client === id && line.target === pointed) || (line.target === id && line.client === pointed));
    return (
        <div className="qw-picture" role="group" aria-label={_("Who can reach which port")}>
            <ul className="qw-column" style={{ height }} aria-label={_("Clients")}>
                {clients.map(({ id, label, kind }) =>
                    <li key={id} className={`qw-box qw-${kind}${dim(isRelated(id))}`} title={label} {...point(id)}><span>{label}</span></li>)}
            </ul>
            <svg viewBox={`0 0 100 ${height}`} height={height} preserveAspectRatio="none" aria-hidden="true">
                {lines.map(({ client, target, kind, partly }, i) => {
                    const [from, to] = [clientAt.get(client)!, targetAt.get(target)!];
                    return <path key={i} d={`M0,${from} C50,${from} 50,${to} 100,${to}`} vectorEffect="non-scaling-stroke"
                                 className={`qw-line qw-${kind}${partly ? ' qw-partly' : ''}${dim(client === pointed || target === pointed)}`} />;
                })}
            </svg>
            <ul className="qw-column" style={{ height }} aria-label={_("Published ports")}>
                {targets.map(target => (
                    <li key={target.id} className={`qw-box qw-${targetKind(target)}${dim(isRelated(target.id))}`} {...point(target.id)}>
                        <Button variant="plain" hasNoPadding onClick={event => setOpened(opened?.id === target.id ? null : { id: target.id, by: event.currentTarget })}>
                            <span className="qw-port">{portName(target.port, target.families)}</span>{' '}
                            <span className="qw-container">{target.port.container ?? _("no container")}</span>
                            <span className="pf-v6-screen-reader">{' '}{cockpit.format(_("reached by $0"), reachTexts(target.port).join('; '))}</span>
                            {targetKind(target) === 'nobody' && <span className="qw-tag" aria-hidden="true">{_("nobody")}</span>}
                        </Button>
                    </li>
                ))}
            </ul>
            {opened && shown && <Popover key={opened.id} isVisible triggerRef={() => opened.by} shouldClose={() => setOpened(null)} minWidth="20rem"
                                headerContent={title(shown)} aria-label={title(shown)}
                                bodyContent={<PortDetails target={shown} onDone={() => setOpened(null)} />} />}
        </div>
    );
}
