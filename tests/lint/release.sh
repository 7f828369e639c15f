#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# packaging/release --check says "ok" of a release that is whole, and of each thing that is missing "not yet". In a git repository of
# its own, with a release in it; what takes minutes there (the tarball, the man pages' test) is a script that says what it is told.
. "$(dirname "$0")/tap.sh"
needs git gpg python3 xgettext
TREE=$PWD
scratch=$(mktemp -d) || exit 99
export HOME=$scratch GNUPGHOME=$scratch/gnupg GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=Somebody GIT_AUTHOR_EMAIL=somebody@example.org GIT_COMMITTER_NAME=Somebody GIT_COMMITTER_EMAIL=somebody@example.org
trap 'gpgconf --kill all 2>/dev/null; rm -rf "$scratch"' EXIT
mkdir -m 700 "$GNUPGHOME"

fake() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod 755 "$1"
}
# a release of 1.2.0, after one of 1.1.0 with fewer symbols in the library
make_release() {
	local file
	git init --quiet --initial-branch=main "$scratch/tree" && cd "$scratch/tree" || return
	for file in packaging/release tests/lint/tap.sh tests/lint/api.sh tests/language/catalog.py po/Makevars po/its/polkit.its po/its/polkit.loc \
		dbus/org.quaywall1.xml src/model/error-names.h src/model/policy.c src/model/problem.c polkit/org.quaywall1.policy.in; do
		mkdir -p "$(dirname "$file")" && cp "$TREE/$file" "$file" || return
	done
	chmod -R u+w .
	printf '/build*/\n__pycache__\n' >.gitignore
	printf 'quaywall 1.1.0 (2020-01-01)\n===========================\n' >NEWS
	echo 'AC_INIT([quaywall], [1.1.0], [], [quaywall])' >configure.ac
	mkdir -p ansible man src/glib tests/lint/api
	echo 'version: 1.1.0' >ansible/galaxy.yml
	echo '.TH QUAYWALLD 8 2020-01-01 "quaywall 1.1.0" quaywall' >man/quaywalld.8
	printf '.Dd January 1, 2020\n.Dt QUAYWALLCTL 1\n.Os quaywall 1.1.0\n' >man/quaywallctl.1
	echo '	-version-info 1:0:0 -Wl,-z' >src/glib/Makefile.inc
	printf 'LIBQUAYWALL_GLIB_1.1.0 {\n};\n' >src/glib/libquaywall-glib.map
	echo 'QuaywallError 0 A' >tests/lint/glib.abi
	for file in 0.1.0 1.1.0; do tests/lint/api.sh --print >tests/lint/api/$file.txt; done
	echo polkit/org.quaywall1.policy.in >po/POTFILES.in
	python3 - >po/ja.po <<-'PYTHON'
		import sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, "tests/language")
		import catalog
		print('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')
		for entry in catalog.parse(catalog.extract(".")):
		    print(f"msgid {catalog.quote(entry['msgid'])}\nmsgstr {catalog.quote(entry['msgid'])}\n")
	PYTHON
	fake tests/lint/man-ja.sh 'echo "ok 1 - $MAN_TRANSLATED"'
	fake cockpit/po/update 'true'
	fake packaging/check-dist 'echo "ok 1 - $*"'
	git add . && git commit --quiet -m 1.1.0 && git tag -s v1.1.0 -m 1.1.0 || return
	printf 'quaywall 1.2.0 (2020-02-02)\n===========================\n\nquaywall 1.1.0 (2020-01-01)\n===========================\n' >NEWS
	sed -i 's/1\.1\.0/1.2.0/; s/2020-01-01/2020-02-02/; s/January 1/February 2/' configure.ac ansible/galaxy.yml man/quaywall*
	sed -i 's/1:0:0/2:0:1/' src/glib/Makefile.inc
	printf 'LIBQUAYWALL_GLIB_1.2.0 {\n} LIBQUAYWALL_GLIB_1.1.0;\n' >>src/glib/libquaywall-glib.map
	sed -i 's|<method name="Verify">|<method name="Look"/>\n&|' dbus/org.quaywall1.xml
	tests/lint/api.sh --print >tests/lint/api/1.2.0.txt
	whole
}
# whole: what is there is committed, tested and tagged
whole() {
	git add . && git commit --quiet -m 1.2.0 && git tag --force -s v1.2.0 -m 1.2.0 >/dev/null && mkdir -p build build-trixie &&
		git rev-parse HEAD | tee build/passed >build-trixie/passed
}

gpg --batch --quiet --passphrase '' --quick-generate-key 'Somebody <somebody@example.org>' ed25519 sign never 2>/dev/null ||
	{ echo "1..0 # SKIP gpg makes no key here"; exit 0; }
check "a release is made" make_release
cd "$scratch/tree" || exit 99
start=$(git rev-parse HEAD)

all_ok() {
	local output rc
	output=$(packaging/release --check)
	rc=$?
	grep -A 5 '^not yet' <<<"$output"
	[ "$(grep -c '^ok ' <<<"$output")" = 13 ] || echo "$(grep -c '^ok ' <<<"$output") points, not 13"
	[ $rc = 0 ] || echo "exit status $rc"
}
check "a whole release is ok" all_ok

# broken POINT REASON EDIT...: after the EDITs, which are then undone, these POINTs and no others are "not yet", and the REASONs are said.
# Many at once, since each look at a release costs half a second; the EDITs that do not commit come last.
broken() {
	local output rc i points=()
	for ((i = 3; i <= $#; i += 3)); do
		{ eval "${!i}"; } >"$scratch/edit.log" 2>&1 || { echo "the edit fails: ${!i}"; cat "$scratch/edit.log"; }
	done
	output=$(packaging/release --check)
	rc=$?
	for ((i = 1; i <= $#; i += 3)); do points+=("${!i}"); done
	diff <(printf '%s\n' "${points[@]}" | sort) <(sed -n 's/^not yet  //p' <<<"$output" | sort)
	for ((i = 2; i <= $#; i += 3)); do grep -qE "^         .*${!i}" <<<"$output" || { echo "it does not say ${!i}:"; cat <<<"$output"; }; done
	[ $rc = 1 ] || echo "exit status $rc"
	git checkout --quiet --force main && git reset --quiet --hard "$start" && git clean --quiet -fd && git tag --force v1.2.0 "$tagged" >/dev/null &&
		git rev-parse HEAD | tee build/passed >build-trixie/passed
}
tagged=$(git rev-parse refs/tags/v1.2.0)
edit() { sed -i "$1" "$2" && ! git diff --quiet -- "$2" && whole; }
news='NEWS: version and date'
versions='version: configure.ac, ansible/galaxy.yml'
man='man pages: version and date'
lib='libquaywall-glib: -version-info'
api="D-Bus interfaces: what was released stays, and this release's are kept"
messages='translations: messages' man_ja='translations: man pages' page='translations: the Cockpit page'
clean='git: everything is committed'
here='.ci/run: build, make check, lab and browser' there='the same on Debian 13'
tarball='tarball: make distcheck, twice the same, complete, builds from itself'
tag='git: signed tag'

check "NEWS without a date" broken "$news
$man" 'has "not released yet" where the date' 'edit "1s/(.*)/(not released yet)/; 2s/=*/=================================/" NEWS'
check "NEWS of a day to come" broken "$news
$man" 'yet to come' 'edit "1s/2020/2999/" NEWS'
check "NEWS without the version" broken "$news
$versions
$man
$lib
$api
$tag" 'is no "quaywall VERSION' 'edit "1s/1.2.0/next/" NEWS'

some=(
	# another version
	"$versions" 'configure.ac has "1.1.0"' 'edit s/1.2.0/1.1.0/ configure.ac'
	"$man" 'quaywalld.8: .TH' 'edit s/1.2.0/1.1.0/ man/quaywalld.8'
	# a library that grew, and CURRENT did not
	"$lib" 'it is 2:REVISION:1' 'edit s/2:0:1/1:0:0/ src/glib/Makefile.inc'
	# a method of the last release removed
	"$api" 'promised this to callers: method org.quaywall1.Manager.Repair'
	'sed -i "/<method name=\"Repair\">/,/<.method>/d" dbus/org.quaywall1.xml && tests/lint/api.sh --print >tests/lint/api/1.2.0.txt; whole'
	# what is not translated
	"$messages" 'no translation of Another text' 'edit "0,/<message>[^<]*/s//<message>Another text/" polkit/org.quaywall1.policy.in'
	"$man_ja" '98 %' 'fake tests/lint/man-ja.sh "echo not ok 1 - page; echo \"# 98 %\"; exit 1"; whole'
	"$page" 'missing' 'fake cockpit/po/update "echo missing"; whole'
	# two tarballs that are not the same
	"$tarball" 'differ' 'fake packaging/check-dist "echo \"not ok 1 - same\"; echo \"# differ\"; exit 1"; whole'
	# a commit that was not tested
	"$here" 'not passed here' 'git rev-parse v1.1.0^{commit} >build/passed'
	"$there" 'not passed here' 'rm build-trixie/passed'
	# a file that was changed
	"$clean" 'M NEWS' 'echo >>NEWS'
	# no tag
	"$tag" 'there is no tag v1.2.0' 'git tag -d v1.2.0'
)
check "another version, a library without CURRENT, a method removed, no translation, tarballs that differ, not tested, a change, no tag" \
	broken "${some[@]}"
some=(
	"$versions" 'galaxy.yml has "1.1.0"' 'edit s/1.2.0/1.1.0/ ansible/galaxy.yml'
	# another date
	"$man" 'quaywalld.8: .TH' 'edit s/2020-02-02/2020-01-01/ man/quaywalld.8'
	# an AGE that makes programs load it in vain
	"$lib" 'it is 2:REVISION:1' 'edit s/2:0:1/2:0:0/ src/glib/Makefile.inc'
	# what the last release promised made less
	"$api" '1.1.0.txt was changed after v1.1.0'
	'sed -i "/<method name=\"Repair\">/,/<.method>/d" dbus/org.quaywall1.xml && for v in 0.1.0 1.1.0 1.2.0; do tests/lint/api.sh --print >tests/lint/api/$v.txt; done; whole'
	# a fuzzy message
	"$messages" 'no translation of' 'edit "4s/^/#, fuzzy\n/" po/ja.po'
	# a test that was skipped
	"$man_ja" 'SKIP po4a' 'fake tests/lint/man-ja.sh "echo \"1..0 # SKIP po4a is not installed\""; whole'
	# no tarball
	"$tarball" 'exit status 2' 'fake packaging/check-dist "exit 2"; whole'
	# a new file
	"$clean" 'new' 'touch new'
	# a tag without signature
	"$tag" 'git tag -v' 'git tag --force -a v1.2.0 -m 1.2.0'
)
check "the collection's version, a date, an AGE, an old promise, fuzzy, skipped, no tarball, a new file, no signature" broken "${some[@]}"
some=(
	"$man" 'there are none' 'git rm man/quaywalld.8 man/quaywallctl.1 && whole'
	"$lib" 'REVISION of -version-info 2:1:1 is to be 0' 'edit s/2:0:1/2:1:1/ src/glib/Makefile.inc'
	"$api" '1.2.0.txt is missing' 'git rm tests/lint/api/1.2.0.txt && whole'
	"$tag" 'neither author nor signature' 'git tag --force v1.2.0 HEAD'
)
check "no man page, a REVISION that is not 0 with new symbols, the interfaces not kept, a name without a tag" broken "${some[@]}"
some=(
	"$lib" 'is 1.3.0, which is later' 'edit s/^LIBQUAYWALL_GLIB_1.2.0/LIBQUAYWALL_GLIB_1.3.0/ src/glib/libquaywall-glib.map'
	# another version in a page of mdoc
	"$man" 'quaywallctl.1: .TH, or .Dd' 'edit s/1.2.0/1.1.0/ man/quaywallctl.1'
	"$api" '1.2.0.txt is not what this commit has' 'edit "s/<method name=\"Look\"/<method name=\"Watch\"/" dbus/org.quaywall1.xml'
	"$tag" 'is not this commit' 'git tag --force -s v1.2.0 -m 1.2.0 v1.1.0^{commit}'
)
check "symbols of a later version, another one in a page of mdoc, other interfaces kept than there are, a tag of another commit" broken "${some[@]}"
some=(
	"$lib" 'is to grow' 'git checkout v1.1.0 -- src/glib && echo "/* */" >src/glib/quaywall-error.c && whole'
	"$man" 'quaywallctl.1: .TH, or .Dd' 'edit "s/February 2/February 3/" man/quaywallctl.1'
	"$tag" 'BAD signature'
	'git tag --force v1.2.0 "$(git cat-file tag v1.2.0 | sed "s/^1.2.0$/1.2.9/" | git hash-object -t tag -w --stdin)"'
)
check "a library that changed, and REVISION did not; another day in a page of mdoc; a tag whose text was changed" broken "${some[@]}"
check "and it is whole again" all_ok
quick() {
	packaging/release --check --no-build >"$scratch/quick" && echo "it passes without a tarball"
	grep -q '^not yet  tarball' "$scratch/quick" || cat "$scratch/quick"
}
check "without the tarball it does not pass" quick
finish
