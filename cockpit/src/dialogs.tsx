// SPDX-License-Identifier: LGPL-2.1-or-later
// The one dialog that is open, whoever asked for it.
import { createContext, useContext, useState, type ReactNode } from 'react';

import { ChangeDialog } from './change-dialog';
import type { HistoryEntry, Policy } from './contract';
import type { Change } from './policy-changes';
import { PolicyForm } from './policy-form';
import { RenameDialog } from './rename-dialog';
import { UndoDialog } from './undo-dialog';

export type Dialog =
    | { kind: 'add'; policy?: Partial<Policy> }
    | { kind: 'edit'; name: string }
    | { kind: 'rename'; name: string }
    | { kind: 'undo'; entry: HistoryEntry }
    | { kind: 'change'; change: Change };

const Context = createContext<(dialog: Dialog) => void>(() => { /* outside of the provider */ });

export const useDialog = () => useContext(Context);

function Open({ dialog, onClose }: { dialog: Dialog; onClose: () => void }) {
    switch (dialog.kind) {
    case 'add': return <PolicyForm initial={dialog.policy} onClose={onClose} />;
    case 'edit': return <PolicyForm name={dialog.name} onClose={onClose} />;
    case 'rename': return <RenameDialog name={dialog.name} onClose={onClose} />;
    case 'undo': return <UndoDialog entry={dialog.entry} onClose={onClose} />;
    case 'change': return <ChangeDialog change={dialog.change} onClose={onClose} />;
    }
}

export function DialogProvider({ children }: { children: ReactNode }) {
    const [dialog, setDialog] = useState<Dialog | null>(null);
    return (
        <Context.Provider value={setDialog}>
            {children}
            {dialog && <Open dialog={dialog} onClose={() => setDialog(null)} />}
        </Context.Provider>
    );
}
