// SPDX-License-Identifier: LGPL-2.1-or-later
// What the page uses of ../base1/cockpit.js, the same in Cockpit 287 to 370.

interface CockpitVariant { t: string; v: unknown }

interface CockpitEvents {
    addEventListener(name: string, listener: (event: Event, ...details: any[]) => void): void;
    removeEventListener(name: string, listener: (event: Event, ...details: any[]) => void): void;
}

interface CockpitDBusClient extends CockpitEvents {
    call(path: string, iface: string, method: string, args?: unknown[], options?: { type?: string }): Promise<unknown[]>;
    subscribe(match: { path?: string; interface?: string; member?: string; arg0?: string },
              listener: (path: string, iface: string, signal: string, args: unknown[]) => void): { remove(): void };
    close(problem?: string): void;
}

interface CockpitPermission extends CockpitEvents {
    // null until it is known
    allowed: boolean | null;
    close(): void;
}

interface Cockpit extends CockpitEvents {
    dbus(name: string, options?: { bus?: 'system'; superuser?: 'try' | 'require' }): CockpitDBusClient;
    permission(options: { admin: true }): CockpitPermission;
    spawn(argv: string[]): Promise<string>;
    gettext(text: string): string;
    ngettext(one: string, many: string, n: number): string;
    format(text: string, ...values: unknown[]): string;
    language: string;
    localStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
    location: { path: string[]; options: Record<string, string | string[]>; go(path: string[], options?: Record<string, string>): void };
}

declare const cockpit: Cockpit;
declare module '*.css';
