#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The AppArmor profile: this apparmor_parser takes it, it allows what the units do, and no more.
. "$(dirname "$0")/tap.sh"
needs apparmor_parser python3
PROFILE=packaging/apparmor/usr.sbin.quaywalld
units=${TOP_BUILDDIR:-.}/systemd
[ -e /etc/apparmor.d/abi/3.0 ] || { echo "1..0 # SKIP AppArmor's abi/3.0 is not installed"; exit 0; }

# quietly CMD...: whether or not this kernel has AppArmor, and whatever the abstractions warn about
quietly() {
	local said rc
	said=$("$@" 2>&1)
	rc=$?
	grep -vE '^(Cache read/write disabled|Warning from .*abstractions/.* features abi)' <<<"$said"
	return $rc
}
# for a kernel with all that abi/3.0 has
parser() { quietly apparmor_parser --warn=all --kernel-features=/etc/apparmor.d/abi/3.0 -Q -K $PROFILE; }
profile() { quietly python3 tests/lint/confinement.py "$1" $PROFILE "${@:2}"; }

# setting NAME UNIT: the words of all its lines, without "-" before a path
setting() { sed -n "s/^$1=//p" "$units/$2" | tr ' ' '\n' | sed 's/^-//'; }
# written UNIT: the folders that it may write to
written() {
	setting ReadWritePaths "$1" | grep -v '^/etc/docker$'
	setting ConfigurationDirectory "$1" | sed 's,^,/etc/,'
	setting RuntimeDirectory "$1" | sed 's,^,/run/,'
	setting StateDirectory "$1" | sed 's,^,/var/lib/,'
}
granted() {
	local folder
	while read -r folder; do profile grants rw "$folder/" "$folder/x" "$folder/x.new"; done < <(written "$1" | sort -u)
}
count() { [ "$(written quaywalld.service | sort -u | wc -l)" = 4 ] || { echo "the folders of quaywalld.service:"; written quaywalld.service; }; }
reads() {
	profile grants r /etc/quaywall/quaywalld.conf /usr/lib/quaywall/policies/ /usr/lib/quaywall/policies/x.xml \
		/usr/share/quaywall/docker.xml /etc/firewalld/direct.xml /etc/firewalld/zones/docker.xml /run/docker.pid /etc/docker/daemon.json
}
writes() { profile grants w /etc/docker/daemon.json /etc/docker/.daemon.json.quaywall /run/docker.sock /run/dbus/system_bus_socket /run/systemd/notify; }
leftovers() { profile grants w /etc/firewalld/direct.xml /etc/firewalld/direct.xml.old /etc/firewalld/zones/docker.xml /etc/firewalld/policies/quaywall-forward.xml; }
secrets() {
	profile denies r /etc/shadow /etc/gshadow /root/.ssh/id_ed25519 /home/alice/.ssh/id_ed25519 /etc/ssl/private/key.pem /etc/ssh/ssh_host_rsa_key \
		/var/lib/docker/x /dev/mem /dev/sda /dev/kmsg /proc/kcore /proc/1/environ /proc/1/mem /boot/x /etc/docker/key.json
}
foreign() {
	profile denies w /etc/quaywall/quaywalld.conf /etc/quaywall/ /etc/passwd /etc/firewalld/firewalld.conf /etc/firewalld/zones/public.xml \
		/etc/firewalld/policies/vpn.xml /etc/docker/key.json /usr/lib/quaywall/policies/x.xml /usr/sbin/quaywalld /usr/lib/x.so \
		/proc/sys/net/ipv4/ip_forward /proc/1/mem /run/docker.pid /tmp/x /var/tmp/x /dev/shm/x /etc/systemd/system/x.service
}
executed() { profile denies x /bin/sh /usr/bin/busctl /usr/sbin/quaywalld /usr/sbin/nft /var/lib/quaywall/x /run/quaywall/x /etc/quaywall/policies/x; }
mapped() { profile denies m /var/lib/quaywall/x.so /run/quaywall/x.so /etc/quaywall/policies/x.so /tmp/x.so; }
capabilities() {
	local bounding mine
	bounding=$(setting CapabilityBoundingSet quaywalld.service | tr '[:upper:]' '[:lower:]' | sed 's/^cap_//' | sort)
	mine=$(sed -n 's/^ *capability \(.*\),$/\1/p' $PROFILE | tr ' ' '\n' | sort)
	[ "$bounding" = "$mine" ] || echo "the unit has $bounding, the profile $mine"
}
families() {
	local unit mine
	unit=$(setting RestrictAddressFamilies quaywalld.service | tr '[:upper:]' '[:lower:]' | sed 's/^af_//' | sort -u)
	mine=$(sed -n 's/^ *network \([a-z0-9]*\).*/\1/p' $PROFILE | sort -u)
	[ "$unit" = "$mine" ] || echo "the unit has $unit, the profile $mine"
}
# a profile with flags=(complain) denies nothing
enforces() { ! grep -nE '^profile .*flags=' $PROFILE; }

check "the parser takes it" parser
check "it is enforced" enforces
check "the folders of the unit are found" count
check "it allows the folders of quaywalld.service" granted quaywalld.service
check "and those of quaywall-guard.service" granted quaywall-guard.service
check "and what quaywalld reads" reads
check "and Docker's settings, and sockets" writes
check "and what --remove-rules deletes" leftovers
check "it has the unit's capability" capabilities
check "and address families" families
check "it does not allow reading secrets" secrets
check "nor writing what others own" foreign
check "nor executing anything" executed
check "nor mapping what was written" mapped

finish
