# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# quaywalld.service as installed, under real systemd: enabling, no activation by the bus, sandbox, watchdog, reload, restarts,
# journal, restarts of firewalld, and what is left after quaywall is removed.

. /lab/t/probes.sh

# flood NAME [RATE]
flood() { flood_begin "$1" "${2:-1500}" 192.168.1.50 192.168.1.99 8080; }

main_pid() { systemctl show -P MainPID quaywalld; }
restarts() { systemctl show -P NRestarts quaywalld; }
restarted_since() { [ "$(restarts)" -gt "$1" ] && systemctl is-active -q quaywalld; }
# sorted: sets and counters are listed in order of creation
guard() { nft -s list table inet quaywall | sort; }
direct() { iptables -S DOCKER-USER && iptables -S QUAYWALL && iptables -S QUAYWALL-POLICY; }
# inside PATH: the path in the daemon's mount namespace, with its mount flags; no command can be run in there
inside() { echo "/proc/$(main_pid)/root$1"; }
# writable: the mounts that the daemon can write to, except the kernel's, its own, and /run/host, which only systemd-nspawn makes
writable() {
	local point points
	points=$(awk '{ print $5 }' "/proc/$(main_pid)/mountinfo") && [ -n "$points" ] || return
	for point in $points; do
		case $point in
		/proc | /proc/* | /dev | /dev/* | /sys/fs/cgroup/*/memory.pressure | /run/host/* | /tmp | /var/tmp) ;;
		/etc/quaywall/policies | /etc/quaywall/groups | /etc/docker | /run/quaywall | /var/lib/quaywall) ;;
		*) [ ! -w "$(inside "$point")" ] || echo "$point" ;;
		esac
	done
}
status_field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$(main_pid)/status"; }
# by name: for a process that has ended, the journal may no longer find the unit of its messages
messages() { journalctl -q -o cat --no-pager -b -t quaywalld; }
# cursor_now; since_cursor: the journal of quaywall's and systemd's units since then.
cursor_now() { CURSOR=$(journalctl -q --no-pager -n 0 --show-cursor | sed -n 's/^-- cursor: //p'); }
since_cursor() { journalctl -q -o cat --no-pager --after-cursor="$CURSOR" -u quaywalld -u quaywall-guard; }
# systemctl about a job that failed, and busctl about a name without owner for which nothing may be started
JOB_FAILED='Job for quaywall(d|-guard)\.service failed.*'
NOBODY='Call failed: The name .*'
holds() {
	ok "$1: 192.168.1.1 gets in" gets_in 192.168.1.1 192.168.1.99 8080
	ok "$1: 192.168.1.50 is kept out" kept_out 192.168.1.50 192.168.1.99 8080
}

image && web || die "Docker"

# the state before quaywall, to be compared with the one after it (sorted: the place of Docker's own rules depends on its
# version and on what ran before)
rules_now() {
	{
		iptables-save | sed 's/^/4 /'
		ip6tables-save | sed 's/^/6 /'
	} | grep -E '^. (-A|:.* -)' | sed 's/ \[.*//' | sort
}
# any call of ip6tables leaves its empty table behind
tables_now() { nft list tables | grep -v '^table ip6 filter$' | sort; }
# firewalld's files, except for its backups and for empty ones
files_now() {
	find /etc/firewalld -type f ! -name '*.old' ! -name direct.xml -exec md5sum {} + | sort -k 2
	grep -v -e '^<?xml' -e '^</*direct/*>' /etc/firewalld/direct.xml 2>/dev/null
}
# permanent, since quaywalld may have to reload firewalld; the port is for docker-proxy, which answers IPv6
firewall-cmd -q --permanent --zone=internal --add-port=8080/tcp
for interface in ext0 int0; do firewall-cmd -q --permanent --zone=internal --add-interface=$interface; done
# dockerd_fresh: dockerd writes its rules differently after a reload and at its start (reset-failed: docker.service allows three
# starts a minute)
dockerd_fresh() { systemctl reset-failed docker; systemctl restart docker && docker_rules_back 2; }
ok "firewalld reloads" fw_reload
ok "dockerd restarts" dockerd_fresh
rules_before=$(rules_now) tables_before=$(tables_now) files_before=$(files_now)

# ---- the unit file ----
# --man=no: in a root without man the pages are not found
for unit in quaywalld quaywall-guard; do
	ok "systemd-analyze verify finds nothing in $unit.service" systemd-analyze verify --man=no $unit.service
done
has_no_line '[Cc]ycle' "no ordering cycle with docker.service and firewalld.service" \
	eval 'systemd-analyze verify --man=no quaywalld.service docker.service firewalld.service 2>&1'
for unit in quaywalld quaywall-guard; do
	ok "systemd-analyze security: $unit.service is exposed 1.5 or less" \
		systemd-analyze security --no-pager --offline=true --threshold=15 $unit.service
	log "$(systemd-analyze security --no-pager --offline=true $unit.service | tail -n 1)"
done

# ---- the guard at boot: without a policy folder, and with one elsewhere ----
rm -rf /etc/quaywall
ok "the guard is loaded without policies" systemctl start quaywall-guard
has_no_line quaywall "and there is none" nft list tables
mkdir /etc/quaywall /srv/policies
printf '[quaywalld]\nPolicyDirectory=/srv/policies\n' >/etc/quaywall/quaywalld.conf
echo "<policy action='deny'><port port='81' protocol='tcp'/></policy>" >/srv/policies/elsewhere.xml
ok "and with policies in another folder" systemctl restart quaywall-guard
like p_elsewhere "$(guard)" "they are in it"
systemctl stop quaywall-guard
# as if systemd failed once to set up the sandbox
mkdir -p /run/systemd/system/quaywall-guard.service.d
cat >/run/systemd/system/quaywall-guard.service.d/once.conf <<'UNIT'
[Service]
ExecStartPre=+/bin/sh -c '[ -e /run/once ] || { touch /run/once; exit 226; }'
UNIT
systemctl daemon-reload
fails_with "$JOB_FAILED" "a start that fails for systemd's reasons" systemctl start quaywall-guard
ok "is tried again" waitfor 5 systemctl is-active quaywall-guard
rm -r /run/systemd/system/quaywall-guard.service.d
systemctl daemon-reload
systemctl stop quaywall-guard
nft delete table inet quaywall
# quaywalld creates its policy folder at its first start
rm -rf /etc/quaywall /srv/policies

# ---- starting and enabling ----
# nobody_starts_it: neither by a call, nor by asking the bus to start it; the bus answers once that is decided.
nobody_starts_it() {
	fails_saying "$NOBODY" as alice busctl call org.quaywall1 /org/quaywall1 org.quaywall1.Policies List &&
		fails_saying "$NOBODY" as alice busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
			StartServiceByName su org.quaywall1 0 && [ "$(systemctl is-active quaywalld)" = inactive ]
}
is inactive "$(systemctl is-active quaywalld)" "it does not run before it is started"
ok "no call of a user starts it" nobody_starts_it
like "systemctl start quaywalld" "$(quaywallctl status 2>&1)" "quaywallctl says how to start it"
is inactive "$(systemctl is-active quaywalld)" "and does not start it, not even root's"
ok "systemctl start" systemctl start quaywalld
is "$(main_pid)" "$(bus_pid org.quaywall1)" "the unit's process owns the name"
ok "systemctl stop" systemctl stop quaywalld
ok "a stopped service stays stopped, whoever calls" nobody_starts_it
ok "systemctl enable --now" systemctl enable --now quaywalld
ok "systemctl stop, enabled" systemctl stop quaywalld
ok "a stopped service stays stopped even if it is enabled" nobody_starts_it
ok "systemctl start again" systemctl start quaywalld
is "enabled active" "$(systemctl is-enabled quaywalld) $(systemctl is-active quaywalld)" "it is enabled and active"
is enabled "$(systemctl is-enabled quaywall-guard)" "so is the unit that loads the guard at boot"
ok "it owns its name as soon as enable --now returns" on_bus org.quaywall1
is idle "$(state)" "without policies it is idle"
empty "and has no problems" verify_finds

# ---- sandbox ----
is "0000000000001000 0000000000001000" "$(status_field CapEff) $(status_field CapBnd)" "its only capability is CAP_NET_ADMIN"
is "1 2" "$(status_field NoNewPrivs) $(status_field Seccomp)" "no new privileges, and a system call filter"
for path in /usr/x /usr/lib/x /usr/sbin/x /etc/x /etc/firewalld/x /etc/quaywall/quaywalld.conf; do
	fails_with 'touch: .*: Read-only file system' "it cannot write to $path" touch "$(inside $path)"
done
empty "nor to any mount but its own" writable
for folder in /etc/quaywall/policies /etc/quaywall/groups /run/quaywall /var/lib/quaywall /tmp /dev/shm; do
	ok "but to $folder" cp /bin/true "$(inside $folder/x)"
	"$(inside $folder/x)"
	is 126 $? "from where it cannot execute a file that it wrote"
	rm "$(inside $folder/x)"
done
for program in /bin/sh /usr/bin/env /usr/sbin/nft; do
	"$(inside $program)" </dev/null >/dev/null
	is 126 $? "it cannot execute $program"
done
nsenter -m -t "$(main_pid)" /bin/sh -c true
is 126 $? "nor is there a shell in its mount namespace"
ok "only itself" "$(inside /usr/sbin/quaywalld)" --version
is "0 0" "$(sed -n 's/^Max core file size *\([0-9]*\) *\([0-9]*\) .*/\1 \2/p' "/proc/$(main_pid)/limits")" "it leaves no core"
# the setting: in a container systemd may not be allowed to lower the value
is -800 "$(systemctl show -P OOMScoreAdjust quaywalld)" "others are killed first when there is no memory"
is "0077 700" "$(status_field Umask) $(stat -c %a /var/lib/quaywall)" "its files are private"

ok "a policy is set" quaywallctl allow-only web --from 192.168.1.1 --from fd01::1 --port 8080/tcp --on ext0
ok "the state becomes enforcing" waitfor 10 state_is enforcing
empty "and there are no problems" verify_finds
is "644 root:root" "$(stat -c '%a %U:%G' /etc/quaywall/policies/web.xml)" "the policy's file was written"
ok "and its last good copy" cmp /etc/quaywall/policies/web.xml /var/lib/quaywall/last-good/web.xml
ok "a group is set" quaywallctl group set office 192.168.1.1 --permanent
is "644 root:root" "$(stat -c '%a %U:%G' /etc/quaywall/groups/office.xml)" "the group's file was written"
ok "and its last good copy" cmp /etc/quaywall/groups/office.xml /var/lib/quaywall/last-good-groups/office.xml
ok "and deleted" quaywallctl group delete office --permanent
like "p_web" "$(guard)" "the guard table is in the kernel"
like "-j QUAYWALL" "$(iptables -S DOCKER-USER)" "DOCKER-USER leads to the policies"
like "quaywall:web" "$(iptables -S QUAYWALL-POLICY)" "which have the policy's rules"
holds "sandboxed"
ok "fd01::1 gets in" gets_in fd01::1 fd01::99 8080
ok "fd01::50 is kept out" kept_out fd01::50 fd01::99 8080
ok "a forward, which needs a policy of firewalld's" quaywallctl forward router --in ext0 --out int0
ok "and its removal" quaywallctl policy remove router
ok "a client gets in by UDP" gets_in 192.168.1.3 192.168.1.99 8080 udp
like '1 open connection would be' "$(quaywallctl --runtime deny now --from 192.168.1.3 --port 8080/udp --check)" \
	"its connection is known in the sandbox"
ok "a policy for now only, which cuts it" quaywallctl --runtime deny now --from 192.168.1.3 --port 8080/udp --cut
like 'forbid: 1 were cut' "$(messages)" "it is cut from the sandbox"
ok "its file is in /run" test -s /run/quaywall/policies/now.xml
like 'decides:.* nobody listens there' "$(quaywallctl explain --from 127.0.0.1 --to 127.0.0.1 --port 9/tcp)" \
	"listening sockets are known in the sandbox"
like 'docker-proxy takes it' "$(quaywallctl explain --from ::1 --to ::1 --port 8080/tcp)" "and so are those that are open"
# firewalld would reject here what the sandbox hides from it
ok "the zone is set up" quaywallctl zone ensure
ok "also permanently" quaywallctl zone add docker0 --permanent
ok "and back" quaywallctl zone remove docker0 --permanent
firewall-cmd -q --zone=trusted --change-interface=docker0
ok "a bridge in the wrong zone is detected in the sandbox" waitfor 10 eval 'quaywallctl verify | grep -q zone-interface'
ok "and moved back" quaywallctl zone add docker0 --replace --runtime
ok "which ends the problem" waitfor 10 state_is enforcing

# Docker's own settings: the command line of a process with more privileges, and a file elsewhere
engine_before=$(cat /etc/docker/daemon.json 2>/dev/null)
like '"iptables" b true' "$(busctl get-property org.quaywall1 /org/quaywall1 org.quaywall1.Engine Running)" "dockerd's settings are known"
ok "and its settings are written" quaywallctl engine set-default-address 192.168.1.99
like '"ip": "192.168.1.99"' "$(cat /etc/docker/daemon.json)" "in daemon.json"
is 644 "$(stat -c %a /etc/docker/daemon.json)" "which others may read as before"
ok "and back" quaywallctl engine set-default-address none
if [ -n "$engine_before" ]; then is "$engine_before" "$(cat /etc/docker/daemon.json)" "as it was"; else rm /etc/docker/daemon.json; fi

# ---- journal ----
like '"QUAYWALL_METHOD":"Policies.SetChecked"' "$(journalctl -q -o json --no-pager QUAYWALL_POLICY=web | tr -d ' ')" \
	"the journal has the change under QUAYWALL_POLICY=web"
like '"QUAYWALL_UID":"0"' "$(journalctl -q -o json --no-pager QUAYWALL_POLICY=web | tr -d ' ')" "with the user who made it"
like 'quaywalld.service' "$(journalctl -q -o json --no-pager QUAYWALL_STATE=enforcing)" "and the state under QUAYWALL_STATE"

# ---- stop, restart, crash: no forbidden connection gets in ----
guard_before=$(guard) direct_before=$(direct)
ok "it stops" systemctl stop quaywalld
is success "$(systemctl show -P Result quaywalld)" "in good order"
is "$guard_before" "$(guard)" "the guard stays"
is "$direct_before" "$(direct)" "the rules stay"
ok "the runtime policy stays" test -s /run/quaywall/policies/now.xml
holds "stopped"
ok "it starts" systemctl start quaywalld
is enforcing "$(state)" "and is enforcing when start returns"

monitor_start
flood restarts
for ((i = 1; i <= 5; i++)); do ok "restart $i" systemctl restart quaywalld; done
flood_failed restarts "the forbidden client never got in through 5 restarts"
ok "the kernel reported every change" monitor_stop
is "$guard_before" "$(guard)" "the guard is the same"
is "$direct_before" "$(direct)" "the rules are the same"
has_no_line '^delete rule ip6? filter|^delete (chain|table|set|element) (ip6? filter|inet quaywall)' \
	"and none was removed meanwhile" cat /run/monitor
# each start rewrites the guard, removing and adding rules in one transaction
empty "the guard's rules are replaced at once" awk '/^delete rule inet quaywall/ { gone++ } /^add rule inet quaywall/ { come++ }
	/^# new generation/ { if (gone != come) print gone + 0 " rules went, " come + 0 " came: " $0; gone = come = 0 }' /run/monitor
like 'delete rule inet quaywall' "$(head -n 50 /run/monitor)" "which was noticed"

before=$(restarts)
flood kill 5000
kill -KILL "$(main_pid)"
ok "killed, it is started again" waitfor 10 restarted_since "$before"
flood_failed kill "the forbidden client did not get in"
ok "it is enforcing again" waitfor 10 state_is enforcing
is "$guard_before" "$(guard)" "the guard is the same after the kill"
is "$direct_before" "$(direct)" "the rules are the same after the kill"

# ---- watchdog ----
mkdir -p /run/systemd/system/quaywalld.service.d
printf '[Service]\nWatchdogSec=2s\n' >/run/systemd/system/quaywalld.service.d/lab.conf
systemctl daemon-reload
systemctl restart quaywalld
before=$(restarts) pid=$(main_pid) quiet_since=$EPOCHSECONDS
sleep 6 # nothing happens in three times its time
is "$before $pid" "$(restarts) $(main_pid)" "it feeds the watchdog, and is still the same process"
log "quiet for $((EPOCHSECONDS - quiet_since)) s"
flood hang
kill -STOP "$pid"
ok "hung, it is killed and started again" waitfor 20 restarted_since "$before"
flood_failed hang "the forbidden client did not get in while it hung"
like "[Ww]atchdog timeout" "$(journalctl -q -o cat --no-pager -u quaywalld -u init.scope)" "because of the watchdog"
ok "it is enforcing after that" waitfor 10 state_is enforcing
holds "after the watchdog"
rm -r /run/systemd/system/quaywalld.service.d
systemctl daemon-reload
systemctl restart quaywalld

# ---- systemctl reload ----
for ((i = 1; i <= 5; i++)); do
	sed -i 's,192\.168\.1\.[0-9]*,192.168.1.2,' /etc/quaywall/policies/web.xml
	systemctl reload quaywalld || break
	nft list table inet quaywall | grep -q '192\.168\.1\.2[, ]' || break
	sed -i 's,192\.168\.1\.[0-9]*,192.168.1.1,' /etc/quaywall/policies/web.xml
	systemctl reload quaywalld || break
	nft list table inet quaywall | grep -q '192\.168\.1\.1[, ]' || break
done
is 6 "$i" "systemctl reload returns when the edited file is in force, 10 times"
echo '<policy' >/etc/quaywall/policies/broken.xml
cursor_now
fails_with "$JOB_FAILED" "systemctl reload fails for a file that cannot be used" systemctl reload quaywalld
like '^Call failed: .*broken\.xml:[0-9]*: .*all else was read$' "$(since_cursor)" "and for nothing else"
ok "which affects nothing else" gets_in 192.168.1.1 192.168.1.99 8080
rm /etc/quaywall/policies/broken.xml
ok "nor for long" systemctl reload quaywalld
ok "a policy for now only ends with a reload" test ! -e /run/quaywall/policies/now.xml
sed -i 's,192\.168\.1\.1,192.168.1.2,' /etc/quaywall/policies/web.xml
systemctl reload quaywalld
ok "192.168.1.2 gets in now" gets_in 192.168.1.2 192.168.1.99 8080
ok "192.168.1.1 does not any more" kept_out 192.168.1.1 192.168.1.99 8080
cp /etc/quaywall/policies/web.xml /run/web.xml
echo '<policy' >/etc/quaywall/policies/web.xml
systemctl reload quaywalld
is active "$(systemctl is-active quaywalld)" "a broken file does not end it"
like 'web.xml:' "$(quaywallctl verify)" "it is reported with file and line"
ok "the last good policy still lets 192.168.1.2 in" gets_in 192.168.1.2 192.168.1.99 8080
ok "and keeps 192.168.1.1 out" kept_out 192.168.1.1 192.168.1.99 8080
ok "it is restarted with the broken file" systemctl restart quaywalld
ok "192.168.1.2 gets in as before" gets_in 192.168.1.2 192.168.1.99 8080
ok "192.168.1.1 does not" kept_out 192.168.1.1 192.168.1.99 8080
like 'web.xml:' "$(quaywallctl verify)" "it is reported again"
systemctl stop quaywalld
nft delete table inet quaywall
cursor_now
fails_with "$JOB_FAILED" "the unit that loads the guard at boot fails" systemctl restart quaywall-guard
like 'web\.xml:[0-9]+: ' "$(since_cursor)" "and reports the broken file"
like '192\.168\.1\.2[, ]' "$(guard)" "and loads the last good policy"
ok "and quaywalld starts" systemctl start quaywalld
sed 's,192\.168\.1\.2,192.168.1.1,' /run/web.xml >/etc/quaywall/policies/web.xml
ok "once repaired, it is read" systemctl reload quaywalld
ok "and it is enforcing" waitfor 10 state_is enforcing
kill -HUP "$(main_pid)"
ok "SIGHUP reloads as well" waitfor 5 eval 'messages | grep -qi reload'
holds "after the reloads"
printf '[quaywalld]\nNonsense=1\n' >/etc/quaywall/quaywalld.conf
fails_with "$JOB_FAILED" "a wrong configuration file: it does not start" systemctl restart quaywalld
is "failed 0" "$(systemctl is-active quaywalld) $(restarts)" "and is not tried again and again"
like "Nonsense" "$(messages)" "the journal names the wrong key"
holds "failed"
rm /etc/quaywall/quaywalld.conf
ok "once repaired, it starts" systemctl restart quaywalld

# ---- restarts of firewalld ----
flood firewalld
ok "systemctl restart firewalld" systemctl restart firewalld
ok "it is there" waitfor 15 fw_running
docker_rules_back 2
ok "it is enforcing again without help" waitfor 20 state_is enforcing
flood_failed firewalld "the forbidden client did not get in meanwhile"
holds "after firewalld's restart"
flood alone
ok "systemctl stop firewalld" systemctl stop firewalld
ok "quaywalld reports it" waitfor 10 state_is degraded
like "firewalld-not-running" "$(quaywallctl verify)" "as a problem"
cursor_now
fails_with "$JOB_FAILED" "systemctl reload fails, as it cannot put everything in force" systemctl reload quaywalld
like '^Call failed: .*firewalld is not running' "$(since_cursor)" "and gives the reason"
is active "$(systemctl is-active quaywalld)" "but quaywalld stays"
systemctl kill -s KILL quaywalld
ok "killed, it starts again" waitfor 10 restarted_since 0
quaywallctl status >/dev/null
is inactive "$(systemctl is-active firewalld)" "and does not start the firewalld that was stopped by its administrator"
flood_failed alone "the forbidden client did not get in without firewalld"
ok "systemctl start firewalld" systemctl start firewalld
ok "it is there again" waitfor 15 fw_running
ok "dockerd, which was deaf to it, restarts" dockerd_fresh
ok "it is enforcing again" waitfor 20 state_is enforcing
holds "firewalld back"

# ---- quaywallctl log, from a real journal (in which the kernel has nothing: it logs packets of the host's own network only) ----
forged='quaywall:web IN=ext0 OUT= SRC=192.168.1.50 DST=192.168.1.99 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=TCP SPT=4000 DPT=8080'
systemd-cat -t kernel echo "$forged"
ok "a program writes such a line into the system journal" waitfor 5 eval 'journalctl -q -o cat -g "^quaywall:web IN=ext0" | grep -q DPT=8080'
empty "it is not taken for the kernel's" quaywallctl log
like 'Nothing was logged' "$(quaywallctl log web 2>&1)" "which is said"
# with a journalctl that takes such lines for the kernel's, it reads them
mkdir /run/bin
printf '#!/bin/bash\nexec /usr/bin/journalctl "${@/_TRANSPORT=kernel/_TRANSPORT=stdout}"\n' >/run/bin/journalctl
chmod 755 /run/bin/journalctl
like '^20[-0-9]+ [:0-9]+  web +192\.168\.1\.50 +192\.168\.1\.99 +8080/tcp  ext0$' "$(PATH=/run/bin:$PATH quaywallctl log web)" \
	"the journal's entries are read"
PATH=/run/bin:$PATH quaywallctl log --follow --json >/run/log.json 2>&1 &
follower=$!
ok "the last ones first" waitfor 5 grep -q '"policy":"web","source":"192.168.1.50","source-port":4000,' /run/log.json
systemd-cat -t kernel echo "${forged/quaywall:web/quaywall:db}"
ok "and what is blocked from then on" waitfor 5 grep -q '"policy":"db"' /run/log.json
kill $follower
ok "journalctl ends with it" waitfor 5 eval '! pidof journalctl'
fails_with 'quaywallctl: you may not read the kernel.s lines in the journal, .*; use sudo' "nor may everybody read those" as bob quaywallctl log

# ---- removal ----
uninstalled=$(quaywallctl uninstall-rules </dev/null)
is 0 $? "quaywallctl uninstall-rules"
log "$uninstalled"
is inactive "$(systemctl is-active quaywalld)" "quaywalld is stopped"
empty "they are not enabled any more" find /etc/systemd/system -name 'quaywall*'
is web.xml "$(ls /etc/quaywall/policies)" "the policy file is kept"
empty "and nothing else but settings" find /run /var/lib -maxdepth 1 -name quaywall
ok "192.168.1.50 gets in again" gets_in 192.168.1.50 192.168.1.99 8080
has_no_line 'quaywall|QUAYWALL' "nothing of it in the kernel" all_rules
is "$tables_before" "$(tables_now)" "nftables' tables are unchanged"
has_no_line '[Qq]uaywall|QUAYWALL' "nothing of it in firewalld's files" find /etc/firewalld -type f ! -name '*.old' -print -exec cat {} +
is "$files_before" "$(files_now)" "which are unchanged"
empty "nothing in firewalld's permanent direct configuration" direct_all --permanent
empty "nor rules in its runtime one" firewall-cmd --direct --get-all-rules
ok "firewalld reloads" fw_reload
ok "dockerd restarts" dockerd_fresh
empty "after which there are no chains either" firewall-cmd --direct --get-all-chains
is "$rules_before" "$(rules_now)" "every rule is unchanged"
# as "make uninstall" does
rm -rf /usr/sbin/quaywalld /usr/bin/quaywallctl /usr/share/quaywall /usr/lib/quaywall /etc/quaywall \
	/usr/lib/systemd/system/quaywall* /usr/share/dbus-1/*/org.quaywall1.* /usr/share/polkit-1/actions/org.quaywall1.policy
systemctl daemon-reload
busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
fails_with "$NOBODY" "uninstalled, nothing answers" busctl call org.quaywall1 /org/quaywall1 org.quaywall1.Policies List
is not-found "$(systemctl show -P LoadState quaywalld)" "and systemd does not know it"

# ---- the journal of all this ----
has_no_line "[Oo]rdering cycle" "no ordering cycle in the journal" journalctl -q -o cat --no-pager -b
empty "no error of quaywalld's in the journal" except 'Nonsense|web.xml:' journalctl -q --no-pager -b _COMM=quaywalld -p err -o cat
has_no_line '([Ss]eccomp|SECCOMP).*quaywalld|quaywalld.*SIGSYS' "no system call was refused by killing" journalctl -q --no-pager -b -o cat
