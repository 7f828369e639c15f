// SPDX-License-Identifier: LGPL-2.1-or-later
// How a change is made: undone by itself unless it is confirmed, with open connections ended, for how long.
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { useEffect } from 'react';

import type { ChangeOptions } from './contract';
import { offersCut } from './policy-draft';
import { useSnapshot } from './use-service';

const _ = cockpit.gettext;

const SECONDS = [15, 30, 60, 300];
export const DEFAULT_OPTIONS: ChangeOptions = { 'confirm-within': 30 };

interface Props { options: ChangeOptions; onChange: (options: ChangeOptions) => void; canCut?: boolean }

export function ApplyOptions({ options, onChange, canCut = true }: Props) {
    const features = useSnapshot(snapshot => snapshot.properties.Manager?.Features);
    const within = options['confirm-within'];
    const isCutOffered = canCut && offersCut(options, features);
    // not sent unseen, where nobody could switch it off
    const isCutHidden = options.cut === true && !isCutOffered;
    useEffect(() => {
        if (isCutHidden)
            onChange({ ...options, cut: undefined });
    }, [isCutHidden]);
    return (
        <Stack hasGutter>
            <StackItem>
                <Checkbox id="confirm-within" isChecked={within !== undefined}
                          label={_("Undo it by itself unless I confirm that I still reach this host")}
                          onChange={(_event, checked) => onChange({ ...options, 'confirm-within': checked ? 30 : undefined })}
                          body={within !== undefined && <FormSelect value={within} aria-label={_("Time to confirm")} className="qw-seconds"
                              onChange={(_event, value) => onChange({ ...options, 'confirm-within': Number(value) })}>
                              {SECONDS.map(seconds => <FormSelectOption key={seconds} value={seconds}
                                  label={cockpit.format(cockpit.ngettext("within $0 second", "within $0 seconds", seconds), seconds)} />)}
                          </FormSelect>} />
            </StackItem>
            {isCutOffered && <StackItem>
                <Checkbox id="cut" isChecked={options.cut ?? false} label={_("End open connections that it forbids")}
                          description={_("At once, even if the change is undone later. Otherwise they go on until they end by themselves.")}
                          onChange={(_event, checked) => onChange({ ...options, cut: checked || undefined })} />
            </StackItem>}
        </Stack>
    );
}
