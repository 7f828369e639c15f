// SPDX-License-Identifier: LGPL-2.1-or-later
// Why a connection gets through, or does not.
import { Card, CardBody, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { Content } from '@patternfly/react-core/dist/dynamic/components/Content';
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Stack, StackItem } from '@patternfly/react-core/dist/dynamic/layouts/Stack';
import { useEffect, useMemo, useState } from 'react';

import type { Explanation } from '../contract';
import { addressOfEnds, connectionOf, endsOfAddress, fieldOfError, toldOf, type Ends, type Known, type Told } from '../explain/ends';
import { EndsForm } from '../explain/ends-form';
import { headline } from '../explain/headline';
import { WayPicture } from '../explain/way-picture';
import type { ServiceError } from '../service';
import { useList, useService, useSnapshot } from '../use-service';
import { portEntry } from '../words';

const _ = cockpit.gettext;

const VARIANTS = { allowed: 'success', blocked: 'danger', uncertain: 'warning' } as const;

function Verdict({ explanation }: { explanation: Explanation }) {
    return <Alert isInline isLiveRegion component="h3" variant={VARIANTS[explanation.verdict]} title={headline(explanation)} />;
}

function useKnown(): Known {
    const groups = useList('groups').value;
    const policies = useList('policies').value;
    const networks = useList('networks').value;
    const containers = useList('containers').value;
    const ports = useList('ports').value;
    const zoneInterfaces = useList('zoneInterfaces').value;
    // fresh: no signal tells of another address of the host
    const names = useList('names', true).value;
    const manager = useSnapshot(snapshot => snapshot.properties.Manager);
    return useMemo(() => ({
        groups: groups ?? {}, policies: policies ?? {}, networks: networks ?? [], containers: containers ?? [], ports: ports?.filter(portEntry) ?? [],
        zoneInterfaces: zoneInterfaces ?? [], addresses: names?.addresses ?? manager?.HostAddresses ?? [], interfaces: manager?.Interfaces ?? [],
    }), [groups, policies, networks, containers, ports, zoneInterfaces, names, manager]);
}

// ms, in which several lists arrive together
const DELAY = 100;

const isComplete = (ends: Ends) => ends.source !== '' && ends.port !== '';

export function ExplainView() {
    const service = useService();
    const known = useKnown();
    const isRunning = useSnapshot(snapshot => snapshot.service === 'running');
    const [ends, setEnds] = useState(() => endsOfAddress(cockpit.location.options));
    const [asked, setAsked] = useState(() => isComplete(ends) ? ends : null);
    const [isAsking, setAsking] = useState(false);
    const [answer, setAnswer] = useState<Told>({});

    useEffect(() => {
        const follow = () => {
            if (cockpit.location.path[0] !== 'explain')
                return;
            const now = endsOfAddress(cockpit.location.options);
            setEnds(now);
            setAsked(isComplete(now) ? now : null);
        };
        cockpit.addEventListener('locationchanged', follow);
        return () => cockpit.removeEventListener('locationchanged', follow);
    }, []);

    const question = useMemo(() => asked ? connectionOf(asked, known.ports, known.addresses) : null, [asked, known]);
    const connection = question?.connection && JSON.stringify(question.connection);

    // Asked again whenever something changes that may decide it, and when a person asks again: other programs' rules change unnoticed.
    useEffect(() => {
        if (!isRunning)
            setAnswer({});
        if (!connection || !isRunning)
            return;
        let isOld = false;
        setAsking(true);
        const timer = setTimeout(() => {
            service.call('Manager.ExplainConnection', JSON.parse(connection))
                    .then(explanation => isOld || setAnswer({ connection, explanation }),
                        (error: ServiceError) => isOld || setAnswer({ connection, error }))
                    .finally(() => isOld || setAsking(false));
        }, DELAY);
        return () => {
            isOld = true;
            clearTimeout(timer);
            setAsking(false);
        };
    }, [connection, asked, service, isRunning, known]);

    const ask = (now: Ends) => {
        setAsked({ ...now });
        cockpit.location.go(['explain'], addressOfEnds(now));
    };
    const { explanation, error } = toldOf(answer, connection, isRunning);
    const wrong = error && fieldOfError(error.message);
    const errors = question?.missing ?? (wrong ? { [wrong.field]: wrong.sentence } : {});
    // what was typed since then is not known to be wrong
    const current = Object.fromEntries(Object.entries(errors).filter(([field]) => asked?.[field as keyof Ends] === ends[field as keyof Ends]));
    return (
        <Stack hasGutter>
            <StackItem>
                <Card>
                    <CardTitle component="h2">{_("Explain a connection")}</CardTitle>
                    <CardBody>
                        <Content component="p">{_("Follows one connection through all rules in the kernel, no matter which program made them. Nothing is sent or changed.")}</Content>
                        <EndsForm ends={ends} known={known} errors={current} isAsking={isAsking} onChange={setEnds} onAsk={ask} />
                    </CardBody>
                </Card>
            </StackItem>
            {error && !wrong &&
                <StackItem><Alert isInline isLiveRegion component="h3" variant={error.isDenied ? 'info' : 'danger'} title={error.message} /></StackItem>}
            {explanation &&
                <StackItem>
                    <Card>
                        <CardTitle component="h2">{_("Path of the connection")}</CardTitle>
                        <CardBody>
                            <Stack hasGutter>
                                <StackItem><Verdict explanation={explanation} /></StackItem>
                                <StackItem><WayPicture explanation={explanation} /></StackItem>
                            </Stack>
                        </CardBody>
                    </Card>
                </StackItem>}
        </Stack>
    );
}
