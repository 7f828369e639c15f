// SPDX-License-Identifier: LGPL-2.1-or-later
// Two people at once.
import { test, expect } from '../lib/test.js';
import { addPolicy, chooseTime, choosePolicyAction, dialog, fillLists, goTo, policyRow, submit } from '../lib/page.js';

const ADMIN = { admin: true };

test('who edits what another has changed meanwhile is told so, and overwrites nothing', async ({ lab, login }) => {
    await lab.do('quaywallctl allow-only web --from 192.168.1.1 --port 8080/tcp');
    const { view } = await login('admin', ADMIN);
    const other = await login('other', ADMIN);
    await choosePolicyAction(view, 'web', 'Edit');
    await choosePolicyAction(other.view, 'web', 'Edit');
    await fillLists(view, { Clients: ['192.168.1.2'] });
    await fillLists(other.view, { Clients: ['192.168.1.3'] });
    await chooseTime(view, null);
    await submit(view, 'Save');
    await expect(dialog(other.view).getByText(/changed/i).first()).toBeVisible();
    await expect(dialog(other.view).getByRole('button', { name: 'Save' })).toBeDisabled();
    expect(await lab.do('quaywallctl policy show web')).toMatch(/192\.168\.1\.2\b/);
    expect(await lab.do('quaywallctl policy show web')).not.toMatch(/192\.168\.1\.3\b/);
});

test('what another makes, and removes, is seen at once', async ({ lab, login }) => {
    const { view } = await login('admin', ADMIN);
    const other = await login('other', ADMIN);
    await goTo(other.view, 'policies');
    await addPolicy(view, 'shut', 'Deny', { 'Published ports': ['8080/tcp'] });
    await expect(policyRow(other.view, 'shut')).toBeVisible();
    await lab.do('quaywallctl policy remove shut');
    await expect(policyRow(other.view, 'shut')).toHaveCount(0);
    await expect(policyRow(view, 'shut')).toHaveCount(0);
});
