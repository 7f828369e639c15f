# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Code shared by the scripts that tests/bench/run runs; it is prepended to each.

TIMES=${1:-5}
TESTS=/usr/libexec/quaywall-tests
[ -x $TESTS/calls ] || die "no $TESTS/calls: make install-tests DESTDIR=... puts it there"
POLICIES=(org.quaywall1 /org/quaywall1 org.quaywall1.Policies)
FIREWALLD=(org.fedoraproject.FirewallD1 /org/fedoraproject/FirewallD1)
# warnings about duplicates in the recipe, and about Docker after its reloads, do not matter here
expect_log .

# ---- measuring -----------------------------------------------------------------------------------------------

# took CMD...: sets TOOK to its duration in microseconds.
took() {
	local start=${EPOCHREALTIME/./}
	"$@" >/run/bench.out 2>&1 || { cat /run/bench.out; die "failed: $*"; }
	TOOK=$((${EPOCHREALTIME/./} - start))
}

declare -A MEDIAN
# measure KEY BEFORE CMD...: runs CMD TIMES times; BEFORE restores the state and is not measured. MEDIAN[KEY] is in
# microseconds.
measure() {
	local key=$1 before=$2 i all=()
	shift 2
	for ((i = 0; i < TIMES; i++)); do
		$before >/dev/null 2>&1
		took "$@"
		all+=("$TOOK")
	done
	summary "$key" "${all[@]}"
}
# summary KEY MICROSECONDS...
summary() {
	local key=$1 sorted
	shift
	mapfile -t sorted < <(printf '%s\n' "$@" | sort -n)
	MEDIAN[$key]=${sorted[$((${#sorted[@]} / 2))]}
	RANGE[$key]="$(msec "${sorted[0]}")-$(msec "${sorted[-1]}")"
}
declare -A RANGE
msec() { awk "BEGIN { x = $1 / 1000; printf (x < 100 ? \"%.1f\" : \"%.0f\"), x }"; }

# row WHAT KEY INSTEAD KEY: a row of the table.
row() {
	log "$(printf '%-46s %9s ms %-15s | %-44s %9s ms %-15s  %6s x' "$1" "$(msec "${MEDIAN[$2]}")" "(${RANGE[$2]})" \
		"$3" "$(msec "${MEDIAN[$4]}")" "(${RANGE[$4]})" "$(ratio "$4" "$2")")"
}
ratio() { awk "BEGIN { printf \"%.1f\", ${MEDIAN[$1]} / ${MEDIAN[$2]} }"; }
note() { log "$(printf '%-46s %s' "$1" "$2")"; }

# firewalld_share WHAT CMD...: the duration of CMD, and how much of it firewalld needs to answer, as seen on the bus: a lower
# bound. Sets BESIDE to the rest, in microseconds.
firewalld_share() {
	local what=$1 monitor share
	shift
	dbus-monitor --system --profile >/run/profile &
	monitor=$!
	waitfor 5 test -s /run/profile || die "dbus-monitor"
	took "$@"
	kill $monitor
	wait $monitor 2>/dev/null
	share=$(awk -F '\t' -v firewalld="$(bus_owner org.fedoraproject.FirewallD1)" '
		$1 == "mc" && ($5 == firewalld || $5 == "org.fedoraproject.FirewallD1") { asked[$4, $3] = $2; member[$4, $3] = $8 }
		($1 == "mr" || $1 == "err") && ($5, $6) in asked {
			took = ($2 - asked[$5, $6]) * 1000
			all += took
			sum[member[$5, $6]] += took
			count[member[$5, $6]]++
		}
		END {
			printf "%.0f ms (", all
			for (name in sum)
				printf "%s%d %s %.0f ms", n++ ? ", " : "", count[name], name, sum[name]
			print ")"
		}' /run/profile)
	BESIDE=$((TOOK - ${share%% *} * 1000))
	note "$what" "$(msec "$TOOK") ms, of which firewalld: $share"
}
bus_owner() { busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetNameOwner s "$1" | cut -d'"' -f2; }

# ---- restoring the state -------------------------------------------------------------------------------------

no_recipe() {
	rm -f /etc/firewalld/direct.xml
	firewall-cmd -q --reload
	rules_settle
	waitfor 10 enforcing_or_idle
}
# on_cpu PID: for how long it ran, in hundredths of a second
on_cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# after a reload quaywalld looks again when Docker had time to make its rules; what is measured before that includes it
settled() {
	local before='' now pid
	pid=$(quaywalld_pid)
	while now=$(on_cpu "$pid") && [ "$now" != "$before" ]; do before=$now && sleep 3; done # no event says that nothing comes
}
enforcing_or_idle() { quaywallctl status | grep -qE 'State: *(enforcing|idle)'; }

# removes everything of quaywall's
no_policies() { busctl call "${POLICIES[@]}" ReplaceAll 'a{sa{sv}}a{sv}' 0 0; }

# status PID KEY
status() { sed -n "s/^$2:[[:space:]]*\([0-9]*\).*/\1/p" "/proc/$1/status"; }
# own_memory PID: private memory that it wrote, in KiB
own_memory() { sed -n 's/^Private_Dirty: *\([0-9]*\) kB$/\1/p' "/proc/$1/smaps_rollup"; }
describe() {
	echo "$(status "$1" VmRSS) KiB resident ($(own_memory "$1") its own), $(status "$1" Threads) threads"
}
busctl_enforcing() { [ "$(busctl get-property org.quaywall1 /org/quaywall1 org.quaywall1.Manager State)" = 's "enforcing"' ]; }

at_least() { awk "BEGIN { exit !($1 >= $2) }" || { echo "$1, expected at least $2"; false; }; }

docker_start && image && web || die "Docker"
quaywalld_start || die "quaywalld"
log "firewalld $(firewall-cmd --version), Docker $(docker version -f '{{.Server.Version}}'), $(nproc) processors, $TIMES runs"
