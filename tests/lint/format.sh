#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every C file is formatted with .clang-format, by clang-format 14 (Debian 12); other versions differ.
. "$(dirname "$0")/tap.sh"
clang_format=$(command -v clang-format-14 clang-format | head -n 1)
case $($clang_format --version 2>/dev/null) in
*"version 14."*) ;;
*) echo "1..0 # SKIP clang-format 14 is not installed"; exit 0 ;;
esac

# shellcheck disable=SC2046
unformatted() {
	"$clang_format" -n --Werror $(sources -path './src/*.[ch]' -o -path './tests/*.[ch]' | grep -v -- '-generated\.[ch]$') 2>&1 |
		sed -n 's/^\([^:]*\):\([0-9]*\):.*error: .*/\1:\2 is not formatted: run "clang-format -i \1"/p' | sort -u
}
check "every C file is formatted" unformatted
finish
