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

// What is not the same in each run: versions, times, numbers of packets.
export const volatile = view => [view.locator('.qw-volatile')];
