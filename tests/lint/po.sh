#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Texts for people can be translated, all of them, and translations do not break what programs and shells read.
. "$(dirname "$0")/tap.sh"
needs xgettext msgfmt python3
CATALOG=tests/language/catalog.py

# with_texts: the files that have texts, as po/POTFILES.in is to list them.
with_texts() {
	echo polkit/org.quaywall1.policy.in
	# shellcheck disable=SC2046
	grep -lE '\b(_|N_|C_|ngettext)\(' $(sources -path './src/*.[ch]') | grep -vx 'src/language\.h' | LC_ALL=C sort
}
check "po/POTFILES.in lists every file with texts, and no other" diff <(grep -v '^#' po/POTFILES.in) <(with_texts)
check "po/LINGUAS lists every translation" diff <(grep -v '^#' po/LINGUAS) <(cd po && printf '%s\n' *.po | sed 's/\.po$//' | LC_ALL=C sort)

# A macro within a text hides the rest of it from xgettext; PRIu64 and the like are known to it.
hidden() {
	grep -rnE '\b(_|N_)\([^()]*"[^"]*" [A-Z][A-Z0-9_]+\b' src --include='*.[ch]' | grep -vE '" PRI[du]64'
	true
}
check "no macro is within a text" hidden
wrong_calls() {
	grep -rnE '\b_\((""|[a-z_]+)\)' src --include='*.[ch]'
	true
}
check "_() is around a text, never around a variable or nothing" wrong_calls

pseudo() {
	local folder
	folder=$(mktemp -d)
	python3 $CATALOG pseudo . "$folder/LC_MESSAGES/quaywall.mo"
	rm -rf "$folder"
}
check "every text can be extracted, and its directives be kept" pseudo

for po in po/*.po; do
	check "$po: msgfmt --check" msgfmt --check --output-file=/dev/null "$po"
	check "$po: what programs read, and what is typed, stays" python3 $CATALOG check . "$po"
	echo "# $po: $(python3 $CATALOG missing . "$po" | grep -c .) lines of texts have no translation yet"
done
finish
