#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/tap.sh"
needs shellcheck

while IFS= read -r file; do
	head -n 1 "$file" | grep -qE '^#!.*\b(ba)?sh\b|^# SPDX' || continue
	check "$file" shellcheck --severity=warning --shell=bash "$file"
done < <(sources -name '*.sh' ! -path './build-aux/*' -o -name try -o -name check -o -path './tests/lab/run' -o -path './tests/browser/run' -o -name make-root -o -path './packaging/*' ! -path './packaging/debian/source/*' -o -path './completions/quaywallctl')
finish
