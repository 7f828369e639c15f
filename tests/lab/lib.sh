# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lib.sh: what scripts run by lab.sh and boot.sh can call.
#
# The network. "lab" is the Docker host; the others are network namespaces.
#     outside  ext0  192.168.1.1 .2 .3 .50      fd01::1 ::2 ::3 ::50      lab has 192.168.1.99 .98, fd01::99 ::98
#     outside1 ext1  10.1.2.1 .50               fd02::1 ::50              lab has 10.1.2.3, fd02::3
#     inside   int0  10.9.0.1 .50               fd09::1 ::50              lab has 10.9.0.99, fd09::99
# Every namespace reaches the other networks and the containers through lab, if lab forwards.
#
# Most used:
#     docker_start [OPTION...] or docker_start6; image; web [NAME [PUBLISH...]]
#     quaywalld_start [OPTION...]; quaywalld_stop; quaywalld_kill; lab_reboot
#     probe SOURCE HOST PORT [tcp|udp]; gets_in ...; kept_out ...; refused ...; shut_out ...
#     ok DESCRIPTION CMD...; is EXPECTED ACTUAL DESCRIPTION; like REGEX ACTUAL DESCRIPTION; skip DESCRIPTION WHY
#     where silence or a failure is expected, so that a command that dies does not pass:
#     empty DESCRIPTION CMD...; has_no_line REGEX DESCRIPTION CMD...; fails_with ERROR DESCRIPTION CMD...
#     tape_start; tape_mark; tape: every signal of quaywalld, not just the last value
#     boot.sh only: LAB_BOOT (1, 2...); boot_reboot; and systemctl instead of the *_start and *_stop functions
#     as USER CMD...; polkit_allow USER ACTION...; polkit_reset; expect_log REGEX

L=/var/log/lab
: "${QUAYWALLD:=/usr/sbin/quaywalld}"

log() { printf '# %s\n' "$@"; }

# die WHAT: the lab itself is broken, so no further point would mean anything.
die() {
	show_logs >&2
	echo "Bail out! $*"
	trap - EXIT
	finish_logs
	exit 9
}

show_logs() {
	local file
	for file in $L/*.log /var/log/firewalld; do
		[ -s "$file" ] || continue
		echo "--- $file"
		tail -n "${1:-20}" "$file"
	done
}

# waitfor SECONDS CMD...: until CMD succeeds; tries every 50 ms. An emulated machine has LAB_PATIENCE times as long.
waitfor() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000 * ${LAB_PATIENCE:-1}))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || return 1
		sleep 0.05
	done
}

now() { echo "$EPOCHREALTIME"; }

# stop_pid PID SECONDS: terminates PID and waits for it; kills it after SECONDS.
stop_pid() {
	[ -n "$1" ] && kill "$1" 2>/dev/null || return 0
	if ! waitfor "$2" pid_gone "$1"; then
		log "pid $1 did not end in $2 s"
		kill -KILL "$1"
		waitfor 5 pid_gone "$1"
		return 1
	fi
}

# A zombie counts as gone, too.
pid_gone() { ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; }

# ---- network -------------------------------------------------------------------------------------------------

# link_namespace NAMESPACE INTERFACE LAB4 LAB6 "THEIR4..." "THEIR6...": all /24 and /64.
link_namespace() {
	local namespace=$1 interface=$2 peer address gateway4 gateway6 preferred=
	peer=${interface/ext/out} peer=${peer/int/in}
	ip netns add "$namespace" || return
	ip link add "$interface" type veth peer name "$peer" netns "$namespace" || return
	for address in $3; do ip addr add "$address/24" dev "$interface"; done
	# docker-proxy answers datagrams from the source address that the kernel prefers: make that the first one
	for address in $4; do
		ip addr add "$address/64" dev "$interface" nodad $preferred
		preferred="preferred_lft 0"
	done
	for address in $5; do ip -n "$namespace" addr add "$address/24" dev "$peer"; done
	for address in $6; do ip -n "$namespace" addr add "$address/64" dev "$peer" nodad; done
	ip link set "$interface" up
	ip -n "$namespace" link set lo up
	ip -n "$namespace" link set "$peer" up
	gateway4=${3%% *} gateway6=${4%% *}
	ip -n "$namespace" route add 10.0.0.0/8 via "$gateway4"
	ip -n "$namespace" route add 172.16.0.0/12 via "$gateway4"
	ip -n "$namespace" route add 192.168.0.0/16 via "$gateway4"
	ip -n "$namespace" route add fd00::/8 via "$gateway6"
}

net_up() {
	ip link set lo up
	link_namespace outside ext0 "192.168.1.99 192.168.1.98" "fd01::99 fd01::98" \
		"192.168.1.1 192.168.1.2 192.168.1.3 192.168.1.50" "fd01::1 fd01::2 fd01::3 fd01::50" &&
		link_namespace outside1 ext1 10.1.2.3 fd02::3 "10.1.2.1 10.1.2.50" "fd02::1 fd02::50" &&
		link_namespace inside int0 10.9.0.99 fd09::99 "10.9.0.1 10.9.0.50" "fd09::1 fd09::50" &&
		ip route add default via 192.168.1.1
}

# router_up: makes lab forward IPv6, and IPv4: Docker has enabled that, but set the policy of FORWARD to DROP.
router_up() {
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

# namespace_of ADDRESS: the namespace of a client with this address.
namespace_of() {
	case $1 in
	192.168.1.9? | fd01::9? | 10.1.2.3 | fd02::3 | 10.9.0.99 | fd09::99 | 127.* | ::1) echo lab ;;
	192.168.1.* | fd01:*) echo outside ;;
	10.1.2.* | fd02:*) echo outside1 ;;
	10.9.0.* | fd09:*) echo inside ;;
	172.17.0.20?) echo "neighbour${1: -1}" ;; # for tests that create it
	*) echo "namespace_of: nobody has $1" >&2; return 1 ;;
	esac
}

in_namespace() {
	local namespace=$1
	shift
	if [ "$namespace" = lab ]; then "$@"; else ip netns exec "$namespace" "$@"; fi
}

# probe SOURCE [HOST [PORT [tcp|udp [SECONDS]]]]: opens a connection; 0 answered (printed), 1 silence, 2 refused.
probe() {
	local namespace
	namespace=$(namespace_of "$1") || return 64
	in_namespace "$namespace" python3 /lab/netprobe.py probe \
		"$1" "${2:-192.168.1.99}" "${3:-8080}" "${4:-tcp}" "${5:-1}"
}

# The same as tests: with time for an expected answer, without for an unexpected one.
gets_in() { probe "$1" "$2" "$3" "${4:-tcp}" 5; }
kept_out() {
	probe "$1" "$2" "$3" "${4:-tcp}" 1
	[ $? = 1 ]
}
refused() {
	probe "$1" "$2" "$3" "${4:-tcp}" 2
	[ $? = 2 ]
}
# shut_out: by silence or refusal.
shut_out() {
	unanswered probe "$1" "$2" "$3" "${4:-tcp}" 1
}
# unanswered PROBE...: the probe ends in silence or refusal.
unanswered() {
	"$@"
	case $? in 1 | 2) ;; *) return 1 ;; esac
}

# serve NAMESPACE PORT [tcp|udp]: a server on all addresses of NAMESPACE that answers with the client's address.
serve() {
	local out
	out=$(mktemp -p /run serve.XXXXXX)
	in_namespace "$1" python3 /lab/netprobe.py serve "${3:-tcp}" "$2" >"$out" 2>&1 &
	waitfor 5 grep -q ready "$out" || die "no server in $1"
}

# ---- bus, polkit, firewalld ----------------------------------------------------------------------------------

dbus_up() {
	[ -s /etc/machine-id ] || dbus-uuidgen >/etc/machine-id
	dbus-daemon --system --nofork --nopidfile >$L/dbus.log 2>&1 &
	waitfor 10 test -S /run/dbus/system_bus_socket
}

bus_call() { busctl --system --timeout="${BUS_TIMEOUT:-30}" call "$@"; }

# on_bus NAME: whether it has an owner. (Asks only the bus, so nothing is activated.)
on_bus() {
	[ "$(bus_call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner s "$1" 2>&1)" = "b true" ]
}

# off_bus NAME: the bus answers that it has no owner.
off_bus() {
	[ "$(bus_call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner s "$1" 2>&1)" = "b false" ]
}

# bus_pid NAME: the process that owns it.
bus_pid() {
	bus_call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetConnectionUnixProcessID s "$1" \
		2>/dev/null | cut -d' ' -f2
}

polkit_start() {
	/usr/lib/polkit-1/polkitd --no-debug >>$L/polkitd.log 2>&1 &
	waitfor 10 on_bus org.freedesktop.PolicyKit1
}
polkit_stop() {
	local pid
	pid=$(bus_pid org.freedesktop.PolicyKit1)
	[ -z "$pid" ] || stop_pid "$pid" 5
}

# as USER CMD...: alice and bob are unprivileged; both have root's environment.
as() {
	local user=$1
	shift
	setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs -- env HOME=/tmp USER="$user" "$@"
}

# polkit_allow USER ACTION...: USER may do this without a prompt, and nothing else. Replaces USER's earlier rule.
polkit_allow() {
	local user=$1 rule
	rule=/etc/polkit-1/rules.d/10-lab-$1.rules
	shift
	{
		echo 'polkit.addRule(function(action, subject) {'
		printf 'var actions = ['
		printf '"%s",' "$@"
		printf '];\nif (subject.user == "%s" && actions.indexOf(action.id) >= 0) return polkit.Result.YES;\n});\n' "$user"
	} >"$rule"
	chmod 644 "$rule"
	polkit_stop
	polkit_start || die "polkitd did not come back"
}

# polkit_reset: again, only root may do anything.
polkit_reset() {
	rm -f /etc/polkit-1/rules.d/10-lab-*.rules
	polkit_stop
	polkit_start || die "polkitd did not come back"
}

# direct_all [--permanent]: the chains and rules of firewalld's direct configuration.
direct_all() { firewall-cmd "$@" --direct --get-all-chains && firewall-cmd "$@" --direct --get-all-rules; }

fw_running() { [ "$(timeout 5 firewall-cmd --state 2>&1)" = running ]; }

fw_start() {
	# shellcheck disable=SC2086
	firewalld --nofork --nopid $LAB_FW_OPTS >>$L/firewalld.log 2>&1 &
	FW_PID=$!
	# firewalld takes its name once it can answer; firewall-cmd, which takes a fifth of a second, is called only then
	waitfor 30 fw_up_or_dead && waitfor 10 fw_running
}
fw_up_or_dead() { on_bus org.fedoraproject.FirewallD1 || pid_gone "$FW_PID"; }
fw_stop() { stop_pid "${FW_PID:-}" 15; }
fw_kill() { kill -KILL "$FW_PID" && waitfor 5 pid_gone "$FW_PID"; }
fw_restart() { fw_stop && fw_start; }

# fw_reload [OPTION...]: reloads, and waits until Docker has rewritten its rules.
fw_reload() {
	local published
	published=$(published_rules)
	firewall-cmd "${@:---reload}" >/dev/null || return
	docker_rules_back "$published"
}

published_rules() { iptables -w -t nat -S DOCKER 2>/dev/null | grep -c -- '-j DNAT'; }

# docker_rules_back COUNT: waits until Docker has COUNT published ports again and its rules are stable.
docker_rules_back() {
	waitfor 15 published_rules_are "$1" && rules_settle
}
published_rules_are() { [ "$(published_rules)" = "$1" ]; }

# rules_settle: waits until the ruleset has not changed for 300 ms.
rules_settle() {
	local end=$((SECONDS + 15))
	while timeout 0.3 nft monitor 2>/dev/null | grep -q .; do
		[ $SECONDS -lt $end ] || return 1
	done
}

# monitor_start [OPTION...]: runs nft monitor, and waits until it reports. monitor_stop: prints all that it has reported, or
# fails if it no longer does, so that silence is meaningful.
monitor_start() {
	: >/run/monitor # the background process may do that too late, when the last run's marker was already found
	nft "$@" monitor >/run/monitor 2>&1 &
	MONITOR_PID=$!
	waitfor 10 monitor_tells begin || die "nft monitor does not tell: $(cat /run/monitor)"
}
# monitor_tells NAME: whether it reports a table of that name that is created and deleted.
monitor_tells() {
	nft "add table inet marker_$1; delete table inet marker_$1" || nft "delete table inet marker_$1"
	waitfor 1 grep -q "table inet marker_$1" /run/monitor
}
monitor_stop() {
	local rc
	waitfor 10 monitor_tells end
	rc=$?
	kill "$MONITOR_PID"
	[ $rc = 0 ] || echo "nft monitor told nothing at the end"
	grep -vE '^# new generation|table inet marker_' /run/monitor
	return $rc
}

# ---- Docker --------------------------------------------------------------------------------------------------

docker_answers() { [ "$(curl -s -m 3 --unix-socket /run/docker.sock http://docker/_ping)" = OK ]; }

# docker_start [OPTION...]: dockerd with the OPTIONs and LAB_DOCKER_OPTS.
docker_start() {
	DOCKER_ARGS=("$@")
	# cgroupfs: there is no systemd to create groups
	# shellcheck disable=SC2086
	DOCKER_DRIVER=vfs dockerd --data-root /var/lib/docker --exec-root /run/docker --pidfile /run/docker.pid \
		-H unix:///run/docker.sock --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent /docker \
		$LAB_DOCKER_OPTS "$@" >>$L/dockerd.log 2>&1 &
	DOCKER_PID=$!
	waitfor 60 docker_up_or_dead
	docker_answers || { tail -n 30 $L/dockerd.log; return 1; }
}
# ports_open PORT...: firewalld accepts connections to these host ports, as for docker-proxy, from its next reload on. Without
# --permanent, firewalld 2 would lose that when the first policy is set, which takes a reload.
ports_open() {
	local port
	for port; do firewall-cmd -q --permanent --add-port="$port/tcp" --add-port="$port/udp" || return; done
}
# docker_start6 [OPTION...]: with IPv6 on the default bridge and ip6tables, so that IPv6 is forwarded like IPv4. Without it an
# IPv6 client reaches a published port through docker-proxy, if firewalld's zone opens that port.
docker_start6() { docker_start --ipv6 --fixed-cidr-v6=fd00:d0c::/64 --experimental --ip6tables "$@"; }
docker_is_at_least() { [ "$(docker version -f '{{.Server.Version}}' | cut -d. -f1)" -ge "$1" ]; }
# docker_routing: the option that lets packets routed to a container's own address pass, if this Docker drops them (28)
docker_routing() { dockerd --help 2>/dev/null | grep -o -e '--allow-direct-routing' | head -n 1; }
docker_up_or_dead() { docker_answers || pid_gone "$DOCKER_PID"; }
docker_stop() {
	stop_pid "${DOCKER_PID:-}" 30
	rm -f /run/docker.pid
}
docker_kill() {
	local pids
	pids=$(pidof containerd dockerd docker-proxy)
	# shellcheck disable=SC2086
	kill -KILL $pids
	waitfor 5 pid_gone "$DOCKER_PID"
	rm -f /run/docker.pid /run/docker/containerd/containerd.pid
}
docker_restart() {
	[ $# -gt 0 ] || set -- "${DOCKER_ARGS[@]}"
	docker_stop
	docker_start "$@"
}

# image: the image bb:1, with a static busybox; needs no registry. web mounts /usr and /lab into it.
image() {
	local directory=/tmp/rootfs applet
	mkdir -p $directory/bin $directory/tmp $directory/usr $directory/lab $directory/proc $directory/dev
	ln -sfn usr/lib $directory/lib
	ln -sfn usr/lib64 $directory/lib64
	cp "$(command -v busybox)" $directory/bin/
	for applet in sh ls cat ping sleep ip; do ln -sf busybox $directory/bin/$applet; done
	tar -C $directory -c . | docker import - bb:1 >/dev/null || { show_logs; return 1; }
}

# web [NAME [PUBLISH|OPTION...]]: a container that answers on TCP and UDP port 80 with the client's address. PUBLISH is as in
# `docker run -p`: 8080 alone is 8080:80, 8080/udp is 8080:80/udp, `none` publishes nothing; the default is 8080 with TCP and
# UDP. OPTION is one of docker run, as one word (--network=front). IMAGE: another image.
web() {
	local name=${1:-web} word protocol publish=() options=() nothing=
	shift
	for word in "$@"; do
		case $word in
		-*) options+=("$word") ;;
		none) nothing=1 ;;
		*)
			protocol=
			case $word in */*) protocol=/${word##*/} word=${word%/*} ;; esac
			case $word in *:*) ;; *) word=$word:80 ;; esac
			publish+=(-p "$word$protocol")
			;;
		esac
	done
	[ ${#publish[@]} -gt 0 ] || [ -n "$nothing" ] || publish=(-p 8080:80 -p 8080:80/udp)
	# SIGKILL: Python as PID 1 would ignore SIGTERM, and every stop take ten seconds
	docker run -d --name "$name" --restart=always --stop-signal=KILL -v /usr:/usr:ro -v /lab:/lab:ro \
		"${publish[@]}" "${options[@]}" "${IMAGE:-bb:1}" /usr/bin/python3 /lab/netprobe.py serve both 80 >/dev/null || {
		show_logs 30
		return 1
	}
	waitfor 10 docker_log_has "$name" ready || { docker logs "$name"; return 1; }
	# a bridge takes its IPv6 address once it has a member, and cannot use it until nobody else has claimed it
	waitfor 5 prints_nothing ip -6 -o addr show scope global tentative
}
docker_log_has() { docker logs "$1" 2>&1 | grep -q "$2"; }

# web_address NAME: its address on its first network.
web_address() {
	docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1" | cut -d' ' -f1
}

# container_reaches NAME HOST PORT [tcp|udp [SECONDS]]: like probe, from inside the container.
container_reaches() {
	docker exec "$1" /usr/bin/python3 /lab/netprobe.py probe - "$2" "$3" "${4:-tcp}" "${5:-3}"
}

# ---- quaywall ------------------------------------------------------------------------------------------------

# quaywalld_start [OPTION...]: waits until it owns its bus name. (A call to org.quaywall1 while it is not running makes the bus
# start it, as on a real host: quaywalld_stop and quaywalld_kill end that one, too.)
quaywalld_start() {
	# with the priority from its unit
	nice -n "$(sed -n 's/^Nice=//p' /usr/lib/systemd/system/quaywalld.service)" "$QUAYWALLD" "$@" >>$L/quaywalld.log 2>&1 &
	QUAYWALLD_PID=$!
	waitfor 15 quaywalld_up_or_dead
	on_bus org.quaywall1 || { log "quaywalld did not come up"; tail -n 20 $L/quaywalld.log | sed 's/^/#   /'; return 1; }
}
quaywalld_up_or_dead() { on_bus org.quaywall1 || pid_gone "$QUAYWALLD_PID"; }

quaywalld_pid() { bus_pid org.quaywall1; }

# quaywalld_stop: sends SIGTERM and waits for the end; returns its exit status if quaywalld_start started it.
quaywalld_stop() {
	local pid rc=0
	pid=$(quaywalld_pid)
	pid=${pid:-${QUAYWALLD_PID:-}}
	[ -n "$pid" ] || return 0
	stop_pid "$pid" 15 || return
	if [ "$pid" = "${QUAYWALLD_PID:-}" ]; then
		wait "$pid" 2>/dev/null
		rc=$?
		QUAYWALLD_PID=
	fi
	return $rc
}

quaywalld_kill() {
	local pid
	pid=$(quaywalld_pid)
	pid=${pid:-${QUAYWALLD_PID:-}}
	[ -n "$pid" ] || return 0
	kill -KILL "$pid" && waitfor 5 pid_gone "$pid"
	QUAYWALLD_PID=
}

quaywalld_restart() { quaywalld_stop; quaywalld_start "$@"; }

# verify_finds: the problems found by quaywallctl verify, one per line, without details; fails if it cannot verify.
verify_finds() {
	local found rc
	found=$(quaywallctl verify)
	rc=$?
	case $rc in
	0) ;; # "No problems", and how many rules were verified
	5) grep -v '^[[:space:]]' <<<"$found" ;;
	*) return $rc ;;
	esac
}

all_rules() { nft list ruleset && iptables-save && ip6tables-save; }

# tape_start: records every signal of quaywalld as a line on the tape (tape.py), even of a state that was over between two
# checks. tape_mark: forgets what is on it so far. tape [NAME]: what came since, of this property or signal; fails if the tape
# has ended, so that silence is meaningful. tape_so_far [NAME]: the same without that check, for waitfor.
tape_start() {
	python3 -u /lab/tape.py >$L/tape.log 2>&1 &
	TAPE_PID=$!
	waitfor 10 tape_runs || die "no tape: $(cat $L/tape.log)"
	tape_mark
}
tape_runs() {
	local mark=$EPOCHREALTIME
	dbus-send --system --type=signal /lab org.quaywall1.Lab.Mark "string:$mark" && waitfor 2 grep -qx "mark $mark" $L/tape.log
}
tape_mark() {
	tape_runs || die "the tape has ended: $(tail $L/tape.log)"
	TAPE_FROM=$(wc -l <$L/tape.log)
}
tape_so_far() { tail -n "+$((TAPE_FROM + 1))" $L/tape.log | awk -v name="${1:-}" '$1 != "mark" && (name == "" || $1 == name)'; }
tape() {
	tape_runs || { echo "the tape has ended"; return 1; }
	tape_so_far "$@"
}
tape_stop() { stop_pid "$TAPE_PID" 5; }

# flush_kernel: removes what a reboot removes: rules, Docker's bridges, connections.
flush_kernel() {
	local link
	nft flush ruleset
	for link in $(ip -o link show type bridge | awk -F': ' '{ print $2 }'); do ip link del "$link"; done
	conntrack -F 2>/dev/null
	echo 0 >/proc/sys/net/ipv4/ip_forward
}

# lab_reboot [--without-quaywalld] [--docker-first]: stops everything, drops the state of the kernel and /run, and starts again
# on the same files. Ends when firewalld, dockerd and quaywalld (each if it ran before) are up and the rules are stable.
lab_reboot() {
	local option quaywalld=1 docker_first='' had_docker='' had_quaywalld=''
	for option; do
		case $option in
		--without-quaywalld) quaywalld= ;;
		--docker-first) docker_first=1 ;;
		*) die "lab_reboot: $option?" ;;
		esac
	done
	[ -n "${DOCKER_PID:-}" ] && ! pid_gone "$DOCKER_PID" && had_docker=1
	on_bus org.quaywall1 && had_quaywalld=1
	docker_stop
	quaywalld_stop
	fw_stop
	flush_kernel
	rm -rf /run/quaywall /run/firewalld /run/docker /run/docker.sock
	mkdir -p /run/docker
	if [ -n "$had_docker" ] && [ -n "$docker_first" ]; then docker_start "${DOCKER_ARGS[@]}" || return; fi
	fw_start || return
	if [ -n "$had_docker" ] && [ -z "$docker_first" ]; then docker_start "${DOCKER_ARGS[@]}" || return; fi
	if [ -n "$had_quaywalld" ] && [ -n "$quaywalld" ]; then quaywalld_start || return; fi
	rules_settle
}

# ---- a booted system (boot.sh) -------------------------------------------------------------------------------

# boot_reboot: reboots; the script runs again from its top, with LAB_BOOT one higher. Points are counted on.
boot_reboot() {
	printf '%s\n' "TAP_COUNT=$TAP_COUNT" "TAP_FAILED=$TAP_FAILED" "LAB_BOOT=$LAB_BOOT" >/var/lib/lab-state
	declare -p EXPECTED_LOG >>/var/lib/lab-state
	trap - EXIT
	touch /run/lab-rebooting
	systemctl --no-block reboot
	exit 0
}

# ---- TAP -----------------------------------------------------------------------------------------------------

TAP_COUNT=0
TAP_FAILED=0

# point 0|1 DESCRIPTION [FILE]: FILE, if given, explains a failure.
point() {
	TAP_COUNT=$((TAP_COUNT + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_COUNT - $2"
		return 0
	fi
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_COUNT - $2"
	[ ! -s "${3:-/dev/null}" ] || sed 's/^/#   /' "$3"
	return 1
}

# ok DESCRIPTION CMD...: CMD must succeed. Shows its output otherwise.
ok() {
	local description=$1 out rc
	shift
	out=$(mktemp -p /run ok.XXXXXX)
	"$@" >"$out" 2>&1
	rc=$?
	[ $rc = 0 ] || echo "status $rc: $*" >>"$out"
	point $((rc != 0)) "$description" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# empty DESCRIPTION CMD...: CMD must succeed and print nothing on standard output.
empty() { ok "$1" prints_nothing "${@:2}"; }

# has_no_line REGEX DESCRIPTION CMD...: CMD must succeed, and no line of its standard output may match the extended regular
# expression.
has_no_line() { ok "$2" prints_no "$1" "${@:3}"; }

# fails_with ERROR DESCRIPTION CMD...: CMD must fail, and its whole standard error must match the extended regular expression
# ERROR. A command that does not exist, cannot be run, or is ended by a signal or by timeout never passes.
fails_with() { ok "$2" fails_saying "$1" "${@:3}"; }

# The same as conditions, for waitfor: prints_nothing CMD...; prints_no REGEX CMD...; fails_saying ERROR CMD...
prints_nothing() {
	local out rc
	out=$("$@")
	rc=$?
	[ -z "$out" ] || printf '%s\n' "$out"
	[ $rc = 0 ] || { echo "status $rc: $*"; return 1; }
	[ -z "$out" ]
}
prints_no() { prints_nothing matching "$@"; }
fails_saying() {
	local error=$1 said rc
	shift
	said=$("$@" 2>&1 >/dev/null)
	rc=$?
	echo "$said"
	case $rc in
	0 | 124 | 126 | 127 | 134 | 137 | 139 | 143) echo "status $rc: $*"; return 1 ;;
	esac
	[[ $said =~ ^($error)$ ]] || { echo "which is not: $error"; return 1; }
}

# matching REGEX CMD..., except REGEX CMD...: the lines of CMD's standard output that match the extended regular expression, or
# all others. They fail if CMD fails, but not if there is no such line.
matching() { lines_of '' "$@"; }
except() { lines_of -v "$@"; }
lines_of() {
	local option=$1 regex=$2 out rc
	shift 2
	out=$("$@")
	rc=$?
	[ $rc = 0 ] || { printf '%s\n' "$out"; return $rc; }
	[ -n "$out" ] || return 0
	grep $option -E -- "$regex" <<<"$out" || [ $? = 1 ]
}

# is EXPECTED ACTUAL DESCRIPTION: the texts are equal.
is() {
	local out rc
	out=$(mktemp -p /run ok.XXXXXX)
	printf 'expected:\n%s\ngot:\n%s\n' "$1" "$2" >"$out"
	[ "$1" = "$2" ]
	point $? "$3" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# like REGEX ACTUAL DESCRIPTION: ACTUAL contains a match of the extended regular expression.
like() {
	local out rc
	out=$(mktemp -p /run ok.XXXXXX)
	printf 'no match of:\n%s\nin:\n%s\n' "$1" "$2" >"$out"
	grep -qE -- "$1" <<<"$2"
	point $? "$3" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# unlike REGEX ACTUAL DESCRIPTION: ACTUAL is not empty and contains no match. (For the output of a command: has_no_line.)
unlike() {
	local out rc
	out=$(mktemp -p /run ok.XXXXXX)
	printf 'nothing, or a match of:\n%s\nin:\n%s\n' "$1" "$2" >"$out"
	[ -n "$2" ] && { grep -qE -- "$1" <<<"$2"; [ $? = 1 ]; }
	point $? "$3" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

skip() {
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1 # SKIP $2"
}

# expect_log REGEX: a WARNING or ERROR of firewalld that this script causes on purpose.
EXPECTED_LOG=()
expect_log() { EXPECTED_LOG+=("$1"); }

# unexpected_log: firewalld's WARNINGs and ERRORs that are not expected. Two kinds are Docker's own way, and ignored; failures of
# quaywall's chains and rules never are, nor is a failed deletion from the chains where quaywall works:
# - through firewalld, it deletes and looks for rules of its own that may not exist, and takes the failure for the answer;
# - while it still writes its rules after one reload, the next takes away what it then adds to or jumps to, and it starts over.
unexpected_log() {
	local regex lines iptables="COMMAND_FAILED: '/usr/sbin/ip6?tables -w[0-9]* (-t [a-z]+ )?"
	local docker="DOCKER(-(ISOLATION|ISOLATION-STAGE-[12]|FORWARD|CT|BRIDGE|INTERNAL|INGRESS))?"
	local gone="(No chain/target/match by that name|Chain 'DOCKER[-A-Z0-9]*' does not exist)"
	lines=$(cat /var/log/firewalld $L/firewalld.log 2>/dev/null | grep -E '(WARNING|ERROR|CRITICAL): ' |
		grep -vE "$iptables(-C|-n -L|-nL|-S|-D (FORWARD|PREROUTING|OUTPUT|POSTROUTING))" |
		grep -vE "NAME_CONFLICT: new_policy_object\(\): 'docker-forwarding'" |
		grep -vE "$iptables-[DFX] $docker[ ']" |
		grep -vE "$iptables-[AI] ($docker .*|(FORWARD|OUTPUT|PREROUTING) .*-j DOCKER.*|DOCKER-USER -j RETURN' failed: .*)$gone" |
		sort -u)
	for regex in "${EXPECTED_LOG[@]}"; do lines=$(grep -vE -- "$regex" <<<"$lines"); done
	[ -z "$lines" ] || printf '%s\n' "$lines"
}

log_is_clean() {
	local lines
	lines=$(unexpected_log)
	[ -z "$lines" ] || { printf '%s\n' "$lines"; return 1; }
}

finish_logs() {
	[ -w /lab-out ] || return 0
	cp $L/*.log /lab-out/ 2>/dev/null
	[ ! -f /var/log/firewalld ] || cp /var/log/firewalld /lab-out/firewalld-file.log
	[ "$LAB_KIND" != boot ] || journalctl --no-pager -o short-precise >/lab-out/journal.log
	return 0
}

lab_begin() {
	mkdir -p $L
	if [ "$LAB_KIND" = boot ]; then
		LAB_BOOT=0
		# shellcheck disable=SC1091
		[ ! -f /var/lib/lab-state ] || . /var/lib/lab-state
		LAB_BOOT=$((LAB_BOOT + 1))
		net_up || die "the network could not be made"
	else
		ip link set lo up
		if [ -z "$LAB_NOSTACK" ]; then
			dbus_up || die "dbus-daemon did not come up"
			polkit_start || die "polkitd did not come up"
			net_up || die "the network could not be made"
			fw_start || die "firewalld did not come up"
		fi
	fi
	trap 'lab_end $?' EXIT
}

# lab_end STATUS: called when the script ends, however that happens.
lab_end() {
	trap - EXIT
	if [ -n "${LAB_PLAIN:-}" ]; then
		finish_logs
		exit "$1"
	fi
	# a script's status is that of its last command, which may be a failed point
	[ "$1" = 0 ] || [ $TAP_FAILED -gt 0 ] || point 1 "the script ran to its end (status $1)"
	[ -n "${LAB_NOSTACK:-}" ] || ok "nothing unexpected in firewalld's log" log_is_clean
	finish_logs
	echo "1..$TAP_COUNT"
	[ $TAP_FAILED = 0 ]
	exit $?
}
