// SPDX-License-Identifier: LGPL-2.1-or-later
// Connections explained, groups, the docker zone and Docker's settings: what the page says and does, against the real ones.
import { test, expect } from '../lib/test.js';
import { chooseTime, dialog, goTo, submit } from '../lib/page.js';

const ADMIN = { admin: true };
const GETS_IN = 'gets_in 192.168.1.50 192.168.1.99 8080';
const KEPT_OUT = 'kept_out 192.168.1.50 192.168.1.99 8080';

const row = (view, name) => view.getByRole('row').filter({ has: view.getByText(name, { exact: true }) });
const choose = async (view, label, action) => {
    await view.getByRole('button', { name: label }).click();
    await view.getByRole('menuitem', { name: action }).click();
    await expect(dialog(view)).toBeVisible();
};
// Closes the dialog by its button, whose change needs no confirmation.
const press = async (view, verb) => {
    await dialog(view).getByRole('button', { name: verb, exact: true }).click();
    await expect(dialog(view)).toHaveCount(0);
};

// --- a connection ------------------------------------------------------------------------------------------------------

const field = (view, label) => view.getByRole('combobox', { name: label, exact: true });
const explain = async (view, fields) => {
    await goTo(view, 'explain');
    for (const [label, text] of Object.entries(fields)) {
        await field(view, label).fill(text);
        await field(view, label).press('Escape');
    }
    await view.getByRole('button', { name: 'Explain', exact: true }).click();
};
const steps = view => view.getByRole('list', { name: 'Path of the connection' }).getByRole('listitem');

test('a connection is explained as the packets fare, and again when that changes', async ({ lab, login }) => {
    await lab.do('quaywallctl allow-only web --from 192.168.1.1 --port 8080/tcp');
    const { view } = await login('admin', ADMIN);
    await explain(view, { From: '192.168.1.50', Port: '8080/tcp' });
    await expect(view.getByText('Blocked by policy web: it lists only 192.168.1.1')).toBeVisible();
    const last = steps(view).last();
    await expect(last).toContainText("quaywall's guard, as the packet arrives");
    await expect(last).toContainText('decides');
    await lab.do(KEPT_OUT);
    // somebody else opens it
    await lab.do('quaywallctl policy edit web --add-from 192.168.1.50');
    await expect(view.getByText('Allowed by policy web: it lists 192.168.1.50')).toBeVisible();
    await expect(steps(view).last()).toContainText('it arrives');
    await lab.do(GETS_IN);
});

test('"Why?" beside a port opens the explanation, filled in, and the address keeps it', async ({ lab, login }) => {
    await lab.do('quaywallctl allow-only web --from 192.168.1.1 --port 8080/tcp');
    const { page, view } = await login('admin', ADMIN);
    await view.getByRole('button', { name: 'Table' }).click();
    await view.getByRole('link', { name: 'Why? 8080/tcp' }).first().click();
    await expect(field(view, 'Port')).toHaveValue('8080/tcp');
    await expect(field(view, 'From')).toHaveValue('192.168.1.1');
    await expect(view.getByText('Allowed by policy web: it lists 192.168.1.1')).toBeVisible();
    await page.reload();
    await expect(field(view, 'Port')).toHaveValue('8080/tcp');
    await expect(view.getByText('Allowed by policy web: it lists 192.168.1.1')).toBeVisible();
});

test('a container can be dialled at its own address, and what quaywalld refuses stands at its field', async ({ login }) => {
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'explain');
    await field(view, 'From').fill('192.168.1.50');
    await field(view, 'To').click();
    await view.getByRole('option', { name: /^172\.17\.0\.\d+, 80\/tcp/ }).first().click();
    await expect(field(view, 'Port')).toHaveValue('80/tcp');
    await view.getByRole('button', { name: 'Explain', exact: true }).click();
    await expect(steps(view).filter({ hasText: 'Routing' })).toContainText('docker0');
    await field(view, 'From').fill('192.168.1.300');
    await field(view, 'From').press('Escape');
    await view.getByRole('button', { name: 'Explain', exact: true }).click();
    await expect(view.locator('#explain-source-help')).toContainText('"192.168.1.300" is not an IP address');
    await expect(field(view, 'From')).toHaveAttribute('aria-invalid', 'true');
});

test('a rule that cannot be evaluated makes it "not certain", until it is gone and one asks again', async ({ lab, login }) => {
    const RULE = 'PREROUTING -p tcp --dport 8080 -m statistic --mode random --probability 0.5 -j DROP';
    await lab.do(`iptables -t raw -I ${RULE}`);
    let isThere = true;
    try {
        const { view } = await login('admin', ADMIN);
        await explain(view, { From: '192.168.1.50', Port: '8080' });
        await expect(view.getByText(/Not certain: it is not known what "raw PREROUTING" does/)).toBeVisible();
        await expect(steps(view).filter({ hasText: 'iptables, table raw' }).first()).toContainText('not certain');
        await lab.do(`iptables -t raw -D ${RULE}`);
        isThere = false;
        // no signal tells of other programs' rules
        await view.getByRole('button', { name: 'Explain', exact: true }).click();
        await expect(view.getByText(/Allowed: no rule is against it/)).toBeVisible();
    } finally {
        if (isThere)
            await lab.do(`iptables -t raw -D ${RULE}`);
    }
});

// --- groups ------------------------------------------------------------------------------------------------------------

test('a group is made by pasting, and a policy that names it follows a change of it', async ({ lab, login }) => {
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'groups');
    await view.getByRole('button', { name: 'Add group' }).click();
    await dialog(view).getByRole('textbox', { name: 'Name' }).fill('office');
    await dialog(view).getByRole('textbox', { name: 'Addresses' }).fill('192.168.1.1, 192.168.1.2 # two\n10.1.2.300\n10.1.2.0/24');
    await expect(dialog(view).getByText(/^Line 2: "10\.1\.2\.300" is not an IP address/)).toBeVisible();
    await expect(dialog(view).getByRole('button', { name: 'Add', exact: true })).toBeDisabled();
    await dialog(view).getByRole('textbox', { name: 'Addresses' }).fill('192.168.1.1, 192.168.1.2 # two\n10.1.2.0/24');
    await chooseTime(view, null);
    await submit(view, 'Add');
    await expect(row(view, 'office')).toContainText('192.168.1.1, 192.168.1.2, 10.1.2.0/24');
    await lab.do('quaywallctl allow-only web --from group:office --port 8080/tcp');
    await expect(row(view, 'office')).toContainText('web');
    await lab.do(KEPT_OUT);
    await view.getByRole('button', { name: 'office', exact: true }).click();
    const addresses = dialog(view).getByRole('textbox', { name: 'Addresses' });
    await addresses.fill(`${await addresses.inputValue()}\n192.168.1.50`);
    // who reaches what, before and after
    await expect(dialog(view).getByRole('row', { name: /8080\/tcp/ }).first()).toContainText('192.168.1.50');
    await chooseTime(view, null);
    await submit(view, 'Save');
    await lab.do(GETS_IN);
});

test('a group that is in use is not deleted, and says who uses it', async ({ lab, login }) => {
    await lab.do('quaywallctl group set office 192.168.1.1 && quaywallctl allow-only web --from group:office --port 8080/tcp');
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'groups');
    await choose(view, 'Actions for the group office', 'Delete');
    await expect(dialog(view)).toContainText('web');
    await expect(dialog(view).getByRole('button', { name: 'Delete', exact: true })).toHaveCount(0);
    await dialog(view).getByText('Close', { exact: true }).click();
    await lab.do('quaywallctl policy remove web');
    await expect(row(view, 'office')).toContainText('no policy');
    await choose(view, 'Actions for the group office', 'Delete');
    await chooseTime(view, null);
    await submit(view, 'Delete');
    await expect(row(view, 'office')).toHaveCount(0);
    await lab.do('prints_nothing quaywallctl group list --quiet');
});

test('two people edit a group: the second one is told, and neither takes back what the other did', async ({ lab, login }) => {
    await lab.do('quaywallctl group set office 192.168.1.1');
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'groups');
    await view.getByRole('button', { name: 'office', exact: true }).click();
    const addresses = dialog(view).getByRole('textbox', { name: 'Addresses' });
    await addresses.fill('192.168.1.1\n192.168.1.2');
    await lab.do('quaywallctl group add office 192.168.1.3');
    await expect(dialog(view).getByText('Somebody else has changed this group meanwhile')).toBeVisible();
    await expect(dialog(view).getByRole('button', { name: 'Save', exact: true })).toBeDisabled();
    await dialog(view).getByRole('button', { name: 'Make my changes to theirs' }).click();
    await expect(addresses).toHaveValue('192.168.1.1\n192.168.1.3\n192.168.1.2');
    await chooseTime(view, null);
    await submit(view, 'Save');
    await expect(row(view, 'office')).toContainText('192.168.1.1, 192.168.1.3, 192.168.1.2');
});

test('a group that somebody else deletes can be made again from the form', async ({ lab, login }) => {
    await lab.do('quaywallctl group set office 192.168.1.1');
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'groups');
    await view.getByRole('button', { name: 'office', exact: true }).click();
    await dialog(view).getByRole('textbox', { name: 'Addresses' }).fill('192.168.1.7');
    await lab.do('quaywallctl group delete office');
    await expect(dialog(view).getByText('Somebody else has deleted this group meanwhile')).toBeVisible();
    await chooseTime(view, null);
    await submit(view, 'Save');
    await lab.do('quaywallctl group show office | grep -q 192.168.1.7');
});

// --- the docker zone ---------------------------------------------------------------------------------------------------

const zoneOf = name => `firewall-cmd --get-zone-of-interface=${name}`;

test('an interface is moved after one has read the consequences, and a bridge is brought back', async ({ lab, login }) => {
    await lab.do('firewall-cmd -q --zone=public --add-interface=ext1');
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'zone');
    await choose(view, 'Actions for the interface ext1', 'Move into another zone');
    await dialog(view).getByLabel('Into the zone').selectOption('home');
    await expect(dialog(view)).toContainText('including SSH and Cockpit itself');
    const move = dialog(view).getByRole('button', { name: 'Move', exact: true });
    await expect(move).toBeDisabled();
    await dialog(view).getByRole('checkbox', { name: 'I have read the consequences' }).check();
    await dialog(view).getByLabel('In force').selectOption('runtime');
    await press(view, 'Move');
    await expect(row(view, 'ext1')).toContainText('home');
    await lab.do(`[ "$(${zoneOf('ext1')})" = home ] && firewall-cmd -q --zone=home --remove-interface=ext1`);

    // somebody puts Docker's own bridge elsewhere
    await lab.do('firewall-cmd -q --zone=trusted --change-interface=docker0');
    await expect(view.getByText(/docker0 is in firewalld's zone "trusted"/).first()).toBeVisible();
    await view.getByRole('button', { name: 'Move it' }).click();
    await dialog(view).getByLabel('In force').selectOption('runtime');
    await press(view, 'Move');
    await expect(view.getByText(/docker0 is in firewalld's zone "trusted"/)).toHaveCount(0);
    await lab.do(`[ "$(${zoneOf('docker0')})" = docker ]`);
});

test('a zone refuses what it must not have, in quaywalld\'s words', async ({ login }) => {
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'zone');
    await choose(view, 'Actions for the interface ext1', 'Move into another zone');
    await expect(dialog(view).getByLabel('Into the zone').locator('option', { hasText: /^docker$/ })).toHaveCount(0);
});

// --- Docker's settings -------------------------------------------------------------------------------------------------

test('the default address is set, with what it does not cover, and Docker has to be restarted', async ({ lab, login }) => {
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'engine');
    await view.getByRole('button', { name: 'Change: Address on which ports are published by default' }).click();
    await dialog(view).getByLabel('Address', { exact: true }).selectOption('192.168.1.99');
    await expect(dialog(view)).toContainText('host_binding_ipv4=192.168.1.99');
    await press(view, 'Save');
    await expect(view.getByText('Docker has to be restarted before its settings take effect')).toBeVisible();
    await expect(view.getByRole('heading', { name: 'What the default address 192.168.1.99 does not cover' })).toBeVisible();
    await lab.do('grep -q 192.168.1.99 /etc/docker/daemon.json && quaywallctl engine set-default-address none');
    await expect(view.getByText('Docker has to be restarted before its settings take effect')).toHaveCount(0);
});

test('iptables is switched off only by who has said that the consequences are understood', async ({ lab, login }) => {
    const { view } = await login('admin', ADMIN);
    await goTo(view, 'engine');
    await view.getByRole('button', { name: 'Change: Docker makes firewall rules for IPv4' }).click();
    const off = dialog(view).getByRole('button', { name: 'Switch off', exact: true });
    await expect(off).toBeDisabled();
    await dialog(view).getByRole('checkbox').check();
    await press(view, 'Switch off');
    await lab.do('grep -q \'"iptables": false\' /etc/docker/daemon.json && quaywallctl engine set-iptables yes');
});

test('who may only read changes none of it', async ({ lab, login }) => {
    await lab.do('quaywallctl group set office 192.168.1.1');
    const { view } = await login('bob');
    await goTo(view, 'groups');
    await expect(view.getByRole('button', { name: 'Add group' })).toBeDisabled();
    await view.getByRole('button', { name: 'office', exact: true }).click();
    await expect(dialog(view).getByRole('textbox', { name: 'Addresses' })).not.toBeEditable();
    await expect(dialog(view).getByRole('button', { name: 'Save' })).toHaveCount(0);
    await dialog(view).getByText('Close', { exact: true }).last().click();
    await goTo(view, 'zone');
    await expect(row(view, 'docker0')).toBeVisible();
    await expect(view.getByRole('button', { name: /^Actions for/ })).toHaveCount(0);
    await goTo(view, 'engine');
    await expect(view.getByRole('button', { name: /^Change: / }).first()).toBeDisabled();
});
