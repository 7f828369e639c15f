#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What "make lint-deep" makes of what its tools print: nothing that they find may get lost.
. "$(dirname "$0")/tap.sh"
needs python3
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

# found EXPECTED TOOL LINE...: what is found in the lines, by the list $dir/known; lines of the first argument are separated by "|".
found() {
	local expected=$1 tool=$2 said
	shift 2
	said=$(printf '%s\n' "$@" | python3 tests/lint/deep/findings.py "$tool" "$dir/known" 2>&1 | paste -s -d '|')
	[ "$said" = "$expected" ] || echo "it says: $said"
}
known() { printf '%s\n' "$@" >"$dir/known"; }

known '# a comment' ''
GCC="$PWD/src/model/port.c:12:3: warning: leak of ‘x’ [CWE-401] [-Wanalyzer-malloc-leak]"
TIDY="$PWD/build/../src/model/port.c:12:3: warning: integer to pointer cast [performance-no-int-to-ptr]"
CPPCHECK="$PWD/src/model/port.c:12:3: portability: Obsolescent function 'x' called. [xCalled]"
check "gcc's finding" found "src/model/port.c:12: leak of ‘x’ [-Wanalyzer-malloc-leak]" gcc "$GCC" "   12 |  x = y;" "  ‘f’: events 1-2"
check "clang-tidy's" found "src/model/port.c:12: integer to pointer cast [performance-no-int-to-ptr]" clang-tidy "$TIDY"
check "with the names of all checks that ask the same" found "src/model/port.c:1: a [bugprone-a,cert-b]" clang-tidy \
	"src/model/port.c:1:2: warning: a [bugprone-a,cert-b]"
check "scan-build's" found "src/model/port.h:7: Null [core.NullDereference]" scan-build "src/model/port.h:7:1: warning: Null [core.NullDereference]"
check "in colours" found "src/model/port.c:12: integer to pointer cast [performance-no-int-to-ptr]" clang-tidy \
	$'\e[0m\e[1m'"${TIDY/warning: /$'\e[0;1;35m'warning: $'\e[0m\e[1m'}"$'\e[0m'
check "cppcheck's" found "src/model/port.c:12: Obsolescent function 'x' called. [xCalled]" cppcheck "$CPPCHECK"
check "that it could not be analyzed" found "src/model/port.c:1: the analyzer failed, status 1 [failed]" gcc \
	"$PWD/src/model/port.c:1: error: the analyzer failed, status 1 [failed]"
check "once, if it was found twice" found "src/model/port.c:12: leak of ‘x’ [-Wanalyzer-malloc-leak]" gcc "$GCC" "$GCC"
check "not in other projects' files" found "" gcc "/usr/include/glib.h:1:2: warning: a [-Wa]" "$PWD/tests/unit/world.c:1:2: warning: a [-Wa]"

known "gcc | src/model/port.c | -Wanalyzer-malloc-leak | leak of ‘x’ | a reason" 'clang-tidy | src/*.c | performance-no-int-to-ptr | cast | another'
check "what is excused is not told" found "" gcc "$GCC"
check "an excuse for many files" found "" clang-tidy "$TIDY"
check "it is for that file, check and message alone" found "src/model/port.c:12: leak of ‘y’ [-Wanalyzer-malloc-leak]|src/model/show.c:1: leak of ‘x’ [-Wanalyzer-malloc-leak]" gcc \
	"$GCC" "${GCC//‘x’/‘y’}" "$PWD/src/model/show.c:1:1: warning: leak of ‘x’ [-Wanalyzer-malloc-leak]"
check "an excuse that excuses nothing is told" found "known:2: remove this entry, it excuses nothing: src/*.c, performance-no-int-to-ptr, cast" clang-tidy ""
known "gcc | src/model/port.c | -Wanalyzer-malloc-leak | leak of ‘x’ |"
check "an excuse has a reason" found "known:1: not TOOL | FILE | CHECK | PART OF THE MESSAGE | REASON" gcc "$GCC"
finish
