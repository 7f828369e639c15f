#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""findings.py TOOL [KNOWN] <OUTPUT: what the tool found in src/, without what KNOWN (tests/lint/deep/known) excuses. FILE in it may be a pattern.

Prints each finding once, as FILE:LINE: MESSAGE [CHECK], and each entry of TOOL in the list that excuses nothing.
"""
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
KNOWN = Path(sys.argv[2]) if len(sys.argv) > 2 else TOP / "tests/lint/deep/known"
FINDING = re.compile(r"^(?P<file>[^:\s]+):(?P<line>\d+):(?:\d+:)? (?:warning|error|style|performance|portability|information): "
                     r"(?P<text>.*?)(?: \[CWE-\d+\])? \[(?P<check>[\w.,=-]+)\]$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def known(tool):
    """[(line number, file, check, part of the message)] of the tool."""
    entries = []
    for number, line in enumerate(KNOWN.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            fields = [field.strip() for field in line.split("|")]
            if len(fields) != 5 or not all(fields):
                sys.exit(f"{KNOWN.name}:{number}: not TOOL | FILE | CHECK | PART OF THE MESSAGE | REASON")
            if fields[0] == tool:
                entries.append((number, *fields[1:4]))
    return entries


def main():
    excuses = known(sys.argv[1])
    used, found = set(), set()
    for line in sys.stdin:
        match = FINDING.match(COLOUR.sub("", line.rstrip("\n")))
        if not match:
            continue
        path = Path(match["file"]).resolve()
        if TOP / "src" not in path.parents or "-generated." in path.name:
            continue
        name = str(path.relative_to(TOP))
        check = match["check"]
        numbers = {n for n, file, known_as, part in excuses if fnmatch(name, file) and known_as == check and part in match["text"]}
        used |= numbers
        if not numbers:
            found.add((name, int(match["line"]), match["text"], check))
    for name, number, text, check in sorted(found):
        print(f"{name}:{number}: {text} [{check}]")
    for number, file, check, part in excuses:
        if number not in used:
            print(f"{KNOWN.name}:{number}: remove this entry, it excuses nothing: {file}, {check}, {part}")


main()
