// SPDX-License-Identifier: LGPL-2.1-or-later
// axe-core finds nothing serious on any view and in the form, in light and dark, wide and narrow.
import { test, expect } from '../lib/test.js';
import { expectAccessible } from '../lib/axe.js';
import { dialog, goTo } from '../lib/page.js';
import { eachView, scene } from '../lib/views.js';

for (const [name, options] of Object.entries({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    narrow: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
}))
    test(`axe finds nothing serious, ${name}`, async ({ lab, login }) => {
        await scene(lab);
        const { page, view } = await login('admin', { admin: true, ...options });
        await eachView(page, view, id => expectAccessible(page, `${id}, ${name}`));
        await goTo(view, 'policies');
        await view.getByRole('button', { name: 'Add policy' }).click();
        await dialog(view).getByRole('combobox', { name: 'Containers' }).click();
        await expect(view.getByRole('option', { name: 'database' })).toBeVisible();
        await expectAccessible(page, `the form, ${name}`);
    });
