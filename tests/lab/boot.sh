#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# boot.sh ROOT SCRIPT [ARG...]
#     Boots an overlay of ROOT with its real systemd, firewalld.service and docker.service (in systemd-nspawn, with
#     a private network and cgroup v2, whatever the host has), and runs SCRIPT (bash, with lib.sh loaded) as a unit
#     after them: for units, sandboxes, activation, boot order, reboots and the journal. lab.sh is faster.
#     boot_reboot in the script reboots; the script then runs again from its top, with LAB_BOOT one higher (from 1).
#     Inside, /lab is this directory, read-only, and /lab-out is kept if LAB_OUT names a directory.
#     The exit status is 0 if every TAP point passed. Needs the package systemd-container.
#     With LAB_VM=1 it boots ROOT's own kernel in an emulated machine, for what the host's kernel does not have, such as
#     AppArmor. That needs the package qemu-system-x86 and, in ROOT, linux-image-amd64 and initramfs-tools. All is some
#     twenty times slower.
#
# Environment:
#     LAB_DESTDIR  made by `make install DESTDIR=`: copied over the root before it boots
#     LAB_OUT      a directory for /lab-out, with the console and the journal
#     LAB_TIMEOUT  seconds for the whole run (300, with LAB_VM 3600; 0 = no limit)
#     LAB_VM       1 = in an emulated machine
#     LAB_FILES    a directory copied over the root before it boots (units, configuration)
set -u
SELF=$(readlink -f "$0")
HERE=$(dirname "$SELF")
# shellcheck source=tests/lab/prepare.sh
. "$HERE/prepare.sh"

if [ -z "${LAB_STAGE:-}" ]; then
	case ${1:-} in
	-h | --help) sed -n '4,21s/^# \{0,1\}//p' "$SELF"; exit 0 ;;
	esac
	[ $# -ge 2 ] || { sed -n '4,21s/^# \{0,1\}//p' "$SELF" >&2; exit 2; }
	check_arguments "$1" "$2"
	shift 2
	if [ -n "${LAB_VM:-}" ]; then
		command -v qemu-system-x86_64 >/dev/null || die "qemu-system-x86_64 is not installed (package qemu-system-x86)"
		[ -e "$ROOT/vmlinuz" ] && [ -e "$ROOT/initrd.img" ] || die "$ROOT has no kernel (packages linux-image-amd64, initramfs-tools)"
	else
		command -v systemd-nspawn >/dev/null || die "systemd-nspawn is not installed (package systemd-container)"
	fi
	LAB_STAGE=1 exec unshare --mount --propagation private "$SELF" "$ROOT" "$SCRIPT" "$@"
fi

ROOT=$1
SCRIPT=$2
shift 2
M=$(mktemp -d)
mkdir "$M/cgroup" "$M/root"
make_group "$M/cgroup" quaywall-boot.$$
# if the host's systemd uses cgroup v1, nspawn needs a group of its own there, too
NAMED=$(awk '$3 == "cgroup" && $4 ~ /name=systemd/ { print $2; exit }' /proc/self/mounts)
NAMED=${NAMED:+$NAMED/quaywall-boot.$$}
[ -z "$NAMED" ] || mkdir "$NAMED" || die "cannot make a control group"

mount -t tmpfs -o mode=755 tmpfs "$M/root"
mkdir "$M/root/upper" "$M/root/work" "$M/root/root"
T=$M/root/root
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$M/root/upper,workdir=$M/root/work" "$T" ||
	die "cannot mount the overlay"
OUT=${LAB_OUT:-$M/root/out}
mkdir -p "$T/lab" "$T/lab-out" "$OUT"
prepare_root "$T" || die "cannot prepare the root"
: >"$T/etc/machine-id"
cp "$SCRIPT" "$T/lab-script"
printf '%s\0' "$@" >"$T/lab-arguments"
# dockerd's storage driver overlay does not work on an overlay
mkdir -p "$T/etc/docker"
[ -f "$T/etc/docker/daemon.json" ] || echo '{ "storage-driver": "vfs" }' >"$T/etc/docker/daemon.json"
cat >"$T/etc/systemd/system/lab.service" <<'UNIT'
[Unit]
After=docker.service firewalld.service polkit.service dbus.service
Wants=docker.service firewalld.service
[Service]
Type=oneshot
Environment=LAB_KIND=boot HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
TimeoutStartSec=infinity
StandardOutput=append:/lab-out/output
StandardError=inherit
ExecStart=/bin/bash -c '. /lab/lib.sh; mapfile -d "" -t a </lab-arguments; set -- "$${a[@]}"; lab_begin; . /lab-script'
ExecStopPost=/bin/sh -c '[ -e /run/lab-rebooting ] || { echo $EXIT_STATUS >/lab-out/status; systemctl exit $EXIT_STATUS || systemctl poweroff; }'
[Install]
WantedBy=multi-user.target
UNIT
mkdir -p "$T/etc/systemd/system/multi-user.target.wants"
ln -sf ../lab.service "$T/etc/systemd/system/multi-user.target.wants/lab.service"
[ -z "${LAB_FILES:-}" ] || cp -r "$LAB_FILES"/. "$T/"

: >"$OUT/output"
# cgroup v2 inside: a recent systemd refuses v1, and nspawn mounts v1's controllers read-only, which Docker cannot use
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
# also after the timeout or ^C
clean_up() {
	trap - EXIT
	remove_group "$GROUP"
	[ -z "$NAMED" ] || remove_group "$NAMED"
	rm -f "$M/disk"
	umount "$M/cgroup" "$T" "$M/root" && rmdir "$M/cgroup" "$M/root" "$M"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

boot() (
	echo 0 >"$GROUP/cgroup.procs" && { [ -z "$NAMED" ] || echo 0 >"$NAMED/cgroup.procs"; } || exit 2
	exec systemd-nspawn --quiet --boot --register=no --keep-unit \
		--private-network --capability=CAP_NET_ADMIN,CAP_SYS_ADMIN,CAP_BPF --system-call-filter="@keyring bpf" \
		--hostname=lab --machine=quaywall-lab-$$ --link-journal=no --resolv-conf=off --timezone=off \
		--bind-ro="$HERE:/lab" --bind="$OUT:/lab-out" -D "$T" </dev/null >>"$OUT/console" 2>&1
)
# A reboot stays within the machine.
boot_vm() {
	printf '%s 9p %s,trans=virtio,version=9p2000.L 0 0\n' 'lab /lab' ro 'lab-out /lab-out' rw >"$T/etc/fstab"
	truncate -s 8G "$M/disk" && mke2fs -q -t ext4 -d "$T" "$M/disk" || exit 2
	exec qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2G -nic none -display none -serial file:"$OUT/console" \
		-kernel "$T/vmlinuz" -initrd "$T/initrd.img" -append "root=/dev/vda rw console=ttyS0 quiet systemd.setenv=LAB_PATIENCE=5" \
		-drive file="$M/disk",if=virtio,format=raw,cache=unsafe \
		-virtfs local,path="$HERE",mount_tag=lab,security_model=none,readonly=on \
		-virtfs local,path="$OUT",mount_tag=lab-out,security_model=none </dev/null
}
export -f boot boot_vm
export GROUP NAMED HERE OUT T M
: >"$OUT/console"
rm -f "$OUT/status"
if [ -n "${LAB_VM:-}" ]; then
	timeout --foreground -k 10 "${LAB_TIMEOUT:-3600}" bash -c boot_vm &
else
	# nspawn's exit status for a reboot is 133
	timeout --foreground -k 10 "${LAB_TIMEOUT:-300}" bash -c 'rc=133; while [ $rc = 133 ]; do boot; rc=$?; done; exit $rc' &
fi
booted=$!
tail -n +1 -s 0.2 -f --pid=$booted "$OUT/output" &
wait $booted
rc=$?
wait $!
# a machine has no exit status of its own
[ $rc != 0 ] || [ -z "${LAB_VM:-}" ] || rc=$(cat "$OUT/status" 2>/dev/null || echo 2)
if ! [ -s "$OUT/output" ]; then
	echo "Bail out! nothing came out of the booted system; its console:"
	tail -n 30 "$OUT/console" | sed 's/^/# /'
fi
exit $rc
