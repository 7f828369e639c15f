// SPDX-License-Identifier: LGPL-2.1-or-later
// Cockpit's functions for texts, as the browser has them with English: import it before modules that have texts.
const format = (text: string, ...values: unknown[]) => text.replace(/\$(\d)/g, (_all, n) => String(values[Number(n)] ?? ''));

(globalThis as any).cockpit ??= {};
Object.assign((globalThis as any).cockpit, {
    gettext: (text: string) => text,
    ngettext: (one: string, many: string, n: number) => n === 1 ? one : many,
    format,
});
