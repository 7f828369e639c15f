// SPDX-License-Identifier: LGPL-2.1-or-later
import './words';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { remedy } from '../src/remedies';

// Code to whether Repair does something about it, as the manual says.
function documented(): Map<string, boolean> {
    const manual = readFileSync(`${process.env.TOP_SRCDIR}/man/org.quaywall1.5`, 'utf8').replaceAll('\\-', '-');
    const entries = [...manual.split('\n.SH PROBLEMS')[1].split('\n.SH ')[0].matchAll(/^\.TP\n\.B ([a-z0-9-]+)\n([^]*?)^Repair: (automatic|on request|manual|as for ([a-z-]+))/gm)];
    const found = new Map<string, boolean>();
    for (const [, code, , how, same] of entries)
        found.set(code, same ? found.get(same)! : how !== 'manual');
    return found;
}

test('every problem has a remedy, and Repair is said to do what it does', () => {
    const codes = [...readFileSync(`${process.env.TOP_SRCDIR}/src/model/problem.c`, 'utf8').matchAll(/\[PROBLEM_[A-Z0-9_]+\] = \{ "([^"]+)"/g)].map(match => match[1]);
    assert(codes.length > 40);
    const unknown = remedy('no such code');
    const manual = documented();
    for (const code of codes) {
        assert.notDeepEqual([code, remedy(code)], [code, unknown]);
        assert.deepEqual([code, remedy(code).byRepair], [code, manual.get(code)]);
    }
});
