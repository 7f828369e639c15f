# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# prepare.sh: code shared by lab.sh and boot.sh, run on the host.

die() { echo "$(basename "$0"): $*" >&2; exit 2; }

# check_arguments ROOT SCRIPT: sets ROOT, SCRIPT, LAB_DESTDIR and LAB_OUT to absolute paths that exist, or ends.
check_arguments() {
	[ "$(id -u)" = 0 ] || die "must be run by root"
	[ -d "$1/etc" ] || die "$1 is not a root directory"
	[ -f "$2" ] || die "no such script: $2"
	[ -z "${LAB_DESTDIR:-}" ] || [ -d "$LAB_DESTDIR" ] || die "LAB_DESTDIR: no such directory: $LAB_DESTDIR"
	[ -z "${LAB_OUT:-}" ] || [ -d "$LAB_OUT" ] || die "LAB_OUT: no such directory: $LAB_OUT"
	# shellcheck disable=SC2034
	ROOT=$(readlink -f "$1")
	# shellcheck disable=SC2034
	SCRIPT=$(readlink -f "$2")
	# make-root must not replace it meanwhile
	if [ -f "$ROOT.lock" ]; then
		exec 8<"$ROOT.lock"
		flock -s 8
	fi
	export LAB_DESTDIR=${LAB_DESTDIR:+$(readlink -f "$LAB_DESTDIR")} LAB_OUT=${LAB_OUT:+$(readlink -f "$LAB_OUT")}
}

# make_group DIR NAME: mounts cgroup2 on DIR (in a private mount namespace), creates the group NAME and sets GROUP to it. Every
# kernel with cgroup v1 can also mount cgroup2: without controllers, but Docker does not need these.
make_group() {
	mount -t cgroup2 none "$1" || die "cannot mount cgroup2"
	GROUP=$1/$2
	mkdir "$GROUP" || die "cannot make the control group $2"
}

# remove_group GROUP: with its children and all processes, which end a moment after they are killed.
remove_group() {
	local _
	[ ! -w "$1/cgroup.kill" ] || echo 1 >"$1/cgroup.kill"
	for _ in {1..100}; do
		find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
		[ -d "$1" ] || return 0
		sleep 0.05
	done
}

# prepare_root R: R is an overlay of a root made by make-root.
prepare_root() {
	local user name id
	rm -f "$1/usr/sbin/policy-rc.d" "$1/etc/resolv.conf"
	# two unprivileged users, for polkit
	for user in alice:2001 bob:2002; do
		name=${user%:*} id=${user#*:}
		grep -q "^$name:" "$1/etc/passwd" && continue
		echo "$name:x:$id:$id:$name:/tmp:/bin/bash" >>"$1/etc/passwd"
		echo "$name:x:$id:" >>"$1/etc/group"
	done
	[ -n "${LAB_DESTDIR:-}" ] || return 0
	# into a root whose /lib and /sbin are links, owned by root whoever built it
	tar -C "$LAB_DESTDIR" -c . | tar -C "$1" -x --keep-directory-symlink --no-overwrite-dir --no-same-owner || return
	chroot "$1" ldconfig
}
