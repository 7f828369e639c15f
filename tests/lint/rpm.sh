#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# packaging/rpm/quaywall.spec keeps up with the sources, and rpm reads it. packaging/rpm/check tests the RPMs themselves.
. "$(dirname "$0")/tap.sh"
spec=packaging/rpm/quaywall.spec

version() { diff <(sed -n 's/^AC_INIT(\[quaywall\], \[\([^]]*\)\].*/\1/p' configure.ac) <(sed -n 's/^%global upstream_version //p' $spec); }
check "its version is that of configure.ac" version
policy() { diff <(sed -n 's/^%global upstream_version //p' $spec) <(sed -n 's/^policy_module(quaywall, \(.*\))$/\1/p' packaging/selinux/quaywall.te); }
check "and of the SELinux module" policy

# What the page for Cockpit is made of, with versions
bundled() {
	diff <(python3 -c '
import json
for path, module in json.load(open("cockpit/package-lock.json"))["packages"].items():
    if path and not module.get("dev") and not module.get("optional"):
        print(path.split("node_modules/")[-1], module["version"])' | sort) \
		<(sed -n 's/^Provides: *bundled(npm(\(.*\))) = \(.*\)$/\1 \2/p' $spec | sort)
}
if command -v python3 >/dev/null; then check "it names the npm modules in the page" bundled; else skip "it names the npm modules in the page" "python3 is not installed"; fi

# NEED(VARIABLE, MODULE...) in configure.ac
libraries() {
	diff <(sed -nE 's/^NEED\(\[[A-Z]+\], \[([^]]*)\].*/\1/p' configure.ac | sed -E 's/ >= ?/>=/g' | tr ' ' '\n' | sort) \
		<(sed -nE 's/^BuildRequires: *pkgconfig\(([^)]*)\)( >= (.*))?$/\1>=\3/p' $spec | sed 's/>=$//' | grep -v '^gobject-introspection' | sort)
}
check "it requires the libraries of configure.ac" libraries

if command -v rpmspec >/dev/null; then
	parses() { rpmspec --load packaging/rpm/macros.debian --parse $spec >/dev/null; }
	check "rpm reads it" parses
	macros() { rpmspec --load packaging/rpm/macros.debian --parse $spec | grep -nE '%\{?[a-z_]{2,}' | grep -vE '^[0-9]+:%(description|package|prep|build|install|check|pre|post|preun|postun|posttrans|files|doc|license|dir|config|ghost|attr|lang|verify|changelog)\b'; true; }
	check "and leaves no macro as it is" macros
else
	skip "rpm reads it" "rpmspec is not installed"
fi
finish
