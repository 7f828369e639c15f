// SPDX-License-Identifier: LGPL-2.1-or-later
// axe-core: what keeps people with disabilities from using what is shown.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@playwright/test';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Fails, with the elements, if axe finds something serious or critical in the page's frame (not in Cockpit around it).
export async function expectAccessible(page, what) {
    const frame = page.frame({ name: 'cockpit1:localhost/quaywall' });
    if (!await frame.evaluate(() => 'axe' in window))
        await frame.evaluate(SOURCE);
    const found = await frame.evaluate(async () => {
        // what fades in has less contrast until it is there
        await Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => undefined)));
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
        return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(node => node.html.slice(0, 200)).join('\n    ')}`);
    });
    expect(found, `what axe finds in ${what}`).toEqual([]);
}
