#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The installed units: their exposure, and settings that they must have.
. "$(dirname "$0")/tap.sh"
needs systemd-analyze
units=${TOP_BUILDDIR:-.}/systemd

systemd-analyze security --help 2>/dev/null | grep -q -- --offline || {
	skip "the units' exposure" "this systemd-analyze has no --offline"
	finish
}
exposure() {
	local output
	output=$(systemd-analyze security --no-pager --offline=true --threshold=15 "$units/$1" 2>&1) || grep -v '✓' <<<"$output"
}
# setting UNIT LINE...: the unit has these lines.
setting() {
	local unit=$1 line
	shift
	for line; do grep -qxE "$line" "$units/$unit" || echo "$unit has no line $line"; done
}
no_at() { grep -n '@[a-z]*@' "$units/$1"; true; }
for unit in quaywalld.service quaywall-guard.service; do
	# it makes that folder, or fails; who builds packages has neither systemd nor root's rights
	if [ -d /run/systemd ] || [ "$(id -u)" = 0 ]; then
		check "$unit is exposed 1.5 or less" exposure $unit
	else
		skip "$unit is exposed 1.5 or less" "/run/systemd is missing"
	fi
	check "$unit has a private umask, no core dumps, and limits" setting $unit UMask=0077 LimitCORE=0 'TasksMax=[0-9]+' OOMScoreAdjust=-800 'MemoryHigh=.*' 'MemoryMax=.*'
	check "every path in $unit is substituted" no_at $unit
done

# ---- system calls: what the group's names mean depends on the release of systemd ----
calls() { grep '^SystemCall' "$units/$1"; }
same() { diff <(calls quaywalld.service) <(calls quaywall-guard.service); }
check "both units allow the same system calls" same
allowed() { python3 tests/lint/confinement.py calls "$units/quaywalld.service"; }
# what quaywalld was seen to call in 27 tests of the lab on Debian 12, and on 13 and sid at its start, for the guard at boot and at a
# reload (confinement.py traces); abort() and what glibc 2.43 and musl choose instead of some of these
used="access arch_prctl bind brk chmod clock_nanosleep close close_range connect dup2 dup3 epoll_create1 epoll_ctl epoll_pwait2 epoll_wait
  execve exit_group faccessat2 fchmod fchmodat2 fcntl fgetxattr fremovexattr fsetxattr fsync futex futex_waitv getdents64 geteuid getpeername getpid getrandom getrlimit
  getsockname getsockopt gettid getuid inotify_add_watch inotify_init1 inotify_rm_watch ioctl kill lseek lstat madvise mkdir mkdirat mmap mprotect
  mremap munmap newfstatat openat openat2 pidfd_open poll ppoll prctl pread64 prlimit64 pselect6 read readlink recvfrom recvmsg rename
  renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigprocmask rt_sigreturn sendmsg sendto set_robust_list set_tid_address setsockopt
  sigaltstack signalfd4 socket socketpair stat statfs statx sysinfo tgkill timerfd_create timerfd_settime umask uname unlink unlinkat write writev"
never="accept accept4 bpf chown chroot clone clone3 delete_module execveat fork init_module io_uring_setup kexec_load keyctl link listen
  memfd_create mknod mount open_by_handle_at perf_event_open personality pidfd_getfd process_vm_writev ptrace reboot sched_setscheduler
  setns setpriority settimeofday setuid setxattr swapon symlink umount2 unshare userfaultfd vfork"
missing() { comm -23 <(tr -s ' \n\t' '\n' <<<"$used" | grep . | sort -u) <(allowed | sort); }
surplus() { comm -12 <(tr -s ' \n\t' '\n' <<<"$never" | grep . | sort -u) <(allowed | sort); }
if command -v python3 >/dev/null && systemd-analyze syscall-filter @default >/dev/null 2>&1; then
	check "the system calls that quaywalld makes are allowed" missing
	check "and those are not that would start, trace or become something else" surplus
else
	skip "the system calls" "neither python3 nor this systemd-analyze"
fi

finish
