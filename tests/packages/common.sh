# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# common.sh: code shared by the tests of the packages; in /packages, with the packages.
# CURRENT is quaywall as it was built; NEWER, REBUILT (a revision before that of NEWER) and BROKEN (one behind it, whose postinst fails)
# are the same files with other versions. REST are the other packages, without quaywall-cockpit, which goes with quaywall.

export DEBIAN_FRONTEND=noninteractive
packages=(/packages/quaywall_*.deb)
CURRENT=${packages[0]} NEWER=/packages/made/newer.deb REBUILT=/packages/made/rebuilt.deb BROKEN=/packages/made/broken.deb
REST_FILES=$(find /packages -maxdepth 1 -name '*.deb' ! -name 'quaywall_*')
REST="ansible-collection-quaywall-quaywall gir1.2-quaywall-1.0 libquaywall-glib1 libquaywall-glib-dev quaywall-doc"

# remake FILE VERSION [SCRIPT LINE]: quaywall's package as FILE with another version, and LINE at the end of SCRIPT.
remake() {
	local tree
	tree=$(mktemp -d)
	dpkg-deb -R "$CURRENT" "$tree" && sed -i "s/^Version: .*/Version: $2/" "$tree/DEBIAN/control" &&
		{ [ -z "${3:-}" ] || echo "$4" >>"$tree/DEBIAN/$3"; } && dpkg-deb -b "$tree" "$1" >/dev/null || die "no package $1"
	rm -rf "$tree"
}
if [ ! -d /packages/made ]; then
	mkdir /packages/made
	remake "$NEWER" 9.9.0-2
	remake "$REBUILT" 9.9.0-1
	remake "$BROKEN" 9.9.0-3 postinst 'exit 1'
fi
version_of() { dpkg-deb -f "$1" Version; }

# What they print is for a failed point; REMOVED keeps it.
install() { apt-get -q -y install "$@"; }
remove() { REMOVED=$(apt-get -q -y remove "$@") || return; }
purge() { apt-get -q -y purge "$@"; }

main_pid() { systemctl show -P MainPID quaywalld; }
# sorted: sets and counters are listed in order of creation
guard() { nft -s list table inet quaywall | sort; }
direct() { iptables -S DOCKER-USER && iptables -S QUAYWALL && iptables -S QUAYWALL-POLICY; }
# dockerd_fresh [COUNT]: dockerd writes its rules differently after a reload and at its start (reset-failed: docker.service allows three
# starts a minute). firewalld 2.5's unit is active before firewalld answers, and a Docker that starts meanwhile is deaf to it until it
# starts anew: a quaywalld that is installed makes Docker wait for it at boot, and only then.
dockerd_fresh() {
	systemctl reset-failed docker
	waitfor 15 firewall-cmd --state && systemctl restart docker && docker_rules_back "${1:-2}"
}
holds() {
	ok "$1: 192.168.1.1 gets in" gets_in 192.168.1.1 192.168.1.99 8080
	ok "$1: 192.168.1.50 is kept out" kept_out 192.168.1.50 192.168.1.99 8080
}
# flood NAME, for flood_failed; flood_allowed NAME and flood_served NAME DESCRIPTION: a client that has to get in each time.
flood() { flood_begin "$1" 1500 192.168.1.50 192.168.1.99 8080; }
flood_allowed() { flood_begin "allowed-$1" 100 -w 2000 192.168.1.1 192.168.1.99 8080; }
flood_served() {
	local counts
	stop_pid "${FLOODS[allowed-$1]}" 5
	counts=$(tail -n 1 "/run/flood.allowed-$1")
	[[ $counts =~ \ in=([0-9]+)\ .*refused=0\ lost=0\  && ${BASH_REMATCH[1]} -ge 100 ]]
	point $? "$2: $counts"
}
