// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may read and change, and what the page says to who may not.
import { test, expect, takeAdministrativeAccess } from '../lib/test.js';
import { goTo, policyRow } from '../lib/page.js';

test('who may read nothing is told so, and how to get it', async ({ login }) => {
    const { view } = await login('alice');
    await expect(view.getByText('You may not see policies, ports and containers')).toBeVisible();
    await expect(view.getByText(/Turn on administrative access.*org\.quaywall1\.read/)).toBeVisible();
    await expect(view.getByText('8080')).toHaveCount(0);
});

test('who may only read sees everything, and is told that it is read-only', async ({ lab, login }) => {
    await lab.do('quaywallctl deny shut --port 8080/tcp');
    const { view } = await login('bob');
    await expect(view.getByText('8080').first()).toBeVisible();
    await expect(view.getByText('You can look, but not change anything')).toBeVisible();
    await goTo(view, 'policies');
    await expect(policyRow(view, 'shut')).toBeVisible();
    await expect(policyRow(view, 'shut').getByRole('button', { name: 'Actions for shut' })).toHaveCount(0);
    await expect(view.getByRole('button', { name: 'Add policy' })).toBeDisabled();
});

test('administrative access gained while the page is open is used at once', async ({ login }) => {
    const { page, view } = await login('admin');
    await expect(view.getByText('8080')).toHaveCount(0);
    await takeAdministrativeAccess(page);
    await expect(view.getByText('8080').first()).toBeVisible();
    await expect(view.getByText('You may not see policies, ports and containers')).toHaveCount(0);
    await goTo(view, 'policies');
    await expect(view.getByRole('button', { name: 'Add policy' })).toBeEnabled();
});
