// SPDX-License-Identifier: LGPL-2.1-or-later
// One line "STATUS<tab>DESCRIPTION<tab>FILE" for each test, for browser.lab, which counts; FILE says why it failed. The last line is
// "end".
import { writeFileSync } from 'node:fs';

const plain = text => text.replace(/\u001b\[[0-9;]*m/g, '');

export default class TapReporter {
    #files = 0;

    onTestEnd(test, result) {
        const title = test.titlePath().slice(3).join(': ');
        const good = test.outcome() !== 'unexpected';
        let file = '';
        if (!good) {
            file = `/run/browser-${++this.#files}.txt`;
            const screenshots = result.attachments.filter(a => a.path).map(a => a.path.replace('/lab-out/', ''));
            writeFileSync(file, plain(result.errors.map(error => `${error.message ?? error.value}\n${error.snippet ?? ''}`).join('\n')) +
                screenshots.map(path => `\nsee ${path}`).join('') + '\n');
        }
        console.log(`${good ? 0 : 1}\t${title}${test.outcome() === 'skipped' ? ' # SKIP' : ''}\t${file}`);
    }

    onStdOut(text) { this.#comment(text); }
    onStdErr(text) { this.#comment(text); }
    onError(error) { this.#comment(plain(`${error.message}\n${error.snippet ?? ''}`)); }

    onEnd() { console.log('end'); }

    #comment(text) {
        for (const line of text.toString().trimEnd().split('\n'))
            console.log(`# ${line}`);
    }
}
