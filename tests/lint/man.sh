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

# What quaywallctl itself says that there is: the commands, or the verbs of one, and all options.
CTL=${TOP_BUILDDIR:-build}/quaywallctl
listed() { "$CTL" help "$@" | sed -n '/^Options:/q; 2d; s/^  \([a-z][a-z-]*\).*/\1/p'; }
commands() {
	local text command
	text=$(plain man/quaywallctl.1)
	[ "$(listed | wc -l)" -ge 10 ] || echo "only $(listed | wc -l) commands are found"
	for command in $(listed); do
		grep -qE "(^| )$command( |$)" <<<"$text" || echo "quaywallctl $command is not in man/quaywallctl.1"
	done
}
subcommands() {
	local text command sub
	text=$(MANWIDTH=2000 man -E UTF-8 -l man/quaywallctl.1 2>/dev/null | col -bx)
	for command in $(listed); do
		[ "$command" != help ] || continue
		for sub in $(listed "$command"); do
			grep -qE "$command .*\b$sub\b" <<<"$text" || echo "quaywallctl $command $sub is not in man/quaywallctl.1"
		done
	done
}
options() {
	local text command option
	text=$(plain man/quaywallctl.1)
	for command in '' $(listed) $(listed policy | sed 's/^/policy\//'); do
		# shellcheck disable=SC2086
		for option in $("$CTL" help ${command/\// } | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'); do
			grep -qE -- "(^| |\[)$option( |,|\]|$)" <<<"$text" || echo "$option of quaywallctl $command is not in man/quaywallctl.1"
		done
	done
}
if [ -x "$CTL" ]; then
	check "man/quaywallctl.1 has every command" commands
	check "man/quaywallctl.1 has every subcommand" subcommands
	check "man/quaywallctl.1 has every option" options
else
	skip "man/quaywallctl.1 has every command and option" "$CTL is not built"
fi

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
