#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Rules for every file of the tree.
. "$(dirname "$0")/tap.sh"

spdx() {
	local file
	while IFS= read -r file; do
		head -n 6 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' || echo "$file has no SPDX line"
	done < <(sources -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.am' -o -name '*.ac' -o -name 'Makefile.inc*' \
		-o -name '*.xml' -path './dbus/*' -o -name '*.xsd' -o -name '*.xml' -path './zones/*' -o -name '*.policy' \
		-o -name '*.conf' -o -name '*.in' ! -name 'Makefile.in' ! -name 'Makefile.in.in' ! -name 'config.h.in' ! -name '*.json.in' \
		-o -name '*.[1-8]' -path './man/*' \
		-o -path './cockpit/*' \( -name '*.ts' -o -name '*.tsx' -o -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.po' \) \
		! -path '*/dist/*' |
		grep -vE '^(_build/|aclocal\.m4|build-aux/|(.*/)?config\.h$|libtool$|.*-generated\.[ch]$)')
}
check "every file has its SPDX line" spdx

# A service that runs as root starts no programs; the command line starts polkit's agent for terminals, the user's pager, journalctl,
# and to uninstall systemctl and quaywalld.
spawn() {
	grep -rnE '\b(system|popen|vfork|fork|execl[pe]*|execv[pe]*|posix_spawnp?|g_spawn_[a-z_]+|g_subprocess_[a-z_]+) *\(' src --include='*.[ch]' |
		grep -vE '^src/ctl/(agent|log-cmd|pager|uninstall-cmd)\.c:'
	true
}
check "src starts no programs" spawn

unbounded() {
	grep -rnE '\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok|sleep|usleep|g_usleep)[[:space:]]*\(' src --include='*.[ch]'
	true
}
check "src uses no unbounded or sleeping functions" unbounded

shells() {
	grep -rnE '"[^"]*\b(/bin/)?sh -c\b' src --include='*.[ch]'
	true
}
check "src starts no shell" shells

# FILE LIMIT reason
long_files() {
	cat <<-'LIST'
	src/daemon/main.c 520 set-up of every part, in the order of the parts
	LIST
}
length() {
	local file lines limit
	while IFS= read -r file; do
		lines=$(wc -l <"$file")
		limit=$(long_files | awk -v f="$file" '$1 == f { print $2 }')
		[ "$lines" -le "${limit:-500}" ] || echo "$file has $lines lines; at most ${limit:-500} (tests/lint/sources.sh)"
	done < <(sources -path './src/*.[ch]')
}
check "files are short, or listed with the reason" length

headers() {
	local file
	while IFS= read -r file; do
		grep -q '^#pragma once' "$file" || echo "$file: no #pragma once"
		head -n 4 "$file" | grep -qE '^/\*+ *[A-Za-z]' || echo "$file: no comment that says what it owns"
	done < <(sources -path './src/*.h')
}
check "every header says what it owns" headers

# shellcheck disable=SC2046
white_space() {
	grep -nE '[[:space:]]+$' $(sources -path './src/*.[ch]' -o -path './tests/unit/*.[ch]' -o -path './tests/fuzz/*.[ch]' \
		-o -name '*.sh')
	grep -nP '^\t' $(sources -path './src/*.[ch]' -o -path './tests/unit/*.[ch]')
	true
}
check "no trailing white space, no tabs in C" white_space

# Functions of sd-bus that wait for an answer, directly or inside, as sd_bus_track_add_name() does.
waiting() {
	local wait='call|call_methodv?|add_match|match_signal|request_name|release_name|query_sender_[a-z]+|get_name_creds'
	wait+='|get_owner_creds|get_property[a-z_]*|set_propertyv?|track_[a-z_]+|list_names|flush'
	# shellcheck disable=SC2046
	grep -nE "\\bsd_bus_($wait)[[:space:]]*\\(" $(sources -path './src/*.[ch]')
	true
}
check "nothing blocks on the bus" waiting

finish
