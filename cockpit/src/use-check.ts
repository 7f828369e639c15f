// SPDX-License-Identifier: LGPL-2.1-or-later
// What quaywalld says about a change before it is made. Nothing is validated here.
import { useCallback, useEffect, useMemo, useState } from 'react';

import type { ChangeOptions, CheckResult, Policies } from './contract';
import { newestChange } from './policy-draft';
import { ServiceError, type Service } from './service';
import { useList, useService, useSnapshot } from './use-service';

const DELAY = 250; // ms without a key pressed

export interface CheckedChange { set: Policies; remove: string[]; options: ChangeOptions }
// The result stays while the next one is on its way, so that nothing flickers.
export interface Answered {
    result?: CheckResult;
    error?: ServiceError;
    // "if-change" for the change that the result is about; undefined: another change waits to be confirmed, so that what is in force
    // now may be gone soon
    newest?: number;
}
export interface Check extends Answered {
    checking: boolean;
    // asks once more
    again: () => void;
}

// History is read first: a change that is made between the two is then newer than "newest".
export async function ask(service: Pick<Service, 'call'>, { set, remove, options }: CheckedChange): Promise<Answered> {
    try {
        const newest = newestChange(await service.call('Policies.History'));
        return { result: await service.call('Policies.CheckChange', set, remove, options), newest };
    } catch (error) {
        return { error: error as ServiceError };
    }
}

// Whether the change was refused for another one that was made since the answer.
export const outdated = (error?: ServiceError) => error?.code === 'Conflict' && error.message.startsWith('if-change');

// null: there is nothing to ask yet.
export function useCheck(change: CheckedChange | null): Check {
    const service = useService();
    // asked again when the world has changed
    const ports = useSnapshot(snapshot => snapshot.lists.ports);
    const policies = useSnapshot(snapshot => snapshot.lists.policies);
    const history = useList('history').value;
    const [times, setTimes] = useState(0);
    const again = useCallback(() => setTimes(before => before + 1), []);
    const asked = JSON.stringify(change);
    // Another object for each question, so that an answer is known to be of the one before.
    const question = useMemo(() => ({}), [service, asked, ports, policies, history, times]);
    const [answer, setAnswer] = useState<Answered & { of: object | null }>({ of: null });

    useEffect(() => {
        if (!change)
            return;
        let current = true;
        const timer = setTimeout(() => {
            ask(service, change).then(answered => current && setAnswer({ ...answered, of: question }));
        }, DELAY);
        return () => { current = false; clearTimeout(timer); };
        // "question" has "change" as a value
    }, [question]);

    return { ...answer, checking: change !== null && answer.of !== question, again };
}
