// SPDX-License-Identifier: LGPL-2.1-or-later
// What people do on the page, by the names that they see.
import { expect } from '@playwright/test';

export const VIEWPORT = { width: 1280, height: 800 };
export const VIEWPORT_NARROW = { width: 360, height: 740 };

export async function goTo(view, id) {
    await view.locator(`nav a[href="#/${id}"]`).click();
}

// beside its name there may be marks, and a description
export const policyRow = (view, name) => view.locator('tr').filter({ has: view.locator('.qw-name').getByText(new RegExp(`^${name}\\b`)) });
export const dialog = view => view.getByRole('dialog');
export const pending = view => view.getByRole('timer', { name: 'Time left' });

// Fills the form's lists, { "Published ports": ["8080/tcp"] }.
export async function fillLists(view, lists) {
    for (const [label, entries] of Object.entries(lists)) {
        const field = dialog(view).getByRole('combobox', { name: label, exact: true });
        for (const entry of entries) {
            await field.fill(entry);
            await field.press('Enter');
        }
    }
}

// How long the change waits to be confirmed; null: it does not.
export async function chooseTime(view, seconds) {
    const box = dialog(view).getByRole('checkbox', { name: /^Undo it by itself/ });
    if (seconds === null)
        await box.uncheck();
    else
        await dialog(view).getByLabel('Time to confirm').selectOption(String(seconds));
}

export async function submit(view, verb) {
    await dialog(view).getByRole('button', { name: verb, exact: true }).click();
    await expect(dialog(view)).toHaveCount(0);
}

// Adds a policy with the form. ACTION: "Deny".
export async function addPolicy(view, name, action, lists, seconds = null) {
    await goTo(view, 'policies');
    await view.getByRole('button', { name: 'Add policy' }).click();
    await dialog(view).getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog(view).getByRole('radio', { name: action }).check();
    await fillLists(view, lists);
    await chooseTime(view, seconds);
    await submit(view, 'Add');
}

// Opens what the menu of a policy's row offers: "Remove".
export async function choosePolicyAction(view, name, action) {
    await goTo(view, 'policies');
    await policyRow(view, name).getByRole('button', { name: `Actions for ${name}` }).click();
    await view.getByRole('menuitem', { name: action, exact: true }).click();
    await expect(dialog(view)).toBeVisible();
}

export async function changePolicy(view, name, action, seconds = null) {
    await choosePolicyAction(view, name, action);
    await chooseTime(view, seconds);
    await submit(view, action);
}
