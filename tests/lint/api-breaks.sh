#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# api.sh notices each kind of break, made in a copy, and takes nothing else for one.
. "$(dirname "$0")/tap.sh"
needs python3
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
contract=dbus/org.quaywall1.xml
# noticed COUNT FILE EDIT: as many lines of 0.1.0 are missed when sed has edited FILE.
noticed() {
	local file count
	for file in tests/lint/{tap.sh,api.sh,api/0.1.0.txt} $contract src/model/{error-names.h,policy.c,problem.c} polkit/org.quaywall1.policy.in; do
		mkdir -p "$(dirname "$scratch/$file")" && cp -f "$file" "$scratch/$file" || return
	done
	chmod u+w "$scratch/$2" && sed -i "$3" "$scratch/$2" || return
	! cmp -s "$2" "$scratch/$2" || { echo "the edit changes nothing"; return; }
	count=$("$scratch/tests/lint/api.sh" | grep -c 'promised this to callers')
	[ "$count" = "$1" ] || echo "$count lines are missed, not $1"
}
explain='/<method name="Explain">/,/<\/method>/'
check "an interface renamed" noticed 9 $contract 's/<interface name="org.quaywall1.Zone"/<interface name="org.quaywall1.Area"/'
check "a method renamed" noticed 1 $contract 's/<method name="Verify">/<method name="Check">/'
check "a method removed" noticed 1 $contract "$explain d"
check "the type of an argument" noticed 1 $contract "$explain s/a(sss)/a(ssss)/"
check "the direction of an argument" noticed 1 $contract "$explain s/\"s\" direction=\"out\"/\"s\" direction=\"in\"/"
check "the order of arguments" noticed 1 $contract "$explain { /verdict/d; s|.*\"trace\".*|&<arg name=\"verdict\" type=\"s\" direction=\"out\"/>| }"
check "the name of an argument" noticed 1 $contract "$explain s/\"verdict\"/\"result\"/"
check "a new argument" noticed 1 $contract "$explain s|<method.*>|&<arg name=\"more\" type=\"s\" direction=\"in\"/>|"
check "an argument removed" noticed 1 $contract "$explain { /\"trace\"/d }"
check "a signal renamed" noticed 1 $contract 's/<signal name="Repaired">/<signal name="Mended">/'
check "an argument of a signal" noticed 1 $contract '/<signal name="Repaired">/,/<\/signal>/ s/type="s"/type="i"/'
check "a property renamed" noticed 1 $contract 's/<property name="State"/<property name="Health"/'
check "the type of a property" noticed 1 $contract 's/\(<property name="State" type="\)s"/\1u"/'
check "the access of a property" noticed 1 $contract 's/\(<property name="State".* access="\)read"/\1readwrite"/'
check "whether a property's changes are signalled" noticed 1 $contract '/<property name="Version"/,/<\/property>/ s/"const"/"false"/'
check "an error renamed" noticed 1 src/model/error-names.h 's/"NoSuchPolicy"/"NoPolicy"/'
check "a key of a policy renamed" noticed 1 src/model/policy.c 's/{ "destinations", POLICY/{ "targets", POLICY/'
check "a problem's code renamed" noticed 1 src/model/problem.c 's/{ "docker-deaf",/{ "docker-cannot-hear",/'
check "a polkit action renamed" noticed 1 polkit/org.quaywall1.policy.in 's/id="org.quaywall1.manage-zone"/id="org.quaywall1.zone"/'
check "but not a method added" noticed 0 $contract 's|<method name="Verify">|<method name="Look"/>&|'
check "and not a comment changed" noticed 0 $contract 's/Compares what is in force/Tells what is in force/'
finish
