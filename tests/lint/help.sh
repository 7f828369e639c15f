#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What "quaywallctl help" prints, for every command and every verb of it: at most 80 columns, with an example, and as in
# tests/lint/help/COMMAND.txt (UPDATE_GOLDEN=1 renews these files: read the diff).
. "$(dirname "$0")/tap.sh"
CTL=${TOP_BUILDDIR:-build}/quaywallctl
GOLDEN=tests/lint/help
[ -x "$CTL" ] || { echo "1..0 # SKIP $CTL is not built"; exit 0; }

# listed [COMMAND]: the commands, or the verbs of one, that its help lists before the options.
listed() { "$CTL" help "$@" | sed -n '/^Options:/q; 2d; s/^  \([a-z][a-z-]*\).*/\1/p'; }

# pages COMMAND: its help, and that of its verbs, each after the line that asks for it.
pages() {
	local verb
	printf '$ quaywallctl help %s\n' "$1"
	"$CTL" help "$1" || return
	for verb in $(listed "$1"); do
		printf '\n$ quaywallctl help %s %s\n' "$1" "$verb"
		"$CTL" help "$1" "$verb" || return
	done
}
# all: the same of all, and of quaywallctl itself.
all() {
	local command
	"$CTL" help
	for command in $(listed); do [ "$command" = help ] || pages "$command"; done
}

is_as_in_file() {
	if [ -n "${UPDATE_GOLDEN:-}" ]; then "$@" >"$file"; else "$@" | diff "$file" -; fi
}
file=$GOLDEN/quaywallctl.txt
check "help" is_as_in_file "$CTL" help
for command in $(listed); do
	[ "$command" != help ] || continue
	file=$GOLDEN/$command.txt
	check "help $command" is_as_in_file pages "$command"
done

no_other_files() {
	local name
	for file in "$GOLDEN"/*.txt; do
		name=$(basename "$file" .txt)
		[ "$name" = quaywallctl ] || listed | grep -qx -- "$name" || echo "$file: there is no such command"
	done
}
check "every file is of a command" no_other_files
long_lines() { all | grep -E '^.{81}|[[:blank:]]$'; true; }
check "no line is longer than 80 columns, or ends in blanks" long_lines
without_example() {
	local command verb
	for command in $(listed); do
		[ "$command" != help ] || continue
		[ -n "$(listed "$command")" ] || "$CTL" help "$command" | grep -q '^Examples:' || echo "$command"
		for verb in $(listed "$command"); do "$CTL" help "$command" "$verb" | grep -q '^Examples:' || echo "$command $verb"; done
	done
}
check "every command and verb has an example" without_example
same_page() { diff <("$CTL" help policy show) <("$CTL" policy show --help) && diff <("$CTL" help) <("$CTL" -h); }
check "help COMMAND is COMMAND --help" same_page

# Every option whose value is typed has a row in the completion's table.
unknown_values() {
	local command verb option
	for command in $(listed); do
		for verb in '' $(listed "$command"); do
			# shellcheck disable=SC2086
			for option in $("$CTL" help "$command" $verb | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\) [A-Z].*/\2/p'); do
				DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent "$CTL" __complete -- "$command" $verb "$option" ''
			done
		done
	done
}
check "the values of every option are known, or known to be unknowable" unknown_values
finish
