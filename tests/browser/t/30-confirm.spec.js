// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes that wait to be confirmed: the countdown, and what real packets do when it is over.
import { test, expect } from '../lib/test.js';
import { addPolicy, pending, policyRow } from '../lib/page.js';

const ADMIN = { admin: true };
const SHUT = { 'Published ports': ['8080/tcp'] };
const GETS_IN = 'gets_in 192.168.1.50 192.168.1.99 8080';
const KEPT_OUT = 'kept_out 192.168.1.50 192.168.1.99 8080';

test('the countdown is there after a reload and for others, runs out, and the packet passes again', async ({ lab, login }) => {
    test.setTimeout(120_000);
    const { page, view } = await login('admin', ADMIN);
    const other = await login('other', ADMIN);
    await addPolicy(view, 'shut', 'Deny', SHUT, 30);
    await expect(pending(view)).toHaveText(/^[123]\d seconds left$/);
    await lab.do(KEPT_OUT);
    await expect(pending(other.view)).toBeVisible();
    await expect(other.view.getByRole('button', { name: 'Keep it' })).toHaveCount(0);
    await page.reload();
    await expect(pending(view)).toHaveText(/^\d+ seconds? left$/);
    await expect(view.getByRole('button', { name: 'Keep it' })).toBeVisible();
    await expect(pending(view)).toHaveCount(0, { timeout: 35_000 });
    await expect(pending(other.view)).toHaveCount(0);
    await lab.do(GETS_IN);
    await expect(policyRow(view, 'shut')).toHaveCount(0);
});

test('a change that is kept stays', async ({ lab, login }) => {
    const { view } = await login('admin', ADMIN);
    await addPolicy(view, 'shut', 'Deny', SHUT, 60);
    await view.getByRole('button', { name: 'Keep it' }).click();
    await expect(pending(view)).toHaveCount(0);
    await lab.do(KEPT_OUT);
    expect(await lab.do('quaywallctl policy list --quiet')).toBe('shut');
});

test('a change is undone before its time', async ({ lab, login }) => {
    const { view } = await login('admin', ADMIN);
    await addPolicy(view, 'shut', 'Deny', SHUT, 60);
    await lab.do(KEPT_OUT);
    await view.getByRole('button', { name: 'Undo it now' }).click();
    await expect(pending(view)).toHaveCount(0);
    await lab.do(GETS_IN);
    await expect(policyRow(view, 'shut')).toHaveCount(0);
});

test("a change made by the command line counts down, too, and is only its maker's to keep", async ({ lab, login }) => {
    const { view } = await login('admin', ADMIN);
    await lab.do("busctl call org.quaywall1 /org/quaywall1 org.quaywall1.Policies Set 'sa{sv}a{sv}' shut 2 action s deny " +
        'ports as 1 8080/tcp 1 confirm-within u 5');
    await expect(pending(view)).toBeVisible();
    await expect(view.getByText(/made elsewhere/)).toBeVisible();
    await expect(view.getByRole('button', { name: 'Keep it' })).toHaveCount(0);
    await expect(pending(view)).toHaveCount(0);
    await lab.do(GETS_IN);
});
