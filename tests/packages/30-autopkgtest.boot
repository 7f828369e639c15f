# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# packaging/debian/tests, run by autopkgtest as a distribution runs them. This booted system is the machine that they ask for.

. /packages/common.sh

# there is no network, and all that they depend on is installed
: >/etc/apt/sources.list
adt() {
	autopkgtest --output-dir=/lab-out/autopkgtest --ignore-restrictions=isolation-machine --no-built-binaries \
		/packages/*.deb /packages/quaywall_*.dsc -- null >/dev/null 2>&1 || { tail -n 60 /lab-out/autopkgtest/log; return 1; }
}
ok "autopkgtest" adt
is "lab PASS library PASS (superficial)" "$(sort /lab-out/autopkgtest/summary | xargs)" "each of them passed, and none was skipped"
