# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# quaywalld under its AppArmor profile, enforced: it does all that it does elsewhere, and nothing else. ./run has it run in a
# machine whose kernel has AppArmor, with the profile in /etc/apparmor.d, where apparmor.service loads it.

. /lab/t/probes.sh

TESTS=/usr/libexec/quaywall-tests
PROFILE=/etc/apparmor.d/usr.sbin.quaywalld

main_pid() { systemctl show -P MainPID quaywalld; }
label() { tr -d '\0\n' </proc/"$(main_pid)"/attr/current; }
# denied: what AppArmor denied the profile in this boot, by the kernel and by dbus-daemon
denied() { journalctl -q -b -o cat --no-pager | grep 'apparmor="DENIED"' | grep -E '(profile|label)="quaywalld"' | sed 's/.*apparmor=/apparmor=/; s/ pid=[0-9]*//' | sort -u; true; }
enforcing() { ok "$1: it is enforcing" waitfor 30 state_is enforcing; }
holds() {
	ok "$1: 192.168.1.1 gets in" gets_in 192.168.1.1 192.168.1.99 8080
	ok "$1: 192.168.1.50 is kept out" kept_out 192.168.1.50 192.168.1.99 8080
}
docker_is_back() { docker_answers && published_rules_are 2; }

[ -e /sys/kernel/security/apparmor/profiles ] || die "this kernel has no AppArmor, see ./run"
is "quaywalld (enforce)" "$(grep '^quaywalld ' /sys/kernel/security/apparmor/profiles)" "boot $LAB_BOOT: the profile is loaded, in enforce mode"

if [ "$LAB_BOOT" = 1 ]; then
	log "$(uname -r), AppArmor mediates: $(cd /sys/kernel/security/apparmor/features && echo *)"
	image && web || die "Docker"
	# what quaywall 0.1 left
	firewall-cmd -q --permanent --new-policy=quaywall-00c0ffee && firewall-cmd -q --permanent --policy=quaywall-00c0ffee --set-target=ACCEPT &&
		firewall-cmd -q --permanent --policy=quaywall-00c0ffee --add-ingress-zone=external &&
		firewall-cmd -q --permanent --policy=quaywall-00c0ffee --add-egress-zone=internal && fw_reload || die "a policy of firewalld's"
	mkdir -p /etc/quaywall/policies
	echo '<policy action="deny"><port port="81" protocol="tcp"/><source address="203.0.113.1"/></policy>' >/etc/quaywall/policies/old.xml
	# as the package does
	ok "it is enabled and started" systemctl enable --now quaywalld
	is "quaywalld (enforce)" "$(label)" "with the profile"
	like '\bold\b' "$(quaywallctl policy names)" "and has the policy of before"
	has_no_line quaywall-00c0ffee "and removes what 0.1 left in firewalld" firewall-cmd --permanent --get-policies
	docker_rules_back 2

	# ---- policies ----
	ok "a policy" quaywallctl allow-only web --from 192.168.1.1 --port 8080/tcp --on ext0
	enforcing "a policy"
	empty "without problems" verify_finds
	holds "a policy"
	ok "it is edited" quaywallctl policy edit web --add-from 192.168.1.2 --add-from fd01::1
	ok "for a time" quaywallctl policy edit web --add-from 192.168.1.3 --for 8h
	ok "another" quaywallctl deny old --replace --port 81/tcp
	ok "is disabled" quaywallctl policy disable old
	ok "renamed" quaywallctl policy rename old older
	ok "and removed" quaywallctl policy remove older
	ok "by container, which Docker has to name" quaywallctl deny db --container web --from 203.0.113.0/24
	ok "a group" quaywallctl group set office 203.0.113.7
	ok "now only" quaywallctl group set guests 203.0.113.8 --runtime
	ok "of firewalld's, too" eval 'firewall-cmd -q --permanent --new-ipset=lan --type=hash:net && fw_reload'
	docker_rules_back 2
	ok "a policy names them" quaywallctl allow-only sets --from ipset:lan group:office --port 9000/tcp
	ok "firewalld's zones decide" quaywallctl obey-zones zoned --port 9001/tcp
	ok "a forward" quaywallctl forward router --in ext0 --out int0
	# the next call can take longer than the 30 s for which the kernel remembers a UDP connection
	sysctl -q net.netfilter.nf_conntrack_udp_timeout=600 net.netfilter.nf_conntrack_udp_timeout_stream=600
	ok "a client gets in by UDP" gets_in 192.168.1.3 192.168.1.99 8080 udp
	ok "a policy for now, which ends its connection" quaywallctl --runtime deny now --from 192.168.1.3 --port 8080/udp --cut
	like 'forbid: 1 were cut' "$(journalctl -q -b -o cat --no-pager -t quaywalld)" "that is what it did"
	said=$(quaywallctl deny later --from 192.168.1.2 --confirm-within 900 </dev/null)
	is 0 $? "a change that waits"
	ok "is undone" quaywallctl policy rollback "$said"
	said=$(quaywallctl deny later --from 203.0.113.9 --confirm-within 900 </dev/null)
	ok "another is confirmed" quaywallctl policy confirm "$said"
	ok "and undone" quaywallctl undo
	like 'later' "$(quaywallctl history)" "the history has it"
	ok "what is in force becomes permanent" quaywallctl runtime-to-permanent
	ok "policies are exported and imported" eval 'quaywallctl policy export >/run/policies.json && quaywallctl policy import --replace /run/policies.json'
	ok "a single rule" quaywallctl direct add ipv4 7 -- -s 203.0.113.10 -j DROP
	ok "and its removal" quaywallctl direct remove ipv4 7 -- -s 203.0.113.10 -j DROP
	ok "counters" quaywallctl policy counters

	# ---- what is, and why ----
	ok "the ports" quaywallctl ports
	ok "an explanation" quaywallctl explain --from 192.168.1.1 --to 192.168.1.99 --port 8080/tcp
	like 'docker-proxy takes it' "$(quaywallctl explain --from ::1 --to ::1 --port 8080/tcp)" "of what the host itself takes"
	ok "another way in" eval 'quaywallctl explain --from 192.168.1.50 --to 192.168.1.99 --port 22/tcp; true'

	# ---- the zone, and Docker's settings ----
	ok "the zone" quaywallctl zone ensure
	ok "also permanently" quaywallctl zone add docker0 --permanent
	ok "and back" quaywallctl zone remove docker0 --permanent
	ok "Docker's settings" quaywallctl engine set-default-address 192.168.1.99
	like '"ip": "192.168.1.99"' "$(cat /etc/docker/daemon.json)" "are in daemon.json"
	ok "and back" quaywallctl engine set-default-address none
	like '"iptables" b true' "$(busctl get-property org.quaywall1 /org/quaywall1 org.quaywall1.Engine Running)" "and dockerd's command line is known"
	ok "its networks" quaywallctl engine networks

	# ---- labels, which are read at the start ----
	printf '[quaywalld]\nLabels=yes\n' >/etc/quaywall/quaywalld.conf
	ok "systemctl restart" systemctl restart quaywalld
	web labelled 8082 --label=org.quaywall.allow-only=192.168.1.1 || die "a container"
	ok "a container's labels are read" waitfor 30 eval 'quaywallctl policy names | grep -q labelled'
	docker rm -f labelled >/dev/null

	# ---- others ----
	is 3 "$(as alice quaywallctl --no-ask-password policy list >/dev/null 2>&1; echo $?)" "a user without rights, about whom polkit is asked"
	polkit_allow alice org.quaywall1.read org.quaywall1.manage-policies
	ok "with rights" as alice quaywallctl --no-ask-password policy list
	ok "to change something" as alice quaywallctl --no-ask-password deny hers --from 203.0.113.11
	polkit_reset

	# ---- events ----
	ok "systemctl reload" systemctl reload quaywalld
	ok "a reload of firewalld" fw_reload
	enforcing "a reload of firewalld"
	nft delete table inet quaywall
	ok "the guard is loaded again" waitfor 10 nft list table inet quaywall
	enforcing "a guard that was deleted"
	ok "a restart of firewalld" systemctl restart firewalld
	docker_rules_back 2
	enforcing "a restart of firewalld"
	ok "a network" docker network create front
	systemctl stop docker docker.socket
	ok "a restart of Docker" systemctl start docker
	ok "its containers are there" waitfor 30 docker_is_back
	enforcing "a restart of Docker"
	kill -KILL "$(main_pid)"
	ok "killed, it is there again" waitfor 10 on_bus org.quaywall1
	enforcing "killed"
	is "quaywalld (enforce)" "$(label)" "with the profile"
	holds "after all that"
	empty "AppArmor has denied it nothing" denied
	boot_reboot
fi

# ---- the next boot ----
is "active active" "$(systemctl is-active quaywall-guard quaywalld | paste -sd' ')" "the guard was loaded at boot, and quaywalld runs"
is "quaywalld (enforce)" "$(label)" "with the profile"
ok "the container is there" waitfor 30 docker_is_back
enforcing "boot 2"
holds "boot 2"
ok "the guard's unit again" systemctl restart quaywall-guard
ok "everything is removed" eval 'quaywallctl uninstall-rules </dev/null'
has_no_line 'quaywall|QUAYWALL' "from the kernel" all_rules
docker_rules_back 2
empty "also its folders" find /run /var/lib -maxdepth 1 -name quaywall
ok "192.168.1.50 gets in again" gets_in 192.168.1.50 192.168.1.99 8080
empty "and AppArmor has denied it nothing" denied
has_no_line '[Pp]ermission denied|EACCES|not permitted' "nor does it say so" journalctl -q -b -o cat --no-pager -t quaywalld

# ---- and nothing else ----
# under_profile CMD...: with the profile from its start
under_profile() { aa-exec -p quaywalld -- "$@"; }
ends_with() { is "$(printf "%s: $1\n" "${@:3}")" "$(under_profile $TESTS/confined "${@:3}")" "$2"; }
mkdir -p /etc/apparmor.d/local /run/quaywall /var/lib/quaywall
cat >/etc/apparmor.d/local/usr.sbin.quaywalld <<RULES
$TESTS/confined mr,
RULES
ok "the profile, with what these tests run" apparmor_parser -r $PROFILE
ends_with ok "its own folders" make=/etc/quaywall/policies/x make=/etc/quaywall/groups/x make=/run/quaywall/x make=/var/lib/quaywall/x netfilter exists=1
ends_with EACCES "no secrets" read=/etc/shadow read=/etc/gshadow read=/proc/1/environ read=/proc/1/mem list=/root list=/home list=/var/lib/docker read=/dev/kmsg
ends_with EACCES "no other file" write=/etc/passwd make=/etc/docker/x make=/etc/quaywall/x write=/etc/quaywall/quaywalld.conf make=/tmp/x make=/usr/lib/x \
	make=/etc/firewalld/zones/x.xml make=/etc/systemd/system/x make=/run/x
ends_with EACCES "no program" exec=/bin/sh exec=/usr/bin/env exec=/usr/bin/busctl exec=/usr/sbin/nft exec=/usr/sbin/quaywalld
ends_with EACCES "no signals" kill=1
ends_with EACCES "no network" inet inet6 packet
ends_with EACCES "no mounts" mount
ends_with EPERM "no other capability" umount chroot setuid hostname
like 'profile="quaywalld" name="/etc/shadow"' "$(denied)" "which is in the journal"
is "read=/etc/shadow: ok
write=/etc/passwd: ok
make=/tmp/x: ok
list=/root: ok
kill=1: ok
inet: ok
mount: ok
umount: ok
chroot: ok" "$($TESTS/confined read=/etc/shadow write=/etc/passwd make=/tmp/x list=/root kill=1 inet mount umount chroot)" "without the profile all of this is possible"
