// SPDX-License-Identifier: LGPL-2.1-or-later
import './words';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ErrorBoundary } from '../src/error-boundary';
import { dockerNotice, firewalldNotice } from '../src/notices';
import { sentence } from '../src/status';

const STATES = ['enforcing', 'degraded', 'idle', 'of a later version'] as const;
const SERVICES = ['connecting', 'running', 'stopped', 'disconnected'] as const;

test('the status is green only if quaywalld runs and says that it enforces', () => {
    for (const State of STATES)
        for (const service of SERVICES) {
            const { status } = sentence({ State: State as any, Problems: [] }, service);
            assert.equal(status === 'success', State === 'enforcing' && service === 'running', `${State}, ${service}`);
        }
});

test('nothing but a stopped quaywalld is said to be stopped', () => {
    for (const service of SERVICES) {
        const { title, body } = sentence({ State: 'enforcing', Problems: [] }, service);
        assert.equal(/Nothing keeps|not running/.test(title + body), service === 'stopped', service);
    }
});

test('each state of Docker and of firewalld has words of its own', () => {
    assert.equal(dockerNotice('running'), null);
    assert.equal(firewalldNotice('running'), null);
    assert.equal(dockerNotice('not-running')?.title, 'Docker is not running');
    assert.equal(firewalldNotice('not-running')?.title, 'firewalld is not running');
    for (const notice of [dockerNotice('failed'), dockerNotice('unknown'), dockerNotice('later'), firewalldNotice('init'), firewalldNotice('failed'), firewalldNotice('later')])
        assert(notice && !notice.title.includes('not running'), notice?.title);
    assert.equal(dockerNotice('failed')?.variant, 'warning');
    assert.equal(firewalldNotice('failed')?.variant, 'warning');
});

test('what fails while it is drawn is told, with a way on', () => {
    const boundary = new ErrorBoundary({ headingLevel: 'h1', children: 'all is well' });
    assert.equal(boundary.render(), 'all is well');
    boundary.state = ErrorBoundary.getDerivedStateFromError(new TypeError('x is undefined'));
    const drawn = JSON.stringify(boundary.render());
    assert.match(drawn, /This cannot be shown/);
    assert.match(drawn, /TypeError: x is undefined/);
    assert.match(drawn, /Reload the page/);
});
