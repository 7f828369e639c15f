#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lab.sh ROOT SCRIPT [ARG...]
#     Runs SCRIPT (bash, with lib.sh loaded) beside a real dbus-daemon, polkitd and firewalld, as root of a machine
#     of its own: private mount, network, PID, IPC, UTS and cgroup namespaces over an overlay of ROOT. Nothing
#     inside affects the host or ROOT, and every run starts from the same files. The script itself starts
#     Docker (docker_start) and quaywalld (quaywalld_start); lib.sh lists what else it can call.
#     ROOT is a directory made by make-root; / works if firewalld and Docker are installed on the host.
#     Inside, /lab is this directory, read-only, and /lab-out is kept if LAB_OUT names a directory.
#     The exit status is 0 if every TAP point passed, 1 if one failed, 137 after the timeout.
#
# Environment:
#     LAB_DESTDIR  made by `make install DESTDIR=`: copied over the root before anything starts
#     LAB_OUT      a directory for /lab-out, with the logs of all daemons
#     LAB_TIMEOUT  seconds for the whole run (600; 0 = no limit)
#     LAB_NOSTACK  1 = start nothing
#     LAB_DOCKER_OPTS, LAB_FW_OPTS   more options for dockerd, firewalld
#     LAB_ENV      words NAME=VALUE for SCRIPT's environment, which is empty otherwise
set -u
SELF=$(readlink -f "$0")
HERE=$(dirname "$SELF")
# shellcheck source=tests/lab/prepare.sh
. "$HERE/prepare.sh"

# Stage 0, on the host: check the arguments, leave the host's mount namespace.
if [ -z "${LAB_STAGE:-}" ]; then
	case ${1:-} in
	-h | --help) sed -n '4,21s/^# \{0,1\}//p' "$SELF"; exit 0 ;;
	esac
	[ $# -ge 2 ] || { sed -n '4,21s/^# \{0,1\}//p' "$SELF" >&2; exit 2; }
	check_arguments "$1" "$2"
	shift 2
	LAB_STAGE=1 exec unshare --mount --propagation private "$SELF" "$ROOT" "$SCRIPT" "$@"
fi

# Stage 1, in a private mount namespace: wait for the lab, then remove its control group. The lab gets a cgroup2 tree whatever
# the host uses: a cgroup namespace with a group of its own as root needs no delegation from systemd.
if [ "$LAB_STAGE" = 1 ]; then
	W=$(mktemp -d)
	mkdir "$W/cgroup" "$W/files"
	make_group "$W/cgroup" quaywall-lab.$$
	LAB_FILES=$W/files LAB_GROUP=$GROUP LAB_STAGE=2 timeout --foreground -s KILL "${LAB_TIMEOUT:-600}" \
		unshare --mount --net --pid --ipc --uts --fork --mount-proc --kill-child --propagation private \
		"$SELF" "$@" <&0 &
	# SIGALRM is a timeout for timeout(1): it kills unshare, and with it PID 1 and all processes of the lab
	trap 'kill -ALRM %1' INT TERM
	wait %1
	rc=$?
	trap '' INT TERM
	wait %1 2>/dev/null
	remove_group "$GROUP"
	umount "$W/cgroup"
	rmdir "$W/cgroup" "$W/files" "$W"
	exit $rc
fi

# Stage 2, PID 1 of the new namespaces: enter the control group, so that it is the root of the cgroup namespace.
if [ "$LAB_STAGE" = 2 ]; then
	echo 0 >"$LAB_GROUP/cgroup.procs" || die "cannot enter the control group"
	LAB_STAGE=3 exec unshare --cgroup "$SELF" "$@"
fi

# Stage 3: build the file system and change to it.
ROOT=$1
SCRIPT=$2
shift 2
# in cgroup2 the children of a group get controllers only if the group itself has no processes
mkdir "$LAB_GROUP/init" && echo 0 >"$LAB_GROUP/init/cgroup.procs" || die "cannot make a control group"
hostname lab
W=$LAB_FILES
mount -t tmpfs -o mode=755 tmpfs "$W" || exit 2
mkdir "$W/upper" "$W/work" "$W/root"
R=$W/root
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$W/upper,workdir=$W/work" "$R" || die "cannot mount the overlay"
mount -t proc proc "$R/proc" || exit 2
# settings of the whole machine, not of the namespace (dockerd raises one of them)
for tree in fs kernel vm; do
	mount --bind "$R/proc/sys/$tree" "$R/proc/sys/$tree" && mount -o remount,bind,ro "$R/proc/sys/$tree"
done
mount -t sysfs sysfs "$R/sys" || exit 2
mount -t cgroup2 none "$R/sys/fs/cgroup" || die "cannot mount cgroup2"
mount --rbind /dev "$R/dev" || exit 2
# dockerd cannot put its storage on an overlay; /run and ROOT's logs must not be seen here
for directory in run tmp var/lib/docker var/lib/containerd var/log; do
	mkdir -p "$R/$directory"
	mount -t tmpfs -o mode=755 tmpfs "$R/$directory"
done
chmod 1777 "$R/tmp"
mkdir -p "$R"/run/{dbus,lock,netns,docker,user} "$R/var/log/lab" "$R/lab" "$R/lab-out"
prepare_root "$R" || exit 2
echo "nameserver 127.0.0.1" >"$R/etc/resolv.conf"
grep -qw lab "$R/etc/hosts" 2>/dev/null || echo "127.0.0.1 localhost lab" >>"$R/etc/hosts"
mount --bind "$HERE" "$R/lab" && mount -o remount,bind,ro "$R/lab" || exit 2
if [ -n "$LAB_OUT" ]; then mount --bind "$LAB_OUT" "$R/lab-out" || exit 2; fi
cp "$SCRIPT" "$R/run/lab-script"
# not just chroot: runc pivots itself, and `docker exec` would then end up in the host's root
cd "$R" && pivot_root . mnt || die "cannot pivot_root"
# shellcheck disable=SC2086
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}" LC_ALL=C.UTF-8 \
	LAB_KIND=lab LAB_NOSTACK="${LAB_NOSTACK:-}" LAB_DOCKER_OPTS="${LAB_DOCKER_OPTS:-}" LAB_FW_OPTS="${LAB_FW_OPTS:-}" ${LAB_ENV:-} \
	/bin/bash -c 'umount -l /mnt; . /lab/lib.sh; lab_begin; cd /; . /run/lab-script' lab "$@"
