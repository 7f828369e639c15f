#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The man pages format without warnings and are complete.
. "$(dirname "$0")/tap.sh"
needs man

warnings() {
	# shellcheck disable=SC2069
	MANWIDTH=100 man --warnings=all,break -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null
}
for page in man/*.[1-8]; do
	check "$page" warnings "$page"
done

# plain FILE: the page as text on one line, so that phrases are not broken
plain() {
	MANWIDTH=2000 man -E UTF-8 -l "$1" 2>/dev/null | col -bx | tr -s ' \n' '  '
}

commands() {
	local text command
	text=$(plain man/quaywallctl.1)
	for command in $(awk '/^} commands\[\] = \{/ { on = 1; next } on && /^};/ { exit } on' src/ctl/main.c | grep -oE '"[a-z-]+"' | tr -d '"'); do
		grep -qE "(^| )$command( |$)" <<<"$text" || echo "quaywallctl $command is not in man/quaywallctl.1"
	done
}
check "man/quaywallctl.1 has every command" commands

# verbs COMMAND: its subcommands, from comparisons or the table in its source
verbs() {
	{
		grep -oE 'g_str_equal\((verb|argv\[1\]), "[a-z-]+"\)' "src/ctl/$1-cmd.c"
		awk '/^} [a-z_]*verbs\[\] = \{/ { on = 1; next } /^};/ { on = 0 } on' "src/ctl/$1-cmd.c"
	} | grep -oE '"[a-z-]+"' | tr -d '"' | sort -u
}
subcommands() {
	local text command sub
	text=$(MANWIDTH=2000 man -E UTF-8 -l man/quaywallctl.1 2>/dev/null | col -bx)
	for command in zone policy group direct engine; do
		[ "$(verbs $command | wc -l)" -ge 3 ] || echo "only $(verbs $command | wc -l) subcommands of $command are found in the sources"
		for sub in $(verbs $command); do
			grep -qE "$command .*\b$sub\b" <<<"$text" || echo "quaywallctl $command $sub is not in man/quaywallctl.1"
			grep -qw -- "$sub" completions/quaywallctl || echo "quaywallctl $command $sub is not completed"
		done
	done
}
check "man/quaywallctl.1 and the completions have every subcommand" subcommands

completions() {
	local command
	for command in $(awk '/^} commands\[\] = \{/ { on = 1; next } on && /^};/ { exit } on' src/ctl/main.c | grep -oE '"[a-z-]+"' | tr -d '"'); do
		grep -qw -- "$command" completions/quaywallctl || echo "quaywallctl $command is not completed"
	done
	bash -n completions/quaywallctl
}
check "completions/quaywallctl has every command" completions

# Problem codes are a public interface.
problem_codes() {
	sed -n 's/^ *\[PROBLEM_[A-Z0-9_]*\] = { "\([a-z0-9-]\{1,\}\)".*/\1/p' src/model/problem.c
}
problems() {
	local code text
	text=$(plain man/org.quaywall1.5)
	[ "$(problem_codes | wc -l)" -ge 20 ] || echo "only $(problem_codes | wc -l) codes are found in the sources"
	for code in $(problem_codes); do
		grep -qE "(^| )$code( |$)" <<<"$text" || echo "the problem $code is not in man/org.quaywall1.5"
	done
}
check "man/org.quaywall1.5 has every problem" problems

# The limits of bounds.h are documented with their values.
limits() {
	local value count told
	[ -e man/quaywalld.8 ] || return 0
	while read -r count value; do
		told=$(sed -n '/^\.SH LIMITS/,/^\.TE/p' man/quaywalld.8 | sed 's/.*\t//' | tr -d , | grep -oxE '[0-9 ]+' | tr ' ' '\n' | grep -cx "$value")
		[ "$told" -ge "$count" ] || echo "$count limits are $value, but the table in man/quaywalld.8 has $told of it"
	done < <(awk '/^#define LIMIT_/ && $3 ~ /^[0-9]+U$/ { print $3 + 0 }' src/model/bounds.h | sort | uniq -c)
}
check "man/quaywalld.8 has the limits" limits

finish
