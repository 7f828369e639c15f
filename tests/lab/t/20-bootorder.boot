# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boots with policies in place: Docker and firewalld in this and other orders that occur. The network "early" is up before
# firewalld starts, and its forbidden client tries from then on.

state() { busctl get-property org.quaywall1 /org/quaywall1 org.quaywall1.Manager State 2>/dev/null | tr -d '"' | cut -d' ' -f2; }
state_is() { [ "$(state)" = "$1" ]; }
# entered UNIT: when it became active, in microseconds; begun UNIT: when its start began
entered() { systemctl show -P ActiveEnterTimestampMonotonic "$1"; }
begun() { systemctl show -P InactiveExitTimestampMonotonic "$1"; }
before() { log "$1 < $2"; [ "$1" -gt 0 ] && [ "$1" -lt "$2" ]; }
no_cycle() { has_no_line '[Oo]rdering cycle' "boot $LAB_BOOT: no ordering cycle" journalctl -q -o cat --no-pager -b; }
# Whether its unit is "active" before it owns its bus name (Debian sid): then a Docker that does not wait for quaywalld never
# listens to it.
firewalld_is_late() { [ "$(systemctl show -P Type firewalld)" != dbus ]; }
early() { ip netns exec early python3 /lab/netprobe.py probe "$1" 192.168.7.99 8080 tcp "$2" >/dev/null; }
early_keeps_the_line() {
	systemctl stop early-flood
	attempts=0 connected=none
	read -r attempts connected </run/flood.out
	log "the forbidden client tried $attempts times since before firewalld started"
	[ "$attempts" -gt 100 ]
	point $? "boot $LAB_BOOT: the forbidden client tried all the time"
	is 0 "$connected" "boot $LAB_BOOT: and never got in"
	ok "boot $LAB_BOOT: the allowed one gets in" early 192.168.7.1 5
	early 192.168.7.50 1
	is 1 $? "boot $LAB_BOOT: the forbidden one does not"
}

make_early() {
	cat >/usr/local/bin/early-net <<'SH'
#!/bin/sh -e
ip netns add early
ip link add early0 type veth peer name host0 netns early
ip addr add 192.168.7.99/24 dev early0
ip -n early addr add 192.168.7.1/24 dev host0
ip -n early addr add 192.168.7.50/24 dev host0
ip link set early0 up
ip -n early link set host0 up
SH
	cat >/usr/local/bin/early-flood <<'PY'
#!/usr/bin/python3
"""Fresh TCP connections from 192.168.7.50 to 192.168.7.99:8080 until SIGTERM, then "ATTEMPTS CONNECTED"."""
import selectors, signal, socket, sys, time
poll, attempts, connected, going = selectors.DefaultSelector(), 0, 0, True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
pending = {}
while going:
    while len(pending) < 16:
        s = socket.socket()
        s.setblocking(False)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.bind(("192.168.7.50", 0))
        s.connect_ex(("192.168.7.99", 8080))
        attempts += 1
        pending[s] = time.monotonic() + 0.05
        poll.register(s, selectors.EVENT_WRITE)
    done = {key.fileobj for key, _ in poll.select(0.01)}
    now = time.monotonic()
    for s in [s for s, end in pending.items() if s in done or end < now]:
        connected += s in done and s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        poll.unregister(s)
        del pending[s]
        s.close()
    # until Docker answers, every attempt is refused at once
    time.sleep(0.005)
open("/run/flood.out", "w").write(f"{attempts} {connected}\n")
PY
	chmod +x /usr/local/bin/early-net /usr/local/bin/early-flood
	cat >/etc/systemd/system/early-flood.service <<'UNIT'
[Unit]
DefaultDependencies=no
After=systemd-remount-fs.service systemd-tmpfiles-setup.service
Before=dbus.service firewalld.service quaywalld.service docker.service
[Service]
ExecStartPre=/usr/local/bin/early-net
ExecStart=ip netns exec early /usr/local/bin/early-flood
[Install]
WantedBy=sysinit.target
UNIT
	systemctl daemon-reload
	systemctl enable -q early-flood
}

case $LAB_BOOT in
1)
	image && web || die "Docker"
	if firewalld_is_late; then systemctl restart docker && docker_rules_back 2 || die "a Docker that listens to firewalld"; fi
	make_early
	ok "quaywalld is enabled and started" systemctl enable --now quaywalld
	ok "a policy is set" quaywallctl allow-only web --from 192.168.7.1 --from 192.168.1.1 --port 8080/tcp
	ok "it is enforcing" waitfor 10 state_is enforcing
	ok "a change that nobody will confirm blocks everybody" quaywallctl deny mistake --port 8080/tcp --confirm-within 3600
	ok "so is the client that the policy allows" kept_out 192.168.1.1 192.168.1.99 8080
	boot_reboot
	;;

2) # everything enabled
	ok "boot 2: the change that nobody confirmed is undone" waitfor 15 prints_no mistake quaywallctl policy list
	for unit in firewalld quaywalld docker; do
		is active "$(systemctl is-active $unit)" "boot 2: $unit.service is active"
	done
	ok "firewalld ran before quaywalld started" before "$(entered firewalld)" "$(begun quaywalld)"
	ok "quaywalld was ready before dockerd started" before "$(entered quaywalld)" "$(begun docker)"
	ok "the guard was loaded before the network" before "$(entered quaywall-guard)" "$(entered network-pre.target)"
	ok "the flood began before firewalld" before "$(entered early-flood)" "$(begun firewalld)"
	no_cycle
	ok "boot 2: enforcing without help" waitfor 15 state_is enforcing
	empty "boot 2: no problems" verify_finds
	log "quaywalld took $((($(entered quaywalld) - $(begun quaywalld)) / 1000)) ms of the boot"
	is 0 "$(systemctl show -P NRestarts quaywalld)" "boot 2: it did not need a second start"
	early_keeps_the_line
	ok "boot 2: 192.168.1.1 gets in" gets_in 192.168.1.1 192.168.1.99 8080
	ok "boot 2: 192.168.1.50 is kept out" kept_out 192.168.1.50 192.168.1.99 8080
	# for the next boot: Docker starts later than everything else
	systemctl mask -q docker.service docker.socket
	boot_reboot
	;;

3) # Docker later
	no_cycle
	ok "boot 3, no Docker: quaywalld is active" waitfor 15 systemctl is-active -q quaywalld
	log "state without Docker: $(state)"
	is inactive "$(systemctl is-active docker)" "Docker is not"
	systemctl unmask -q docker.service docker.socket
	ok "Docker is started" systemctl start docker
	ok "quaywalld becomes enforcing by itself" waitfor 15 state_is enforcing
	early_keeps_the_line
	ok "boot 3: 192.168.1.50 is kept out" kept_out 192.168.1.50 192.168.1.99 8080
	ok "boot 3: DOCKER-USER has the rules" eval 'iptables -S DOCKER-USER | grep -q "j QUAYWALL" && iptables -S QUAYWALL-POLICY | grep -q quaywall:web'
	ok "Docker restarts" systemctl restart docker
	ok "quaywalld is enforcing again" waitfor 15 state_is enforcing
	systemctl mask -q firewalld
	boot_reboot
	;;

4) # no firewalld: the guard alone enforces
	no_cycle
	is "active inactive active" "$(systemctl is-active quaywalld) $(systemctl is-active firewalld) $(systemctl is-active docker)" \
		"boot 4, firewalld masked: quaywalld and Docker are active"
	ok "quaywalld reports that not everything is in force" state_is degraded
	like firewalld-not-running "$(quaywallctl verify)" "because firewalld is not running"
	early_keeps_the_line
	systemctl stop quaywalld
	nft delete table inet quaywall
	ok "started without a table and without firewalld" systemctl start quaywalld
	ok "quaywalld makes the guard" eval 'nft list table inet quaywall | grep -q quaywall:web'
	early 192.168.7.50 1
	is 1 $? "which keeps the forbidden client out"
	systemctl unmask -q firewalld
	ok "firewalld is started" systemctl start firewalld
	ok "and there" waitfor 15 fw_running
	# FACTS: a Docker that started without firewalld never listens to it
	ok "and dockerd restarted" systemctl restart docker
	ok "quaywalld becomes enforcing by itself" waitfor 15 state_is enforcing
	systemctl disable -q quaywalld
	boot_reboot
	;;

5) # quaywalld disabled: permanent rules are in force without it
	no_cycle
	is inactive "$(systemctl is-active quaywalld)" "boot 5: quaywalld does not run"
	like "-j QUAYWALL" "$(iptables -S DOCKER-USER)" "the permanent rules are in DOCKER-USER"
	like "quaywall:web" "$(iptables -S QUAYWALL-POLICY)" "and where it leads"
	if firewalld_is_late; then
		skip "boot 5: the forbidden client never gets in" "Docker started before firewalld, since nothing makes it wait then"
	else
		early_keeps_the_line
	fi
	;;
esac
