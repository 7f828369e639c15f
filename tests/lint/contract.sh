#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The D-Bus contract, the table of methods and the polkit actions match, and no method lacks an action. A policy has the same
# fields everywhere.
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
	sed -n 's/.*<action id="\([^"]*\)".*/\1/p' polkit/org.quaywall1.policy.in | sort
}

both_have() {
	[ -n "$(contract)" ] || echo "no method found in dbus/org.quaywall1.xml"
	diff -u --label dbus/org.quaywall1.xml --label src/daemon/bus.c <(contract) <(table | cut -d' ' -f1,2)
}
check "the methods of dbus/org.quaywall1.xml are those of METHODS" both_have

actions_exist() {
	comm -13 <(actions) <(table | cut -d' ' -f3 | sort -u) | sed 's/$/ is in METHODS but not in the polkit file/'
}
check "every action of METHODS is in polkit/org.quaywall1.policy.in" actions_exist

actions_used() {
	comm -23 <(actions) <(table | cut -d' ' -f3 | sort -u) | sed 's/$/ is in the polkit file but in no method/'
}
check "every action of polkit/org.quaywall1.policy.in is used" actions_used

# Only reading is allowed without a password, and only to users at the console.
defaults() {
	awk '/<action id=/ { split($0, a, "\""); id = a[2] }
		/<allow_any>|<allow_inactive>/ && !/auth_admin/ { print id ": " $0 }
		/<allow_active>/ && !/auth_admin/ && id != "org.quaywall1.read" { print id ": " $0 }' polkit/org.quaywall1.policy.in
}
check "only reading needs no password, and only at the console" defaults

changes_are_not_reads() {
	table | awk '$3 == "org.quaywall1.read" && $2 !~ /^(Verify|Explain|ExplainConnection|List|ListPermanent|Get|Check|CheckChange|Counters|WatchCounters|UnwatchCounters|History|GetChange|ListInterfaces|ListNames|ListRules|ListPorts|ListNetworks|ListContainers)$/'
}
check "methods that change something need another action than reading" changes_are_not_reads

introspected() {
	contract | while read -r _ method; do
		grep -qE "SD_BUS_(METHOD|METHOD_WITH_ARGS|METHOD_WITH_NAMES)[A-Z_]*\(\"$method\"" src/daemon/*.c || echo "$method is in no vtable"
	done
}
check "every method of the contract is in a vtable" introspected

# Without this flag sd-bus itself refuses unprivileged callers, before polkit is asked.
unprivileged() {
	grep -hn -A3 'SD_BUS_METHOD_WITH_ARGS(' src/daemon/*.c | tr -d '\n' | sed 's/SD_BUS_METHOD_WITH_ARGS/\n&/g' |
		grep '^SD_BUS_METHOD_WITH_ARGS' | grep -v SD_BUS_VTABLE_UNPRIVILEGED
	true
}
check "polkit decides every method" unprivileged

# "out-interfaces as" for each field of a policy. quaywallctl's options are in tests/bus/test-ctl.c.
contract_fields() {
	sed -n '/A policy is a{sv}:/,/-->/p' dbus/org.quaywall1.xml | tr '\n' ' ' | grep -oE '"[a-z-]+" +(s|as|b)\>' | tr -s ' "' ' ' | sort
}
model_fields() {
	sed -n '/^const PolicyField POLICY_FIELDS\[\]/,/^};/p' src/model/policy.c |
		sed -n 's/.*{ "\([a-z-]*\)", POLICY_FIELD_\([A-Z]*\),.*/ \1 \2/p' |
		sed 's/ \(ACTION\|TEXT\)$/ s/; s/ BOOLEAN$/ b/; s/ [A-Z]*$/ as/' | sort
}
schema_fields() {
	{
		grep -oE '<xs:element name="[a-z-]+"' schema/policy.xsd | grep -v '"policy"'
		sed -n '/<\/xs:choice>/,/^    <\/xs:complexType>/p' schema/policy.xsd | grep -oE '<xs:attribute name="[a-z-]+"'
	} | cut -d'"' -f2 | sort
}
# A file has one element for each entry of a list.
in_a_file() {
	sed 's/^ //; s/s as$//; s/ [a-z]*$//' | sort
}

fields_are_the_contracts() {
	[ -n "$(contract_fields)" ] || echo "no field found in dbus/org.quaywall1.xml"
	diff -u --label dbus/org.quaywall1.xml --label src/model/policy.c <(contract_fields) <(model_fields)
}
check "the fields of a policy in dbus/org.quaywall1.xml are those of POLICY_FIELDS" fields_are_the_contracts

fields_are_the_schemas() {
	diff -u --label src/model/policy.c --label schema/policy.xsd <(model_fields | in_a_file) <(schema_fields)
}
check "the fields of a policy in schema/policy.xsd are those of POLICY_FIELDS" fields_are_the_schemas

finish
