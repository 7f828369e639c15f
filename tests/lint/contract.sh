#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The contract, the table of methods and the polkit actions name the same things; nothing is reachable that has no action.
. "$(dirname "$0")/tap.sh"

# "org.quaywall1.Zone Ensure" for each method
contract() {
	awk -F'"' '/<interface name=/ { interface = $2 } /<method name=/ { print interface, $2 }' dbus/org.quaywall1.xml | sort
}
table() {
	awk '/^const Method METHODS\[\]/ { on = 1; next } on && /^};/ { on = 0 } on' src/daemon/bus.c |
		tr -d '\n' | grep -oE '\{ *[A-Z]+, *"[A-Za-z]+", *[A-Z_]+' | tr -d '{",' |
		while read -r interface method action; do
			echo "$(constant "$interface") $method $(constant "$action")"
		done | sort
}
constant() {
	sed -n "s/^#define $1 \"\\(.*\\)\"/\\1/p" src/daemon/bus.c
}
actions() {
	sed -n 's/.*<action id="\([^"]*\)".*/\1/p' polkit/org.quaywall1.policy | sort
}

both_have() {
	[ -n "$(contract)" ] || echo "no method found in dbus/org.quaywall1.xml"
	diff -u --label dbus/org.quaywall1.xml --label src/daemon/bus.c <(contract) <(table | cut -d' ' -f1,2)
}
check "the methods of dbus/org.quaywall1.xml are those of METHODS" both_have

actions_exist() {
	comm -13 <(actions) <(table | cut -d' ' -f3 | sort -u) | sed 's/$/ is in METHODS but not in the polkit file/'
}
check "every action of METHODS is in polkit/org.quaywall1.policy" actions_exist

actions_used() {
	comm -23 <(actions) <(table | cut -d' ' -f3 | sort -u) | sed 's/$/ is in the polkit file but in no method/'
}
check "every action of polkit/org.quaywall1.policy is used" actions_used

# Who reads may; who changes is asked, and nobody who is not at the console gets anything for nothing.
defaults() {
	awk '/<action id=/ { split($0, a, "\""); id = a[2] }
		/<allow_any>|<allow_inactive>/ && !/auth_admin/ { print id ": " $0 }
		/<allow_active>/ && !/auth_admin/ && id != "org.quaywall1.read" { print id ": " $0 }' polkit/org.quaywall1.policy
}
check "only reading needs no password, and only at the console" defaults

changes_are_not_reads() {
	table | awk '$3 == "org.quaywall1.read" && $2 !~ /^(Verify|Explain|List|ListPermanent|Get|Check|Counters|ListInterfaces|ListRules|ListPorts|ListNetworks)$/'
}
check "what changes something does not hang on the action for reading" changes_are_not_reads

introspected() {
	contract | while read -r _ method; do
		grep -qE "SD_BUS_(METHOD|METHOD_WITH_ARGS|METHOD_WITH_NAMES)[A-Z_]*\(\"$method\"" src/daemon/*.c || echo "$method is in no vtable"
	done
}
check "every method of the contract is in a vtable" introspected

# Without this flag sd-bus itself refuses callers without privileges, before polkit is asked.
unprivileged() {
	grep -hn -A3 'SD_BUS_METHOD_WITH_ARGS(' src/daemon/*.c | tr -d '\n' | sed 's/SD_BUS_METHOD_WITH_ARGS/\n&/g' |
		grep '^SD_BUS_METHOD_WITH_ARGS' | grep -v SD_BUS_VTABLE_UNPRIVILEGED
	true
}
check "polkit decides every method" unprivileged

finish
