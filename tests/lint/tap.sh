# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the lint tests: TAP from shell. Changes to the top of the source tree.
# shellcheck shell=bash
case ${BASH_VERSION:+bash}:${SHELLOPTS:-} in
bash:*posix* | :*) exec bash "$0" "$@" ;; # make may use another shell
esac
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 99
tap_n=0 tap_failed=0

# check NAME CMD...: passes when CMD succeeds and prints nothing; shows its output otherwise.
check() {
	local name=$1 output rc
	shift
	output=$("$@" 2>&1)
	rc=$?
	tap_n=$((tap_n + 1))
	if [ $rc = 0 ] && [ -z "$output" ]; then
		echo "ok $tap_n - $name"
	else
		echo "not ok $tap_n - $name"
		sed 's/^/# /' <<<"${output:-exit status $rc}"
		tap_failed=1
	fi
}

# needs TOOL...: skips the whole test unless all tools are installed.
needs() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
	done
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

finish() {
	echo "1..$tap_n"
	exit $tap_failed
}

# sources PATTERN...: files of the tree, which may be a tarball without git.
sources() {
	find . \( -type d \( -name .git -o -name autom4te.cache -o -name build -o -name 'build-*' -o -name m4 -o -name node_modules \) -o -name '*.dirstamp' \) -prune -o \
		-type f \( "$@" \) -print | sed 's,^\./,,' | sort
}
