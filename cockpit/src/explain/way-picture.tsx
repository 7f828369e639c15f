// SPDX-License-Identifier: LGPL-2.1-or-later
// The way of a packet, step by step, from the client down to what decides.
import { CodeBlock, CodeBlockCode } from '@patternfly/react-core/dist/dynamic/components/CodeBlock';
import { ExpandableSection } from '@patternfly/react-core/dist/dynamic/components/ExpandableSection';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { ProgressStep, ProgressStepper } from '@patternfly/react-core/dist/dynamic/components/ProgressStepper';
import { useState } from 'react';

import type { Explanation } from '../contract';
import { useDialog } from '../dialogs';
import { useSnapshot } from '../use-service';
import './explain.css';
import { hasRules, stepsOf, type Row, type Step } from './way';

const _ = cockpit.gettext;

type Verdict = Explanation['verdict'];
const VARIANTS = { allowed: 'success', blocked: 'danger', uncertain: 'warning' } as const;

function variantOf({ outcome }: Step, verdict: Verdict) {
    switch (outcome) {
    case 'decides': return VARIANTS[verdict];
    case 'uncertain': return 'warning';
    case 'passes': return 'success';
    case 'neutral': return 'info';
    }
}

function spoken({ outcome, title }: Step, verdict: Verdict): string {
    switch (outcome) {
    case 'decides': return cockpit.format({
        allowed: _("$0: decides, the connection is allowed"),
        blocked: _("$0: decides, the connection is blocked"),
        uncertain: _("$0: decides, but this is not certain"),
    }[verdict], title);
    case 'uncertain': return cockpit.format(_("$0: not certain"), title);
    case 'passes': return cockpit.format(_("$0: passed"), title);
    case 'neutral': return title;
    }
}

// The rules as the kernel has them, each with what it does.
function Rules({ rows }: { rows: Row[] }) {
    const [isExpanded, setExpanded] = useState(false);
    const text = rows.map(([where, rule, effect]) => `${where}: ${rule}\n    ${effect}`).join('\n');
    const label = cockpit.format(cockpit.ngettext("$0 rule", "$0 rules", rows.length), rows.length);
    return (
        <ExpandableSection toggleText={label} isExpanded={isExpanded} onToggle={(_event, now) => setExpanded(now)} isIndented>
            <CodeBlock><CodeBlockCode className="explain-rules">{text}</CodeBlockCode></CodeBlock>
        </ExpandableSection>
    );
}

// Opens the policy's form, where there may be one.
function PolicyLabel({ name }: { name: string }) {
    const open = useDialog();
    const canEdit = useSnapshot(snapshot => Boolean(snapshot.admin && snapshot.properties.Policies?.Policies[name] && !name.startsWith('label/')));
    return <Label isCompact onClick={canEdit ? () => open({ kind: 'edit', name }) : undefined}>{cockpit.format(_("policy: $0"), name)}</Label>;
}

function Description({ step, verdict }: { step: Step; verdict: Verdict }) {
    return (
        <>
            <div className="explain-outcome">
                <span>{step.text}</span>
                {step.outcome === 'decides' && <Label isCompact variant="outline" status={VARIANTS[verdict]}>{_("decides")}</Label>}
                {step.outcome === 'uncertain' && <Label isCompact variant="outline" status="warning">{_("not certain")}</Label>}
                {step.policies.map(name => <PolicyLabel key={name} name={name} />)}
            </div>
            {hasRules(step) && <Rules rows={step.rows} />}
        </>
    );
}

export function WayPicture({ explanation: { trace, verdict } }: { explanation: Explanation }) {
    const steps = stepsOf(trace);
    return (
        <ProgressStepper isVertical aria-label={_("Path of the connection")} className="explain-way">
            {steps.map((step, i) => (
                <ProgressStep key={i} id={`explain-step-${i}`} titleId={`explain-step-${i}-title`} variant={variantOf(step, verdict)}
                              isCurrent={step.outcome === 'decides'} aria-label={spoken(step, verdict)}
                              description={<Description step={step} verdict={verdict} />}>
                    {step.title}
                </ProgressStep>
            ))}
        </ProgressStepper>
    );
}
