// SPDX-License-Identifier: LGPL-2.1-or-later
import { defineConfig } from '@playwright/test';

export default defineConfig({
    testDir: 't',
    // that one only when it is named
    testIgnore: process.argv.some(word => word.startsWith('look')) ? [] : 'look.spec.js',
    outputDir: '/lab-out/failed',
    reporter: [['./lib/tap-reporter.js']],
    // there is one firewall
    workers: 1,
    timeout: 60_000,
    forbidOnly: true,
    updateSnapshots: process.env.BROWSER_UPDATE ? 'all' : 'none',
    snapshotPathTemplate: `${process.env.BROWSER_UPDATE ? '/lab-out' : '.'}/screenshots/{arg}{ext}`,
    expect: {
        // how long a busy machine may take; whoever waits, waits for an event
        timeout: 15_000,
        toHaveScreenshot: { maxDiffPixels: 500, animations: 'disabled', caret: 'hide', scale: 'css' },
    },
    use: {
        baseURL: 'http://127.0.0.1:9090',
        browserName: 'chromium',
        locale: 'en-US',
        timezoneId: 'UTC',
        screenshot: 'only-on-failure',
        actionTimeout: 15_000,
        launchOptions: {
            executablePath: '/usr/bin/chromium',
            // in the lab's namespaces, as root; text is drawn alike everywhere
            args: ['--no-sandbox', '--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb'],
        },
    },
});
