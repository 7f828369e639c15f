// SPDX-License-Identifier: LGPL-2.1-or-later
// quaywalld, firewalld or Docker goes away, or comes back, while the page is open.
import { test, expect } from '../lib/test.js';

test('quaywalld is killed, and the page says so and goes on when it is back', async ({ lab, login }) => {
    const { view } = await login('admin', { admin: true });
    await expect(view.getByText('8080').first()).toBeVisible();
    await lab.do('quaywalld_kill');
    await expect(view.getByText('quaywalld is not running').first()).toBeVisible();
    // made by another way while it was away from the page
    await lab.do('quaywalld_start && quaywallctl deny meanwhile --port 8080/tcp');
    await expect(view.getByText('quaywalld is not running')).toHaveCount(0);
    await view.locator('nav a[href="#/policies"]').click();
    await expect(view.getByText('meanwhile').first()).toBeVisible();
});

test('quaywalld that is not there when the page is opened is waited for', async ({ lab, login }) => {
    await lab.do('quaywalld_stop');
    const { view } = await login('admin', { admin: true });
    await expect(view.getByRole('heading', { name: 'quaywalld is not running' })).toBeVisible();
    await lab.do('quaywalld_start');
    await expect(view.getByText('8080').first()).toBeVisible();
});

test('firewalld is stopped, and the page says so and what to do', async ({ lab, login }) => {
    const { view } = await login('admin', { admin: true });
    await expect(view.getByText('8080').first()).toBeVisible();
    await lab.do('fw_stop');
    await expect(view.getByText(/firewalld is not running/i).first()).toBeVisible();
    // Docker only listens to the firewalld that it has seen start
    await lab.do('fw_start && docker_restart && waitfor 15 on_bus org.quaywall1');
    await expect(view.getByText(/firewalld is not running/i)).toHaveCount(0);
});

test('Docker is stopped, and the page says so', async ({ lab, login }) => {
    const { view } = await login('admin', { admin: true });
    await expect(view.getByText('8080').first()).toBeVisible();
    await lab.do('docker_stop');
    await expect(view.getByText(/Docker is not running/i).first()).toBeVisible();
    await lab.do('docker_start');
    await expect(view.getByText(/Docker is not running/i)).toHaveCount(0);
    await expect(view.getByText('8080').first()).toBeVisible();
});
