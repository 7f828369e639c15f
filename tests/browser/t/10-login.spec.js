// SPDX-License-Identifier: LGPL-2.1-or-later
import { test, expect } from '../lib/test.js';

test('an administrator logs in and sees the page', async ({ login }) => {
    const { view } = await login('admin', { admin: true });
    await expect(view.getByRole('heading', { level: 1 })).toBeVisible();
});
