// SPDX-License-Identifier: LGPL-2.1-or-later
// The change that waits to be confirmed, whoever made it, with the time that is left. It comes from quaywalld, so a reload of the
// page does not lose it.
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Progress } from '@patternfly/react-core/dist/dynamic/components/Progress';
import { Flex, FlexItem } from '@patternfly/react-core/dist/dynamic/layouts/Flex';
import { useEffect, useState } from 'react';

import { isSameTime } from './policy-changes';
import { useAction, useService, useSnapshot } from './use-service';
import { some } from './words';

const _ = cockpit.gettext;

function useNow(): number {
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), 1000);
        return () => clearInterval(timer);
    }, []);
    return now;
}

export function Pending() {
    const until = useSnapshot(snapshot => snapshot.properties.Policies?.PendingChange.until);
    const running = useSnapshot(snapshot => snapshot.service === 'running');
    // of one change, the first reading stays
    const [shown, setShown] = useState(until);
    if (!isSameTime(shown, until))
        setShown(until);
    return shown && until && running ? <Countdown key={shown} until={shown / 1000} /> : null;
}

function Countdown({ until }: { until: number }) {
    const service = useService();
    const pending = useSnapshot(snapshot => snapshot.properties.Policies!.PendingChange);
    const offset = useSnapshot(snapshot => snapshot.clockOffset);
    const token = useSnapshot(snapshot => snapshot.token);
    const now = useNow();
    const seconds = Math.max(0, Math.round((until - now - offset) / 1000));
    const [whole] = useState(Math.max(seconds, 1));
    const { run, running, error } = useAction();
    const end = (method: 'Policies.Confirm' | 'Policies.Rollback') => run(async () => {
        await service.call(method, token!);
        service.keepToken('');
    });
    const names = some([...pending.policies ?? [], ...pending.groups ?? []]);
    const title = token ? cockpit.format(_("The change of $0 is in force, and is undone soon unless you keep it"), names)
        : cockpit.format(_("A change of $0 waits to be confirmed, and is undone soon otherwise"), names);
    return (
        <Alert isInline variant={token ? 'warning' : 'info'} title={title} component="h2" className="qw-pending">
            <Flex>
                <FlexItem grow={{ default: 'grow' }}>
                    <div role="timer" aria-label={_("Time left")}>
                        {cockpit.format(cockpit.ngettext("$0 second left", "$0 seconds left", seconds), seconds)}
                    </div>
                    <Progress value={seconds / whole * 100} measureLocation="none" size="sm" aria-label={_("Time left")} aria-hidden="true" />
                    {token ? _("If you still reach this host and all that you need, keep it.")
                        : cockpit.format(_("It was made elsewhere, by the user with the number $0. Until it is confirmed or undone, nothing else can be changed."), pending.uid)}
                </FlexItem>
                {token && <FlexItem>
                    <Button variant="primary" onClick={() => end('Policies.Confirm')} isDisabled={running} className="qw-spaced">{_("Keep it")}</Button>
                    <Button variant="secondary" onClick={() => end('Policies.Rollback')} isDisabled={running}>{_("Undo it now")}</Button>
                </FlexItem>}
            </Flex>
            {error && <Alert isInline isPlain variant="danger" title={error.message} />}
        </Alert>
    );
}
