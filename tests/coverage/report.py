#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""report.py <GCOVR-JSON: the lines of each folder of src/ that the tests ran, as a table.

Fails if a folder has less than its share in LEAST, or if a folder is in the list but not in the report, or the other way round.
"""
import json
import sys
from collections import Counter

# Percent of lines. The pure folders have no excuse. What is below 85 % has its reason.
LEAST = {
    "src/model": 95,
    "src/compile": 95,
    "src/explain": 95,
    "src/ctl/import": 95,
    "src/bus": 85,
    "src/firewalld": 85,
    "src/docker": 85,
    "src/world": 85,
    "src/daemon": 85,
    "src/ctl": 90,
    "src/glib": 90,
    "src/guard": 65,  # netlink and nftables, with rights that "make check" does not have: the rest is the lab's
}


def count(report):
    """Two counters by folder: lines with code, and those of them that were run."""
    lines, ran = Counter(), Counter()
    for file in report["files"]:
        folder = file["file"].rpartition("/")[0]
        code = [line for line in file["lines"] if not line.get("gcovr/noncode")]
        lines[folder] += len(code)
        ran[folder] += sum(line["count"] > 0 for line in code)
    return lines, ran


def main():
    lines, ran = count(json.load(sys.stdin))
    lines.pop("src", None)  # language.h alone
    failed = [f"{folder} is not in the report" for folder in LEAST if not lines[folder]]
    print(f"{'folder':<16}{'lines':>8}{'run':>8}{'percent':>9}{'at least':>10}")
    for folder in sorted(folder for folder in lines if lines[folder]):
        # Rounded down: 94.99 is not 95.
        percent = 1000 * ran[folder] // lines[folder] / 10
        least = LEAST.get(folder)
        print(f"{folder:<16}{lines[folder]:>8}{ran[folder]:>8}{percent:>9.1f}{least if least is not None else '-':>10}")
        if least is None:
            failed.append(f"{folder} has no threshold in tests/coverage/report.py")
        elif percent < least:
            failed.append(f"{folder}: {percent} % of the lines were run; at least {least} % must be")
    for message in failed:
        print(message, file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
