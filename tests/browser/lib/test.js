// SPDX-License-Identifier: LGPL-2.1-or-later
// What every test starts from: no policies, everything running, nobody logged in. And how it gets to the page.
import { test as base, expect } from '@playwright/test';
import { Lab } from './lab.js';
import { VIEWPORT } from './page.js';

export { expect };

const PATH = '/org/quaywall1';
// Everything back: daemons, policies and groups.
const CLEAN = `
nothing_waits() { busctl get-property org.quaywall1 ${PATH} org.quaywall1.Policies PendingChange | grep -qx 'a{sv} 0'; }
{ on_bus org.fedoraproject.FirewallD1 || fw_start; } && { docker_answers || docker_start; } && { on_bus org.quaywall1 || quaywalld_start; } &&
waitfor 65 nothing_waits &&
bus_call org.quaywall1 ${PATH} org.quaywall1.Policies ReplaceAll 'a{sa{sv}}a{sv}' 0 0 &&
groups=$(quaywallctl group list --quiet) && xargs -r -n 1 quaywallctl group delete <<<"$groups"`;

export const test = base.extend({
    lab: [async ({}, use) => {
        const lab = new Lab();
        await use(lab);
        await lab.close();
    }, { scope: 'worker' }],

    clean: [async ({ lab }, use) => {
        await lab.do(CLEAN);
        await use();
    }, { auto: true }],

    // login(USER, OPTIONS): a browser of its own in which USER has logged in to Cockpit and opened the page. OPTIONS: admin, with
    // administrative access; and Playwright's for a context (viewport, colorScheme).
    login: async ({ browser, baseURL, locale, timezoneId }, use) => {
        const contexts = [];
        await use(async (user, { admin = false, ...options } = {}) => {
            const { viewport, ...more } = options;
            const context = await browser.newContext({ baseURL, locale, timezoneId, viewport: VIEWPORT, ...more });
            contexts.push(context);
            const page = await context.newPage();
            await page.goto('/quaywall');
            await page.getByLabel('User name').fill(user);
            // Cockpit remembers whether the user had administrative access the last time
            if (admin)
                await page.evaluate(name => localStorage.setItem(`superuser:${name}`, 'any'), user);
            await page.locator('#login-password-input').fill('secret');
            await page.locator('#login-button').click();
            await expect(page.getByRole('button', { name: admin ? 'Administrative access' : 'Limited access' }).first()).toBeVisible();
            // on a narrow screen that button is in a menu
            if (viewport)
                await page.setViewportSize(viewport);
            return { page, view: page.frameLocator('iframe[name="cockpit1:localhost/quaywall"]') };
        });
        for (const context of contexts)
            await context.close();
    },
});

// What a user does in Cockpit to get administrative access.
export async function takeAdministrativeAccess(page) {
    await page.getByRole('button', { name: 'Limited access' }).first().click();
    await page.getByLabel('Password').fill('secret');
    await page.getByRole('button', { name: 'Authenticate' }).click();
    await expect(page.getByText('Administrative access').first()).toBeVisible();
}
