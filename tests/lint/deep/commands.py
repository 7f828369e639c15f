#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""commands.py BUILD <OUTPUT-OF-MAKE: compile_commands.json of the C files in src/, from what `make -n V=1` would run.

Nothing need be compiled for it, and each file is in it once, with the options of the first target that has it. As a "command": of a list of "arguments", cppcheck 2.10 takes away the
quotes that belong to a macro.
"""
import json
import re
import shlex
import sys
from pathlib import Path


def commands(build, text):
    """Yields (source, arguments) of each command that compiles, without libtool and with the sources' absolute path."""
    for line in text.replace("\\\n", " ").splitlines():
        if " -c -o " not in line:
            continue
        # `test -f 'a.c' || echo '../'`a.c is how automake finds a source.
        line = re.sub(r"`test -f '[^']*' \|\| echo '([^']*)'`", lambda match: match[1], line)
        arguments = shlex.split(line)
        if "--mode=compile" in arguments:
            arguments = arguments[arguments.index("--mode=compile") + 1 :]
        source = (build / arguments[-1]).resolve()
        yield source, arguments[:-3] + [str(source)]


def main():
    build = Path(sys.argv[1]).resolve()
    entries = {}
    for source, arguments in commands(build, sys.stdin.read()):
        if "/src/" in str(source) and "-generated." not in source.name:
            entries.setdefault(str(source), {"directory": str(build), "file": str(source), "command": shlex.join(arguments)})
    json.dump([entries[name] for name in sorted(entries)], sys.stdout, indent=1)


main()
