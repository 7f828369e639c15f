#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each party of docs/SECURITY.md, and each thing that its sandbox denies quaywalld, has a test, and each test that it names exists and
# is run. Each parser of what comes from outside is fuzzed.
. "$(dirname "$0")/tap.sh"

table() { sed -n "/^## $1/,/^## /p" docs/SECURITY.md | grep '^| ' | tail -n +2; }
rows() { table "The parties"; table "If quaywalld itself"; }
tests() { awk -F'|' '{ print $(NF - 1) }' <<<"$1" | grep -oE '`[^`]+`' | tr -d '`'; }

each_has_one() {
	local row
	[ "$(rows | wc -l)" -ge 23 ] || echo "docs/SECURITY.md: only $(rows | wc -l) rows are found in its tables"
	while IFS= read -r row; do
		[ -n "$(tests "$row")" ] || echo "docs/SECURITY.md: no test for$(cut -d'|' -f2 <<<"$row")"
	done < <(rows)
}
check "each row of docs/SECURITY.md has a test" each_has_one

# listed NAME: "make check" runs the tests in Makefile.inc, the lab those in its folder.
listed() {
	case $1 in
	lab/t/*) [ -f "tests/$1.lab" ] || [ -f "tests/$1.boot" ] ;;
	lab/attack/*) [ -f "tests/$1.lab" ] ;;
	lab/apparmor/*) [ -f "tests/$1.boot" ] ;;
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

parsers() { table "What is parsed"; }
are_fuzzed() {
	local row function target files
	[ "$(parsers | wc -l)" -ge 15 ] || echo "docs/SECURITY.md: only $(parsers | wc -l) rows of parsers are found"
	while IFS= read -r row; do
		files=()
		for target in $(tests "$row"); do
			listed "$target" || echo "docs/SECURITY.md names $target, which is no test"
			[ -n "$(ls "tests/fuzz/corpus/${target#fuzz/fuzz-}" 2>/dev/null)" ] || echo "$target has no corpus"
			files+=("tests/$target.c")
		done
		[ ${#files[@]} -gt 0 ] || echo "docs/SECURITY.md: no target for$(cut -d'|' -f2 <<<"$row")"
		while IFS= read -r function; do
			grep -rqw --include='*.h' "$function" src || echo "docs/SECURITY.md names $function, which src does not have"
			grep -qw "$function" "${files[@]}" || echo "$function is not called by ${files[*]}"
		done < <(cut -d'|' -f4 <<<"$row" | grep -oE '`[^`]+`' | tr -d '`')
	done < <(parsers)
}
check "each parser of what comes from outside is called by a fuzz target with a corpus" are_fuzzed

targets_have_rows() {
	local target
	for target in tests/fuzz/fuzz-*.c; do
		target=$(basename "$target" .c)
		parsers | grep -q "\`fuzz/$target\`" || echo "docs/SECURITY.md: $target has no row under \"What is parsed\""
	done
}
check "each fuzz target has its row" targets_have_rows

# These are called by functions in the table. Everything else that is declared as a parser has to be in it.
INSIDE=' address_network_parse brief_source_parse brief_time_parse ctl_parse ctl_parse_global import_line_parse packet_parse_address port_parse xml_file_parse '
all_are_known() {
	local function
	for function in $(grep -rhoE '\b[a-z_]+_(parse|from_xml|from_text|from_json)[a-z_]*\(' src --include='*.h' | tr -d '(' | sort -u); do
		case $INSIDE in *" $function "*) continue ;; esac
		grep -qlw "$function" tests/fuzz/fuzz-*.c || echo "$function is called by no fuzz target"
	done
}
check "no parser is forgotten" all_are_known

finish
