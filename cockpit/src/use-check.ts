// SPDX-License-Identifier: LGPL-2.1-or-later
// What quaywalld says about a change before it is made. Nothing is validated here.
import { useEffect, useState } from 'react';

import type { ChangeOptions, CheckResult, Policies } from './contract';
import { ServiceError } from './service';
import { useService, useSnapshot } from './use-service';

const DELAY = 250; // ms without a key pressed

export interface CheckedChange { set: Policies; remove: string[]; options: ChangeOptions }
// The result stays while the next one is on its way, so that nothing flickers.
export interface Check { result?: CheckResult; error?: ServiceError; checking: boolean }

// null: there is nothing to ask yet.
export function useCheck(change: CheckedChange | null): Check {
    const service = useService();
    // asked again when the world has changed
    const ports = useSnapshot(snapshot => snapshot.lists.ports);
    const policies = useSnapshot(snapshot => snapshot.lists.policies);
    const asked = JSON.stringify(change);
    const [check, setCheck] = useState<Check & { of: string }>({ of: '', checking: false });

    useEffect(() => {
        if (!change)
            return;
        let current = true;
        const timer = setTimeout(() => {
            service.call('Policies.CheckChange', change.set, change.remove, change.options).then(
                result => current && setCheck({ of: asked, result, checking: false }),
                (error: ServiceError) => current && setCheck({ of: asked, error, checking: false }));
        }, DELAY);
        return () => { current = false; clearTimeout(timer); };
        // "asked" is "change" as a value
    }, [service, asked, ports, policies]);

    return { ...check, checking: change !== null && check.of !== asked };
}
