# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What somebody who has taken quaywalld over cannot do: docs/SECURITY.md, "If quaywalld itself is taken over". confined.c tries it
# in the sandboxes of both units, as installed.

PROBE=/usr/libexec/quaywall-tests/confined

# sandbox UNIT: makes probe.service, with all of UNIT but its program.
sandbox() {
	mkdir -p /run/systemd/system/probe.service.d
	sed '/^\(After\|Before\|Wants\|Conflicts\|BusName\|Type\|ExecStart\|ExecReload\|Restart\|RestartPreventExitStatus\|WatchdogSec\|RemainAfterExit\)=/d' \
		"/usr/lib/systemd/system/$1.service" >/run/systemd/system/probe.service
	cat >/run/systemd/system/probe.service.d/probe.conf <<-UNIT
		[Unit]
		StartLimitIntervalSec=0
		[Service]
		Type=oneshot
		ExecStart=$PROBE \$ATTEMPTS
		EnvironmentFile=/run/attempts
		StandardOutput=truncate:/run/attempted
		ExecPaths=$PROBE
		BindReadOnlyPaths=$PROBE
	UNIT
	systemctl daemon-reload
}
# probe ATTEMPT...: what came of them, by one process in the sandbox
probe() {
	echo "ATTEMPTS=$*" >/run/attempts
	systemctl start probe
	cat /run/attempted
}
# ends_with RESULT DESCRIPTION ATTEMPT...: each of them comes to this, one of "A|B", and all were tried.
ends_with() { ok "$2" all_end_with "$1" "$(probe "${@:3}")" "${@:3}"; }
all_end_with() {
	printf '%s\n' "$2"
	[ "$(sed -E "s/: ($1)\$//" <<<"$2")" = "$(printf '%s\n' "${@:3}")" ]
}
# kills ATTEMPT: SIGSYS, before it returns
kills() {
	echo "ATTEMPTS=$1" >/run/attempts
	fails_saying 'Job for probe\.service failed.*' systemctl start probe || return
	[ ! -s /run/attempted ] && [ "$(systemctl show -P ExecMainStatus probe)" = 31 ]
}

ok "quaywalld was started once, so that its folders exist" eval 'systemctl start quaywalld && systemctl stop quaywalld'
victim=$(systemctl show -P MainPID dbus)

for unit in quaywalld quaywall-guard; do
	sandbox $unit
	ends_with ok "$unit: what it needs" netfilter make=/etc/quaywall/policies/x make=/etc/quaywall/groups/x
	ends_with EPERM "it starts no process and no thread" fork
	ends_with EACCES "it executes no program" exec=/bin/sh exec=/usr/bin/env exec=/usr/sbin/nft exec=/usr/bin/docker
	ends_with "EPERM|EACCES" "nor code that it wrote" memfd write-and-execute make-executable
	ends_with EAFNOSUPPORT "it opens no connection over the network, and sends no packets of its own" inet inet6 packet
	ends_with EPERM "nor does it listen" listen
	ends_with EROFS "it writes only to its own folders" make=/x make=/etc/x make=/etc/firewalld/x make=/etc/quaywall/x \
		make=/etc/systemd/system/x make=/usr/x make=/usr/lib/x make=/var/x make=/run/x make=/run/systemd/system/x make=/run/docker/x make=/run/lock/x make=/srv/x make=/boot/x \
		write=/etc/quaywall/quaywalld.conf write=/etc/passwd write=/usr/sbin/quaywalld
	ends_with "EROFS|ENOENT" "nor to the kernel's settings" write=/proc/sys/net/ipv4/ip_forward write=/proc/sysrq-trigger write=/sys/kernel/rcu_expedited
	ends_with EACCES "it reads no home folder" list=/home list=/root
	ends_with ENOENT "it has no devices" read=/dev/mem read=/dev/kmsg read=/dev/fuse read=/dev/net/tun
	ends_with EPERM "and makes none" mknod
	ends_with ENOENT "it reads nothing of the kernel" read=/proc/kcore read=/proc/kallsyms read=/proc/kmsg read=/proc/keys
	ends_with EACCES "it looks into no other process" read=/proc/1/environ "read=/proc/$victim/environ" "read=/proc/$victim/mem"
	ends_with EPERM "it becomes no other user, gives files away, or leaves programs that run as root" setuid chown suid
	ends_with EPERM "it takes no more than its share of the machine" priority realtime
	ends_with EPERM "other calls are refused" hostname keyring io_uring personality
	ends_with "ENOSYS|EPERM" "so are those that nobody knows" unknown
	for attempt in mount umount chroot unshare userns setns module kexec reboot swap clock bpf perf handle memory trace=1; do
		ok "$unit: it is killed for $attempt" kills $attempt
	done
done
sandbox quaywalld
ends_with ok "what root can still do without AppArmor is as docs/SECURITY.md says" read=/etc/shadow read=/proc/1/cmdline exists=1 kill=1
ends_with ok "only quaywalld keeps a state, and settings of Docker" make=/run/quaywall/x make=/var/lib/quaywall/x make=/etc/docker/x
sandbox quaywall-guard
ends_with "EROFS|ENOENT" "not the guard's unit" make=/run/quaywall/x make=/var/lib/quaywall/x make=/etc/docker/x

# that a refusal comes from the sandbox, and not from the attempt
rm -r /run/systemd/system/probe.service /run/systemd/system/probe.service.d
systemctl daemon-reload
is "fork: ok
listen: ok
inet: ok
make=/etc/x: ok
list=/root: ok
memfd: ok
setuid: ok" "$($PROBE fork listen inet make=/etc/x list=/root memfd setuid)" "without the sandbox all of this is possible"
like 'chroot: ok' "$($PROBE chroot)" "and so is what it is killed for"

# A call that is forbidden ends quaywalld loudly, and what policies forbid stays forbidden (10-unit has the same with a kill).
has_no_line 'status=31/SYS' "quaywalld was never killed for one" journalctl -q -b -o cat --no-pager -u quaywalld -u quaywall-guard
like 'probe.service: Main process exited, code=(killed|dumped), status=31/SYS' "$(journalctl -q -b -o cat --no-pager -u probe)" \
	"the journal has each"
