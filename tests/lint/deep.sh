#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# deep.sh: static analysis of src/, one point for each tool; `make lint-deep`. Minutes, so "make check" has no part in it.
#
# The tools are those of Debian 12, since each release of a tool finds something else. One that is missing is skipped, the line names
# the package, and the exit status is 77 if nothing else is wrong. What a tool finds and is not so stands in deep/known, with the
# reason, or beside the checks that are left out, here and in .clang-tidy. Nothing is compiled: TOP_BUILDDIR/lint-deep has a
# configuration of its own.
. "$(dirname "$0")/tap.sh"
needs python3 make
deep=$PWD/tests/lint/deep
build=${TOP_BUILDDIR:-$PWD/build}/lint-deep
skipped=''

# tool NAME PACKAGE COMMAND VERSION: sets $tool to the command if it is that version; else skips NAME.
tool() {
	if tool=$(command -v "$3") && [[ $("$tool" --version 2>/dev/null) =~ $4 ]]; then return 0; fi
	skip "$1" "not installed in the version of Debian 12: install $2"
	skipped=1
	return 1
}

# found TOOL CMD...: what CMD finds, and its failure.
found() {
	local output=$build/$1.txt name=$1
	shift
	"$@" >"$output" 2>&1 || echo "$name failed: $output"
	python3 "$deep/findings.py" "$name" <"$output"
}

prepare() {
	mkdir -p "$build/cppcheck" && cd "$build" || return
	if [ ! -f Makefile ] || [ "$OLDPWD/configure" -nt Makefile ]; then
		"$OLDPWD/configure" --disable-cockpit --disable-introspection --disable-dependency-tracking >configure.log 2>&1 || {
			tail -n 5 configure.log
			return
		}
	fi
	make src/glib/quaywall-generated.c src/glib/quaywall-generated.h >make.log 2>&1 || { tail -n 5 make.log; return; }
	make -n V=1 all 2>>make.log | python3 "$deep/commands.py" . >compile_commands.json || return
	# every source, or a tool would pass by seeing nothing
	diff <(grep -o '"file": "[^"]*"' compile_commands.json | cut -d'"' -f4 | sort) \
		<(find "$OLDPWD/src" -name '*.c' ! -name '*-generated.c' | sort)
}
check "each file of src/ is analyzed as it is compiled" prepare
passed || finish

# -fanalyzer: the options of gcc 12 that it needs are all defaults.
if tool "gcc -fanalyzer" gcc-12 gcc-12 ' 12\.'; then
	check "gcc -fanalyzer" found gcc python3 "$deep/each.py" "$build/compile_commands.json" "$tool" -fanalyzer
fi

# Left out, as they are no faults here:
#   missingIncludeSystem   the headers of libraries are described by --library
#   funcArgNamesDifferent  readability-inconsistent-declaration-parameter-name of clang-tidy asks this with fewer false answers
#   readdirCalled, getpwuidCalled  not reentrant, and there are no threads; readdir_r() itself is deprecated
#   unusedStructMember     does not see uses through pointers, of GOption and sd-bus
#   unmatchedSuppression   one of the above may find nothing
if tool cppcheck cppcheck cppcheck '^Cppcheck 2\.10'; then
	check cppcheck found cppcheck "$tool" --project="$build/compile_commands.json" --quiet -j "$(nproc)" \
		--cppcheck-build-dir="$build/cppcheck" --enable=warning,style,performance,portability,information \
		--library=posix --library=gtk --library="$deep/cppcheck.cfg" \
		--template='{file}:{line}:{column}: {severity}: {message} [{id}]' \
		--suppress={missingIncludeSystem,funcArgNamesDifferent,readdirCalled,getpwuidCalled,unusedStructMember,unmatchedSuppression}
fi

# Without clang-analyzer-*, of .clang-tidy: that is what scan-build runs, and half an hour once is enough.
if tool clang-tidy clang-tidy-14 clang-tidy-14 'version 14\.'; then
	check clang-tidy found clang-tidy run-clang-tidy-14 -quiet -clang-tidy-binary "$tool" -j "$(nproc)" -checks=-clang-analyzer-* -p "$build"
fi

# With checkers that it does not have by default.
scan_build() {
	scan-build-14 --use-cc=gcc-12 -o "$build/scan-build" \
		-enable-checker security.insecureAPI.strcpy,security.insecureAPI.rand,security.FloatLoopCounter,optin.portability.UnixAPI \
		-enable-checker nullability,valist,unix.cstring \
		bash -c 'exec python3 "$0" "$1" "$CC"' "$deep/each.py" "$build/compile_commands.json"
}
if tool scan-build clang-tools-14 scan-build-14 ''; then check scan-build found scan-build scan_build; fi
finish ${skipped:+77}
