// SPDX-License-Identifier: LGPL-2.1-or-later
// One line "STATUS<tab>DESCRIPTION<tab>FILE" for each test, for browser.lab, which counts; FILE says why it failed. The last line is
// "end".
import { writeFileSync } from 'node:fs';

const plain = text => text.replace(/\u001b\[[0-9;]*m/g, '');

export default class TapReporter {
    #files = 0;

    onTestEnd(test, result) {
        const title = test.titlePath().slice(3).join(': ');
        const screenshots = result.attachments.filter(a => a.path).map(a => `see ${a.path.replace('/lab-out/', '')}`);
        const reason = test.annotations.find(annotation => annotation.type === 'skip')?.description ?? '';
        this.#point(test.outcome() !== 'unexpected', title + (test.outcome() === 'skipped' ? ` # SKIP ${reason}` : ''), result.errors, screenshots);
    }

    // outside of a test: a file that cannot be read, or that there are no tests
    onError(error) { this.#point(false, 'the tests can be run', [error]); }

    onStdOut(text) { this.#comment(text); }
    onStdErr(text) { this.#comment(text); }
    onEnd() { console.log('end'); }

    #point(good, title, errors, more = []) {
        const file = good ? '' : `/run/browser-${++this.#files}.txt`;
        if (file)
            writeFileSync(file, plain([...errors.map(error => `${error.message ?? error.value}\n${error.snippet ?? ''}`), ...more].join('\n')) + '\n');
        console.log(`${good ? 0 : 1}\t${title}\t${file}`);
    }

    #comment(text) {
        for (const line of text.toString().trimEnd().split('\n'))
            console.log(`# ${line}`);
    }
}
