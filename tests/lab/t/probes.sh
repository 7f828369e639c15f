# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# probes.sh: many clients at once, since silence takes a second to recognise.

# Whether packets that are routed from another host to a container's own address get in: Docker 28 drops them in raw PREROUTING
# (FACTS), unless the gateway mode of the network is "routed".
routed_is() { docker_is_at_least 28 && echo out || echo in; }

# rows WHAT <<TABLE: a point for each line "in|out|refused|shut|routed SOURCE HOST PORT [tcp|udp [WHY...]]". SOURCE is a
# client's address or @CONTAINER; "shut" is out or refused; "routed" is in if this Docker lets in what is routed to a
# container's own address. Lines that start with # are ignored.
rows() {
	local what=$1 expected source host port protocol why directory i=0 job status points=() pids=()
	directory=$(mktemp -d -p /run rows.XXXXXX)
	while read -r expected source host port protocol why; do
		case $expected in '' | '#'*) continue ;; routed) expected=$(routed_is) ;; esac
		one_row "$expected" "$source" "$host" "$port" "${protocol:-tcp}" >"$directory/$i" 2>&1 &
		pids[i]=$!
		points[i]="$what: $source -> $host $port ${protocol:-tcp} $expected${why:+, $why}"
		i=$((i + 1))
	done
	for job in "${!pids[@]}"; do
		wait "${pids[job]}"
		status=$?
		echo "status $status (0 in, 1 silence, 2 refused)" >>"$directory/$job"
		[ $status = 0 ] && status=in
		[ $status = 1 ] && status=out
		[ $status = 2 ] && status=refused
		[[ $status =~ ^(out|refused)$ && ${points[job]} =~ \ shut(,|$) ]] && status=shut
		[[ ${points[job]} == *" $status" || ${points[job]} == *" $status, "* ]]
		point $? "${points[job]}" "$directory/$job"
	done
	rm -rf "$directory"
}

one_row() {
	local seconds=1
	case $1 in in | refused) seconds=4 ;; esac
	case $2 in
	@*) container_reaches "${2#@}" "$3" "$4" "$5" $seconds ;;
	*) probe "$2" "$3" "$4" "$5" $seconds ;;
	esac
}

FLOOD=/usr/libexec/quaywall-tests/flood
declare -A FLOODS
# flood_begin NAME [-u|-a] RATE SOURCE HOST PORT: RATE new connections per second from "outside", from now until flood_failed.
flood_begin() {
	local name=$1 options=()
	shift
	[ -x $FLOOD ] || die "no $FLOOD: make install-tests DESTDIR=... puts it there"
	case $1 in -?) options=("$1") && shift ;; esac
	ip netns exec outside $FLOOD "${options[@]}" -r "$1" 3600 "${@:2}" >"/run/flood.$name" 2>&1 &
	FLOODS[$name]=$!
	waitfor 5 grep -q ready "/run/flood.$name" || die "flood $name: $(cat "/run/flood.$name")"
}
# flood_failed NAME DESCRIPTION: a point: the flood ran until now, tried at least some hundred times, and never got in.
flood_failed() {
	local ended='' counts attempts
	if pid_gone "${FLOODS[$1]}"; then ended=', but it ended by itself'; fi
	stop_pid "${FLOODS[$1]}" 5
	counts=$(tail -n 1 "/run/flood.$1")
	attempts=${counts#attempts=} attempts=${attempts%% *}
	[[ -z $ended && $counts == *" in=0 "* && $attempts -ge 300 ]]
	point $? "$2: $counts$ended"
}

# again_begin SOURCE HOST PORT: a TCP connection. again_ended: the other side has ended it. again: another one from the same port;
# the status is that of probe.
again_begin() {
	local namespace
	# conntrack remembers for 10 seconds what was reset
	sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close=60 && namespace=$(namespace_of "$1") || die "again_begin $*"
	coproc AGAIN { in_namespace "$namespace" python3 /lab/netprobe.py again "$@"; }
	AGAIN_CLIENT=$AGAIN_PID
}
again_ended() {
	local word=
	read -r -t 10 word <&"${AGAIN[0]}"
	[ "$word" = ended ]
}
again() { echo >&"${AGAIN[1]}" && wait "$AGAIN_CLIENT"; }

# enforce RENDERINGS: sets Enforce= in quaywalld.conf; call it before quaywalld starts.
enforce() {
	mkdir -p /etc/quaywall
	printf '[quaywalld]\nEnforce=%s\n' "$1" >/etc/quaywall/quaywalld.conf
}

# shellcheck disable=SC2034
POLICIES=(org.quaywall1 /org/quaywall1 org.quaywall1.Policies)
# shellcheck disable=SC2034
ZONE=(org.quaywall1 /org/quaywall1 org.quaywall1.Zone)
# shellcheck disable=SC2034
DIRECT=(org.quaywall1 /org/quaywall1 org.quaywall1.Direct)
MANAGER=(org.quaywall1 /org/quaywall1 org.quaywall1.Manager)

state() { busctl --system get-property "${MANAGER[@]}" State | cut -d'"' -f2; }
state_is() { [ "$(state)" = "$1" ]; }

# forget NAME...: removes these policies.
forget() { quaywallctl policy remove "$@" || die "policy remove $*"; }

not() { ! "$@"; }

# bus_named INTERFACE METHOD ARGUMENT...: a call that prints "NAME: TEXT" of its D-Bus error, for fails_with (busctl prints only
# the text). An ARGUMENT is Python.
bus_named() {
	python3 - "$@" <<'PYTHON'
import sys, dbus
target = dbus.SystemBus().get_object("org.quaywall1", "/org/quaywall1", introspect=False)
options = dbus.Dictionary({}, signature="sv")
wrong_zone = dbus.Dictionary({"zone": "nosuchzone", "replace": True}, signature="sv")
try:
    target.get_dbus_method(sys.argv[2], "org.quaywall1." + sys.argv[1])(*[eval(a) for a in sys.argv[3:]])
except dbus.DBusException as error:
    sys.exit(f"{error.get_dbus_name()}: {error.get_dbus_message()}")
PYTHON
}

# firewalld_calls_start: starts to count everybody's calls of firewalld. firewalld_calls: the number so far; a call of its own,
# which is not counted, must be seen first, so that silence is meaningful.
firewalld_calls_start() {
	dbus-monitor --system "destination='org.fedoraproject.FirewallD1',type='method_call'" >$L/calls.log 2>&1 &
	waitfor 5 grep -q NameAcquired $L/calls.log || die "dbus-monitor"
}
firewalld_calls() {
	local pings
	pings=$(firewalld_pings)
	bus_call org.fedoraproject.FirewallD1 /org/fedoraproject/FirewallD1 org.freedesktop.DBus.Peer Ping >&2 &&
		waitfor 2 eval "[ \"\$(firewalld_pings)\" -gt $pings ]" || { echo "dbus-monitor has ended"; return 1; }
	awk '/method call/ && !/member=Ping$/ { calls++ } END { print calls + 0 }' $L/calls.log
}
firewalld_pings() { grep -c 'member=Ping$' $L/calls.log; }

# same BEFORE AFTER DESCRIPTION: like is, but shows only the difference, and fails if BEFORE is empty: both commands may have
# died.
same() {
	local out rc
	out=$(mktemp -p /run same.XXXXXX)
	diff <(echo "$1") <(echo "$2") | head -n 30 >"$out"
	[ -n "$1" ] || echo "there was nothing before" >>"$out"
	[ -n "$1" ] && [ "$1" = "$2" ]
	point $? "$3" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# server NAME OPTION...: like web, with options of `docker run`, and without waiting for it.
server() {
	local name=$1
	shift
	docker run -d --name "$name" --stop-signal=KILL -v /usr:/usr:ro -v /lab:/lab:ro "$@" bb:1 \
		/usr/bin/python3 /lab/netprobe.py serve both 80 >/dev/null
}
