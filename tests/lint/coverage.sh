#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What "make coverage" says of a report, and when it fails.
. "$(dirname "$0")/tap.sh"
needs python3

folders=$(sed -n 's/^    "\(src\/[a-z/]*\)": [0-9]*,.*/\1/p' tests/coverage/report.py)

# report RUN [FOLDER=RUN...]: of 1000 lines in each folder, or in another one, RUN were run.
report() {
	local run=$1
	shift
	python3 - "$run" "$folders" "$@" <<-'PYTHON' | python3 tests/coverage/report.py
	import json, sys
	run, folders, *others = sys.argv[1:]
	of = dict.fromkeys(folders.split(), run) | dict(word.split("=") for word in others)
	lines = lambda n: [{"line_number": i, "count": int(i < n), "gcovr/noncode": False} for i in range(1000)]
	json.dump({"files": [{"file": f"{folder}/a.c", "lines": lines(int(of[folder]))} for folder in of if of[folder]]}, sys.stdout)
	PYTHON
}
passes() { report "$@" >/dev/null; }
# fails_with TEXT ARG...: the report fails, and says exactly this.
fails_with() {
	local text=$1 said
	shift
	said=$(report "$@" 2>&1 >/dev/null) && echo "it passes"
	[ "$said" = "$text" ] || echo "it says: $said"
}

check "each folder of src/ has a threshold" diff <(echo "$folders" | sort) <(find src -name '*.c' -printf '%h\n' | sort -u)
check "all that is run is enough" passes 1000
check "also exactly as much as is asked" passes 1000 src/model=950 src/daemon=850
check "a line less is not" fails_with "src/model: 94.9 % of the lines were run; at least 95 % must be" 1000 src/model=949
check "nor is it elsewhere" fails_with "src/daemon: 84.9 % of the lines were run; at least 85 % must be" 1000 src/daemon=849
check "a folder that is not in the report has not passed" fails_with "src/world is not in the report" 1000 src/world=
check "nor has one without a threshold" fails_with "src/new has no threshold in tests/coverage/report.py" 1000 src/new=1000
check "the table has each folder" diff <(echo "$folders" | sort) <(report 1000 | awk '$1 ~ "^src" { print $1 }' | sort)
finish
