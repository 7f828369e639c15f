#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# README.md and docs/*.md: each problem code has its heading in docs/TROUBLESHOOTING.md, each link leads somewhere, and each command and
# option of quaywallctl exists, as its help has them (help.sh holds that tests/lint/help is what it prints).
. "$(dirname "$0")/tap.sh"
PAGE=docs/TROUBLESHOOTING.md
HELP=tests/lint/help
pages=(README.md docs/*.md)

# --- problem codes
codes() { sed -n 's/^ *\[PROBLEM_[A-Z0-9_]*\] = { "\([a-z0-9-]\{1,\}\)",.*/\1/p' src/model/problem.c; }
entries() { sed -n '/^## Problem codes$/,/^## Questions/p' "$PAGE"; }
headings() { entries | sed -n 's/^### //p'; }
are_headings() {
	[ "$(codes | wc -l)" -ge 40 ] || echo "src/model/problem.c: only $(codes | wc -l) codes are found in the table"
	diff <(codes | sort) <(headings) | sed -n "s,^< ,$PAGE has no heading (in the order of the alphabet) for ,p; s,^> ,$PAGE has a heading for what is no code there: ,p"
}
check "each problem code has its heading, and each heading its code" are_headings

# Two headings of one name would have anchors that a code alone does not give.
are_unique() { grep -h '^##* ' "$PAGE" | sort | uniq -d; }
check "each heading is there once" are_unique

are_whole() {
	entries | awk -v page="$PAGE" '
		function finish() { if (code && has != "Packets See it Do Why ") print page ": " code " has \"" has "\", not Packets, See it, Do, Why" }
		/^### / { finish(); code = $2; has = "" }
		match($0, /^- \*\*[A-Za-z ]+\*\*: /) { has = has substr($0, 5, RLENGTH - 8) " " }
		END { finish() }'
}
check "each says what it means for packets, how to see it, what to do, and why" are_whole

# --- links
# anchors FILE: as GitHub makes them of headings outside of code.
anchors() {
	awk '/^```/ { code = !code } !code && sub(/^#+ +/, "")' "$1" |
		sed -E 's/\[([^]]*)\]\([^)]*\)/\1/g' | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}
# links FILE: LINE:TARGET of each that is no address on the web.
links() {
	awk '/^```/ { code = !code } !code { line = $0; gsub(/`[^`]*`/, "", line)
		while (match(line, /\]\([^) ]+\)/)) { print NR ":" substr(line, RSTART + 2, RLENGTH - 3); line = substr(line, RSTART + RLENGTH) } }' "$1" |
		grep -vE '^[0-9]+:(https?|mailto):'
}
lead_somewhere() {
	local page line target file
	[ "$(links README.md | wc -l)" -ge 10 ] || echo "README.md: only $(links README.md | wc -l) links are found"
	for page in "${pages[@]}"; do
		while IFS=: read -r line target; do
			file=${target%%#*}
			file=$([ -n "$file" ] && realpath -m --relative-to=. "$(dirname "$page")/$file" || echo "$page")
			if [ ! -e "$file" ]; then
				echo "$page:$line: there is no $file"
			elif [ "$target" != "${target#*#}" ] && ! anchors "$file" | grep -qxF -- "${target#*#}"; then
				echo "$page:$line: $file has no heading for #${target#*#}"
			fi
		done < <(links "$page")
	done
}
check "each link leads to a file, and to a heading of it" lead_somewhere

# --- commands
# calls FILE: LINE:WORDS of each call of quaywallctl in code, up to what ends a command.
calls() {
	awk '/^```/ { code = !code; next }
		code { print NR ":" $0; next }
		{ n = split($0, part, "`"); for (i = 2; i <= n; i += 2) print NR ":" part[i] }' "$1" |
		awk '{ line = $0; sub(/:.*/, "", line); rest = $0
			while (match(rest, /(^|[^\/a-zA-Z0-9_.-])quaywallctl +[^ ]/)) {
				rest = substr(rest, RSTART + RLENGTH - 1); call = rest
				sub(/[|;&<>()"#].*/, "", call); sub(/ -- .*/, "", call); sub(/ +$/, "", call); print line ":" call } }'
}
# page_of COMMAND [VERB]: its help.
page_of() { awk -v wanted="\$ quaywallctl help $*" '/^\$ quaywallctl help / { on = $0 == wanted } on' "$HELP/$1.txt"; }
# fault WORDS: what is wrong with such a call.
fault() {
	local word command='' verb='' options=() page
	for word; do
		case $word in
		--*) options+=("${word%%=*}") ;;
		-* | *[!a-z-]*) [ -n "$command" ] || return 0; [ -n "$verb" ] || verb=- ;;
		*) if [ -z "$command" ]; then command=$word; elif [ -z "$verb" ]; then verb=$word; fi ;;
		esac
	done
	[ "$command" != help ] || return 0
	page=$(cat "$HELP/quaywallctl.txt")
	if [ -n "$command" ]; then
		[ -f "$HELP/$command.txt" ] || { echo "no command \"$command\""; return; }
		page=$(page_of "$command")
		if [ -n "$verb" ] && grep -q "^\\$ quaywallctl help $command [a-z]" "$HELP/$command.txt" && [ "$verb" != - ]; then
			page=$(page_of "$command" "$verb")
			[ -n "$page" ] || { echo "\"$command\" has no verb \"$verb\""; return; }
		fi
	fi
	for word in ${options[@]+"${options[@]}"}; do
		grep -qE "(^|[ ,])$word( |,|$)" <<<"$page" || echo "no option $word"
	done
}
exist() {
	local page line words found seen=0
	for page in "${pages[@]}"; do
		while IFS=: read -r line words; do
			seen=$((seen + 1))
			# shellcheck disable=SC2086
			found=$(set -f && fault $words)
			[ -z "$found" ] || echo "$page:$line: quaywallctl $words: $found"
		done < <(calls "$page")
	done
	[ "$seen" -ge 100 ] || echo "only $seen calls of quaywallctl are found"
}
check "each command and option of quaywallctl exists" exist

finish
