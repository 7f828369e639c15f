#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The man pages in other languages: up to date with the English ones, with all their options and names, and well-formed.
. "$(dirname "$0")/tap.sh"
needs po4a msgfmt man python3

# Whoever changes an English page need not know the other languages: what he changed is in English there until it is translated.
# This is how much of a page has to be translated, in percent. Releases have all of it (CONTRIBUTING.md).
ENOUGH=${MAN_TRANSLATED:-90}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

for po in man/po/*.po; do
	check "$po is valid" msgfmt --check -o /dev/null "$po"
	check "$po keeps what is not to be translated" python3 tests/lint/man-po.py "$po"
done

build() {
	po4a --no-update --force --verbose --srcdir . --destdir "$tmp" man/po4a.cfg >"$tmp/log" 2>&1 || cat "$tmp/log"
}
check "po4a makes the pages" build
[ -n "$(find "$tmp" -name '*.[1-8]')" ] || finish

translated() {
	local page percent strings
	page=$1
	# "man/ja/man8/quaywalld.8 is 96.25% translated (257 of 267 strings).", or "is 100% translated (267 strings)."
	percent=$(sed -n "s,^$page is \([0-9]*\)[0-9.]*% translated.*,\1,p" "$tmp/log")
	strings=$(sed -n "s,^$page is .*% translated (\(.*\))\.,\1,p" "$tmp/log")
	[ "${percent:-0}" -ge "$ENOUGH" ] ||
		echo "$page is translated by ${percent:-0} % ($strings), at least $ENOUGH % are needed: make update-man-po, and translate"
}

# Found below a folder man/ja/man5, a page is formatted as Japanese. groff 1.22 can loop forever on a line of Japanese that it cannot
# break, so several widths are tried.
warnings() {
	# shellcheck disable=SC2069
	{ MANWIDTH=100 timeout 20 man --warnings=w -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null || echo "man ends with status $?"; } |
		grep -v "'doc-[a-z0-9-]*' not defined" # of groff's own macros
	true
}
widths() {
	local width
	for width in 40 60 72 80 120 200; do
		MANWIDTH=$width timeout 20 man -E UTF-8 -l -Tutf8 "$1" >/dev/null 2>&1 || echo "man does not end with $width columns"
	done
}

# words PAGE: options, paths, and names of D-Bus and of the environment, one a line.
words() {
	MANWIDTH=2000 timeout 20 man -E UTF-8 -l "$1" 2>/dev/null | col -bx |
		grep -oE -- '--[a-z][a-z-]+|/[a-z][a-z0-9./-]+[a-z]|\b[A-Z]+[a-z]+[A-Z][A-Za-z]*\b|\b[A-Z]+_[A-Z_]+\b|\borg\.[A-Za-z0-9.]+\b' | sort -u
}
names() {
	local english=man/${1##*/}
	[ "$(words "$english" | wc -l)" -ge 5 ] || echo "only $(words "$english" | wc -l) words are found in $english"
	comm -23 <(words "$english") <(words "$1") | sed "s,^,not in ${1#"$tmp/"}: ,"
}

pages=0
for language in man/po/*.po; do
	language=$(basename "$language" .po)
	for english in man/*.[1-8]; do
		page=man/$language/man${english##*.}/${english#man/}
		pages=$((pages + 1))
		check "$page is translated" translated "$page"
		check "$page formats without warnings" warnings "$tmp/$page"
		check "$page formats in any width" widths "$tmp/$page"
		check "$page has every option and name" names "$tmp/$page"
	done
done
check "there are pages" test "$pages" -ge 5
finish
