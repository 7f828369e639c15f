// SPDX-License-Identifier: LGPL-2.1-or-later
// Policies made in the page, and what real packets say of them.
import { test, expect } from '../lib/test.js';
import { addPolicy, changePolicy, chooseTime, choosePolicyAction, dialog, fillLists, goTo, policyRow, submit } from '../lib/page.js';

const ADMIN = { admin: true };
const GETS_IN = 'gets_in 192.168.1.50 192.168.1.99 8080';
const KEPT_OUT = 'kept_out 192.168.1.50 192.168.1.99 8080';

test('a policy made in the page stops a real packet, and one removed lets it in again', async ({ lab, login }) => {
    await lab.do(GETS_IN);
    const { view } = await login('admin', ADMIN);
    await addPolicy(view, 'shut', 'Deny', { Clients: ['192.168.1.50'], 'Published ports': ['8080/tcp'] });
    await expect(policyRow(view, 'shut')).toBeVisible();
    await lab.do(KEPT_OUT);
    await lab.do('gets_in 192.168.1.1 192.168.1.99 8080');
    await goTo(view, 'overview');
    await expect(view.getByText('everyone except 192.168.1.50').first()).toBeVisible();
    await changePolicy(view, 'shut', 'Remove');
    await expect(policyRow(view, 'shut')).toHaveCount(0);
    await lab.do(GETS_IN);
});

test('a policy is disabled, enabled and renamed', async ({ lab, login }) => {
    await lab.do('quaywallctl deny shut --port 8080/tcp');
    const { view } = await login('admin', ADMIN);
    await changePolicy(view, 'shut', 'Disable');
    await lab.do(GETS_IN);
    await changePolicy(view, 'shut', 'Enable');
    await lab.do(KEPT_OUT);
    await choosePolicyAction(view, 'shut', 'Rename');
    await dialog(view).getByRole('textbox', { name: 'New name' }).fill('closed');
    await chooseTime(view, null);
    await submit(view, 'Rename');
    await expect(policyRow(view, 'closed')).toBeVisible();
    await expect(policyRow(view, 'shut')).toHaveCount(0);
    await lab.do(KEPT_OUT);
});

test('a policy is edited, and says before what comes of it', async ({ lab, login }) => {
    await lab.do('quaywallctl allow-only web --from 192.168.1.1 --port 8080/tcp');
    const { view } = await login('admin', ADMIN);
    await choosePolicyAction(view, 'web', 'Edit');
    await fillLists(view, { Clients: ['192.168.1.50'] });
    const row = dialog(view).getByRole('row', { name: /8080\/tcp/ }).first();
    await expect(row).toContainText('192.168.1.1, 192.168.1.50');
    await lab.do(KEPT_OUT);
    await chooseTime(view, null);
    await submit(view, 'Save');
    await lab.do(GETS_IN);
});

test('what is wrong is said while it is typed, and nothing can be sent', async ({ login }) => {
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'policies');
    await view.getByRole('button', { name: 'Add policy' }).click();
    await dialog(view).getByRole('textbox', { name: 'Name' }).fill('web');
    await fillLists(view, { Clients: ['192.168.1.300'], 'Published ports': ['80880/tcp'] });
    await expect(dialog(view).getByText(/192\.168\.1\.300/).last()).toBeVisible();
    await expect(dialog(view).getByRole('combobox', { name: 'Clients' })).toHaveAttribute('aria-invalid', 'true');
    await expect(dialog(view).getByRole('combobox', { name: 'Published ports' })).toHaveAttribute('aria-invalid', 'true');
    await expect(dialog(view).getByRole('button', { name: 'Add', exact: true })).toBeDisabled();
    // the right one instead
    await dialog(view).getByRole('button', { name: 'Remove 192.168.1.300' }).click();
    await dialog(view).getByRole('button', { name: 'Remove 80880/tcp' }).click();
    await fillLists(view, { Clients: ['192.168.1.30'] });
    await expect(dialog(view).getByRole('combobox', { name: 'Clients' })).toHaveAttribute('aria-invalid', 'false');
    await expect(dialog(view).getByRole('button', { name: 'Add', exact: true })).toBeEnabled();
});

test('what is typed only to find a choice is not added with it', async ({ login }) => {
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'policies');
    await view.getByRole('button', { name: 'Add policy' }).click();
    const field = dialog(view).getByRole('combobox', { name: 'Containers' });
    await field.pressSequentially('dat');
    await view.getByRole('option', { name: 'database' }).click();
    await expect(dialog(view).getByRole('button', { name: 'Remove database' })).toBeVisible();
    await expect(dialog(view).getByRole('button', { name: 'Remove dat', exact: true })).toHaveCount(0);
});

test('blocked packets are counted while one looks', async ({ lab, login }) => {
    await lab.do('quaywallctl deny shut --port 8080/tcp');
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'policies');
    await expect(policyRow(view, 'shut')).toBeVisible();
    await lab.do(KEPT_OUT);
    await expect(policyRow(view, 'shut')).toContainText(/[1-9] packets?|[1-9]\d* blocked|\b[1-9]\d*\b/);
});
