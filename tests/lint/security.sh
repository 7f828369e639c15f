#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each party of docs/SECURITY.md has a test, and each test that it names exists and is run.
. "$(dirname "$0")/tap.sh"

rows() { sed -n '/^## The parties/,/^## /p' docs/SECURITY.md | grep '^| ' | tail -n +2; }
tests() { awk -F'|' '{ print $(NF - 1) }' <<<"$1" | grep -oE '`[^`]+`' | tr -d '`'; }

each_has_one() {
	local row
	[ "$(rows | wc -l)" -ge 15 ] || echo "docs/SECURITY.md: only $(rows | wc -l) parties are found in the table"
	while IFS= read -r row; do
		[ -n "$(tests "$row")" ] || echo "docs/SECURITY.md: no test for$(cut -d'|' -f2 <<<"$row")"
	done < <(rows)
}
check "each party of docs/SECURITY.md has a test" each_has_one

# listed NAME: "make check" runs the tests in Makefile.inc, the lab those in its folder.
listed() {
	case $1 in
	lab/t/*) [ -f "tests/$1.lab" ] || [ -f "tests/$1.boot" ] ;;
	lab/attack/*) [ -f "tests/$1.lab" ] ;;
	lint/*) [ -f "tests/$1.sh" ] && grep -q "tests/$1\.sh" tests/unit/Makefile.inc ;;
	bus/* | unit/* | fuzz/*) [ -f "tests/$1.c" ] && grep -qE "tests/$1( |\$)" tests/bus/Makefile.inc tests/unit/Makefile.inc tests/Makefile.inc ;;
	*) false ;;
	esac
}
exist() {
	local row name
	while IFS= read -r row; do
		for name in $(tests "$row"); do
			listed "$name" || echo "docs/SECURITY.md names $name, which is no test"
		done
	done < <(rows)
}
check "each test that it names exists" exist

finish
