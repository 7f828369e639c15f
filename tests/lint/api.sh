#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a release has promised to callers stays: each line of tests/lint/api/VERSION.txt, which has the members of its D-Bus interfaces
# with their arguments, the names of its errors, the keys of a policy, the codes of its problems and its polkit actions. What is new
# since needs nothing here. "api.sh --print" prints the lines of this tree: with each release its own are kept (packaging/release --check).
# Nothing is taken out of these files.
. "$(dirname "$0")/tap.sh"
needs python3

# One line for each promise, with all that callers depend on: names, types, directions and the order of arguments. Comments are no promise.
members() {
	python3 - dbus/org.quaywall1.xml <<-'PYTHON'
		import sys
		import xml.etree.ElementTree as xml

		for interface in xml.parse(sys.argv[1]).getroot().iter("interface"):
		    name = interface.get("name")
		    print("interface", name)
		    changed = {a.get("name"): a.get("value") for a in interface.findall("annotation")}
		    for member in interface:
		        if member.tag not in ("method", "signal", "property"):
		            continue
		        words = [member.tag, f"{name}.{member.get('name')}"]
		        for arg in member.findall("arg"):
		            direction = arg.get("direction", "in") + " " if member.tag == "method" else ""
		            words.append(f"({direction}{arg.get('type')} {arg.get('name')})")
		        if member.tag == "property":
		            signals = "org.freedesktop.DBus.Property.EmitsChangedSignal"
		            own = {a.get("name"): a.get("value") for a in member.findall("annotation")}
		            words += [member.get("type"), member.get("access"), "changes:" + {**changed, **own}.get(signals, "true")]
		        print(*words)
	PYTHON
}
promises() {
	members
	sed -n 's/^ *X([A-Z_]*, "\([A-Za-z]*\)").*/error org.quaywall1.Error.\1/p' src/model/error-names.h
	sed -n '/^const PolicyField POLICY_FIELDS\[\]/,/^};/s/^ *{ "\([a-z-]*\)", POLICY_FIELD_.*/policy key \1/p' src/model/policy.c
	sed -n 's/^ *\[PROBLEM_[A-Z0-9_]*\] = { "\([a-z0-9-]\{1,\}\)",.*/problem \1/p' src/model/problem.c
	sed -n 's/.*<action id="\([^"]*\)".*/polkit action \1/p' polkit/org.quaywall1.policy.in
}
if [ "${1:-}" = --print ]; then
	promises | sort
	exit
fi

now=$(promises | sort)
# kept VERSION: what it promised and is no more.
kept() {
	[ -s "tests/lint/api/$1.txt" ] || echo "there is no tests/lint/api/$1.txt"
	diff <(sort "tests/lint/api/$1.txt") <(echo "$now") | sed -n "s/^< /$1 promised this to callers: /p"
}
some() {
	local kind
	for kind in interface method signal property error 'policy key' problem 'polkit action'; do
		grep -q "^$kind " <<<"$now" || echo "no $kind is found"
	done
}
check "promises of each kind are found" some
for file in tests/lint/api/*.txt; do
	version=$(basename "$file" .txt)
	check "what $version promised stays" kept "$version"
done
finish
