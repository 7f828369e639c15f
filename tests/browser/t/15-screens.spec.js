// SPDX-License-Identifier: LGPL-2.1-or-later
// What each view looks like, compared with screenshots/; and what a narrow screen and a keyboard need.
import { readFileSync } from 'node:fs';
import { test, expect } from '../lib/test.js';
import { VIEWPORT, VIEWPORT_NARROW, dialog, goTo, policyRow } from '../lib/page.js';
import { eachView, freeze, scene, showAll } from '../lib/views.js';

// Another release's Chromium and Cockpit draw one pixel in a hundred differently.
const isReference = /^VERSION_CODENAME=bookworm$/m.test(readFileSync('/etc/os-release', 'utf8'));

for (const [name, options] of Object.entries({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    narrow: { colorScheme: 'light', viewport: VIEWPORT_NARROW },
}))
    test(`every view looks as it did, ${name}`, async ({ lab, login }) => {
        test.skip(!isReference, 'the kept screenshots are those of Debian 12');
        // what other tests have changed is not seen in it
        await lab.do('quaywalld_stop && rm -rf /var/lib/quaywall/history && quaywalld_start');
        await scene(lab);
        const { page, view } = await login('admin', { admin: true, ...options });
        await eachView(page, view, async id => {
            await expect(view.getByRole('progressbar')).toHaveCount(0);
            await showAll(page, options.viewport ?? VIEWPORT);
            await freeze(page);
            await expect.soft(view.locator('#app')).toHaveScreenshot(`${id}-${name}.png`);
        });
    });

test('on a screen of 360 pixels nothing is wider than it', async ({ lab, login }) => {
    await scene(lab);
    const { page, view } = await login('admin', { admin: true, viewport: VIEWPORT_NARROW });
    const frame = page.frame({ name: 'cockpit1:localhost/quaywall' });
    const wider = () => frame.evaluate(() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ...[...document.querySelectorAll('[role=dialog]')].map(box => box.scrollWidth - box.clientWidth)].some(pixels => pixels > 0));
    await eachView(page, view, async id => expect(await wider(), `${id} scrolls sideways`).toBe(false));
    await goTo(view, 'policies');
    await view.getByRole('button', { name: 'Add policy' }).click();
    await expect(dialog(view).getByRole('textbox', { name: 'Name' })).toBeVisible();
    expect(await wider(), 'the form scrolls sideways').toBe(false);
    await dialog(view).getByRole('button', { name: 'Add', exact: true }).scrollIntoViewIfNeeded();
    await expect(dialog(view).getByRole('button', { name: 'Add', exact: true })).toBeInViewport();
});

// Presses Tab until LOCATOR has the focus; fails if it never does.
async function tabTo(page, locator, most = 60) {
    for (let i = 0; i < most; i++) {
        await page.keyboard.press('Tab');
        if (await locator.evaluate(element => element === document.activeElement))
            return;
    }
    throw new Error(`${most} times Tab, and ${locator} did not get the focus`);
}

test('a policy is made with the keyboard only', async ({ lab, login }) => {
    const { page, view } = await login('admin', { admin: true });
    await goTo(view, 'policies');
    const add = view.getByRole('button', { name: 'Add policy' });
    await tabTo(page, add);
    await page.keyboard.press('Enter');
    const form = dialog(view);
    await expect(form).toBeVisible();
    await tabTo(page, form.getByRole('textbox', { name: 'Name' }));
    await page.keyboard.type('shut');
    await tabTo(page, form.getByRole('radio', { name: 'Allow only' }));
    await page.keyboard.press('ArrowDown');
    await expect(form.getByRole('radio', { name: 'Deny' })).toBeChecked();
    await tabTo(page, form.getByRole('combobox', { name: 'Published ports' }));
    await page.keyboard.type('8080/tcp');
    await page.keyboard.press('Enter');
    await tabTo(page, form.getByRole('combobox', { name: 'Containers' }));
    await page.keyboard.type('we');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(form.getByRole('button', { name: 'Remove web' })).toBeVisible();
    await tabTo(page, form.getByRole('checkbox', { name: /^Undo it by itself/ }));
    await page.keyboard.press('Space');
    const submit = form.getByRole('button', { name: 'Add', exact: true });
    await expect(submit).toBeEnabled();
    await tabTo(page, submit);
    await page.keyboard.press('Enter');
    await expect(form).toHaveCount(0);
    await expect(policyRow(view, 'shut')).toBeVisible();
    await lab.do('kept_out 192.168.1.50 192.168.1.99 8080');
    // and the focus is where it was
    await expect(add).toBeFocused();
});
