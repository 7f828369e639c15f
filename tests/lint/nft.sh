#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# nft and iptables accept the golden renderings. Runs in a network namespace of its own and changes nothing.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:/usr/sbin:/sbin
needs nft unshare
apart="unshare --map-root-user --net"
[ "$(id -u)" != 0 ] || apart="unshare --net"
if ! $apart nft list ruleset >/dev/null 2>&1; then
	echo "1..0 # SKIP no network namespace of our own, or no nftables in it"
	exit 0
fi

for file in tests/unit/golden/*.nft; do
	check "$file" $apart nft --check --file "$file"
done

# Each line is FAMILY CHAIN PRIORITY ARGS...; chains are declared before rules jump to them.
iptables_takes() {
	local family=$1 command=iptables
	[ "$family" = ipv4 ] || command=ip6tables
	{
		printf '*filter\n:DOCKER-USER - [0:0]\n:QUAYWALL - [0:0]\n:QUAYWALL-POLICY - [0:0]\n'
		# firewalld makes one rule per comma-separated address; the first one is enough here
		sed -nE "s/^$family ([A-Z-]+) [0-9]+ /-A \\1 /p" "$2" | sed -E 's/(-s [^ ,]+),[^ ]*/\1/'
		echo COMMIT
	} | $apart $command-restore --test
}
if command -v iptables-restore >/dev/null; then
	for file in tests/unit/golden/*.direct; do
		check "$file ipv4" iptables_takes ipv4 "$file"
		check "$file ipv6" iptables_takes ipv6 "$file"
	done
else
	skip "tests/unit/golden/*.direct" "iptables is not installed"
fi
finish
