#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""each.py COMPILE-COMMANDS TOOL-WORD...: runs an analyzer on each file, as it is compiled, some at a time, and prints what it says.

The words come in place of the compiler. What is found in a header of another project, in an inline function of it, is said of the
file that was analyzed. Fails if the analyzer fails for a file.
"""
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def analyze(entry):
    # The optimizer hides from the analyzers what the source says.
    words = [word for word in shlex.split(entry["command"])[1:] if not re.match(r"-O\d?$|-g$", word)]
    done = subprocess.run(sys.argv[2:] + ["-O0", *words, "-o", os.devnull], cwd=entry["directory"], stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, text=True, errors="replace", check=False)
    said = re.sub(r"^/usr/[^:\n]*:\d+:\d+: (?=warning: )", f"{entry['file']}:1: ", done.stderr, flags=re.M)
    if done.returncode != 0:
        said += f"{entry['file']}:1: error: the analyzer failed, status {done.returncode} [failed]\n"
    return said


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        entries = json.load(file)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(analyze, entries):
            sys.stdout.write(said)


main()
