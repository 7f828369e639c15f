// SPDX-License-Identifier: LGPL-2.1-or-later
// The service for React.
import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';

import { ServiceError, type ListName, type Service, type Snapshot } from './service';

const Context = createContext<Service | null>(null);

export function ServiceProvider({ service, children }: { service: Service; children: ReactNode }) {
    return <Context.Provider value={service}>{children}</Context.Provider>;
}

export function useService(): Service {
    return useContext(Context)!;
}

// A part of what is known; the component renders again when that part is another one.
export function useSnapshot<T>(select: (snapshot: Snapshot) => T): T {
    const service = useService();
    return useSyncExternalStore(service.subscribe, () => select(service.snapshot()));
}

// A list, which is loaded and followed from the first use on; with isFresh also loaded again by each component that begins to use it.
export function useList<L extends ListName>(list: L, isFresh = false): NonNullable<Snapshot['lists'][L]> {
    const service = useService();
    useEffect(() => service.want(list, isFresh), [service, list, isFresh]);
    return useSnapshot(snapshot => snapshot.lists[list]) ?? NOT_LOADED;
}
const NOT_LOADED = {};

// One thing that a person has asked for: whether it runs, and how it failed.
export function useAction() {
    const [state, setState] = useState<{ running: boolean; error?: ServiceError }>({ running: false });
    const run = async (action: () => Promise<void>) => {
        setState({ running: true });
        try {
            await action();
            setState({ running: false });
        } catch (failure) {
            setState({ running: false, error: failure instanceof ServiceError ? failure : ServiceError.from(failure) });
        }
    };
    return { ...state, run };
}
