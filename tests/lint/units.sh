#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The installed units: their exposure, and settings that they must have.
. "$(dirname "$0")/tap.sh"
needs systemd-analyze
units=${TOP_BUILDDIR:-.}/systemd

systemd-analyze security --help 2>/dev/null | grep -q -- --offline || {
	skip "the units' exposure" "this systemd-analyze has no --offline"
	finish
}
exposure() {
	local output
	output=$(systemd-analyze security --no-pager --offline=true --threshold=15 "$units/$1" 2>&1) || grep -v '✓' <<<"$output"
}
# setting UNIT LINE...: the unit has these lines.
setting() {
	local unit=$1 line
	shift
	for line; do grep -qxE "$line" "$units/$unit" || echo "$unit has no line $line"; done
}
no_at() { grep -n '@[a-z]*@' "$units/$1"; true; }
for unit in quaywalld.service quaywall-guard.service; do
	# it makes that folder, or fails; who builds packages has neither systemd nor root's rights
	if [ -d /run/systemd ] || [ "$(id -u)" = 0 ]; then
		check "$unit is exposed 1.5 or less" exposure $unit
	else
		skip "$unit is exposed 1.5 or less" "/run/systemd is missing"
	fi
	check "$unit has a private umask, no core dumps, and limits" setting $unit UMask=0077 LimitCORE=0 'TasksMax=[0-9]+' OOMScoreAdjust=-800 'MemoryHigh=.*' 'MemoryMax=.*'
	check "every path in $unit is substituted" no_at $unit
done

finish
