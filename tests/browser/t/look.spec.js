// SPDX-License-Identifier: LGPL-2.1-or-later
// Not a test: what `run --look DIR` does. Writes into DIR what each view looks like.
import { test, expect } from '../lib/test.js';
import { eachView, scene } from '../lib/views.js';

for (const [name, options] of Object.entries({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    narrow: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
}))
    test(`${name} is written`, async ({ lab, login }) => {
        await scene(lab);
        const { page, view } = await login('admin', { admin: true, ...options });
        page.on('console', message => message.type() === 'error' && console.log(`${message.text()} (${message.location().url})`));
        page.on('pageerror', error => console.log(error.stack));
        await eachView(page, view, async id => {
            await expect(view.locator('body')).not.toHaveText('');
            await page.screenshot({ path: `/lab-out/${id}-${name}.png`, animations: 'disabled' });
        });
    });
