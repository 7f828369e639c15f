#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What programs that were linked with libquaywall-glib rely on stays: its symbols (src/glib/libquaywall-glib.map), the order of the
# functions in its interfaces, and the numbers of its errors (tests/lint/glib.abi). UPDATE_GOLDEN=1 adds what is new, and takes away
# nothing that was released.
. "$(dirname "$0")/tap.sh"
needs nm
map=src/glib/libquaywall-glib.map abi=tests/lint/glib.abi
built=${TOP_BUILDDIR:-build} library=${TOP_BUILDDIR:-build}/.libs/libquaywall-glib.so
headers=("$built/src/glib/quaywall-generated.h" src/glib/quaywall-client.h src/glib/quaywall-error.h)
[ -f "$library" ] || { echo "1..0 # SKIP libquaywall-glib is not built"; exit 0; }

declared() { grep -ohE '\bquaywall_[a-z0-9_]+ ?\(' "${headers[@]}" | tr -d ' (' | sort -u; }
# kept: "SYMBOL@@NODE" for each line of the map
kept() { awk '/^LIBQUAYWALL_GLIB_/ { node = $1 } /^\tquaywall_/ { sub(/;/, "", $1); print $1 "@@" node }' $map | sort; }
exported() { nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $3 }' | sort; }
# layout: "TYPE MEMBER" in the order in which the compiler sees them
layout() {
	awk '/^struct _Quaywall[A-Za-z]*Iface/ { type = substr($2, 2) } /^};/ { type = "" }
		type && match($0, /\(\*[a-z0-9_]+\)/) { print type, substr($0, RSTART + 2, RLENGTH - 3) }' "${headers[0]}"
	sed -nE 's/^ +(QUAYWALL_ERROR_[A-Z_]+) = ([0-9]+),$/QuaywallError \2 \1/p' "${headers[2]}"
}

# Those that no node has yet go into the node of the release to come, which is the last one.
update() {
	local node new
	node=LIBQUAYWALL_GLIB_$(sed -n '1s/^quaywall \([0-9.]*\).*/\1/p' NEWS)
	new=$(comm -13 <(kept | sed 's/@@.*//') <(declared) | sed 's/.*/\t&;/')
	if [ -n "$new" ] && ! grep -q "^$node {" $map; then
		printf '\n%s {\nglobal:\n} %s;\n' "$node" "$(awk '/^LIBQUAYWALL_GLIB_/ { node = $1 } END { print node }' $map)" >>$map
	fi
	if [ -n "$new" ]; then
		awk -v node="$node" -v new="$new" '{ print } $1 == node { on = 1 } on && /^global:/ { print new; on = 0 }' $map >$map.new
		mv $map.new $map
	fi
	if [ -z "$(same_layout)" ] || never_released; then layout >$abi; fi
}
never_released() { [ "$(grep -c '^LIBQUAYWALL_GLIB_' $map)" = 1 ] && head -n 1 NEWS | grep -q '(not released yet)'; }
same_layout() {
	local type
	for type in $(cut -d' ' -f1 $abi | uniq); do
		diff -u --label "$abi, of a release" --label "now; what is new needs @since in the comment of org.quaywall1.xml, to come last" \
			<(grep "^$type " $abi) <(layout | grep "^$type " | head -n "$(grep -c "^$type " $abi)")
	done
}
if [ -n "${UPDATE_GOLDEN:-}" ]; then update; fi

all_in_map() {
	comm -23 <(declared) <(kept | sed 's/@@.*//') |
		sed "s,\$, is in a header but not in $map: UPDATE_GOLDEN=1 tests/lint/glib.sh adds it; then build again,"
}
check "every function of the headers is in the version script" all_in_map

same_symbols() {
	[ -n "$(exported)" ] || echo "$library exports nothing"
	diff -u --label "$map, which only grows" --label "$library" <(kept) <(exported)
}
check "the library exports what the version script keeps, and nothing else" same_symbols

check "the functions of interfaces and the errors have the places that they had" same_layout

all_in_abi() {
	comm -13 <(sort $abi) <(layout | sort) | sed "s,\$, is new: UPDATE_GOLDEN=1 tests/lint/glib.sh adds it to $abi,"
}
check "the list of places is complete" all_in_abi

table() { grep -oE '\("?[A-Z_]+"?, "[A-Za-z]+"\)' src/model/error-names.h | grep -o '"[A-Za-z]*")' | tr -d '")' | grep -v '^NAME$' | sort; }
manual() { sed -n '/^\.SH ERRORS/,/^\.TE/s/^\([A-Z][A-Za-z]*\)\t.*/\1/p' man/org.quaywall1.5 | sort; }
documented() { diff -u --label src/model/error-names.h --label man/org.quaywall1.5 <(table) <(manual); }
check "the manual lists the errors of the table" documented

finish
