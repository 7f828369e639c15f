#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Validates every shipped XML file against its DTD or schema, without network. The DTDs of D-Bus and firewalld's schema are not
# packaged everywhere, so tests/lint/schema has the parts that we use. polkit's own DTD and firewalld's schema are used as well
# if installed.
. "$(dirname "$0")/tap.sh"
needs xmllint
schema=tests/lint/schema

# valid OPTION...: xmllint, silent if the file is valid.
valid() {
	local output
	output=$(xmllint --nonet --noout "$@" 2>&1) || { echo "$output"; return 1; }
}
# against DTD FILE: the document type in the file is a network address, so it is removed.
against() {
	sed '/^<!DOCTYPE/,/>/d' "$2" | valid --dtdvalid "$1" -
}

check "dbus/org.quaywall1.xml" against $schema/introspect.dtd dbus/org.quaywall1.xml

# gdbus-codegen makes pages from the comments of the contract: "Name:", a line for each argument, an empty line, the text.
undocumented() {
	local pages page
	pages=$(mktemp -d)
	gdbus-codegen --generate-docbook "$pages/page" dbus/org.quaywall1.xml
	[ -e "$pages/page-org.quaywall1.Policies.xml" ] || echo "gdbus-codegen made no pages"
	for page in "$pages"/page-*.xml; do
		sed '/^<!DOCTYPE/,/>/d' "$page" | xmllint --nonet --xpath '
			//refsect1[@role="desc" and not(para[normalize-space()])] | //refnamediv[not(normalize-space(refpurpose))] |
			//refsect2[not(para[normalize-space()])]/title |
			//varlistentry[not(normalize-space(listitem))]/ancestor::refsect2/title |
			//varlistentry[not(normalize-space(listitem))]/term' - 2>/dev/null |
			sed "s,<[^>]*>, ,g; s,^,${page##*/page-} lacks words about: ,"
	done
	rm -rf "$pages"
}
if command -v gdbus-codegen >/dev/null; then
	check "every interface, method, signal, property and argument of the contract is documented" undocumented
else
	skip "every interface, method, signal, property and argument of the contract is documented" "gdbus-codegen is not installed"
fi
check "dbus/org.quaywall1.conf" against $schema/busconfig.dtd dbus/org.quaywall1.conf
check "polkit/org.quaywall1.policy.in" against $schema/policyconfig.dtd polkit/org.quaywall1.policy.in
# made of it and the translations
translated=${TOP_BUILDDIR:-build}/polkit/org.quaywall1.policy
if [ -e "$translated" ]; then
	check "polkit/org.quaywall1.policy with translations" against $schema/policyconfig.dtd "$translated"
	in_each_language() {
		local language actions
		grep -q 'xml:lang' "$translated" || return 0 # --disable-nls
		actions=$(grep -c '<action ' "$translated")
		for language in $(grep -v '^#' po/LINGUAS); do
			[ "$(grep -c "<message xml:lang=\"$language\">" "$translated")" = "$actions" ] || echo "$language lacks a message"
		done
	}
	check "polkit asks in every language of po/LINGUAS" in_each_language
else
	skip "polkit/org.quaywall1.policy with translations" "it is not built"
fi
system_dtd=/usr/share/polkit-1/policyconfig-1.dtd
if [ -e $system_dtd ]; then
	check "polkit/org.quaywall1.policy.in, polkit's own DTD" against $system_dtd polkit/org.quaywall1.policy.in
else
	skip "polkit/org.quaywall1.policy.in, polkit's own DTD" "$system_dtd is not installed"
fi
check "zones/docker.xml" valid --schema $schema/zone.xsd zones/docker.xml
system_xsd=/usr/lib/firewalld/xmlschema/zone.xsd
if [ -e $system_xsd ]; then
	check "zones/docker.xml, firewalld's own schema" valid --schema $system_xsd zones/docker.xml
else
	skip "zones/docker.xml, firewalld's own schema" "$system_xsd is not installed"
fi
check "schema/policy.xsd" valid schema/policy.xsd
check "schema/group.xsd" valid schema/group.xsd

# The schema accepts what the parser accepts, and refuses what the parser refuses as far as a schema can.
for file in tests/fuzz/corpus/policy-xml/{seed,forward}.xml; do
	check "$file" valid --schema schema/policy.xsd "$file"
done
for file in tests/fuzz/corpus/group-xml/*.xml; do
	check "$file" valid --schema schema/group.xsd "$file"
done
refused() {
	xmllint --nonet --noout --schema "schema/${2:-policy}.xsd" - <<<"$1" >/dev/null 2>&1 && echo "accepted: $1"
	true
}
check "the schema refuses unknown actions" refused '<policy action="allow"/>'
check "the schema refuses unknown elements" refused '<policy action="deny"><sauce/></policy>'
check "the schema refuses unknown attributes" refused '<policy action="deny"><source addr="1.1.1.1"/></policy>'
check "the schema requires protocols" refused '<policy action="deny"><port port="80"/></policy>'
check "a policy may name a group" valid --schema schema/policy.xsd - <<<'<policy action="deny"><source group="office"/></policy>'
check "the schema refuses what is no name of a group" refused '<policy action="deny"><source group="-x"/></policy>'
check "the schema of groups refuses groups of groups" refused '<group><source group="a"/></group>' group
check "the schema of groups refuses unknown elements" refused '<group><address address="1.1.1.1"/></group>' group
check "the schema of groups requires addresses" refused '<group><source/></group>' group
check "the schema refuses invalid ports" refused '<policy action="deny"><port port="0" protocol="tcp"/></policy>'

check "cockpit/org.quaywall1.cockpit.metainfo.xml" valid cockpit/org.quaywall1.cockpit.metainfo.xml

every_file() {
	local file
	while IFS= read -r file; do
		case $file in
		cockpit/*.metainfo.xml | dbus/org.quaywall1.xml | zones/docker.xml | tests/*) ;;
		*) echo "$file is in no check of tests/lint/xml.sh" ;;
		esac
	done < <(sources -name '*.xml')
}
check "every XML file is checked" every_file

finish
