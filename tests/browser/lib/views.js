// SPDX-License-Identifier: LGPL-2.1-or-later
// The page's views, and policies that give them something to show.

// A server as it may be: one port for a network, one for a few, one denied, one that everybody reaches.
const SCENE = `
quaywallctl group set office 192.168.1.1 192.168.1.2 10.1.2.0/24 --description "The office" &&
quaywallctl allow-only web --from group:office --port 8080/tcp --description "The web site is for the office" &&
quaywallctl deny database --port 5432/tcp --on ext0 --log &&
quaywallctl obey-zones api --container api --description "As firewalld's zones say" &&
quaywallctl deny old --container web --from 10.9.0.0/24 && quaywallctl policy disable old`;

export const scene = lab => lab.do(SCENE);

// eachView(PAGE, VIEW, VISIT): goes to every view in turn and calls VISIT(ID).
export async function eachView(page, view, visit) {
    const links = view.locator('nav a[href^="#/"]');
    await links.first().waitFor();
    const ids = await links.evaluateAll(all => all.map(link => link.getAttribute('href').slice(2)));
    for (const id of ids) {
        await view.locator(`nav a[href="#/${id}"]`).click();
        await visit(id);
    }
}

const frameOf = page => page.frame({ name: 'cockpit1:localhost/quaywall' });

// Makes the window as high as the view, so that nothing has to be scrolled: when two pictures in a row need the same height.
export async function showAll(page, { width, height }) {
    let before;
    for (let hidden = NaN; hidden !== before;) {
        before = hidden;
        await page.setViewportSize({ width, height });
        hidden = await frameOf(page).evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() =>
            resolve(Math.max(0, ...[...document.querySelectorAll('html, main, main *')].filter(element => getComputedStyle(element).overflowY !== 'visible')
                    .map(element => element.scrollHeight - element.clientHeight)))))));
        await page.setViewportSize({ width, height: height + hidden });
    }
}

// Writes the same over what is not the same in each run: versions and times.
export const freeze = page => frameOf(page).evaluate(() => {
    const texts = document.createTreeWalker(document.querySelector('#app'), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (/^\d+\.\d/.test(text.nodeValue) && text.parentElement.closest('.pf-v6-c-label'))
            text.nodeValue = '';
        text.nodeValue = text.nodeValue.replace(/^((?:quaywalld|firewalld|Docker) ?)\d.*/, '$1');
        if (text.parentElement.closest('td[data-label="When"]'))
            text.nodeValue = 'Dec 1, 2026, 12:00 PM';
    }
});
