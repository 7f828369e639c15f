# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# common.sh: code shared by the parts of the attack. Each gets SECONDS and SEED.

# shellcheck disable=SC2034
SECONDS_WANTED=$1 SEED=$2
ATTACK=/lab/attack
export PYTHONDONTWRITEBYTECODE=1
. /lab/t/probes.sh

# A finding of the sanitizers ends the process. They keep some freed memory: only little here, so that memory can be judged.
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=0:quarantine_size_mb=4:hard_rss_limit_mb=1500
export UBSAN_OPTIONS=print_stacktrace=1
nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs -- "$@"; }

# attack_start: starts containers, and quaywalld with a policy.
attack_start() {
	docker_start && image && web web 8080 8080/udp || die "Docker"
	# as in systemd's unit; a caller who sends file descriptors must not use them up
	ulimit -S -n 1024
	quaywalld_start || die "quaywalld"
	quaywallctl allow-only web --from 192.168.1.1 --port 8080/tcp --port 8080/udp || die "a policy"
	waitfor 20 state_is enforcing || die "State is $(state)"
	rules_settle
	LOG_LINES=$(wc -l <$L/quaywalld.log)
}

# watch_start [delete-guard]; watch_stop: puts the report's values into WATCH.
declare -A WATCH
watch_start() {
	python3 -u $ATTACK/watch.py "$@" >/run/watch 2>&1 &
	WATCH_PID=$!
	waitfor 10 grep -q '^# watching' /run/watch || die "watch.py: $(cat /run/watch)"
}
watch_stop() {
	local key value
	stop_pid "$WATCH_PID" 60
	WATCH=()
	while read -r key value; do [ "$key" = '#' ] || WATCH[$key]=$value; done </run/watch
	log "root's calls: ${WATCH[calls]:-0}, errors ${WATCH[errors]:-?}, later than 1 s ${WATCH[late]:-?}, the longest ${WATCH[longest_ms]:-?} ms" \
		"memory in KiB: first ${WATCH[rss_first]:-?}, last ${WATCH[rss_last]:-?}, peak ${WATCH[rss_peak]:-?}" \
		"open files: first ${WATCH[files_first]:-?}, most ${WATCH[files_most]:-?}, last ${WATCH[files_last]:-?}"
	grep '^# ' /run/watch | grep -v watching | head -n 20
}

# in_time DESCRIPTION CMD...: like ok. With the sanitizers each realloc copies, and sd-bus reads a message of 32 MiB with 160 of
# them, which takes seconds: where such messages are sent (LARGE_MESSAGES), times are judged only in a build without sanitizers.
LARGE_MESSAGES=''
in_time() {
	if [ -n "$LARGE_MESSAGES" ] && grep -q __asan_init /usr/sbin/quaywalld; then
		skip "$1" "not with the sanitizers"
	else
		ok "$@"
	fi
}

# watched WHO PEAK-MIB [SECONDS]: root got answers, within SECONDS (1), memory stayed below PEAK-MIB, and it is the same
# process.
watched() {
	local seconds=${3:-1}
	ok "$1: root's calls are answered" [ "${WATCH[calls]:-0}" -gt 0 -a "${WATCH[errors]:-1}" = 0 ]
	in_time "$1: within $seconds s (the longest took ${WATCH[longest_ms]:-?} ms)" [ "${WATCH[longest_ms]:-999999}" -le $((seconds * 1000)) ]
	ok "$1: memory stays below $2 MiB (peak ${WATCH[rss_peak]:-?} KiB)" [ "${WATCH[rss_peak]:-999999999}" -lt $(($2 * 1024)) ]
	ok "$1: no open file is left behind" [ "${WATCH[files_last]:-999}" -le $((${WATCH[files_first]:-0} + 8)) ]
	is 1 "${WATCH[same_process]:-0}" "$1: it is the same process"
}

# memory_is_back KIB: quaywalld has no more than that.
memory_is_back() { [ "$(awk '/^VmRSS/ { print $2 }' "/proc/$(quaywalld_pid)/status")" -le "$1" ]; }

# not_grown WHO MIB: once quaywalld rests, it has MIB more than before the attack, at most. The sanitizers' allocator gives back
# little; they find what leaks at the end.
not_grown() {
	local most=$((${WATCH[rss_first]:-0} + $2 * 1024)) name="$1: memory has not grown by more than $2 MiB"
	if grep -q __asan_init /usr/sbin/quaywalld; then
		skip "$name" "not with the sanitizers"
	else
		ok "$name" waitfor 30 memory_is_back $most
	fi
}

# everything: what an unprivileged user must not be able to change, without counters.
everything() {
	quaywallctl --json policy list || echo "no list"
	nft -s list table inet quaywall
	nft -s list table inet firewalld
	for command in iptables ip6tables; do for table in filter nat; do $command -t $table -S; done; done
	firewall-cmd --list-all-zones
	firewall-cmd --direct --get-all-rules
	firewall-cmd --permanent --direct --get-all-rules
	(cd / && find etc/firewalld etc/quaywall etc/docker var/lib/quaywall -type f ! -name '*.old' ! -name published-ports ! -name docker-facts \
		-exec md5sum {} + 2>/dev/null | sort -k 2)
}

# unharmed WHO: nothing from the sanitizers, and no line in the log that a caller wrote. Sets LOG_GREW to the number of new
# lines.
unharmed() {
	local lines
	lines=$(($(wc -l <$L/quaywalld.log) - LOG_LINES))
	has_no_line 'ERROR: (Address|Leak)Sanitizer|Sanitizer: |runtime error:|CRITICAL|WARNING \*\*|Assertion' \
		"$1: no findings of the sanitizers and GLib" cat $L/quaywalld.log
	is 0 "$(grep -cP '^(<[0-9]>quaywalld: FORGED|FORGED)|[\x00-\x08\x0b-\x1f\x7f]' $L/quaywalld.log)" \
		"$1: nothing of a caller's begins a line of the log, or is a control character"
	LOG_LINES=$(wc -l <$L/quaywalld.log)
	LOG_GREW=$lines
}

# ends_well: quaywalld ends with status 0; its last output may be the sanitizers'.
ends_well() {
	local rc
	quaywalld_stop
	rc=$?
	[ $rc = 0 ] || { echo "status $rc"; tail -n 60 $L/quaywalld.log; return 1; }
}
