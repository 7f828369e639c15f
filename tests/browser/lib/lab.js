// SPDX-License-Identifier: LGPL-2.1-or-later
// The lab, for tests: a shell in it that has the functions of tests/lab/lib.sh.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const OUT = `/run/lab-shell.${process.pid}`;
// the daemons were started by another shell
const START = `. /lab/lib.sh
FW_PID=$(bus_pid org.fedoraproject.FirewallD1)
DOCKER_PID=$(cat /run/docker.pid 2>/dev/null) DOCKER_ARGS=()
`;

export class Lab {
    #shell;
    #lines;
    #turn = Promise.resolve();

    constructor() {
        this.#shell = spawn('/bin/bash', [], { stdio: ['pipe', 'pipe', 'inherit'], detached: true,
                                               env: { ...process.env, LAB_DOCKER_OPTS: '', LAB_FW_OPTS: '' } });
        this.#lines = createInterface({ input: this.#shell.stdout })[Symbol.asyncIterator]();
        this.#shell.stdin.write(START);
    }

    // Runs a command of the shell: its status, and what it printed.
    run(command) {
        const result = this.#turn.then(async () => {
            this.#shell.stdin.write(`{ ${command}\n} >${OUT} 2>&1 </dev/null\necho $?\n`);
            const { value, done } = await this.#lines.next();
            if (done)
                throw new Error(`the lab's shell has ended: ${command}`);
            return { status: Number(value), output: readFileSync(OUT, 'utf8').trimEnd() };
        });
        this.#turn = result.catch(() => undefined);
        return result;
    }

    // The same for a command that must succeed: what it printed.
    async do(command) {
        const { status, output } = await this.run(command);
        if (status !== 0)
            throw new Error(`status ${status}: ${command}\n${output}`);
        return output;
    }

    async close() {
        this.#shell.stdin.end();
        await this.#turn;
    }
}
